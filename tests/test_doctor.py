"""The command ``doctor``: what it finds, what it says of what is not right, its exit code."""

import json
import sys
from importlib.metadata import requires
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.cli import health
from workbench.cli import main as cli
from workbench.cli.health import EXPECTED, Finding

REFERENCE = Path("tests/reference/cli")

WELL = "Everything that every study needs is there and works."


@pytest.fixture
def doctor(capsys, monkeypatch):
    """Runs the command with its arguments."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["workbench", "doctor", *arguments])
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        return leaving.value.code, capsys.readouterr().out

    return run


def test_the_trial_fit_has_the_numbers_of_lavaan():
    lavaan = json.loads((REFERENCE / "doctor.json").read_text())
    assert [*EXPECTED.values()] == pytest.approx(lavaan, rel=1e-5)


def test_the_trial_is_of_the_rows_that_lavaan_had(tmp_path):
    rows = pd.read_csv(REFERENCE / "doctor.csv")
    found = health.trial_clients(tmp_path / "study")[rows.columns]
    np.testing.assert_array_equal(found.to_numpy(float), rows.to_numpy(float))


def test_here_everything_needed_is_there(doctor):
    code, out = doctor("--json")
    found = json.loads(out)
    assert (code, found["wrong"]) == (0, 0)
    about = {one["about"]: one for one in found["findings"]}
    assert about["numpy"]["found"] == np.__version__
    assert about["Python"]["found"].startswith(".".join(map(str, sys.version_info[:3])))
    assert {"duckdb (large)", "jupyterlab (lab)", "distributed (cluster)"} < set(about)
    assert "thread" in about["BLAS"]["found"]
    assert about["Trial fit"]["found"] == "353 simulated clients, as expected"
    needed = [one for one in requires(health.PACKAGE) if "extra ==" not in one]
    assert len(needed) > 20
    assert all(one.partition(">=")[0] in about for one in needed)


def test_what_is_wrong_is_told_with_its_remedy(doctor, monkeypatch):
    findings = [
        Finding("Python", "3.12.1"),
        Finding("scipy", "1.0", "scipy 1.0 is older than 1.17.", "Install a newer one."),
        Finding("Chromium", "not found", "There is none.", "Install it.", needed=False),
    ]
    monkeypatch.setattr(health, "examined", lambda: iter(findings))
    code, out = doctor()
    assert code == 1
    assert out.splitlines() == [
        "Python    3.12.1",
        "scipy     1.0",
        "Chromium  not found",
        "",
        "wrong: scipy 1.0 is older than 1.17. Install a newer one.",
        "note: There is none. Install it.",
        "1 thing that every study needs must be mended.",
    ]
    del findings[1]
    code, out = doctor()
    assert code == 0
    assert out.endswith("note: There is none. Install it.\n" + WELL + "\n")


def test_packages_that_are_missing_or_old():
    there = {"numpy": "2.10.1", "pandas": "3.0.9", "duckdb": "2.0"}
    wanted = ["numpy>=2.4", "pandas>=3.1", "scipy>=1.17", 'duckdb>=2.0; extra == "large"']
    own, numpy, pandas, scipy, duckdb = health.packages(wanted, there.get)
    assert own.remedy == "Run `pip install .` in its folder."
    assert numpy.problem == duckdb.problem == ""
    assert pandas.problem == "pandas 3.0.9 is older than 3.1."
    assert pandas.remedy == "Install a newer one with `pip install --upgrade 'pandas>=3.1'`."
    assert scipy.problem == "The workbench needs scipy, which is not installed."
    assert scipy.needed
    assert not duckdb.needed


def test_a_cache_that_cannot_be_made(tmp_path):
    assert health.of_cache(tmp_path / "a" / "b").found.endswith(", writable")
    file = tmp_path / "file"
    file.touch()
    found = health.of_cache(file / "workbench")
    assert found.problem.startswith(f"{file} cannot be written to")
    assert not found.needed


def test_a_machine_with_little_memory():
    assert health.of_machine(1, 600_000_000).problem.startswith("0.6 GB of memory are too few")
    assert health.of_machine(1, 0) == Finding("Machine", "1 core", needed=False)


def test_a_fit_that_is_off_or_fails(monkeypatch):
    found = dict(EXPECTED)
    assert health.of_trial(found).problem == ""
    found["chi-square"] = 5.2
    off = health.of_trial(found)
    assert "chi-square is 5.2 and not 4.98592." in off.problem
    assert off.needed
    assert health.of_trial(found | {"chi-square": np.nan}).problem

    def broken():
        raise ImportError("libopenblas.so:\ncannot open shared object file.")

    monkeypatch.setattr(health, "trial_fit", broken)
    assert health.trial().problem == (
        "A model cannot be fitted: ImportError: libopenblas.so: cannot open shared object file."
    )
