"""People with rows in several units: they count once, and their rows are not independent."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_chain, write_study

import workbench as wb
from workbench import measurement, sem
from workbench.chain import ChainStudy, organisation_links
from workbench.errors import ModelError
from workbench.reports.disclosure import blurred, coverage, shown_only, spread_of

ITEMS = {"clients": {"ease": ["ease_1"], "calm": ["calm_1"]}}


def test_errors_are_those_of_units_and_people_less_those_of_both() -> None:
    """The sandwich of a regression by hand, with clusters that cross."""
    rng = np.random.default_rng(1)
    n = 400
    unit, person = rng.integers(0, 30, n), rng.integers(0, 90, n)
    x = rng.normal(size=30)[unit] + rng.normal(size=90)[person] + rng.normal(size=n)
    y = 0.4 * x + rng.normal(size=30)[unit] + rng.normal(size=90)[person] + rng.normal(size=n)
    frame = pd.DataFrame({"x": x, "y": y, "unit": unit})
    fit = sem.fit("y ~ x", frame, estimator="MLR", missing="fiml", cluster="unit")
    crossed = fit.crossed_with(pd.Series(person))
    design = np.column_stack([np.ones(n), x])
    bread = np.linalg.inv(design.T @ design)
    slopes = bread @ design.T @ y
    score = design * (y - design @ slopes)[:, None]

    def meat(codes: np.ndarray) -> np.ndarray:
        sums = np.array([score[codes == one].sum(axis=0) for one in np.unique(codes)])
        return sums.T @ sums * len(sums) / (len(sums) - 1)

    both = unit * 90 + person
    by_hand = bread @ (meat(unit) + meat(person) - meat(both)) @ bread
    own = crossed.estimates.query("op == '~'").iloc[0]
    assert own["est"] == pytest.approx(slopes[1], abs=1e-5)
    assert own["se"] == pytest.approx(np.sqrt(by_hand[1, 1]), rel=1e-4)
    plain = fit.estimates.query("op == '~'").iloc[0]["se"]
    assert plain == pytest.approx(np.sqrt((bread @ meat(unit) @ bread)[1, 1]), rel=1e-4)
    assert own["se"] > 1.05 * plain


def test_a_fit_without_clusters_cannot_be_crossed() -> None:
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 2)), columns=["x", "y"])
    fit = sem.fit("y ~ x", frame)
    with pytest.raises(ModelError, match="fit with cluster="):
        fit.crossed_with(pd.Series(range(50)))


def clients(folder: Path, rows: int) -> ChainStudy:
    """Twelve hundred people, who answer the same in as many offices as they have ``rows``."""
    rng = np.random.default_rng(3)
    person = np.arange(1200)
    ease = np.clip(np.round(rng.normal(60, 20, len(person))), 0, 100)
    calm = np.clip(np.round(30 + 0.5 * ease + rng.normal(0, 12, len(person))), 0, 100)
    tables = []
    for visit in range(rows):
        office = (person + 7 * visit * (person // 60 + 1)) % 60
        tables.append(
            pd.DataFrame(
                {
                    "organisation": [f"Town {one % 3}" for one in office],
                    "unit": [f"u{one}" for one in office],
                    "id": [f"p{one}" for one in person],
                    "ease_1": ease,
                    "calm_1": calm,
                }
            )
        )
    write_study(
        folder,
        {"clients": pd.concat(tables)},
        ITEMS,
        chain="ours",
        scale=(0, 100),
        sources={"clients": {"id": "id"}},
    )
    write_chain(folder, "ours", ("ease", "calm"))
    return wb.open_study(folder)


def test_three_rows_of_a_person_tell_no_more_than_one(tmp_path: Path) -> None:
    once, often = clients(tmp_path / "once", 1), clients(tmp_path / "often", 3)
    assert "person" not in once.chain_data().frame
    assert often.chain_data().frame["person"].nunique() == 1200
    one, three = (wb.links(study.fit()).iloc[0] for study in (once, often))
    assert three["strength"] == pytest.approx(one["strength"], abs=0.02)
    assert three["se"] == pytest.approx(one["se"], rel=0.2)  # by units alone it is 0.58 of it
    alone, together = (
        organisation_links(study.chain_data(), list(study.organisations["organisation"]))
        for study in (once, often)
    )
    width = [found.between["upper"] - found.between["lower"] for found in (alone, together)]
    assert float(width[1].iloc[0]) > 0.75 * float(width[0].iloc[0])


@pytest.fixture
def one_of_many(tmp_path: Path) -> ChainStudy:
    """Thirty people of a town, of whom one says 1 in six offices and all others 4 or 5 in one."""
    answers = [4, 5, 5] * 10
    rows = [("Town", f"u{k % 6}", f"p{k}", one, one) for k, one in enumerate(answers) if k]
    rows += [("Town", f"u{k}", "p0", 1, 1) for k in range(6)]
    table = pd.DataFrame(rows, columns=["organisation", "unit", "id", "ease_1", "calm_1"])
    folder = tmp_path / "town"
    write_study(folder, {"clients": table}, ITEMS, chain="ours", sources={"clients": {"id": "id"}})
    write_chain(folder, "ours", ("ease", "calm"))
    return wb.open_study(folder)


def test_shares_round_people_and_not_rows(one_of_many: ChainStudy) -> None:
    shown = shown_only(one_of_many, coverage(one_of_many))
    table = measurement.distribution(shown, ["ease_1"], by=("organisation",))
    assert table["count"].tolist() == [1, 0, 0, 9, 20]
    shares = blurred(spread_of(table))
    assert isinstance(shares, np.ndarray)
    assert shares[0] == 0  # six rows of one person would have been 6 of 35


def test_one_person_in_many_rows_is_not_several_who_differ(tmp_path: Path) -> None:
    """All say 5 but for one, who says 3 in four offices: the index would tell what was said."""
    rows = [("Town", f"u{k % 6}", f"p{k}", 5, 5) for k in range(1, 30)]
    rows += [("Town", f"u{k}", "p0", 3, 3) for k in range(4)]
    table = pd.DataFrame(rows, columns=["organisation", "unit", "id", "ease_1", "calm_1"])
    shown = []
    for name, people in (("one", table), ("four", table.assign(id=range(len(table))))):
        write_study(
            tmp_path / name,
            {"clients": people},
            ITEMS,
            chain="ours",
            sources={"clients": {"id": "id"}},
        )
        write_chain(tmp_path / name, "ours", ("ease", "calm"))
        study = wb.open_study(tmp_path / name)
        answers = shown_only(study, coverage(study)).answers("clients")
        shown.append(bool(answers["ease_1"].notna().any()))
    assert shown == [False, True]


def test_who_gave_no_answer_counts_people(one_of_many: ChainStudy) -> None:
    missing = one_of_many.without_answer("clients")
    assert missing.loc[missing["item"] == "", "count"].tolist() == [30]
