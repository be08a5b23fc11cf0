"""Published scores: read, checked, and refused with their place."""

import pytest

from workbench.errors import StudyError
from workbench.study import Study
from workbench.study.norms import read_norms

HEADER = "measure,score,source,date"


def written(study: Study, content: str) -> None:
    (study.path / "norms.csv").write_text(content)


def test_scores_are_read_with_their_source_date_and_type(little: Study) -> None:
    written(
        little,
        f'{HEADER},type\nservice,"66,5",Institute,2024,\ns2,70,Institute,2024-05-31,municipal\n',
    )
    assert little.norms.to_dict("records") == [
        {"measure": "service", "score": 66.5, "source": "Institute", "date": "2024", "type": ""},
        {
            "measure": "s2",
            "score": 70.0,
            "source": "Institute",
            "date": "2024-05-31",
            "type": "municipal",
        },
    ]


def test_a_study_without_a_list_has_no_norms(little: Study) -> None:
    assert little.norms.empty


FAULTS = {
    "servise,60,Institute,2024": (
        "error: norms.csv, column 'measure': Row 2: the codebook has no construct or item "
        "'servise'. Correct or remove the row. Did you mean 'service'?"
    ),
    "service,104,Institute,2024": (
        "error: norms.csv, column 'score': Row 2: the score '104' of 'service' is off the scale of "
        "0 to 100. Write it on 0 to 100: 100 (x − low) / (high − low)."
    ),
    "service,high,Institute,2024": (
        "error: norms.csv, column 'score': Row 2: the score 'high' of 'service' is no number. "
        "Write it on 0 to 100: 100 (x − low) / (high − low)."
    ),
    "service,60,,2024": (
        "error: norms.csv, column 'source': Row 2: the score of 'service' has no source. Write who "
        "published it."
    ),
    "service,60,Institute,May": (
        "error: norms.csv, column 'date': Row 2: the date 'May' of 'service' is no year and no "
        "day. Write it as 2024 or 2024-05-31."
    ),
}


@pytest.mark.parametrize("row", FAULTS)
def test_check_tells_every_fault_with_its_place(little: Study, row: str) -> None:
    written(little, f"{HEADER}\n{row}\n")
    told = [str(found) for found in little.check() if found.file == "norms.csv"]
    assert told == [FAULTS[row]]
    with pytest.raises(StudyError, match=r"^norms\.csv: Row 2"):
        read_norms(little.path, little.codebook)
