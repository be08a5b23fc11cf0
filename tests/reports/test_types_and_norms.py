"""Types and published scores on pages: what is told, of whom, and what is said where nothing is."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from workbench.errors import StudyError
from workbench.interpretation.languages import Language
from workbench.reports.pages.benchmark import BenchmarkReport
from workbench.study import Study
from workbench.study.norms import COLUMNS

TYPES = dict.fromkeys(["Ash", "Elm", "Fir"], "town") | dict.fromkeys(["Oak", "Yew"], "county")
TYPES |= {"Sea": "port"}
INDEX = {"Ash": 71.0, "Elm": 69.0, "Fir": 70.0, "Oak": 60.0, "Yew": 61.0, "Sea": 50.0}


def report(norms: list[tuple[str, float, str, str, str]], **given: object) -> BenchmarkReport:
    table = pd.DataFrame(
        {
            "organisation": [*INDEX, ""],
            "construct": "trust",
            "wave": "",
            "index": [*INDEX.values(), 66.0],
            "se": 1.0,
            "lower": [*(np.array([*INDEX.values()]) - 2), 64.0],
            "upper": [*(np.array([*INDEX.values()]) + 2), 68.0],
            "units": 30,
        }
    )
    names = pd.DataFrame({"organisation": [*TYPES], "name": [*TYPES], "type": [*TYPES.values()]})
    shared = SimpleNamespace(
        chain=SimpleNamespace(
            constructs=[SimpleNamespace(name="trust")], label=lambda name: name.capitalize()
        ),
        indices=table,
        index=lambda one, construct, wave: (
            table.iloc[-1] if (one, construct) == ("", "trust") else None
        ),
        items=pd.DataFrame({"item": ["t1", "t2"], "mean": [4.0, np.nan]}),
        places_in_type=pd.DataFrame(
            {
                "organisation": [*TYPES],
                "type": [*TYPES.values()],
                "construct": "trust",
                "rank_lower": 1.0,
                "rank_upper": 2.0,
                "ranked": 3,
            }
        ),
        levels=pd.DataFrame(),
        wave="",
    )
    codebook = SimpleNamespace(
        frame=pd.DataFrame({"item": ["t1", "t2"]}),
        wording=lambda item: f"Question {item}",
        scale=lambda item: SimpleNamespace(points=lambda mean: 25 * (mean - 1)),
    )
    study = SimpleNamespace(
        organisations=names,
        language=Language("en"),
        codebook=codebook,
        norms=pd.DataFrame(norms, columns=list(COLUMNS)),
    )
    return BenchmarkReport(SimpleNamespace(**{**vars(study), **given}), shared)


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr[ >].*?</tr>", html.replace("<tr>", "<tr >"), re.DOTALL)
    found = (re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.DOTALL) for row in rows)
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in found]


def test_types_are_told_apart_and_one_organisation_is_not_tested() -> None:
    html = str(report([]).types().html)
    assert "<strong>Trust differs between types of organisation</strong>" in html
    assert "town: 9.5 points above the other types." in html
    assert "port has one organisation that is shown." in html
    rows = cells(html)
    assert ["Trust", "port", "1", "50 (no interval)", "[x]", "[x]"] in rows
    assert [row[2] for row in rows if row[:2] == ["Trust", "town"]] == ["3"]


def test_scores_stand_beside_what_they_are_about() -> None:
    page = report(
        [
            ("trust", 60.0, "Institute", "2024-05-31", ""),
            ("trust", 75.0, "Institute", "2024", "town"),
            ("trust", 40.0, "Institute", "2024", "banks"),
            ("t1", 70.0, "Panel", "2023", ""),
            ("t2", 70.0, "Panel", "2023", ""),
            ("people", 70.0, "Panel", "2023", ""),
        ]
    )
    rows = cells(str(page.norms().html))[1:]
    assert [row[1:] for row in rows] == [
        ["all", "60.0", "Institute, 31 May 2024", "66 (64 to 68)", "6 (4 to 8)"],
        ["town", "75.0", "Institute, 2024", "70 (68 to 72)", "−5 (−7 to −3)"],
        ["banks", "40.0", "Institute, 2024", "66 (64 to 68)", "26 (24 to 28)"],
        ["all", "70.0", "Panel, 2023", "75 (no interval)", "5 (no interval)"],
    ]
    assert "to compare: Question t2, people." in str(page.norms().html)


def test_without_a_list_there_is_no_section() -> None:
    assert str(report([]).norms().html) == ""


def test_a_faulty_list_is_told_and_the_page_is_made(little: Study, tmp_path: Path) -> None:
    (little.path / "norms.csv").write_text("measure,score,source,date\nservice,120,I,2024\n")
    with pytest.raises(StudyError):
        _ = little.norms

    class Faulty(SimpleNamespace):
        @property
        def norms(self) -> pd.DataFrame:
            return little.norms

    page = report([])
    page.study = Faulty(**{name: one for name, one in vars(page.study).items() if name != "norms"})
    assert "off the scale of 0 to 100" in str(page.norms().html)
