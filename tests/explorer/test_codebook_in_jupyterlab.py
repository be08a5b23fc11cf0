"""The codebook of a new study as a table in JupyterLab: what is written there is in the file."""

from collections.abc import Iterator
from pathlib import Path

import axe_playwright_python
import nbformat
import pandas as pd
import pytest
from beginning import exports
from playwright.sync_api import Browser, Page, expect

import workbench as wb

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
SLOW = 60_000
"""Milliseconds in which the notebook has to come to its end on a busy machine."""
expect.set_options(timeout=SLOW)
CODE = 'import workbench as wb\nnew = wb.new_study("mine", "visits.csv")\nnew.edit()'


@pytest.fixture(scope="module")
def page(lab: tuple[str, str, Path], browser: Browser) -> Iterator[Page]:
    """A notebook that makes a study and shows its codebook, run to its end."""
    address, token, folder = lab
    exports.qualtrics(folder / "notebooks" / "visits.csv")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cells = [nbformat.v4.new_code_cell(CODE)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, folder / "notebooks" / "new.ipynb")
    page, errors = browser.new_page(viewport={"width": 1280, "height": 1400}), []
    page.set_default_timeout(SLOW)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/lab/tree/notebooks/new.ipynb?token={token}")
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    yield page
    page.close()
    assert errors == []


def test_a_change_is_in_the_file_and_a_wrong_one_is_told(
    page: Page, lab: tuple[str, str, Path]
) -> None:
    """One walk, for each step begins where the one before ended."""
    study = lab[2] / "notebooks" / "mine"
    table = page.locator(".wb-codebook")
    status = table.get_by_role("status")
    expect(status).to_have_text("Changes are saved at once.")
    assert status.get_attribute("aria-live") == "polite"
    asked = pd.read_csv(study / "codebook.csv")
    expect(table.get_by_role("row")).to_have_count(1 + len(asked))

    construct = table.get_by_role("combobox", name="construct of Q8", exact=True)
    construct.fill("fairness")
    page.keyboard.press("Tab")
    expect(status).to_have_text("Saved: construct of Q8 is fairness.")
    assert wb.open_study(study).codebook.items("fairness") == ["Q8"]

    low = table.get_by_role("textbox", name="low of Q1", exact=True)
    low.fill("7")
    page.keyboard.press("Enter")  # which JupyterLab does not hear
    expect(status).to_contain_text("low must be below high")
    assert wb.open_study(study).codebook.scale("Q1").low == 1
    low.fill("1")
    page.keyboard.press("Tab")
    expect(status).to_have_text("Saved: low of Q1 is 1.")

    table.get_by_role("combobox", name="reversed of Q1", exact=True).select_option("yes")
    expect(status).to_have_text("Saved: reversed of Q1 is yes.")
    assert wb.open_study(study).codebook.scale("Q1").reversed

    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run('.wb-codebook')")
    assert len(found["passes"]) > 5
    assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]] == []
