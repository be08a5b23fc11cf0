"""Reports: their contents, and the notebooks run for every organisation, rendered and listed.

Each of the functions whose name ends in ``_report`` opens what the notebook of the same name shows,
section by section. They are looked up when asked for, so that the command line starts at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.reports.disclosure import publishable
    from workbench.reports.keynumbers import KeyNumbers
    from workbench.reports.pages.benchmark import benchmark_report
    from workbench.reports.pages.chain import chain_report
    from workbench.reports.pages.drivers import drivers_report
    from workbench.reports.pages.measurement import measurement_report
    from workbench.reports.pages.organisation import organisation_report
    from workbench.reports.pages.technical import technical_report
    from workbench.reports.pages.trends import trends_report

_HOMES = {
    "KeyNumbers": "workbench.reports.keynumbers",
    "benchmark_report": "workbench.reports.pages.benchmark",
    "chain_report": "workbench.reports.pages.chain",
    "drivers_report": "workbench.reports.pages.drivers",
    "measurement_report": "workbench.reports.pages.measurement",
    "organisation_report": "workbench.reports.pages.organisation",
    "publishable": "workbench.reports.disclosure",
    "technical_report": "workbench.reports.pages.technical",
    "trends_report": "workbench.reports.pages.trends",
}

__all__ = [
    "KeyNumbers",
    "benchmark_report",
    "chain_report",
    "drivers_report",
    "measurement_report",
    "organisation_report",
    "publishable",
    "technical_report",
    "trends_report",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'workbench.reports' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)  # so that completion and the reference find them
