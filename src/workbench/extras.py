"""Packages that not everyone needs, and that only an extra of the workbench installs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def hidden(module: str) -> Iterator[None]:
    """Let imports go on as if ``module`` were not installed, unless it is imported already.

    For packages that import another one where it is there, though nobody has asked for it.
    """
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
