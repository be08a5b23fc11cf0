"""What was asked, of whom, and what came back.

``open_study(path)`` opens a study folder (``study.toml``, ``codebook.csv``, source files) as a
``Study``: ``study.answers(source)`` are clean answers, ``study.set_aside`` is what was set aside on
the way, ``study.check()`` lists every ``Problem`` of the files. ``read_table`` reads one file.
"""

from workbench.study.codebook import Codebook, Scale
from workbench.study.definition import Columns, Source
from workbench.study.given import ALL_WAVES
from workbench.study.problems import Problem, Problems, Severity
from workbench.study.readers import read_table
from workbench.study.study import Study, in_project, open_study

__all__ = [
    "ALL_WAVES",
    "Codebook",
    "Columns",
    "Problem",
    "Problems",
    "Scale",
    "Severity",
    "Source",
    "Study",
    "in_project",
    "open_study",
    "read_table",
]
