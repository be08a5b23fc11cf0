"""Fixtures that more than one folder of tests uses."""

import os

# Tests run side by side: with a thread for every core in each process they wait for each other, and
# linear algebra takes up to thirteen times as long. Set before NumPy is there, for workers too.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import shutil  # noqa: E402
from pathlib import Path  # noqa: E402

import pytest  # noqa: E402

from workbench.study import Study, nyc_schools, open_study  # noqa: E402

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


@pytest.fixture
def little(tmp_path: Path) -> Study:
    """Two units of one organisation in two sources, a third unit in the second source only."""
    (tmp_path / "study.toml").write_text(
        """
title = "Little"
simulated = true
chain = "public-sector-service-value-chain"
minimum_count = 1
[columns]
organisation = "organisation"
unit = "unit"
[sources.clients]
file = "clients.csv"
rows = "respondents"
weight = "weight"
[sources.records]
file = "records.csv"
rows = "units"
"""
    )
    (tmp_path / "codebook.csv").write_text(
        "item,source,construct,wording,low,high,reversed,missing\n"
        "s1,clients,service,Good?,1,5,no,9\n"
        "s2,clients,service,Bad?,1,5,yes,9\n"
        "r1,records,results,On time,0,100,no,\n"
    )
    (tmp_path / "clients.csv").write_text(
        "organisation,unit,weight,s1,s2\nA,u1,1,1,5\nA,u1,3,5,1\nA,u1,1,9,\nA,u2,1,3,9\nA,u2,1,4,2\n"
    )
    (tmp_path / "records.csv").write_text("organisation,unit,r1\nA,u1,80\nA,u2,\nA,u3,60\n")
    return open_study(tmp_path)
