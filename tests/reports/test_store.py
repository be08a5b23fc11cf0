"""What reports share on disk: an organisation's rows apart, everything else once."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from workbench.errors import UnknownOrganisationError, WorkbenchError
from workbench.reports import store
from workbench.reports.shared import load
from workbench.simulation import load_population, simulate
from workbench.study import Study, open_study


@dataclass
class Inner:
    by_name: dict[str, pd.DataFrame]
    for_all: pd.DataFrame


@dataclass
class Outer:
    study: Study
    table: pd.DataFrame
    same_table: pd.DataFrame
    inner: Inner


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("study")
    return open_study(simulate(folder / "s", 1, load_population().larger(12, 2, 3)))


@pytest.fixture
def saved(study: Study, tmp_path: Path) -> Path:
    names = list(study.organisations["organisation"])
    table = pd.DataFrame({"organisation": ["", *names[::-1], *names], "value": range(25)})
    lacking = pd.DataFrame({"organisation": names[:2], "value": [1.5, 2.5]})
    inner = Inner({"lacking": lacking}, pd.DataFrame({"value": [1, 2]}))
    path = tmp_path / "key" / "common.pickle"
    store.save(Outer(study, table, table, inner), path)
    return path


def test_everything_comes_back(saved: Path, study: Study) -> None:
    found = store.load(saved)
    assert len(found.table) == 25
    assert found.same_table is found.table
    assert found.inner.for_all["value"].tolist() == [1, 2]
    assert found.study.organisations.equals(study.organisations)
    for source in study.sources:
        pd.testing.assert_frame_equal(found.study.answers(source), study.answers(source))
    pd.testing.assert_frame_equal(found.study.set_aside, study.set_aside)


def test_an_organisation_has_its_rows_and_those_of_all_in_their_order(saved: Path) -> None:
    found = store.load(saved, "organisation 03")
    assert found.table["organisation"].tolist() == ["", "Organisation 03", "Organisation 03"]
    assert found.table["value"].tolist() == [0, 10, 15]
    assert found.table.index.tolist() == [0, 10, 15]
    assert found.same_table is found.table
    lacking = found.inner.by_name["lacking"]
    assert lacking.empty
    assert lacking.dtypes.to_dict() == {"organisation": "str", "value": "float64"}
    assert found.inner.for_all["value"].tolist() == [1, 2]


def test_a_report_reads_no_answers_and_no_other_organisation(saved: Path) -> None:
    for path in [*saved.parent.glob("answers/*"), saved.parent / "whole.pickle"]:
        path.unlink()
    for path in saved.parent.glob("rows/*"):
        if path.name != "4.pickle":
            path.unlink()
    assert len(store.load(saved, "Organisation 05").table) == 3


def test_answers_are_read_where_they_are_stored(saved: Path, study: Study) -> None:
    expected = study.answers("employees")
    moved = saved.parent.rename(saved.parents[1] / "elsewhere")
    found = store.load(moved / saved.name).study
    (study.path / "employees.csv").rename(study.path / "gone.csv")
    try:
        pd.testing.assert_frame_equal(found.answers("employees"), expected)
    finally:
        (study.path / "gone.csv").rename(study.path / "employees.csv")


def test_a_stored_study_holds_no_answers_and_reads_them_where_they_still_are(
    saved: Path, study: Study
) -> None:
    assert not study._answers
    stored = study.answers("clients")
    study.answers_from(saved.parent / "cleared away")
    pd.testing.assert_frame_equal(study.answers("clients"), stored)


def test_a_study_can_be_stored_where_it_is_read_from(saved: Path, study: Study) -> None:
    again = open_study(study.path)
    store.recall(again, saved)
    expected = {source: study.answers(source) for source in study.sources}
    for _ in range(2):
        again.store(saved.parent / store.ANSWERS)
        for source in study.sources:
            pd.testing.assert_frame_equal(again.answers(source), expected[source])


def test_a_study_is_recalled_without_reading_its_files(
    saved: Path, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(self: Any, source: str) -> Any:
        raise AssertionError(source)

    again = open_study(study.path)
    monkeypatch.setattr(Study, "read", read)
    store.recall(again, saved)
    assert again.organisations.equals(study.organisations)
    assert again.waves == study.waves
    pd.testing.assert_frame_equal(again.answers("clients"), study.answers("clients"))


def test_what_is_not_whole_is_not_there(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Any, folder: Path) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Study, "store", full)
    table = pd.DataFrame({"organisation": [""]})
    with pytest.raises(OSError, match="No space"):
        store.save(Outer(study, table, table, Inner({}, table)), tmp_path / "key" / "common.pickle")
    with pytest.raises(WorkbenchError, match="no shared results"):
        load(tmp_path / "key" / "common.pickle")


def test_an_unknown_organisation_is_named_with_the_nearest(saved: Path) -> None:
    with pytest.raises(UnknownOrganisationError, match="Did you mean 'Organisation 03'"):
        store.load(saved, "Organisaton 03")


def test_what_holds_no_study_cannot_be_stored(saved: Path, study: Study, tmp_path: Path) -> None:
    whole = replace(store.load(saved), study=None)
    with pytest.raises(TypeError, match="holds no study"):
        store.save(whole, tmp_path / "other" / "common.pickle")
