"""What is found of a study part by part is what is found of it as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.chain import ChainStudy
from workbench.measurement.consistency import ItemMoments, reliability_of
from workbench.reports import sample, shared
from workbench.reports.chain_rows import chain_rows
from workbench.reports.disclosure import shown_wave
from workbench.reports.overall import Models, links_of_all
from workbench.study.packed import Stored


def same(one: Any, other: Any, place: str = "") -> None:
    """Compare results to 1e-10, however deep numbers stand."""
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, rtol=1e-10, atol=1e-10, obj=place)
    elif isinstance(one, pd.Series):
        pd.testing.assert_series_equal(one, other, rtol=1e-10, atol=1e-10, obj=place)
    elif is_dataclass(one):
        for field in fields(one):
            same(getattr(one, field.name), getattr(other, field.name), f"{place}.{field.name}")
    elif isinstance(one, Mapping):
        assert list(one) == list(other), place
        for key, value in one.items():
            same(value, other[key], f"{place}[{key!r}]")
    elif isinstance(one, float):
        # Omega is what a search ends at.
        assert one == pytest.approx(other, rel=1e-8 if "omega" in place else 1e-10, nan_ok=True)
    elif not isinstance(one, ChainStudy):
        assert one == other, place


@pytest.fixture(scope="module")
def whole() -> shared.Described:
    return shared.described(wb.open_study("data/demo"))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_parts_give_what_the_whole_gives(
    size: int, whole: shared.Described, cut: Callable[[int], None]
) -> None:
    cut(size)
    same(whole, shared.described(wb.open_study("data/demo")))


def test_a_stored_large_study_gives_what_the_whole_gives(
    whole: shared.Described,
    cut: Callable[[int], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("workbench.study.large.TEXT_BYTES", 0)
    monkeypatch.setattr("workbench.study.large.CELLS", 0)
    monkeypatch.setattr("workbench.study.study.MANY", 0)
    study = wb.open_study("data/demo")
    study.store(tmp_path / "answers")
    assert isinstance(study._cleaned("clients").frame, Stored)
    cut(5)
    same(whole, shared.described(study))


def test_of_a_wave_parts_hold_no_answers_of_others(
    cut: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = wb.open_study("data/demo")
    expected = wb.linkage.unit_means_with_error(study, study.codebook.items("trust"), "2023")
    held = []

    def in_parts(self: ChainStudy, find: Callable[[ChainStudy], Any]) -> list[Any]:
        held.extend(part.answers("clients")["wave"].unique().tolist() for part in self.parts())
        return [find(part) for part in self.parts()]

    monkeypatch.setattr(ChainStudy, "in_parts", in_parts)
    cut(5)
    found = wb.linkage.unit_means_with_error(study, study.codebook.items("trust"), "2023")
    assert held == [["2023"]] * len(held)
    assert len(held) > 2
    same(expected.frame, found.frame)
    np.testing.assert_allclose(expected.error, found.error, rtol=1e-12)


def asked_later(source: str, answers: pd.DataFrame) -> pd.DataFrame:
    """One question was not asked in the first wave, and one in the last."""
    if source != "clients":
        return answers
    early, late = answers["wave"] != "2022", answers["wave"] != "2024"
    return answers.assign(
        trust_3=answers["trust_3"].where(early), service_1=answers["service_1"].where(late)
    )


def test_questions_that_not_all_waves_had_are_left_out_of_the_whole(
    cut: Callable[[int], None],
) -> None:
    study = wb.open_study("data/demo").changing(asked_later)
    expected = shared.described(study)
    left_out = expected.over_waves.of("").left_out
    assert left_out["item"].tolist() == ["service_1", "trust_3"]
    plain = expected.indices[expected.indices["organisation"] == ""].reset_index(drop=True)
    through = expected.over_waves.of("").table.reset_index(drop=True)
    of_trust = plain["construct"] == "trust"
    assert np.abs(plain["index"] - through["index"])[of_trust].max() > 0.1
    cut(5)
    again = wb.open_study("data/demo").changing(asked_later)
    same(expected, shared.described(again))


@pytest.mark.parametrize("held", [5, 0])
def test_what_is_shown_of_a_wave_is_the_same_in_parts(
    held: int, cut: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.study.study.MANY", held)
    study = wb.open_study("data/demo")
    items = study.codebook.items("trust")
    expected = shown_wave(study, "2023", items)
    every = list(study.codebook.frame["item"])
    assert [name for name in expected.now.answers("clients") if name in every] == items
    cut(4)
    found = shown_wave(study, "2023", items)
    shown = ["organisation", "source", "shown", "respondents"]
    both = (one.cover[shown].sort_values(shown[:2], ignore_index=True) for one in (expected, found))
    same(*both)
    for source in study.sources:
        both = (one.now.answers(source) for one in (expected, found))
        same(*(rows.sort_values("organisation", kind="stable", ignore_index=True) for rows in both))


def test_people_with_several_rows_are_not_parted() -> None:
    def several(_: str, answers: pd.DataFrame) -> pd.DataFrame:
        return answers.assign(person=np.arange(len(answers)) // 2, share_of_person=0.5)

    study = wb.open_study("data/demo")
    assert len(study.parts(most=500_000)) == 5
    several_rows = study.changing(several)
    assert several_rows.parts(most=500_000) == [several_rows]


def test_moments_of_items_add_up() -> None:
    draw = np.random.default_rng(1)
    values = pd.DataFrame(draw.integers(0, 5, (300, 3)) * 25.0, columns=["a", "b", "c"])
    values = values.mask(draw.random(values.shape) < 0.2)
    rows = (values[:120], values[120:130], values[130:130], values[130:])
    first, *others = (ItemMoments.of(own / 25 + 1, own) for own in rows)
    for other in others:
        first = first + other
    found = reliability_of("x", first)
    assert found.items["mean"].to_numpy() == pytest.approx((values / 25 + 1).mean().to_numpy())
    assert found.items["sd"].to_numpy() == pytest.approx((values / 25).std().to_numpy())
    for item in values:
        rest = values.drop(columns=item).mean(axis=1)
        told = found.items.set_index("item").loc[item]
        assert told["item_rest"] == pytest.approx(values[item].corr(rest))
        assert told["floor"] == pytest.approx((values[item].dropna() == 0).mean())
    assert first.covariance == pytest.approx(values.cov().to_numpy())
    same(reliability_of("x", ItemMoments.of(values / 25 + 1, values)), found)


def test_models_of_large_studies_read_parts_and_say_the_same(
    cut: Callable[[int], None],
) -> None:
    study = wb.open_study("data/demo")
    units = chain_rows(study, None, "2024")
    means = wb.measurement.indices(study, ["trust"], by=("wave",))
    each = wb.measurement.item_means(study, ["trust_2", "engaged_1", "trust_1"])
    cut(5)
    again = wb.open_study("data/demo")
    found = chain_rows(again, None, "2024")
    same(units.data.frame, found.data.frame)
    assert units.data.error is not None
    assert found.data.error is not None
    np.testing.assert_allclose(units.data.error.matrices, found.data.error.matrices, rtol=1e-10)
    same(means, wb.measurement.indices(again, ["trust"], by=("wave",)))
    same(each, wb.measurement.item_means(again, ["trust_2", "engaged_1", "trust_1"]))


def against(_: str, answers: pd.DataFrame) -> pd.DataFrame:
    """One question on trust was asked the other way round."""
    return answers.assign(trust_2=10 - answers["trust_2"]) if "trust_2" in answers else answers


def test_items_that_run_against_others_are_told_of_parts(cut: Callable[[int], None]) -> None:
    whole = shared.described(wb.open_study("data/demo").changing(against)).doubts
    assert whole.loc[whole["organisation"] == "", "construct"].tolist() == ["trust"]
    cut(5)
    same(whole, shared.described(wb.open_study("data/demo").changing(against)).doubts)


@pytest.mark.parametrize("size", [12, 4, 1])
def test_links_of_very_many_respondents_are_found_by_parts(
    size: int, cut: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They rest on all respondents, models of all questions on a sample of them."""
    study = wb.open_study("data/demo")
    every = chain_rows(study, "citizens-first", "2024")
    assert every.every is None
    monkeypatch.setattr(sample, "MOST_RESPONDENTS", 3_700)
    cut(size)
    found = chain_rows(wb.open_study("data/demo"), "citizens-first", "2024")
    for name in ("own", "fits", "pooled", "between"):
        one, other = getattr(every.links, name), getattr(found.links, name)
        pd.testing.assert_frame_equal(one, other, rtol=1e-8, atol=1e-8)
    together = [links_of_all(Models(rows), rows.links) for rows in (every, found)]
    same(*together)
    assert together[0].organisations == 11
    assert "data" not in vars(found)
    data = found.data
    assert data.level == "respondents"
    assert data.notes[-1] == (
        "The model is fitted to a random sample: 3,707 of 7,392 respondents, the same share of "
        "every organisation. The links of organisations, their mean and the importance of drivers "
        "rest on all respondents."
    )
    counts = every.data.frame["organisation"].value_counts()
    drawn = data.frame["organisation"].value_counts().reindex(counts.index)
    assert (drawn == np.ceil(counts * 3_700 / 7_392)).all()


def test_a_sample_is_the_same_whatever_the_parts(
    cut: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = shown_wave(wb.open_study("data/demo"), "2024").now
    now = shown.changing(lambda _, rows: rows[::2] if "trust_1" not in rows else rows)
    assert sample.sampled(now) is now
    monkeypatch.setattr(sample, "MOST_RESPONDENTS", 5_000)
    whole = sample.sampled(now)
    cut(5)
    parts = sample.sampled(now)
    assert len(whole.answers("employees")) == len(now.answers("employees"))
    one, other = (
        found.answers("clients").sort_values("organisation", kind="stable", ignore_index=True)
        for found in (whole, parts)
    )
    same(one, other)
    clients = now.answers("clients")
    shares = [wave.answers("clients")["trust_1"].mean() for wave in (now, whole)]
    error = clients["trust_1"].std() * np.sqrt(1 / 5_000 - 1 / len(clients))
    assert shares[1] == pytest.approx(shares[0], abs=4 * error)
    assert shares[1] != shares[0]
