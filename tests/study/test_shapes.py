"""Every shape of a study's files is read for what it is."""

from pathlib import Path

import numpy as np
import pytest
import shapes

from workbench.study import open_study

SAYS = {
    "a column for each wave": "as 'a1_2022': read as the waves 2022 and 2023",
    "a wave before the question": "as '2022 a1': read as the waves 2022 and 2023",
    "a row for each answer": "'question' holds which, 'answer' the answers",
    "a row for each wording": "50 rows about other questions are not used",
    "published shares": "'value' the answers, 'category' the category",
    "published numbers": "'value' the answers, 'category' the category",
    "text labels": "Cells hold labels of the codebook",
    "a file with labels": "Codes have labels, as 1 = 'Great Tunis'",
    "other scripts": "taken for cp932, as in '府県'",
    "missing as text": "30 rows with 'NA' for an id",
}


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_every_shape_is_read_for_what_it_is(name: str, tmp_path: Path) -> None:
    study = open_study(shapes.SHAPES[name](tmp_path / "study"))
    problems = study.check()
    assert not problems.errors, str(problems)
    assert SAYS.get(name, "") in str(problems)
    expected = shapes.plain()
    organisations = {"a file with labels": {"A": "Great Tunis", "B": "Ariana", "C": "Été"}}
    organisations |= {
        "missing as text": {"B": "NA"},
        "other scripts": {"A": "東京都", "B": "大阪府", "C": "京都府"},
    }
    expected["organisation"] = expected["organisation"].replace(organisations.get(name, {}))
    if name == "no organisations":
        expected["organisation"] = "Test"
    if name == "missing codes of a source":
        expected["s1"] = 2 * expected["s1"] - 1
    found, wanted = shapes.means(study.answers("clients")), shapes.means(expected)
    assert np.allclose(found.to_numpy(), wanted.loc[found.index].to_numpy())
    assert len(found) == len(wanted)
