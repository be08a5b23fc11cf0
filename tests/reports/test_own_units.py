"""Links that end in records, told in the records' own units: a known truth is found again."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_chain, write_study

import workbench as wb
from workbench import drivers, reports
from workbench.chain import ChainStudy
from workbench.interpretation.languages import using_language
from workbench.reports.passing import passes

HOURS, PERCENT, BACK = -5.0, -18.1, 0.3
"""What goes with 10 points of calm, in hours and in percent of days; points of pride per hour."""


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Offices of four organisations, whose calm sets their hours and days, these their pride."""
    rng = np.random.default_rng(5)
    unit = np.arange(600)
    calm = rng.normal(60, 8, len(unit))
    hours = 40 + HOURS / 10 * (calm - 60) + rng.normal(0, 4, len(unit))
    days = np.exp(3 + np.log1p(PERCENT / 100) / 10 * (calm - 60) + rng.normal(0, 0.2, len(unit)))
    pride = 60 + BACK * (hours - 40) + rng.normal(0, 3, len(unit))
    keys = {"organisation": [f"Org {one % 4}" for one in unit], "unit": [f"u{one}" for one in unit]}
    rows = np.repeat(unit, 12)

    def answers(level: np.ndarray) -> dict[str, np.ndarray]:
        own = level[rows, None] + rng.normal(0, 10, (len(rows), 2))
        return {"first": own[:, 0], "second": own[:, 1]}

    people = pd.DataFrame(keys).loc[rows].reset_index(drop=True)
    asked = {name: answers(level) for name, level in (("calm", calm), ("pride", pride))}
    items = {name: [f"{name}_1", f"{name}_2"] for name in asked}
    for name, own in asked.items():
        people[items[name]] = np.clip(np.column_stack(list(own.values())), 0, 100).round(2)
    records = pd.DataFrame(keys).assign(hours=hours.round(2), days=days.round(2))
    folder = write_study(
        tmp_path_factory.mktemp("units") / "offices",
        {"staff": people, "records": records},
        {"staff": items, "records": {"hours": ["hours"], "days": ["days"]}},
        chain="ours",
        scale=(0, 100),
        sources={"records": {"rows": "units"}},
        items={
            "hours": {"low": -20, "high": 100, "unit": "hours"},
            "days": {"low": 1, "high": 400, "unit": "days", "shape": "log"},
        },
    )
    write_chain(folder, "ours", ("calm", "hours"), ("calm", "days"), ("hours", "pride"))
    return folder


@pytest.fixture(scope="module")
def study(offices: Path) -> ChainStudy:
    return wb.open_study(offices)


@pytest.fixture(scope="module")
def links(study: ChainStudy) -> pd.DataFrame:
    found = wb.links(study.fit())
    return found[found["effect"] == "direct"].reset_index(drop=True)


def numbers(text: str) -> list[float]:
    return [float(one.replace("−", "-")) for one in re.findall(r"[+−]?\d+(?:\.\d+)?", text)]


def test_tables_tell_links_in_the_unit_of_the_records(
    study: ChainStudy, links: pd.DataFrame
) -> None:
    told = passes(links, drivers.amounts_of(study, ["calm", "hours", "days", "pride"]))
    cells = dict(zip(zip(links["from"], links["to"], strict=True), told, strict=True))
    assert re.fullmatch(r"\S+ hours \(.*\) for 10 points", cells["calm", "hours"])
    assert re.fullmatch(r"\S+% \(.*%\) for 10 points", cells["calm", "days"])
    assert re.fullmatch(r"\S+ points \(.*\) for 10 hours", cells["hours", "pride"])
    truth = [("calm", "hours", HOURS), ("calm", "days", PERCENT), ("hours", "pride", 10 * BACK)]
    for source, target, true in truth:
        value, lower, upper = numbers(cells[source, target])[:3]
        assert lower < true < upper
        assert value == pytest.approx(true, abs=0.15 * abs(true))


def test_a_number_that_was_turned_keeps_its_direction(tmp_path: Path, offices: Path) -> None:
    """Where few hours are good the index is turned, and hours are still hours."""
    folder = tmp_path / "turned"
    folder.mkdir()
    for file in offices.rglob("*.*"):
        place = folder / file.relative_to(offices)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(file.read_bytes())
    book = pd.read_csv(folder / "codebook.csv").assign(reversed="no")
    book.loc[book["item"] == "hours", "reversed"] = "yes"
    book.to_csv(folder / "codebook.csv", index=False)
    turned = wb.open_study(folder)
    amounts = drivers.amounts_of(turned, ["hours"])
    assert amounts["hours"].number(0) == pytest.approx(100)
    found = wb.links(turned.fit())
    own = found[(found["from"] == "calm") & (found["to"] == "hours")]
    assert own["pass_through"].iloc[0] > 0
    value, lower, upper = numbers(passes(own, amounts)[0])[:3]
    assert lower < value < upper < 0
    assert lower < HOURS < upper


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (None, r"Where Calm is 10 points higher, Hours is 5\.\d hours lower \(.*\): .* hours\."),
        ("fr", r"Où « Calm » est plus haut de 10 points, « Hours » est plus bas de 5,\d hours"),
    ],
)
def test_pages_say_it_in_sentences_cards_and_scenarios(
    offices: Path, language: str | None, words: str
) -> None:
    study = wb.open_study(offices, language)
    with using_language(study.language):
        page = reports.chain_report(study)
        said = re.sub(r"<[^>]+>", " ", page.links_table().html)
        assert re.search(words, said)
        asked = re.sub(r"<[^>]+>", " ", page.constructs().html)
        assert re.search(r"\d\d[.,]\d hours \(", asked)
        scenarios = drivers.study_what_if(study, ["calm"], ["hours", "days"], effects=page.links)
        drawn = scenarios.figure().html
    assert 'data-estimate="# hours (#' in drawn
    assert 'data-relative="1"' in drawn
    row = scenarios.frame.query("asked == 10 and outcome == 'hours'").iloc[0]
    assert row["effect"] * 1.2 == pytest.approx(HOURS, abs=0.6)
    assert re.search(r"[+−]\d+[.,]?\d* hours \(", drawn)
    organisation = reports.organisation_report(study, "Org 1")
    assert re.search(r"\d\d[.,]\d hours \(", organisation.cards().html)
    assert re.search(words, re.sub(r"<[^>]+>", " ", organisation.links().html))
