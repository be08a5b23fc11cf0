"""The list of reports: complete, and complete without JavaScript."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.batch import report_list
from workbench.batch.manifest import Entry, Manifest
from workbench.interpretation.languages import using_language


@pytest.fixture
def manifest() -> Manifest:
    people = {"value": 61.25, "lower": 58.0, "upper": 64.5, "digits": 0}
    return Manifest(
        study="tiny",
        title="Towns & cities",
        simulated=True,
        finished="2026-03-01T10:00:00+00:00",
        provenance={"versions": {"workbench": "0.1.0"}},
        reports={
            "benchmark": Entry(
                "benchmark", "Benchmark", status="ok", html="benchmark.html", key_numbers={"n": 3}
            ),
            "organisation-a": Entry(
                "organisation",
                '<b>&"/',
                organisation="a",
                status="ok",
                html="organisation-a.html",
                key_numbers={"People": people, "People → Service": -0.412},
            ),
            "organisation-b": Entry(
                "organisation",
                "Transit",
                organisation="b",
                status="failed",
                error="ValueError: <none>",
                notebook="notebooks/organisation-b.ipynb",
            ),
            "organisation-c": Entry(
                "organisation",
                "Water",
                organisation="c",
                status="skipped",
                html="organisation-c.html",
                key_numbers={"Trust": {"value": None, "note": "Too few answers."}},
            ),
        },
    )


def test_every_report_is_listed(manifest: Manifest, tmp_path: Path) -> None:
    report_list.write(manifest, tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    for name in ("benchmark", "organisation-a", "organisation-c"):
        assert f'href="{name}.html"' in page
    assert 'href="organisation-b.html"' not in page
    assert "&lt;b&gt;&amp;&#34;/" in page
    assert "Too few answers." in page
    assert "Simulated data" in page
    headers = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', page)
    assert headers == ["Organisation", "People", "People → Service", "Trust", "Status"]


def test_a_number_comes_with_its_interval_and_sorts_by_what_is_shown(manifest: Manifest) -> None:
    page = report_list.render(manifest)
    assert '<td data-sort="61" class="number">61<small>58 to 64</small></td>' in page
    assert '<td data-sort="-0.41" class="number">−0.41</td>' in page


def test_a_reason_for_several_columns_is_said_once() -> None:
    hidden = {"value": None, "note": "Not shown."}
    numbers = {"People": hidden, "Service": hidden, "Trust": 61, "Access": hidden}
    found = report_list.runs(numbers, [*numbers, "Results", "Links"])
    told = [(shown["text"], span) for shown, span in found]
    assert told == [("Not shown.", 2), ("61", 1), ("Not shown.", 1), ("–", 1), ("–", 1)]


def test_a_failure_is_listed_and_nothing_of_its_error(manifest: Manifest) -> None:
    """An error's text, the notebook it stands in and the record are not for the public."""
    page = report_list.render(manifest)
    assert "<dt>Transit</dt><dd>Failed.</dd>" in page
    assert '<a href="#problems">1 not made</a>' in page
    for private in ("ValueError", "&lt;none", "notebooks/", "manifest.json"):
        assert private not in page


def test_a_complete_list_has_no_section_of_problems(manifest: Manifest) -> None:
    del manifest.reports["organisation-b"]
    assert "problems" not in report_list.render(manifest).split("<body>")[1]


def test_status_is_told_where_something_is_not_made(manifest: Manifest) -> None:
    assert ">Status</th>" in report_list.render(manifest)
    del manifest.reports["organisation-b"]
    assert ">Status</th>" not in report_list.render(manifest)


def test_earlier_waves_come_after_the_latest_each_in_a_group(manifest: Manifest) -> None:
    manifest.waves = ["9", "10", "11"]
    for wave in ("9", "10"):
        manifest.reports[f"benchmark-{wave}"] = Entry(
            "benchmark",
            f"Benchmark, {wave}",
            wave=wave,
            status="ok",
            html=f"benchmark-{wave}.html",
        )
    page = report_list.render(manifest)
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    assert headings[:3] == ["The latest reports", "Wave 10", "Wave 9"]
    latest, ten, nine = page.split('id="wave-')[1:]
    assert 'href="benchmark.html"' in latest
    assert 'href="organisation-a.html"' in latest
    assert 'href="benchmark-10.html"' in ten
    assert 'href="benchmark-9.html"' in nine
    assert '<a href="#wave-3">Wave 9</a>' in page


def test_a_long_list_is_in_order_and_has_letters_to_jump_to(
    manifest: Manifest, check_page: Callable[[str], None]
) -> None:
    towns = ["Évora", "Zürich", "12th Ward", "Æra", "elm", "Parks"]
    names = [f"{town} {number:02}" for number in range(20) for town in towns]
    manifest.reports |= {
        f"organisation-x{place}": Entry(
            "organisation", name, organisation=name, status="ok", html=f"organisation-x{place}.html"
        )
        for place, name in enumerate(names)
    }
    page = report_list.render(manifest)
    check_page(page)
    letters = re.findall(r'<li><a href="#(group-1-1-\d+)">(.)</a>', page)
    assert [letter for _, letter in letters] == ["#", "B", "E", "P", "T", "W", "Z", "Æ"]
    titles = re.findall(r'<tr(?: id="([^"]+)")?>\n<th scope="row" data-sort="([^"]+)"', page)
    first = {place: title for place, title in titles if place}
    begin = [first[place][:3] for place, _ in letters]
    assert begin == ["12t", "&lt", "elm", "Par", "Tra", "Wat", "Zür", "Æra"]
    assert [title for _, title in titles if title[0] in "Ée"][:2] == ["elm 00", "elm 01"]
    assert len(titles) == 123
    assert 'class="letters"' not in report_list.render(
        replace(
            manifest, reports={name: manifest.reports[name] for name in list(manifest.reports)[:9]}
        )
    )


def test_one_wave_needs_no_heading_for_it(manifest: Manifest) -> None:
    assert "The latest reports" not in report_list.render(manifest)


def test_the_list_is_headed_by_the_studys_own_chain(manifest: Manifest) -> None:
    assert '<p class="series">' not in report_list.render(manifest)
    headed = report_list.render(replace(manifest, spine=["Calm", "Pride"]))
    assert "Calm <span" in headed
    assert "Pride</p>" in headed


def test_the_page_is_sound(manifest: Manifest, check_page: Callable[[str], None]) -> None:
    page = report_list.render(manifest)
    check_page(page)
    assert len(page.encode()) < 60_000


def test_the_list_says_who_publishes_it_in_its_language(manifest: Manifest) -> None:
    named = replace(manifest, publisher={"body": "Ministry", "cite": "Ministry (2026)."})
    assert "<dt>How to cite</dt><dd>Ministry (2026).</dd>" in report_list.render(named)
    with using_language("fr"):
        page = report_list.render(named)
    assert '<html lang="fr" dir="ltr">' in page
    assert "<dt>Comment citer</dt>" in page
    assert "non produits" in page
    assert '<td data-sort="-0.41" class="number">−0,41</td>' in page
