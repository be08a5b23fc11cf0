"""Who can move what: read, checked and called by its name."""

from pathlib import Path

import pytest

from workbench.errors import StudyError
from workbench.study import Study
from workbench.study.scorecard import read_scorecard


def written(study: Study, content: str) -> Path:
    (study.path / "scorecard.csv").write_text(content)
    return study.path


def test_a_driver_may_stand_in_several_rows(little: Study) -> None:
    folder = written(little, 'driver,role\nservice,clerk\n"s2",clerk\nservice,head\n')
    found = read_scorecard(folder, little.codebook)
    assert found is not None
    assert list(found.itertuples(index=False, name=None)) == [
        ("service", "clerk"), ("s2", "clerk"), ("service", "head"),
    ]  # fmt: skip


def test_a_study_without_a_list_has_none(little: Study) -> None:
    assert read_scorecard(little.path, little.codebook) is None


FAULTS = {
    "driver,role\nservice,clerk\nservise,clerk\n": (
        "error: scorecard.csv, column 'driver': Row 3: the codebook has no construct or "
        "item 'servise'. Correct or remove the row. Did you mean 'service'?"
    ),
    "driver,role\nservice,\n": (
        "error: scorecard.csv, column 'role': Row 2: the driver 'service' has no role. Write one."
    ),
    "driver;rule\nservice;clerk\n": (
        "error: scorecard.csv, column 'role': The column 'role' is missing. Add it. "
        "Did you mean 'rule'?"
    ),
    "": "error: scorecard.csv: The file cannot be read as it is. scorecard.csv: the file is empty; "
    "export it again.",
    "driver,role\n": "error: scorecard.csv: There are no rows. Add some, or remove the file.",
}


@pytest.mark.parametrize("content", FAULTS)
def test_check_lists_every_fault(little: Study, content: str) -> None:
    folder = written(little, content)
    told = [str(found) for found in little.check() if found.file == "scorecard.csv"]
    assert told == [FAULTS[content]]
    with pytest.raises(StudyError, match=r"^scorecard\.csv") as caught:
        read_scorecard(folder, little.codebook)
    assert str(folder) not in str(caught.value)


def test_the_place_of_a_fault_is_its_row(little: Study) -> None:
    written(little, "driver,role\nservice,clerk\nservise,clerk\n")
    (found,) = [one for one in little.check() if one.file == "scorecard.csv"]
    assert found.rows == "3"
    assert found.column == "driver"
