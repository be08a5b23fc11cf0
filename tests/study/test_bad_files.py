"""Of every malformed file the workbench says what is wrong, where, and what to do."""

from pathlib import Path

import bad_files
import pandas as pd
import pytest
from typer.testing import CliRunner

from workbench import open_study
from workbench.cli.main import app
from workbench.errors import StudyError


def said_of(folder: Path) -> list[tuple[str, str]]:
    """Severity and sentence of all that is wrong with a study."""
    try:
        problems = open_study(folder).check()
    except StudyError as error:
        return [("error", line) for line in str(error).splitlines()]
    return [(str(one.severity), str(one)) for one in problems]


def test_there_are_sixty() -> None:
    assert len(bad_files.BAD) >= 60


def test_the_study_is_sound_without_them(tmp_path: Path) -> None:
    bad_files.sound(tmp_path)
    assert said_of(tmp_path) == []


@pytest.mark.parametrize("name", bad_files.BAD)
def test_every_bad_file_has_its_sentence(name: str, tmp_path: Path) -> None:
    bad = bad_files.BAD[name]
    bad_files.sound(tmp_path)
    bad.write(tmp_path)
    said = said_of(tmp_path)
    if not bad.severity:
        assert said == []
        return
    fitting = [one for severity, one in said if severity == bad.severity and bad.says in one]
    assert fitting, said
    assert all(len(one) < 1500 for one in fitting)
    assert "Traceback" not in fitting[0]
    assert any(file in fitting[0] for file in ("answers.", "codebook.csv", "study.toml"))


@pytest.mark.parametrize("name", ["a workbook cut short", "waves in no order", "an unknown chain"])
def test_nothing_is_written_of_a_study_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    bad_files.sound(tmp_path / "study")
    bad_files.BAD[name].write(tmp_path / "study")
    before = sorted(tmp_path.rglob("*"))
    run = CliRunner().invoke(
        app, ["batch", str(tmp_path / "study"), "--output", str(tmp_path / "o")]
    )
    assert run.exit_code != 0
    assert sorted(tmp_path.rglob("*")) == before


def test_five_thousand_columns(tmp_path: Path) -> None:
    bad_files.sound(tmp_path)
    wide = pd.DataFrame(3, range(len(bad_files.TABLE)), [f"extra {n}" for n in range(5000)])
    table = pd.concat([bad_files.TABLE, wide], axis=1)
    table.to_csv(tmp_path / "answers.csv", index=False)
    said = said_of(tmp_path)
    assert not [one for severity, one in said if severity == "error"]
    assert all(len(one) < 1500 for _, one in said)
