"""The people–service–trust workbench.

``import workbench as wb`` costs milliseconds: every public name below is imported from its folder
when it is first used.

>>> import workbench as wb
>>> study = wb.open_study("data/demo")
>>> fit = study.fit(organisation="Lakeshore County")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench import (
        benchmark,
        chain,
        drivers,
        errors,
        figures,
        linkage,
        measurement,
        papers,
        reports,
        sem,
        study,
    )
    from workbench.beginning import new_study
    from workbench.chain import Chain, ChainStudy, chains, links, open_study
    from workbench.simulation import simulate

__version__ = "0.1.0"

_HOMES = {
    "Chain": "workbench.chain",
    "ChainStudy": "workbench.chain",
    "chains": "workbench.chain",
    "links": "workbench.chain",
    "open_study": "workbench.chain",
    "new_study": "workbench.beginning",
    "simulate": "workbench.simulation",
}
_FOLDERS = (
    "benchmark",
    "chain",
    "drivers",
    "errors",
    "figures",
    "linkage",
    "measurement",
    "papers",
    "reports",
    "sem",
    "study",
)

__all__ = [
    "Chain",
    "ChainStudy",
    "__version__",
    "benchmark",
    "chain",
    "chains",
    "drivers",
    "errors",
    "figures",
    "linkage",
    "links",
    "measurement",
    "new_study",
    "open_study",
    "papers",
    "reports",
    "sem",
    "simulate",
    "study",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        found = getattr(import_module(_HOMES[name]), name)
    elif name in _FOLDERS:
        found = import_module(f"workbench.{name}")
    else:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    # Whoever asks for names, as completion does, wants to know what they are.
    for name in (*_HOMES, *_FOLDERS):
        __getattr__(name)
    return sorted(__all__)
