"""``check`` of a study that fits chains also says whether it can run its own."""

import shutil
from pathlib import Path

import pytest

import workbench as wb

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "demo"
    shutil.copytree(DEMO, folder)
    return folder


def errors(folder):
    return [str(problem) for problem in wb.open_study(folder).check().errors]


def test_the_demo_can_run_its_chain(copy):
    assert errors(copy) == []


def test_a_misspelt_construct_is_found(copy):
    file = copy / "codebook.csv"
    file.write_text(file.read_text("utf-8").replace(",people,", ",poeple,"), "utf-8")
    (found,) = (error for error in errors(copy) if "column 'chain'" in error)
    assert "needs people" in found
    assert "Did you mean 'poeple'" in found


def test_an_unknown_chain_is_found(copy):
    file = copy / "study.toml"
    file.write_text(
        file.read_text("utf-8").replace("-service-value-chain", "-value-chain"), "utf-8"
    )
    (found,) = errors(copy)
    assert "Did you mean 'public-sector-service-value-chain'" in found
