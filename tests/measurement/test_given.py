"""Reliability, validity and importance of data frames and fits."""

import numpy as np
import pandas as pd
import polars
import pytest

import workbench as wb
from workbench import drivers, measurement, sem
from workbench.errors import DriversError, MeasurementError, ModelError, UnknownNameError

ITEMS = {"service": ["s1", "s2", "s3"], "trust": ["t1", "t2"]}


@pytest.fixture(scope="module")
def rows():
    draw = np.random.default_rng(3)
    office = draw.normal(size=40).repeat(10)
    service = office + draw.normal(size=400)
    trust = 0.6 * service + 0.8 * draw.normal(size=400)
    data = {f"s{i}": 3 + service + draw.normal(size=400) for i in (1, 2, 3)}
    data |= {f"t{i}": 5 + 2 * trust + draw.normal(size=400) for i in (1, 2)}
    return pd.DataFrame(data).assign(office=np.arange(40).repeat(10))


def alpha_by_hand(data):
    cov = data.cov().to_numpy()
    return len(cov) / (len(cov) - 1) * (1 - np.trace(cov) / cov.sum())


def test_alpha_of_a_data_frame(rows):
    found = measurement.reliability(rows, "service", items=ITEMS["service"])
    assert found.alpha == pytest.approx(alpha_by_hand(rows[ITEMS["service"]]), abs=1e-10)
    assert found.n == 400
    assert found.items["mean"].tolist() == pytest.approx(rows[ITEMS["service"]].mean().tolist())
    low = rows[ITEMS["service"]].min(axis=None)
    floor = found.items.set_index("item")["floor"]
    assert floor.sum() == pytest.approx(1 / 400)
    assert rows[floor.idxmax()].min() == low
    same = measurement.reliability(polars.from_pandas(rows), items=ITEMS["service"])
    assert same.alpha == found.alpha


def test_a_fit_brings_its_constructs_and_rows(rows):
    model = "service =~ s1 + s2 + s3; trust =~ t1 + t2; trust ~ service"
    fit = sem.fit(model, rows, cluster="office")
    found = measurement.reliability(fit, "service")
    assert found.alpha == pytest.approx(alpha_by_hand(rows[ITEMS["service"]]), abs=1e-10)
    with pytest.raises(UnknownNameError, match=r"measures no 'servce'; .*Did you mean 'service'"):
        measurement.reliability(fit, "servce")
    ratio = measurement.htmt(fit, replicates=20)
    pd.testing.assert_frame_equal(
        ratio, measurement.htmt(rows, ITEMS, cluster="office", replicates=20)
    )
    told = drivers.importance(fit, "trust", replicates=20)
    assert told.frame["driver"].tolist() == ["service"]
    checked = measurement.measurement_model(fit)
    assert checked.constructs["construct"].tolist() == ["service", "trust"]


def test_the_ratio_of_a_data_frame(rows):
    found = measurement.htmt(rows, ITEMS, replicates=200)
    corr = rows.drop(columns="office").corr().abs().to_numpy()
    among = corr[:3, :3][np.triu_indices(3, 1)].mean()
    by_hand = corr[:3, 3:].mean() / np.sqrt(among * corr[3, 4])
    assert found["htmt"].item() == pytest.approx(by_hand, abs=1e-10)
    clustered = measurement.htmt(rows, ITEMS, cluster="office", replicates=200)
    # Whole offices are drawn, whose rows are alike.
    widths = [(table["upper"] - table["lower"]).item() for table in (found, clustered)]
    assert widths[1] > 1.1 * widths[0]


def test_importance_of_a_data_frame():
    draw = np.random.default_rng(8)
    x = np.linalg.qr(draw.normal(size=(300, 4)) - 0.0)[0]
    x = np.linalg.qr(x - x.mean(axis=0))[0]  # columns without mean and correlation
    data = pd.DataFrame(x[:, :2], columns=["a", "b"])
    data["y"] = 0.6 * x[:, 0] + 0.3 * x[:, 1] + np.sqrt(1 - 0.36 - 0.09) * x[:, 2]
    found = drivers.importance(data, "y", ["a", "b"], replicates=20)
    # Drivers that go with nothing else account for their squared correlations.
    assert found.r_squared == pytest.approx(0.45, abs=1e-8)
    assert found.frame["weight"].tolist() == pytest.approx([0.36, 0.09], abs=1e-8)
    assert not found.within


def test_importance_of_constructs_is_free_of_their_error(rows):
    found = drivers.importance(rows, "trust", ["service"], items=ITEMS, replicates=20)
    # By hand: the mean covariance between items in place of the scores' own variance.
    cov = rows.drop(columns="office").cov(ddof=0).to_numpy()
    shared = [cov[:3, :3][np.triu_indices(3, 1)].mean(), cov[3, 4]]
    expected = cov[:3, 3:].mean() ** 2 / np.prod(shared)
    assert found.r_squared == pytest.approx(expected, rel=0.01)


def test_what_is_lacking_is_said(rows):
    with pytest.raises(MeasurementError, match="comes without items"):
        measurement.htmt(rows)
    with pytest.raises(ModelError, match="'s9' is not a column"):
        measurement.reliability(rows, items=["s1", "s9"])
    with pytest.raises(DriversError, match="No driver of 'trust' was named"):
        drivers.importance(rows, "trust", items=ITEMS)
    moments = sem.fit_moments("f =~ s1 + s2 + s3", 400, rows.cov())
    with pytest.raises(MeasurementError, match="The fit has no rows"):
        measurement.reliability(moments, "f")


def test_a_study_is_still_a_study():
    study = wb.open_study("data/demo")
    found = measurement.reliability(study, "trust", wave=2024)
    answers = study.answers("clients")
    latest = answers[answers["wave"] == "2024"]
    same = measurement.reliability(latest, items=["trust_1", "trust_2", "trust_3"])
    # All three questions have one scale, so points change nothing.
    assert same.alpha == pytest.approx(found.alpha, abs=1e-9)
    assert same.n == found.n
