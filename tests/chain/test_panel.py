"""Panel models between units agree with lavaan; what cannot tie waves is refused in words."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study
from scipy import stats

import workbench as wb
from workbench.chain.hierarchical.scores import specific_covariance
from workbench.chain.panel import (
    common_items,
    cross_lagged,
    fit_panel,
    lagged_effects,
    linear_growth,
    panel_data,
    random_intercept_cross_lagged,
)
from workbench.errors import ChainError, ModelError, UnknownNameError
from workbench.simulation.population import load_population

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "chain"
EXPECTED = json.loads((REFERENCE / "panel.json").read_text())
PAIR = ["people", "service"]


def study_of(folder: Path, answers: pd.DataFrame, **about: str) -> wb.ChainStudy:
    """A study of one source, whose rows are units unless ``about`` says otherwise."""
    write_study(
        folder,
        {"survey": answers},
        {"survey": {construct: _items(construct) for construct in PAIR}},
        chain="pair",
        scale=(0, 100),
        settings={"minimum_count": 1},
        sources={"survey": {"rows": "units", **about}},
    )
    return wb.open_study(folder)


def _items(construct: str) -> list[str]:
    return [f"{construct[0]}{j}" for j in (1, 2, 3)]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "panel.csv", dtype={"wave": str})


@pytest.fixture(scope="module")
def study(rows, tmp_path_factory) -> wb.ChainStudy:
    """One organisation, whose units are independent."""
    return study_of(tmp_path_factory.mktemp("panel"), rows.assign(organisation="A"))


def agrees(effects: pd.DataFrame, fit: wb.sem.Fit, expected: dict) -> None:
    """Coefficients, errors, strengths and test of a panel model are lavaan's."""
    numbers = {
        (lhs, rhs): rest
        for lhs, rhs, *rest in zip(
            *(expected[name] for name in ("lhs", "rhs", "est", "se", "std")), strict=True
        )
    }
    wave = {"2021": 1, "2022": 2, "2023": 3}
    assert len(effects) == len(numbers) == 8
    for row in effects.to_dict("records"):
        ends = (f"{row['to']}_w{wave[row['to_wave']]}", f"{row['from']}_w{wave[row['from_wave']]}")
        values = [row["estimate"], row["se"], row["strength"]]
        np.testing.assert_allclose(values, numbers[ends], rtol=2e-4, atol=2e-5)
    assert fit.measures["df"] == expected["df"]
    assert fit.measures["chisq"] == pytest.approx(expected["chisq"], abs=1e-4)


@pytest.mark.parametrize("kind", ["cross-lagged", "random-intercept"])
def test_models_of_the_rows_as_they_are_agree_with_lavaan(study, kind):
    build = cross_lagged if kind == "cross-lagged" else random_intercept_cross_lagged
    data = panel_data(study, PAIR)
    fit = data.fit(build(PAIR, 3))
    agrees(lagged_effects(fit, PAIR, data.waves), fit, EXPECTED[kind.replace("-", "_")])


def test_what_is_specific_to_items_is_found_once_for_all_panels_of_lags(study, monkeypatch):
    found = []

    def counted(*arguments):
        found.append(arguments)
        return specific_covariance(*arguments)

    monkeypatch.setattr("workbench.chain.panel.specific_covariance", counted)
    data = panel_data(study, PAIR)
    for build in (cross_lagged, random_intercept_cross_lagged):
        data.fit_lags(build(PAIR, 3))
    assert len(found) == len(PAIR)


def test_what_is_specific_to_items_is_an_error_over_waves(study):
    found = fit_panel(study, PAIR)
    agrees(found.effects, found.fit, EXPECTED["without_specific"])


def test_an_organisation_s_own_levels_are_no_part_of_what_goes_over(rows, tmp_path):
    """Levels of their own in every wave, up by 6 points or down, leave all paths as they are."""
    many = rows.assign(organisation=[f"o{int(unit[1:]) % 12}" for unit in rows["unit"]])
    draw = np.random.default_rng(5)
    moved = many.copy()
    for _, own in many.groupby(["organisation", "wave"]):
        for construct in PAIR:
            moved.loc[own.index, _items(construct)] += 3 * draw.standard_normal()
    found = []
    for name, table in (("still", many), ("moved", moved)):
        (tmp_path / name).mkdir()
        found.append(fit_panel(study_of(tmp_path / name, table), PAIR))
    numbers = ["estimate", "se", "lower", "upper", "strength"]
    np.testing.assert_allclose(
        found[0].effects[numbers], found[1].effects[numbers], rtol=1e-3, atol=1e-4
    )
    row = found[0].effects.iloc[0]
    assert row["upper"] - row["estimate"] == pytest.approx(stats.t.ppf(0.975, 11) * row["se"])


def test_a_unit_that_is_alone_in_its_organisation_is_left_out_by_name(rows, tmp_path):
    alone = rows.assign(organisation=["B" if unit == "u240" else "A" for unit in rows["unit"]])
    notes = fit_panel(study_of(tmp_path, alone), PAIR).fit.notes
    assert any("1 unit left out: the only one of its organisation" in str(note) for note in notes)


def test_between_latent_variables_agrees_with_lavaan(study):
    found = fit_panel(study, PAIR, waves=["2021", "2022"], latent=True)
    expected = EXPECTED["latent"]
    names = {"people": "P", "service": "S"}
    order = {pair: i for i, pair in enumerate(zip(expected["lhs"], expected["rhs"], strict=True))}
    for row in found.effects.to_dict("records"):
        at = order[f"{names[row['to']]}2", f"{names[row['from']]}1"]
        for column, name in (("estimate", "est"), ("se", "se"), ("strength", "std")):
            assert row[column] == pytest.approx(expected[name][at], rel=2e-4, abs=2e-5)
    assert found.fit.measures["df"] == expected["df"]


def test_growth_agrees_with_lavaan(study):
    effects = fit_panel(study, ["people"], "growth").effects.set_index("effect")
    expected = EXPECTED["growth"]
    for effect, name, error in (
        ("change per wave", "mean", "se"),
        ("differences in change", "variance", "variance_se"),
    ):
        assert effects.loc[effect, "estimate"] == pytest.approx(expected[name], rel=1e-4)
        assert effects.loc[effect, "se"] == pytest.approx(expected[error], rel=1e-4)


def test_sentences_say_association_not_cause(study):
    assert fit_panel(study, PAIR).words.endswith("This is association, not cause.")


@pytest.fixture(scope="module")
def steady(demo) -> wb.ChainStudy:
    """The demo without the organisations its shock hit."""
    shocked = load_population().shock.organisations
    return demo.keeping(lambda _, answers: ~answers["organisation"].isin(shocked))


@pytest.mark.parametrize("latent", [False, True])
def test_the_demo_gives_back_how_lasting_units_are(steady, latent):
    """Truth: .6 within organisations. Plain means would give about .5."""
    effects = fit_panel(steady, PAIR, latent=latent).effects
    carried = effects[effects["effect"] == "carry-over"]["strength"]
    assert carried.mean() == pytest.approx(0.6, abs=0.06)


def test_a_lasting_difference_is_no_effect_of_the_wave_before(steady):
    """In the demo the past acts only through what is lasting: the intercepts take it all."""
    own = fit_panel(steady, PAIR, "random-intercept").effects
    covered = (own["lower"] < 0) & (own["upper"] > 0)
    assert covered.sum() >= 7  # of eight intervals of 95 % one may miss
    plain = fit_panel(steady, PAIR).effects
    assert (plain.loc[plain["effect"] == "carry-over", "lower"] > 0).all()


def test_one_unit_name_in_two_organisations_is_two_units(rows, tmp_path):
    twice = pd.concat([rows.assign(organisation="A"), rows.assign(organisation="B")])
    data = panel_data(study_of(tmp_path, twice), PAIR)
    assert len(data.frame) == 2 * rows["unit"].nunique()
    assert data.error is None


def test_only_common_items_tie_the_waves(rows, tmp_path):
    changed = rows.copy()
    changed.loc[changed["wave"] == "2023", "p2"] = np.nan
    study = study_of(tmp_path, changed)
    assert common_items(study, "people", ["2021", "2022"]) == ["p1", "p2", "p3"]
    assert fit_panel(study, PAIR).items["people"] == ["p1", "p3"]


def test_waves_with_different_items_are_refused(rows, tmp_path):
    changed = rows.copy()
    changed.loc[changed["wave"] == "2021", ["p2", "p3"]] = np.nan
    changed.loc[changed["wave"] != "2021", "p1"] = np.nan
    with pytest.raises(ChainError, match=r"no item of people.*2021: p1; 2022: p2, p3"):
        fit_panel(study_of(tmp_path, changed), PAIR)


def test_too_few_waves_and_wrong_names(study):
    for builder in (random_intercept_cross_lagged, linear_growth):
        with pytest.raises(ChainError, match="needs 3 waves, and there are 2"):
            builder(PAIR, 2)
    with pytest.raises(ChainError, match="needs 2 waves, and there is 1"):
        cross_lagged(PAIR, 1)
    with pytest.raises(ChainError, match="choose from cross-lagged"):
        fit_panel(study, PAIR, "crossed")
    with pytest.raises(UnknownNameError, match="2031"):
        fit_panel(study, PAIR, waves=["2021", "2031"])


def test_syntax_reads_like_lavaans():
    text = cross_lagged(PAIR, 2)
    assert "people_w2 ~ people_w1 + service_w1" in text
    assert "service_w2 ~ people_w1 + service_w1" in text


def test_growth_that_cannot_be_is_refused(tmp_path):
    """Units go up and down by turns: steady change would vary less than not at all."""
    rng = np.random.default_rng(2)
    turn = rng.normal(size=60)
    table = pd.DataFrame(
        {"organisation": "A", "unit": f"u{u}", "wave": wave, "turned": 50 + sign * 8 * turn[u]}
        for wave, sign in (("1", 1), ("2", -1), ("3", 1))
        for u in range(60)
    )
    for item in [*_items("people"), *_items("service")]:
        table[item] = (table["turned"] + 3 * rng.normal(size=len(table))).round(3)
    study = study_of(tmp_path, table)
    told = (
        "Steady change in People cannot be estimated.*the variance of the change in People came out"
    )
    with pytest.raises(ModelError, match=told):
        fit_panel(study, ["people"], "growth", named=str.title)


def test_waves_on_no_straight_line_have_no_steady_change(tmp_path):
    """All units rise and fall again: the mean slope is about none, and says nothing."""
    rng = np.random.default_rng(4)
    start, slope = rng.normal(50, 8, 80), rng.normal(0, 5, 80)
    table = pd.DataFrame(
        {"organisation": "A", "unit": f"u{u}", "wave": wave,
         "people": start[u] + t * slope[u] + 4 * (t == 1) + rng.normal(0, 4),
         "service": start[u] + t * (slope[u] + 6) + rng.normal(0, 4)}
        for t, wave in enumerate(("1", "2", "3"))
        for u in range(80)
    )  # fmt: skip
    for construct in PAIR:
        for item in _items(construct):
            table[item] = table[construct].round(3)
    study = study_of(tmp_path, table.drop(columns=PAIR))
    bent = fit_panel(study, ["people"], "growth", named=str.title)
    assert not bent.straight
    assert bent.words.startswith("A straight line does not fit the waves of People (CFI 0.")
    assert "no steady change is reported" in bent.words
    line = fit_panel(study, ["service"], "growth", named=str.title)
    assert line.straight
    assert "Service rises by" in line.words
    assert "Units differ in how Service changes." in line.words


def test_waves_that_sampling_alone_sets_apart_are_refused(tmp_path):
    """At the second wave units differ in service by the sampling of four respondents alone."""
    rng = np.random.default_rng(6)
    climate = rng.normal(0, 6, 40)
    table = pd.DataFrame(
        {"organisation": "A", "unit": f"u{u}", "wave": wave, "p": climate[u] + noise[0],
         "s": (climate[u] if wave == "1" else 0) + noise[1]}
        for wave in ("1", "2")
        for u in range(40)
        for noise in rng.normal(0, 10, (4, 2))
    )  # fmt: skip
    for item in [*_items("people"), *_items("service")]:
        table[item] = 50 + table[item[0]]
    study = study_of(tmp_path, table, rows="respondents")
    with pytest.raises(ModelError, match="the variance of service in 2 came out negative"):
        fit_panel(study, PAIR)


def test_errors_of_those_who_answer_again_are_no_change_of_units(tmp_path):
    """Units differ in their start alone; what is their ten people's own fades from wave to wave."""
    rng = np.random.default_rng(3)
    level = rng.normal(50, 4, 120)
    person = rng.normal(0, 1, (120, 10))
    tables = []
    for wave in ("1", "2", "3"):
        unit, place = np.indices(person.shape)
        table = pd.DataFrame({"organisation": "A", "unit": unit.ravel(), "wave": wave})
        table["id"] = [f"{u}-{p}" for u, p in zip(unit.ravel(), place.ravel(), strict=True)]
        for item in [*_items("people"), *_items("service")]:
            noise = rng.normal(0, 8, person.shape)
            table[item] = (level[:, None] + 16 * person + noise).ravel().round(2)
        tables.append(table)
        person = 0.7 * person + np.sqrt(1 - 0.7**2) * rng.normal(0, 1, person.shape)
    table = pd.concat(tables)
    for item in [*_items("people"), *_items("service")]:
        table[item] = table[item].clip(0, 100)
    apart = panel_data(study_of(tmp_path, table, rows="respondents"), PAIR)
    linked = panel_data(study_of(tmp_path, table, rows="respondents", id="id"), PAIR)
    assert (linked.unlinked, apart.unlinked) == ((), ("people", "service"))
    assert apart.repeated == ()
    (repeated,) = linked.repeated
    assert repeated.respondents == 1200
    # Of an item's variance 256 of 320 is the person's own, .7 of it at the next wave, .49 at the
    # one after that.
    assert repeated.correlation == pytest.approx(0.8 * (0.7 + 0.7 + 0.49) / 3, abs=0.04)
    spread = {}
    for name, data in (("linked", linked), ("apart", apart)):
        fit = data.fit(linear_growth(["people"], 3))
        table = fit.estimates.set_index(["lhs", "op", "rhs"])
        spread[name] = table.loc[("slope_people", "~~", "slope_people")]
    assert spread["apart"]["ci_lower"] > 0  # 25.6 × (.7 − .49) = 5.4, and no unit has a change
    assert spread["linked"]["ci_lower"] < 0 < spread["linked"]["ci_upper"]
    # As if nothing linked them, but with the correlation that there is.
    supposed = apart.with_correlated_errors(0.7)
    errors = supposed.errors([f"people_w{t}" for t in (1, 2, 3)])
    scale = np.sqrt(np.einsum("uii->ui", errors))
    expected = np.array([[1, 0.7, 0.49], [0.7, 1, 0.7], [0.49, 0.7, 1]])
    np.testing.assert_allclose(
        errors / scale[:, :, None] / scale[:, None], expected[None].repeat(len(errors), 0)
    )
    assert linked.with_correlated_errors(0.7) is linked
