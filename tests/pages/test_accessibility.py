"""Pages of every kind in a browser, in both colour schemes and at three widths of the screen: no
fault against WCAG 2.2 A and AA."""

from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Error

import workbench as wb
from workbench.batch.run import run_batch

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (360, 768, 1280)
LONGEST_ON_A_PHONE = {"organisation": 9_000, "other": 12_000}
"""Pixels of the page of an organisation, and of any other, on a screen of 360."""


def kinds(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.html"))


@pytest.mark.parametrize("language", ["en", "fr"])
def test_pages_have_no_fault_in_either_scheme_at_any_width(
    language: str, browser: Browser, towns: Path, french: Path
) -> None:
    """The French ones in the colours of a publisher."""
    axe, faults = AXE.read_text(encoding="utf-8"), []
    for file in kinds(towns / "out" if language == "en" else french / "fr"):
        page = browser.new_page()
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        page.evaluate(axe)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                found = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
                assert len(found["passes"]) > 10
                place = f"{file.stem} {scheme} {width}"
                faults += [
                    f"{place}: {fault['id']} {fault['nodes'][0]['html'][:120]}"
                    for fault in found["violations"]
                ]
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    faults.append(f"{place}: it scrolls sideways")
        page.close()
    assert faults == []


def too_long(browser: Browser, files: list[Path]) -> dict[str, int]:
    """The height on a phone of pages that are too long there."""
    page, found = browser.new_page(viewport={"width": 360, "height": 800}), {}
    for file in files:
        kind = "organisation" if file.name.startswith("organisation") else "other"
        page.goto(file.as_uri())
        height = page.evaluate("document.documentElement.scrollHeight")
        if height >= LONGEST_ON_A_PHONE[kind]:
            found[file.name] = height
        assert kind == "other" or len(file.read_bytes()) < 120_000
    page.close()
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_is_too_long_on_a_phone(
    language: str, browser: Browser, towns: Path, french: Path
) -> None:
    files = kinds(towns / "out" if language == "en" else french / "fr")
    assert len(files) > 7
    assert too_long(browser, files) == {}


def test_the_page_of_an_organisation_of_the_demo_is_not_too_long_on_a_phone(
    browser: Browser, tmp_path: Path
) -> None:
    """It has waves, types, channels and eleven questions; French takes more room than English."""
    study = wb.open_study(Path(__file__).parents[2] / "data" / "demo", "fr")
    run_batch(study, tmp_path, reports=["organisation"], organisations=["Pension Fund"], jobs=1)
    (file,) = tmp_path.glob("organisation*.html")
    assert too_long(browser, [file]) == {}


def test_what_is_folded_is_open_on_paper(browser: Browser, towns: Path) -> None:
    (file,) = (towns / "out").glob("technical*.html")
    page = browser.new_page()
    page.goto(file.as_uri())
    folded = page.locator(".wb-folded table").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()
    page.close()


def test_on_paper_there_are_no_sliders_and_the_scheme_is_light(
    browser: Browser, towns: Path
) -> None:
    (file,) = (towns / "out").glob("organisation*.html")
    page = browser.new_page(color_scheme="dark")
    page.goto(file.as_uri())
    assert page.locator(".wb-sliders").first.is_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator(".wb-sliders").first.is_visible()
    ink = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink')")
    assert ink == "#1c2430"


def test_on_paper_nothing_is_cut_and_no_control_is_left(browser: Browser, towns: Path) -> None:
    """On the width of a sheet of A4 less its margins."""
    page = browser.new_page(viewport={"width": 688, "height": 1000})
    for file in kinds(towns / "out"):
        page.goto(file.as_uri())
        page.emulate_media(media="print")
        wide = page.evaluate(
            """() => [...document.querySelectorAll("svg, table")]
                .filter(one => one.checkVisibility())
                .filter(one => one.getBoundingClientRect().right > 689).length"""
        )
        assert (file.name, wide) == (file.name, 0)
        controls = page.locator("summary, input, :not(th) > button")
        assert not any(controls.nth(at).is_visible() for at in range(controls.count())), file.name
    page.close()


def test_scripts_run_by_their_hash_alone(browser: Browser, towns: Path) -> None:
    page = browser.new_page()
    page.goto((towns / "out" / "index.html").as_uri())
    assert page.locator("th button").count() > 0  # which the script has made
    with pytest.raises(Error, match="Content Security Policy"):
        page.add_script_tag(content="document.title = 'ran'")
