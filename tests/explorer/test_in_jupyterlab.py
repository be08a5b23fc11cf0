"""The explorer in JupyterLab and a browser: a change by mouse and keyboard shows its numbers."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from workbench.chain import ChainStudy
from workbench.explorer import Exploration, StudyOrigin, view

ROOT = Path(__file__).resolve().parents[2]
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
SLOW = 60_000
"""Milliseconds in which the notebook has to come to its end on a busy machine."""


expect.set_options(timeout=SLOW)


@pytest.fixture(scope="module")
def page(lab: tuple[str, str, Path], browser: Browser) -> Iterator[Page]:
    """The notebook explore.ipynb in JupyterLab, run to its end; no error in the console."""
    address, token, folder = lab
    shutil.copy(ROOT / "notebooks" / "explore.ipynb", folder / "notebooks")
    page, errors = browser.new_page(viewport={"width": 1280, "height": 2000}), []
    page.set_default_timeout(SLOW)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(f"{address}/lab/tree/notebooks/explore.ipynb?token={token}")
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    yield page
    page.close()
    assert errors == []


@pytest.fixture(scope="module")
def begun(demo: ChainStudy) -> Exploration:
    return Exploration.of(StudyOrigin(demo))


def cells(page: Page) -> int:
    return page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")


def test_it_is_worked_by_mouse_and_keyboard(page: Page, begun: Exploration) -> None:
    """One walk, for each step begins where the one before ended."""
    explorer = page.locator(".wb-explorer")
    status, code = explorer.get_by_role("status"), explorer.locator(".wb-results code")
    expect(status).to_have_text(view.status(begun))
    assert status.get_attribute("aria-live") == "polite"

    explorer.get_by_role("button", name="Remove people → trust").click()
    shorter = begun.dropping("~", "trust", "people")
    expect(status).to_have_text(view.status(shorter))
    df = shorter.model.measures["df"], begun.model.measures["df"]
    row = explorer.get_by_role("row", name=re.compile("^df"))
    expect(row).to_have_text(f"df{df[0]:.0f}{df[1]:.0f}")
    expect(code).to_have_text(shorter.code)

    for label, end in (("From", "trust"), ("To", "people")):
        explorer.get_by_role("combobox", name=label, exact=True).select_option(end)
    explorer.get_by_role("button", name="Add path").click()
    expect(status).to_have_text(view.status(shorter.adding("~", "people", "trust")))
    expect(code).to_have_text(shorter.adding("~", "people", "trust").code)
    expect(explorer.get_by_role("combobox", name="To", exact=True)).to_have_value("people")

    explorer.get_by_role("button", name="Undo").focus()
    there = cells(page)
    page.keyboard.press("x")  # which cuts a cell where JupyterLab hears it
    page.keyboard.press("Enter")
    back = shorter.adding("~", "people", "trust").undone()
    expect(status).to_have_text(view.status(back))
    explorer.get_by_role("combobox", name="Wave", exact=True).focus()
    page.keyboard.press("ArrowUp")
    earlier = back.choosing("wave", "2023")
    expect(status).to_have_text(view.status(earlier))
    assert page.evaluate("document.activeElement.name") == "wave"
    explorer.get_by_role("checkbox", name=re.compile("^engaged_2")).focus()
    page.keyboard.press("Space")
    expect(status).to_have_text(view.status(earlier.dropping("=~", "people", "engaged_2")))
    assert page.evaluate("document.activeElement.dataset.rhs") == "engaged_2"
    assert cells(page) == there

    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run('.wb-explorer')")
    assert len(found["passes"]) > 10
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]] == []
