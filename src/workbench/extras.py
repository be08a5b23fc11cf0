"""Packages that not everyone needs, and that only an extra of the workbench installs."""

from importlib import import_module
from types import ModuleType

from workbench.errors import MissingPackageError


def from_extra(module: str, extra: str) -> ModuleType:
    """Import ``module``, which the workbench's ``extra`` installs.

    Raises
    ------
    MissingPackageError
        If it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise MissingPackageError(
            f"This needs {module}, which is not installed; install it with "
            f"`pip install 'people-service-trust-workbench[{extra}]'`."
        ) from error
