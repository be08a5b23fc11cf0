"""Fixtures that more than one folder of tests uses."""

import os
import shutil
from pathlib import Path

import pytest

from workbench.study import Study, nyc_schools, open_study

ROOT = Path(__file__).resolve().parents[1]
NYC_STUDY = ROOT / "data" / "nyc-schools"
NYC_RAW = (NYC_STUDY / "raw", ROOT.parent / "shared" / "data" / "nyc-schools-2015")


@pytest.fixture(scope="session")
def nyc_raw() -> Path:
    """The folder with the published files of the 2015 NYC School Survey."""
    for folder in NYC_RAW:
        if (folder / nyc_schools.QUESTIONS).is_file():
            return folder
    message = (
        f"The published NYC files are not here; {NYC_STUDY / 'README.md'} says how to get them."
    )
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def nyc_study(nyc_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study data/nyc-schools, prepared from the published files in a folder of its own."""
    folder = tmp_path_factory.mktemp("prepared") / "nyc-schools"
    folder.mkdir()
    for name in ("study.toml", "codebook.csv", "organisations.csv"):
        shutil.copy(NYC_STUDY / name, folder)
    study = open_study(folder)
    nyc_schools.prepare(nyc_raw, folder, study.codebook)
    return study
