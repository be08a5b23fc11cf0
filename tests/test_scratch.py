"""Scratch folders: one's own while one lives."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from workbench.scratch import scratch_folder

KILLED = """
import os, sys, tempfile
from workbench.scratch import scratch_folder
tempfile.tempdir = sys.argv[1]
with scratch_folder() as folder:
    (folder / "left").touch()
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_process_left_is_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "workbench-notes").mkdir()
    with scratch_folder() as living:
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
        (left,) = tmp_path.glob("*/left")
        with scratch_folder() as own:
            assert not left.parent.exists()
            assert {path.name for path in tmp_path.iterdir()} == {
                "workbench-notes",
                living.name,
                own.name,
            }
    assert [path.name for path in tmp_path.iterdir()] == ["workbench-notes"]
