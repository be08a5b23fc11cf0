"""The package as others install it: built, put somewhere else, and used there."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = "import sys; from workbench.cli.main import main; sys.exit(main())"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the wheel's content, away from the repository."""
    folder = tmp_path_factory.mktemp("elsewhere")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    install = ["uv", "pip", "install", "--quiet", "--no-deps", "--offline", "--python"]
    command = [sys.executable, "-m", *install, sys.executable, "--target", str(folder / "site")]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True)
    return folder


def run(installed: Path, *arguments: str, program: str = PROGRAM) -> str:
    environment = os.environ | {"PYTHONPATH": str(installed / "site")}
    command = [sys.executable, "-c", program, *arguments]
    found = subprocess.run(command, cwd=installed, env=environment, capture_output=True, text=True)
    assert not found.returncode, found.stderr
    return found.stdout


def small_study(folder: Path) -> None:
    """Forty schools of two towns, a row each."""
    rng = np.random.default_rng(1)
    level = 60 + 8 * rng.normal(size=40)
    names = ["people", "service", "trust"]
    answers = {name: np.round(level + 4 * rng.normal(size=40), 2) for name in names}
    places = {"town": ["A", "B"] * 20, "school": range(40)}
    write_study(
        folder,
        {"schools": pd.DataFrame(places | answers)},
        {"schools": {name: [name] for name in names}},
        chain="public-sector-service-value-chain",
        scale=(0, 100),
        keys={"organisation": "town", "unit": "school"},
        settings={"title": "Schools"},
        sources={"schools": {"rows": "units"}},
    )


def test_the_installed_package_makes_a_report(installed: Path) -> None:
    small_study(installed / "schools")
    where = run(installed, program="import workbench; print(workbench.__file__)")
    assert Path(where.strip()).is_relative_to(installed)
    run(installed, "batch", "schools", "--report", "organisation", "--jobs", "1")
    made = sorted((installed / "reports" / "schools").glob("organisation-*.html"))
    assert len(made) == 2
    assert "How the results go together" in made[0].read_text(encoding="utf-8")


def test_the_installed_package_brings_every_report_its_licence_and_its_version(
    installed: Path,
) -> None:
    site = installed / "site"
    reports = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    packaged = {path.name for path in (site / "workbench" / "notebooks").iterdir()}
    assert packaged == reports
    (about,) = site.glob("*.dist-info")
    assert (about / "licenses" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    version = run(installed, "--version").split()[1]
    assert about.name == f"people_service_trust_workbench-{version}.dist-info"


def test_nothing_that_starts_threads_is_imported() -> None:
    """What is forked must have one thread; polars starts some, and keeps Ctrl-C from Python."""
    code = "import workbench.batch.preload, sys; print('polars' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
