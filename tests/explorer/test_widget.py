"""The explorer without a browser: what it says to one, and what it shows where there is none."""

import pytest

import workbench as wb


@pytest.fixture
def explorer(demo):
    return demo.explore()


def test_a_change_is_shown(explorer):
    explorer.change({"do": "drop", "op": "~", "lhs": "trust", "rhs": "people"})
    assert "Against the model before" in explorer.status
    assert "Remove people → trust" not in explorer.controls
    assert "Remove people → service" in explorer.controls
    assert "people → trust" not in explorer.results
    explorer.change({"do": "undo"})
    assert "people → trust" in explorer.results


def test_a_box_is_set_back_where_the_change_was_not_made(explorer):
    before = explorer.controls
    explorer.change({"do": "add", "op": "~", "lhs": "people", "rhs": "trust"})
    assert explorer.controls == before
    assert explorer.status.startswith("The change was not made.")
    assert explorer.changes == 1  # which has the browser show it anew


def test_what_stands_still_has_the_numbers_and_the_code(explorer):
    explorer.change({"do": "drop", "op": "~", "lhs": "trust", "rhs": "people"})
    data, _ = explorer._repr_mimebundle_()
    assert data["text/html"] == explorer._repr_html_()
    assert "refit(drop=" in data["text/html"]
    assert "<button" not in data["text/html"]
    assert "<table>" in data["text/html"]
    assert "All organisations: Fit of 323 rows" in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_begins_with_what_is_asked_for(demo):
    explorer = demo.explore(organisation="lakeshore county", wave=2023, items=False)
    assert explorer.exploration.code.startswith(
        'fit = study.fit(organisation="Lakeshore County", wave="2023")'
    )
    assert explorer.title == "Public sector service value chain: Lakeshore County"


def test_speaks_the_language_of_the_study():
    explorer = wb.open_study("data/demo", "fr").explore()
    assert explorer.status.startswith("Ajusté à 323 lignes")
    explorer.change({"do": "drop", "op": "~", "lhs": "trust", "rhs": "people"})
    assert "Par rapport au modèle précédent" in explorer.status
