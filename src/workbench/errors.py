"""Named errors and warnings of the workbench.

Every message is one sentence or a few: the place, the value, and what to do. The command line
prints the message alone; a caller in Python catches the type.
"""

from collections.abc import Iterable


class WorkbenchError(Exception):
    """Base of every error the workbench raises on purpose.

    A notebook shows its name and its sentence, without the workbench's own frames; ``%debug`` still
    leads to these.
    """

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class DamagedFileError(WorkbenchError):
    """A file that the workbench wrote for itself is not as it was written."""


class StudyError(WorkbenchError):
    """A study's files cannot be read as the study they should be."""


class ChoiceNeededError(StudyError):
    """Only the user can tell which is meant: ``option`` is what to name, of the ``choices``."""

    def __init__(self, message: str, option: str, choices: Iterable[str]) -> None:
        super().__init__(message)
        self.option = option
        self.choices = tuple(choices)


class UnknownNameError(WorkbenchError):
    """A name (organisation, wave, construct, chain, source) that the study does not have."""


class UnknownOrganisationError(UnknownNameError):
    """An organisation that the study does not have."""


class MissingPackageError(WorkbenchError):
    """What is asked for needs a package that only an extra of the workbench installs."""


class ChainError(WorkbenchError):
    """A chain file is broken, or a study cannot run the chain."""


class ModelError(WorkbenchError):
    """A structural equation model cannot be fitted as it is written."""


class WorkbenchWarning(UserWarning):
    """Base of every warning the workbench gives."""


class ModelSyntaxError(ModelError):
    """A model's text cannot be read; ``line`` and ``column`` (from 1) say where."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class NotIdentifiedError(ModelError):
    """Some parameters have no unique value whatever the data; ``parameters`` names them."""

    def __init__(self, message: str, parameters: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.parameters = tuple(parameters)


class ActiveConstraintError(ModelError):
    """No chi-square tests a fit whose inequalities hold with equality; ``constraints`` are they."""

    def __init__(self, message: str, constraints: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.constraints = tuple(constraints)


class DataError(ModelError):
    """The data cannot carry the model: ``items`` names the columns concerned."""

    def __init__(self, message: str, items: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.items = tuple(items)


class SingularCovarianceError(DataError):
    """Some items are sums or copies of others, so their covariance matrix has no inverse."""


class TooFewRowsError(DataError):
    """Fewer complete rows than the model's items need."""


class NotConvergedWarning(WorkbenchWarning):
    """The optimiser stopped before the optimum; no number of the fit can be trusted."""


class ImproperSolutionWarning(WorkbenchWarning):
    """A negative variance or a correlation beyond 1; ``parameters`` names them."""

    def __init__(self, message: str, parameters: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.parameters = tuple(parameters)


class NotIdentifiedWarning(WorkbenchWarning):
    """The data leave parameters without standard errors; ``parameters`` names them."""

    def __init__(self, message: str, parameters: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.parameters = tuple(parameters)


class ActiveConstraintWarning(WorkbenchWarning):
    """Inequalities hold with equality at the optimum; ``constraints`` are they, as written."""

    def __init__(self, message: str, constraints: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.constraints = tuple(constraints)


class NoSaturatedModelWarning(WorkbenchWarning):
    """There is nothing to compare a model with, so measures of fit are missing."""


class DataWarning(WorkbenchWarning):
    """Rows or groups were left out, or items need attention."""


class FigureError(WorkbenchError):
    """A figure cannot be drawn from what it was given."""


class BenchmarkError(WorkbenchError):
    """Organisations cannot be compared or pooled on what was given."""


class MeasurementError(WorkbenchError):
    """A measure's quality cannot be told from these answers; the message stands for the number."""


class DriversError(WorkbenchError):
    """Drivers, necessary conditions or a what-if cannot be told from these answers."""
