"""A small batch of the project's own notebooks on the demo, end to end."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

import workbench as wb
from workbench.batch import cache
from workbench.batch.output import read_record
from workbench.batch.report import ENOUGH
from workbench.batch.run import run_batch
from workbench.reports import organisation_report
from workbench.reports.shared import load

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
ORGANISATIONS = [
    "Library Network",  # 12 units: little of its links is its own
    "Revenue Office",  # 60 units
    "Harbour Pilots",  # under the minimum
    "Parks and Roads North",  # called otherwise on pages
]
AWKWARD = 'Parks <b>&"Roads"</b> / North'

CHOICE = {"reports": ["organisation", "benchmark", "technical"], "organisations": ORGANISATIONS}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo with one organisation whose name on pages is made of characters of HTML."""
    folder = tmp_path_factory.mktemp("study") / "demo"
    shutil.copytree(DEMO, folder)
    table = pd.read_csv(folder / "organisations.csv")
    table["name"] = table["name"].replace("Parks and Roads North", AWKWARD)
    table.to_csv(folder / "organisations.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def batch(demo, tmp_path_factory):
    output = tmp_path_factory.mktemp("batch") / "demo"
    manifest = run_batch(wb.open_study(demo), output, **CHOICE, jobs=2, memory_limit=ENOUGH)
    return manifest, output


@pytest.fixture(scope="module")
def pages(batch):
    manifest, output = batch
    return {
        entry.organisation or entry.name: (output / entry.html).read_text(encoding="utf-8")
        for entry in manifest.reports.values()
    }


def test_every_report_is_made(batch):
    manifest, _ = batch
    assert {entry.status for entry in manifest.reports.values()} == {"ok"}
    assert len(manifest.reports) == len(ORGANISATIONS) + 2


def test_every_page_is_sound_small_and_says_simulated(pages, check_page):
    for page in pages.values():
        check_page(page)
        assert len(page.encode()) < 300_000
        assert "Simulated data" in page


SECTIONS = [
    "asked",
    "findings",
    "picture",
    "cards",
    "trend",
    "questions",
    "links",
    "priorities",
    "what_if",
    "data_quality",
]


@pytest.mark.parametrize("organisation", ORGANISATIONS)
def test_an_organisations_own_rows_tell_all_that_its_report_says(demo, batch, organisation):
    (stored,) = cache.place(batch[1]).glob("shared/*/common.pickle")
    alone = organisation_report(demo, organisation, shared=stored)
    among_all = organisation_report(demo, organisation, shared=load(stored))
    assert len(alone.shared.indices) < len(among_all.shared.indices)
    for section in SECTIONS:
        assert getattr(alone, section)().html == getattr(among_all, section)().html
    assert alone.key_numbers() == among_all.key_numbers()


def test_headline_says_what_the_numbers_say(pages, batch):
    manifest, _ = batch
    entry = next(e for e in manifest.reports.values() if e.organisation == "Revenue Office")
    page = pages["Revenue Office"]
    indices = {name: entry.key_numbers[name]["value"] for name in ("People", "Service", "Trust")}
    people, service, trust = (f"{name} {value:.0f}" for name, value in indices.items())
    levels = f"{people.replace(' ', ' scores ')} of 100, {service} and {trust}."
    assert f"<strong>{levels}</strong>" in page
    assert "People went up 11.5 points from 2023 to 2024" in page


def test_the_first_screen_says_who_was_asked_before_any_number(pages):
    page = pages["Revenue Office"]
    order = [
        "satisfaction with and commitment to",
        "people invited",
        "of 100,",
        "median of the 11 organisations",
        "strength of the links",
        ">Results<",
    ]
    assert sorted(order, key=page.index) == order


def test_the_page_of_an_organisation_leads_to_its_place_in_the_technical_report(pages, batch):
    manifest, _ = batch
    entry = next(e for e in manifest.reports.values() if e.organisation == "Revenue Office")
    anchor = entry.html.removesuffix(".html")
    assert f'href="technical.html#{anchor}"' in pages["Revenue Office"]
    assert f'id="{anchor}"' in pages["technical"]
    assert 'href="trends.html"' not in pages["Revenue Office"]  # which this batch does not make


def test_headline_link_is_the_partially_pooled_one(pages, batch):
    manifest, _ = batch
    entry = next(e for e in manifest.reports.values() if e.organisation == "Revenue Office")
    link = entry.key_numbers["People → Service"]
    page = pages["Revenue Office"]
    assert f"{link['value']:.2f} ({link['lower']:.2f} to {link['upper']:.2f})" in page
    assert "partial pooling" in page


def test_pages_diagrams_and_what_ifs_speak_of_one_link(batch, pages):
    manifest, output = batch
    (stored,) = cache.place(output).glob("shared/*/common.pickle")
    shared = load(stored)
    number = next(e for e in manifest.reports.values() if e.name == "benchmark").key_numbers
    direct = [("people", "service", "People → Service"), ("service", "trust", "Service → Trust")]
    for table in (shared.pooled.links, shared.drivers.effects, shared.links.mean):
        found = table[table["effect"] == "direct"].set_index(["from", "to"])["strength"]
        for source, target, name in direct:
            assert found[source, target] == pytest.approx(number[name]["value"])
    assert "the mean over 11 organisations" in pages["benchmark"]


def test_one_model_estimates_organisations_of_every_size_and_pages_say_so(pages):
    technical = pages["technical"]
    assert "One model estimates the links of all organisations" in technical
    assert technical.count(">Library Network<") == 3  # one row for each link


def test_small_organisation_shows_no_numbers(pages, batch):
    page = pages["Harbour Pilots"]
    assert "fewer than 10 people in" in page
    manifest, _ = batch
    entry = next(e for e in manifest.reports.values() if e.organisation == "Harbour Pilots")
    assert all(number["value"] is None for number in entry.key_numbers.values())
    assert "of 100" not in page


def test_names_are_text(pages):
    page = pages["Parks and Roads North"]
    assert "<b>" not in page.replace("<b>&amp;", "")
    assert "Parks &lt;b&gt;&amp;&#34;Roads&#34;&lt;/b&gt; / North" in page


def test_record_and_list_agree(batch):
    manifest, output = batch
    record = read_record(output)
    assert len(record.reports) == len(manifest.reports)
    listed = (output / "index.html").read_text(encoding="utf-8")
    for entry in manifest.reports.values():
        assert f'href="{entry.html}"' in listed


def test_nothing_changed_nothing_made(demo, batch):
    _, output = batch
    again = run_batch(wb.open_study(demo), output, **CHOICE, jobs=2)
    assert {entry.status for entry in again.reports.values()} == {"skipped"}
