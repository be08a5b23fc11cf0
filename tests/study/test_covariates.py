"""What is known of respondents, and people who went to several organisations or channels."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

import workbench as wb
from workbench.errors import StudyError
from workbench.measurement import indices
from workbench.reports.disclosure import coverage
from workbench.study import Study


def study(folder: Path, table: pd.DataFrame, **about: object) -> Study:
    write_study(
        folder,
        {"clients": table},
        {"clients": {"service": ["s1"], "access": ["a1"]}},
        sources={"clients": about},
        settings={"minimum_count": 3},
    )
    return wb.open_study(folder)


def people(n: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    number = np.arange(n)
    return pd.DataFrame(
        {
            "organisation": np.where(number < n / 2, "A", "B"),
            "unit": number % 5,
            "s1": rng.integers(1, 6, n),
            "a1": rng.integers(1, 6, n),
            "age": np.where(number % 3, "young", "old"),
            "mail": [f"p{one}@example.org" for one in number],
            "one": "same",
            "born": 1950 + number % 25,
        }
    ).astype({"unit": str})


def test_covariates_are_kept_as_texts(tmp_path: Path) -> None:
    table = people()
    table.loc[0, "age"] = "NA"
    found = study(tmp_path / "one", table, covariates=["age"]).answers("clients")["age"]
    assert found.tolist()[:4] == ["", "young", "young", "old"]


FAULTS = {
    "mail": (
        "The covariate has 40 values in 40 rows, so it tells who people are. Leave it out of "
        "covariates in study.toml."
    ),
    "one": (
        "The covariate has the same value 'same' in all rows. Leave it out of covariates in "
        "study.toml."
    ),
    "born": "The covariate has 25 values. Group them into 20 or fewer, as ages into age groups.",
    "s1": (
        "The codebook has it as an item. Leave it out of covariates in study.toml, or out of the "
        "codebook."
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_no_covariate_is_refused_and_told(tmp_path: Path, name: str) -> None:
    found = study(tmp_path / "one", people(80), covariates=[name])
    sentence = FAULTS[name].replace("40", "80")
    told = [str(one) for one in found.check() if one.column == name and one.severity == "error"]
    assert told == [f"error: clients.csv, column {name!r}: {sentence}"]
    with pytest.raises(StudyError, match=f"column {name!r}: "):
        found.answers("clients")


def test_names_of_the_workbench_are_no_covariates(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="names 'weight', which the workbench calls a column"):
        study(tmp_path / "one", people(), covariates=["weight"])
    with pytest.raises(StudyError, match="write the columns as a list"):
        study(tmp_path / "two", people(), covariates="age")
    with pytest.raises(StudyError, match=r"covariates' is for rows = \"respondents\""):
        study(tmp_path / "three", people(), covariates=["age"], rows="units")


def journeys() -> pd.DataFrame:
    """Ten people at A by counter and web, five of them at B too; one row is there twice."""
    both = pd.DataFrame({"id": [*range(10)] * 2, "channel": ["counter"] * 10 + ["web"] * 10})
    table = pd.concat(
        [
            both.assign(organisation="A"),
            pd.DataFrame({"id": range(5), "channel": "counter", "organisation": "B"}),
            pd.DataFrame({"id": [0], "channel": "web", "organisation": "A"}),
        ],
        ignore_index=True,
    )
    answers = np.random.default_rng(1).integers(1, 6, (2, len(table)))
    return table.assign(unit=table["channel"] + table["organisation"], s1=answers[0], a1=answers[1])


def test_a_person_has_a_row_for_each_organisation_and_channel(tmp_path: Path) -> None:
    found = study(tmp_path / "one", journeys(), id="id", channel="channel")
    answers = found.answers("clients")
    assert len(answers) == 25
    assert found.set_aside[["reason", "count"]].to_numpy().tolist() == [["duplicate id", 1]]
    told = next(one for one in found.check() if "repeats an id" in one.cause)
    assert (
        told.cause == "1 row repeats an id of the same organisation, channel and wave (row 27): 0."
    )


def test_a_person_counts_once_in_an_organisation(tmp_path: Path) -> None:
    found = study(tmp_path / "one", journeys(), id="id", channel="channel")
    cover = coverage(found).set_index("organisation")["respondents"]
    assert cover.to_dict() == {"A": 10, "B": 5}


def test_errors_allow_for_people_in_several_units(tmp_path: Path) -> None:
    """The same answers twice say no more than once; by units alone they would."""
    rng = np.random.default_rng(6)
    n = 200
    once = pd.DataFrame({"id": range(n), "organisation": "A", "s1": rng.integers(1, 6, n)})
    units = [f"{channel}{one}" for channel in ("c", "w") for one in rng.integers(0, 40, n)]
    twice = pd.concat([once.assign(channel="c"), once.assign(channel="w")], ignore_index=True)
    twice = twice.assign(unit=units, a1=twice["s1"])
    found = study(tmp_path / "one", twice, id="id", channel="channel")
    index = indices(found, ["service"], by=()).iloc[0]
    of_people = 25 * once["s1"].std() / np.sqrt(n)
    assert index["se"] == pytest.approx(of_people, rel=0.15)
    assert index["n"] == n
    alone = indices(
        study(tmp_path / "two", twice.drop(columns="id"), channel="channel"), ["service"], ()
    )
    assert alone.iloc[0]["se"] < 0.85 * of_people
