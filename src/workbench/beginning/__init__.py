"""A new study from what survey tools export.

``new_study(folder, *files)`` reads the files with all that they say of their questions, proposes
what their columns are, which construct each question measures and which chain fits, and writes the
study's folder. Every guess stands in its files with its reason.
"""

from workbench.beginning.new import NewStudy, new_study

__all__ = ["NewStudy", "new_study"]
