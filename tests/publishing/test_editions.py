"""What an edition keeps of the groups that its pages show."""

from pathlib import Path

import numpy as np
import pandas as pd
from builders import write_study

import workbench as wb
from workbench.publishing.editions import answers_shown


def test_segments_are_among_the_groups_that_editions_compare(tmp_path: Path) -> None:
    number = np.arange(60)
    table = pd.DataFrame(
        {
            "organisation": np.where(number < 30, "A", "B"),
            "unit": (number % 6).astype(str),
            "age": np.where(number % 3, "young", "old"),
            "s1": 1 + number % 5,
            "a1": 1 + number % 4,
        }
    )
    asked = {"clients": {"service": ["s1"], "access": ["a1"]}}
    about = {"clients": {"covariates": ["age"]}}
    study = wb.open_study(write_study(tmp_path, {"clients": table}, asked, sources=about))
    (groups,) = answers_shown(study).channels["clients"].values()
    assert sorted(groups) == ["segment age: old", "segment age: young"]
    assert sum(groups["segment age: old"]["s1"].values()) == 20
