"""Waves and organisations may be given as numbers, wherever they are given."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench import benchmark, drivers, linkage, measurement
from workbench.chain import ChainStudy, open_study
from workbench.chain.panel import panel_data
from workbench.errors import UnknownNameError
from workbench.reports import drivers_report, organisation_report, trends_report
from workbench.simulation import load_population, simulate
from workbench.study.given import asked_for, name_text


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> ChainStudy:
    """Four organisations called 101 to 104, and the waves 0 and 1."""
    folder = simulate(
        tmp_path_factory.mktemp("numbers") / "s", 1, load_population().larger(4, 20, 12, 2)
    )
    opened = open_study(folder)
    names = {f"Organisation {number}": 100 + number for number in range(1, 5)}
    waves = {wave: number for number, wave in enumerate(opened.waves)}
    columns = opened.columns
    for source in opened.sources.values():
        read = pd.read_parquet if source.file.suffix == ".parquet" else pd.read_csv
        table = read(source.file)
        table[columns.organisation] = table[columns.organisation].astype(str).map(names)
        table[columns.wave] = table[columns.wave].astype(str).map(waves)
        if source.file.suffix == ".parquet":
            table.to_parquet(source.file)
        else:
            table.to_csv(source.file, index=False)
    listed = pd.read_csv(folder / "organisations.csv")
    listed["organisation"] = listed["name"] = listed["organisation"].map(names)
    listed.to_csv(folder / "organisations.csv", index=False)
    return open_study(folder)


@pytest.mark.parametrize(
    ("given", "text"),
    [(2023, "2023"), (2023.0, "2023"), (np.int64(7), "7"), (2023.5, "2023.5"), ("07", "07")],
)
def test_a_number_is_the_text_that_names_it(given: Any, text: str) -> None:
    assert name_text(given) == asked_for(given) == text


def test_nothing_is_asked_for_by_nothing_alone() -> None:
    assert asked_for("") is None
    assert asked_for(None) is None
    assert asked_for(0) == "0"


CALLS: dict[str, Callable[[ChainStudy, Any, Any], Any]] = {
    "wave": lambda study, wave, _: study.wave(wave),
    "organisation": lambda study, _, organisation: study.organisation(organisation),
    "fit": lambda study, wave, _: study.fit(wave=wave).estimates,
    "chain_data": lambda study, wave, one: study.chain_data(wave=wave).of(one).frame,
    "units": lambda study, wave, one: linkage.units(
        study, study.codebook.items("people"), organisation=one, wave=wave
    ),
    "means": lambda study, wave, one: linkage.unit_means_with_error(
        study, study.codebook.items("people"), organisation=one, wave=wave
    ).frame,
    "linkage_report": lambda study, wave, one: linkage.linkage_report(study, wave, one).frame,
    "reliability": lambda study, wave, one: measurement.reliability(
        study, "people", one, wave
    ).alpha,
    "priority_map": lambda study, wave, one: drivers.priority_map(
        study, "service", organisation=one, wave=wave
    ).frame,
    "importance": lambda study, wave, _: drivers.importance(study, "service", wave=wave).frame,
    "necessity": lambda study, wave, one: drivers.study_pairs(
        study, "people", "service", wave=wave
    ).of(one).frame,
    "standings": lambda study, wave, _: drivers.study_standings(study, wave=wave).indices,
    "changes": lambda study, wave, _: benchmark.index_changes(
        study, ["people"], study.waves[0], wave
    ),
    "improvements": lambda study, wave, _: benchmark.improvements(
        study, ["people"], [study.waves[0], wave]
    ),
    "panel": lambda study, wave, _: panel_data(study, ["people"], [study.waves[0], wave]).frame,
    "drivers_report": lambda study, wave, one: drivers_report(
        study, wave=wave, organisation=one
    ).title().html,
    "trends_report": lambda study, _, one: trends_report(study, one).title().html,
    "organisation_report": lambda study, wave, one: organisation_report(
        study, one, wave
    ).findings().html,
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_numbers_find_what_texts_find(study: ChainStudy, name: str) -> None:
    expected = CALLS[name](study, "1", "102")
    found = CALLS[name](study, 1, 102)
    if isinstance(expected, pd.DataFrame):
        assert len(expected)
        pd.testing.assert_frame_equal(found, expected)
    else:
        assert found == expected


def test_the_wave_0_is_a_wave(study: ChainStudy) -> None:
    report = organisation_report(study, 102, 0)
    assert report.shared.wave == "0"
    assert drivers_report(study, wave=0)._found.wave == "0"


def test_a_number_that_names_nothing_is_said_with_the_nearest(study: ChainStudy) -> None:
    with pytest.raises(UnknownNameError, match="no wave '10'"):
        study.fit(wave=10)
    with pytest.raises(UnknownNameError, match="Did you mean '10"):
        study.organisation(1020)
