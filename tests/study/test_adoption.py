"""Waves of adoption in organisations.csv: read as written, refused where nothing compares."""

from pathlib import Path

import pytest
from builders import ITEMS, draw_answers, write_study

from workbench.errors import StudyError
from workbench.study import open_study


def write(folder: Path, adopted: dict[str, str], stated: str = "", column: str = "adopted") -> Path:
    """Three waves of four organisations; those in ``adopted`` stand in organisations.csv."""
    answers = draw_answers([2021, 2022, 2023], organisations="ABCD", units=2, people=2)
    write_study(folder, {"clients": answers}, {"clients": ITEMS})
    rows = [f"organisation,{column}", *(f"{name},{wave}" for name, wave in adopted.items())]
    (folder / "organisations.csv").write_text("\n".join(rows) + "\n")
    with (folder / "study.toml").open("a") as file:
        file.write(stated)
    return folder


def test_empty_means_never(tmp_path: Path) -> None:
    study = open_study(write(tmp_path, {"A": "2022", "B": "2023", "C": "", "D": "NA"}))
    assert study.adopted is not None
    assert study.adopted.to_dict() == {"A": "2022", "B": "2023", "C": "", "D": ""}
    assert not study.check().errors


def test_another_column_and_what_it_is_about(tmp_path: Path) -> None:
    stated = (
        '[adoption]\ncolumn = "charter"\ntitle = "the charter"\nmargin = 2\noutcomes = ["trust"]\n'
    )
    study = open_study(write(tmp_path, {"A": "2022", "B": "2022", "C": ""}, stated, "charter"))
    assert study.adopted is not None
    assert list(study.adopted) == ["2022", "2022", ""]
    about = study.definition.adoption
    assert (about.title, about.margin, about.outcomes) == ("the charter", 2.0, ("trust",))


def test_a_study_without_the_column_has_no_adopters(tmp_path: Path) -> None:
    answers = draw_answers([2021, 2022], units=2, people=2)
    study = open_study(write_study(tmp_path, {"clients": answers}, {"clients": ITEMS}))
    assert study.adopted is None
    assert not study.check().errors


@pytest.mark.parametrize(
    ("adopted", "stated", "told"),
    [
        (
            {"A": "2022", "B": "2032", "C": ""},
            "",
            "organisations.csv: Row 3: 'B' adopted in '2032', which is no wave of the study. Write "
            "one of 2021, 2022 or 2023, the first wave after adoption, or leave the cell empty.",
        ),
        (
            {"A": "2021", "B": "2021"},
            "",
            "organisations.csv: Every organisation adopted in the first wave, '2021'. There is "
            "nobody to compare them with and no wave before; add organisations that adopted later "
            "or never, or leave the column out.",
        ),
        (
            {"A": "2022", "B": "", "C": ""},
            "",
            "organisations.csv: Only 'A' adopted. A comparison needs 2 adopters at least; add the "
            "others, or leave the column out.",
        ),
        ({"A": "", "B": ""}, "", "organisations.csv: Nobody adopted. A comparison needs"),
        (
            {"A": "2022", "B": "2022", "C": ""},
            '[adoption]\ncolumn = "adoption"\n',
            "organisations.csv: The column 'adoption' is missing, and study.toml has [adoption].",
        ),
        (
            {"A": "2022", "B": "2022", "C": ""},
            '[adoption]\noutcomes = ["trusts"]\n',
            "study.toml: The codebook has no construct 'trusts'. Write constructs that the study "
            "asked about. Did you mean 'trust'?",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(
    tmp_path: Path, adopted: dict[str, str], stated: str, told: str
) -> None:
    study = open_study(write(tmp_path, adopted, stated))
    with pytest.raises(StudyError) as refused:
        _ = study.adopted
    assert told in str(refused.value)
    assert str(tmp_path) not in str(refused.value)
    errors = " ".join(str(problem) for problem in study.check().errors)
    assert told.partition(": ")[2][:40] in errors


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("[adoption]\nmargin = 0\n", "key 'adoption.margin' is 0; write within how many points"),
        ("[adoption]\noutcomes = [1]\n", "key 'adoption.outcomes' is [1]; write the names"),
        ("[adoption]\noutcomes = 1\n", "key 'adoption.outcomes' is 1; write a list"),
        ("[adoption]\ncolum = 'x'\n", "key 'adoption.colum' is not known"),
    ],
)
def test_faults_of_study_toml(tmp_path: Path, stated: str, told: str) -> None:
    with pytest.raises(StudyError) as refused:
        open_study(write(tmp_path, {"A": "2022"}, stated))
    assert told in str(refused.value)
