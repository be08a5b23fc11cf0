"""How people answered, of answers in which every fault is planted."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from builders import ITEMS, draw_answers, write_study
from typer.testing import CliRunner

from workbench import open_study
from workbench.chain import ChainStudy
from workbench.cli import check_page
from workbench.cli.main import app
from workbench.study import quality

ITEM_NAMES = [item for own in ITEMS.values() for item in own]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two straight liners, of whom the reversed t3 shows it, a repeated row, three in haste."""
    table = draw_answers(["2023"], people=12)
    rng = np.random.default_rng(5)
    table["Duration (in seconds)"] = rng.normal(300, 20, len(table)).round()
    table.loc[[3, 4, 5], "Duration (in seconds)"] = 90
    table.loc[[0, 1], ITEM_NAMES] = 5
    table.loc[[2], ITEM_NAMES] = [5, 5, 5, 5, 5, 5, 1]
    table.loc[9, ITEM_NAMES] = table.loc[8, ITEM_NAMES].to_numpy()
    table.loc[20:29, "a1"] = None
    table.loc[25:29, "a2"] = 9
    few = table.tail(4).assign(organisation="D")
    items = {"t3": {"reversed": "yes"}} | {item: {"missing": "9"} for item in ITEM_NAMES[:2]}
    return write_study(
        tmp_path_factory.mktemp("quality") / "study",
        {"clients": pd.concat([table, few])},
        {"clients": ITEMS},
        items=items,
    )


@pytest.fixture(scope="module")
def study(folder: Path) -> ChainStudy:
    return open_study(folder)


def test_straight_lines_are_those_of_the_answers_as_asked(study: ChainStudy) -> None:
    places = quality.straight_lines(study.answers("clients"), ITEM_NAMES, study.codebook)
    assert np.flatnonzero(places).tolist()[:2] == [0, 1]
    assert not places[2]
    few = quality.straight_lines(study.answers("clients"), ITEM_NAMES[:4], study.codebook)
    assert not few.any()


def test_repeated_rows(study: ChainStudy) -> None:
    places = quality.repeated_rows(study.answers("clients"), ITEM_NAMES)
    assert {1, 9} <= set(np.flatnonzero(places).tolist())
    assert not places[[0, 8]].any()


def test_haste_by_the_median(study: ChainStudy) -> None:
    found = quality.too_fast(study.read("clients"))
    assert found is not None
    assert found[0] == "Duration (in seconds)"
    assert np.flatnonzero(found[1]).tolist() == [3, 4, 5]
    assert quality.too_fast(pd.DataFrame({"q1": [1, 2]})) is None


def test_missing_answers_and_their_patterns(study: ChainStudy) -> None:
    table = quality.missing_by_item(study, "clients").set_index("item")
    rows = len(study.answers("clients"))
    assert table.loc["a1", ["answers", "blank"]].tolist() == pytest.approx([rows - 10, 10 / rows])
    told = table.loc["a2", ["answers", "missing code"]].tolist()
    assert told == pytest.approx([rows - 5, 5 / rows])
    patterns = quality.missing_patterns(study.answers("clients"), ITEM_NAMES)
    assert patterns["without"].tolist() == ["none", "a1", "a1, a2"]
    assert patterns["rows"].tolist() == [rows - 10, 5, 5]


def test_use_of_scales_and_small_groups(study: ChainStudy) -> None:
    use = quality.scale_use(study, "clients").set_index("item")
    answers = study.answers("clients")["s1"]
    assert use.loc["s1", "highest"] == (answers == 5).mean()
    assert use.loc["s1", "scale"] == "1 to 5"
    assert quality.small_groups(study, "clients").to_dict("records") == [
        {"organisation": "D", "wave": "2023", "people": 4}
    ]


def test_the_page_says_all_of_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = SimpleNamespace(words="Power .80 of the first link.")
    monkeypatch.setattr(check_page, "study_power", lambda study: found)
    page = tmp_path / "pages" / "check.html"
    run = CliRunner().invoke(app, ["check", str(folder), "--html", str(page)])
    assert run.exit_code == 0
    text = page.read_text(encoding="utf-8")
    for words in (
        "not to be published", "What was read", "Questions left out together", "a1, a2",
        "gave the same answer to all questions", "of an earlier row", "half of the median",
        "Groups of fewer than 10 people", "Power .80",
    ):  # fmt: skip
        assert words in text


def test_the_page_is_in_the_language_of_the_study(folder: Path, tmp_path: Path) -> None:
    study = tmp_path / "etude"
    shutil.copytree(folder, study)
    definition = study / "study.toml"
    definition.write_text(f'language = "fr"\n{definition.read_text()}')
    page = tmp_path / "check.html"
    assert CliRunner().invoke(app, ["check", str(study), "--html", str(page)]).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert '<html lang="fr">' in text
    for words in (
        "ne doit pas être publiée", "Ce qui a été lu", "Questions laissées de côté ensemble",
        "la même réponse à toutes les questions", "moitié du temps médian",
        "Groupes de moins de 10 personnes", '<div lang="en">',
    ):  # fmt: skip
        assert words in text
    assert "What was read" not in text


def test_the_page_of_a_study_that_cannot_be_read(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "study"
    broken.mkdir()
    for name in ("study.toml", "codebook.csv"):
        (broken / name).write_bytes((folder / name).read_bytes())
    run = CliRunner().invoke(app, ["check", str(broken), "--html", str(tmp_path / "check.html")])
    assert run.exit_code == 1
    assert "there is no such file" in (tmp_path / "check.html").read_text(encoding="utf-8")
