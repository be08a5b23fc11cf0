"""The trends report: the demo's shock in plain words, and a sentence where there is no wave."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from builders import write_study

from workbench.reports.pages.trends import TrendsReport, trends_report
from workbench.simulation import load_population, simulate
from workbench.study import Study

ROOT = Path(__file__).resolve().parents[2]
SAYS = {
    "title": "Trends: All organisations, 2022 to 2024",
    "headline": "People went up 4.5 points from 2023 to 2024 (3.2 to 5.9).",
    "trends": "Indices (0–100) over the waves, with 95% intervals",
    "changes_table": "Employment Service −11.8 (−14.9 to −8.6) down",
    "latent_means": "People 2023 −4.9 (−6.3 to −3.4)",
    "growth": "Steady change in People cannot be estimated.",
    "links": "People → Service 0.41 0.30 −0.11 (−0.29 to 0.07) p = .207",
    "panel": "Service 2022 People 2023 −0.02 (−0.25 to 0.22) −0.01 p = .877",
    "change_with_change": "People → Service 0.25 (0.14 to 0.35) 0.26 (0.16 to 0.37) 0.67 321",
    "adopters": "Openness 9.3 (5.1 to 13.5) p = .001 no clear difference not shown (5.9 to 12.7)",
    "again": "the table shows how that would change the results",
    "method": "its change uses the questions asked in both waves",
    "provenance": "from the files study.toml, codebook.csv",
}


@pytest.fixture(scope="module")
def everyone() -> TrendsReport:
    return trends_report(ROOT / "data" / "demo")


def test_the_shock_is_named_with_its_organisations(everyone: TrendsReport) -> None:
    html = everyone.headline().html
    assert "People went down" in html
    fall = html.partition("2022 to 2023:")[2].partition("2023 to 2024:")[0]
    for name in ("Revenue Office", "Employment Service", "Ville de Montréal-Érables"):
        assert name in fall
    assert "Land Registry" not in fall


@pytest.mark.parametrize("section", SAYS)
def test_every_section_says_what_the_demo_shows(everyone: TrendsReport, section: str) -> None:
    html = getattr(everyone, section)().html
    assert SAYS[section] in " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "nan" not in html.lower().split()


def test_hidden_groups_are_not_shown(everyone: TrendsReport) -> None:
    table = everyone.changes_table().html
    row = table.partition("Harbour Pilots")[2].partition("</tr>")[0]
    assert row.count("[c]") == 3
    small = trends_report(everyone.study, "harbour pilots")
    headline = small.headline().html
    assert "Nobody in employees gave a usable answer in 2022" in headline
    assert all(entry["value"] is None for entry in small.key_numbers().numbers.values())


def test_one_organisation_beside_all(everyone: TrendsReport) -> None:
    own = trends_report(everyone.study, "Revenue Office")
    assert "Trends: Revenue Office, 2022 to 2024" in own.title().html
    assert "All organisations" in own.trends().html
    assert "Land Registry" not in own.changes_table().html
    numbers = own.key_numbers().numbers["People: change in points"]
    assert numbers["lower"] < numbers["value"] < numbers["upper"]


def test_links_and_panels_are_worded_as_association(everyone: TrendsReport) -> None:
    assert "Test of no change" in everyone.links().html
    panel = everyone.panel().html
    assert "without stable differences between units" in panel
    assert "do not show that changing one thing would change the other" in panel
    assert "The model fits the data poorly" in panel  # the shock is in no panel model


def test_nothing_is_concluded_from_growth_that_cannot_be(everyone: TrendsReport) -> None:
    """The shock of the middle wave makes the slopes of people vary less than not at all."""
    html = everyone.growth().html
    assert "Steady change in People cannot be estimated." in html
    assert "the variance of the change in People came out negative" in html
    assert "how People changes" not in html


def test_who_answered_again_is_told_or_supposed(everyone: TrendsReport, tmp_path: Path) -> None:
    html = everyone.again().html
    assert (
        "The study has no id that shows who answered again about People, Service and Trust" in html
    )
    row = html.partition("People 2023 → Service 2024")[2].partition("</tr>")[0]
    assert len(set(re.findall(r"[\d.−]+ \([^)]*\)", row))) == 3  # none, .3 and .6
    assert "variance of the change" not in html  # no growth model can be told

    linked = trends_report(_with_people_again(tmp_path)).again().html
    assert "240 respondents of employees answered in more than one wave" in linked
    assert "The study has no id that shows who answered again about Service and Trust" in linked


def test_adopters_are_told_without_a_name_and_without_a_cause(everyone: TrendsReport) -> None:
    html = everyone.adopters().html
    assert "the charter of open decisions: 4 from 2023 on and 3 from 2024 on" in html
    assert "Organisations that have not: 5." in html
    assert "or without a wave before adoption, are left out: 1." in html  # the Harbour Pilots
    assert not [name for name in everyone.study.organisations["name"] if name in html]
    assert "what went with adoption, not what it brought about" in html
    assert "Callaway" in everyone.method().html


def test_who_adopted_counts_without_hidden_groups(tmp_path: Path) -> None:
    """Of three organisations that adopted one has too few answers: nothing of it is in a number."""
    folder = _with_adopters(tmp_path / "all", few="")
    without = _with_adopters(tmp_path / "few", few="B")
    shown = trends_report(without)
    assert "left out: 1." in shown.adopters().html
    assert _events_of(shown) != _events_of(trends_report(folder))
    answers = pd.read_csv(without / "clients.csv")
    answers[answers["organisation"] != "B"].to_csv(without / "clients.csv", index=False)
    assert _events_of(shown) == _events_of(trends_report(without))


def _events_of(page: TrendsReport) -> list[float]:
    assert page._adopters is not None
    return page._adopters.events["estimate"].tolist()


def test_a_page_has_no_section_on_what_its_study_does_not_have(tmp_path: Path) -> None:
    folder = _with_adopters(tmp_path, few="")
    assert "Adopters and others" in trends_report(folder).adopters().html
    (folder / "organisations.csv").unlink()
    page = trends_report(folder)
    assert page.adopters().html == ""
    assert "Callaway" not in page.method().html


def test_what_is_wrong_with_waves_of_adoption_is_told_in_its_section(tmp_path: Path) -> None:
    folder = _with_adopters(tmp_path, few="")
    listed = folder / "organisations.csv"
    listed.write_text(listed.read_text().replace("A,2022", "A,2020"))
    html = trends_report(folder).adopters().html
    assert "&#39;A&#39; adopted in &#39;2020&#39;, which is no wave of the study." in html
    assert str(tmp_path) not in html


def _with_adopters(folder: Path, few: str) -> Path:
    """Three waves of seven organisations, of which three adopt; ``few`` has a few answers only."""
    rng = np.random.default_rng(2)
    wave, place, person = (axis.ravel() for axis in np.indices((3, 7, 30)))
    name = np.array(list("ABCDEFG"))[place]
    table = pd.DataFrame({"organisation": name, "unit": name, "wave": 2021 + wave})
    for construct in ("access", "service", "trust"):
        level = 50 + rng.normal(0, 5, 7)[place] + 6 * ((place < 3) & (wave > 0))
        table[f"{construct}_1"] = (level + rng.normal(0, 8, len(table))).round(1)
    table = table[(table["organisation"] != few) | (person < 2)]
    write_study(
        folder,
        {"clients": table},
        {"clients": {name: [f"{name}_1"] for name in ("access", "service", "trust")}},
        scale=(0, 100),
    )
    rows = [f"{name},{2022 if name in 'ABC' else ''}" for name in "ABCDEFG"]
    (folder / "organisations.csv").write_text("\n".join(["organisation,adopted", *rows]) + "\n")
    return folder


def _with_people_again(folder: Path) -> Path:
    """Two waves of 30 units; their eight employees keep their ids, their clients have none."""
    rng = np.random.default_rng(1)
    asked = {"employees": ("people",), "clients": ("service", "trust")}
    answers = {}
    for source, constructs in asked.items():
        wave, unit, person = (axis.ravel() for axis in np.indices((2, 30, 8)))
        table = pd.DataFrame({"organisation": "A", "unit": unit, "wave": 2021 + wave})
        table["id"] = [f"{u}-{p}" for u, p in zip(unit, person, strict=True)]
        for construct in constructs:
            level = rng.normal(50, 10, (2, 30))[wave, unit]
            table[f"{construct}_1"] = (level + rng.normal(0, 5, len(table))).round(1)
        answers[source] = table
    return write_study(
        folder,
        answers,
        {source: {name: [f"{name}_1"] for name in own} for source, own in asked.items()},
        chain="public-sector-service-value-chain",
        scale=(0, 100),
        settings={"minimum_count": 1},
        sources={"employees": {"id": "id"}},
    )


def test_latent_means_of_questions_that_measure_two_things_carry_a_warning(tmp_path: Path) -> None:
    """Two questions of people go together and two others, and one pair hardly with the other."""
    rng = np.random.default_rng(1)
    wave, unit = (axis.ravel() for axis in np.indices((2, 80)))
    table = pd.DataFrame({"organisation": "A", "unit": unit, "wave": 2021 + wave})
    constructs = {
        name: [f"{name}_{i}" for i in range(4)] for name in ("people", "service", "trust")
    }
    for construct, items in constructs.items():
        levels = rng.normal(40, 8, (2, len(table)))
        for i, item in enumerate(items):
            level = levels[i // 2 if construct == "people" else 0] + levels[0] / 4
            answers = level + rng.normal(0, 5, len(table))
            table[item] = answers.round(1).clip(0, 100)
    write_study(
        tmp_path,
        {"records": table},
        {"records": constructs},
        chain="public-sector-service-value-chain",
        scale=(0, 100),
        settings={"minimum_count": 1},
        sources={"records": {"rows": "units"}},
    )
    html = trends_report(tmp_path).latent_means().html
    assert "The model with equal parameters fits People poorly (CFI 0." in html
    assert "fits Service poorly" not in html


def test_without_waves_there_is_a_sentence(nyc_study: Study) -> None:
    report = trends_report(nyc_study.path)
    assert "The study has only one survey round" in report.headline().html
    assert "of study.toml" in report.headline().html
    for section in set(SAYS) - {"title", "headline", "provenance"}:
        assert getattr(report, section)().html == "", section
    numbers = report.key_numbers().numbers
    assert numbers == {"Changes": {"value": None, "note": "show with a second wave"}}


def test_the_notebook_shows_every_section_once_and_keeps_no_output() -> None:
    notebook = nbformat.read(ROOT / "notebooks" / "trends.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    shown = [cell.source.splitlines()[-1] for cell in code[1:]]
    assert shown == [f"report.{name}()" for name in [*SAYS, "key_numbers"]]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def counted(monkeypatch: pytest.MonkeyPatch, module: str, name: str) -> list[tuple[Any, ...]]:
    """What a function that a module calls was given, call by call."""
    given: list[tuple[Any, ...]] = []
    function = getattr(import_module(module), name)

    def noted(*values: Any, **named: Any) -> Any:
        given.append(values)
        return function(*values, **named)

    monkeypatch.setattr(f"{module}.{name}", noted)
    return given


def test_what_goes_from_wave_to_wave_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three constructs and three links under three correlations of errors."""
    specific = counted(monkeypatch, "workbench.chain.panel", "specific_covariance")
    slopes = counted(monkeypatch, "workbench.reports.pages.trends", "change_with_change")
    page = trends_report(ROOT / "data" / "demo")
    for show in (page.growth, page.panel, page.change_with_change, page.again):
        show()
    assert len(specific) == len(slopes) == 9


def test_of_many_waves_the_latest_tell_what_goes_from_wave_to_wave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of all pairs of forty waves has no end; ten are enough to see that."""
    simulate(tmp_path / "s", 1, load_population().larger(20, 15, 12, 10))
    means = counted(monkeypatch, "workbench.linkage", "unit_means_with_error")
    page = trends_report(tmp_path / "s")
    text = page.panel().html
    assert len(means) == 1
    assert "do not affect it. The latest 8 waves." in text
    assert "People 2017" in text
    assert "People 2016" not in text
    assert "Service 2024" in text
    headline = page.headline().html
    assert re.search(
        r"People was \d+ in 2015 and \d+ in 2024; the highest index was \d+ in 20\d\d, the lowest "
        r"\d+ in 20\d\d\.", headline
    )  # fmt: skip
    assert re.findall(r"from (\d+) to 20\d\d", headline) == ["2023"] * headline.count(" from 2023")
    changed = page.changes_table().html
    assert "The latest 7 changes. The indices above are those of all waves." in changed
    assert "Changes from 2017 to 2018" in changed
    assert "Changes from 2016 to 2017" not in changed
    links = page.links().html
    assert list(dict.fromkeys(re.findall(r"Links, (\d+) to (\d+): strength", links))) == [
        *((str(year), str(year + 1)) for year in range(2017, 2024)),
        ("2015", "2024"),
    ]
    latest, every = page.latent_means().html.split("<details", 1)
    assert re.findall(r"<td[^>]*>(20\d\d)</td>", latest) == ["2024"] * 3
    assert len(re.findall(r"<td[^>]*>(20\d\d)</td>", every)) == 27
