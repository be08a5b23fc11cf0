"""Reports: their contents, and the notebooks run for every organisation, rendered and listed.

``organisation_report`` and ``benchmark_report`` are what the two report notebooks show, section by
command line starts at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.reports.chain import chain_report
    from workbench.reports.comparison import benchmark_report
    from workbench.reports.drivers import drivers_report
    from workbench.reports.keynumbers import KeyNumbers
    from workbench.reports.measurement import measurement_report
    from workbench.reports.organisation import organisation_report
    from workbench.reports.trends import trends_report

_HOMES = {
    "KeyNumbers": "workbench.reports.keynumbers",
    "benchmark_report": "workbench.reports.comparison",
    "chain_report": "workbench.reports.chain",
    "drivers_report": "workbench.reports.drivers",
    "measurement_report": "workbench.reports.measurement",
    "organisation_report": "workbench.reports.organisation",
    "trends_report": "workbench.reports.trends",
}

__all__ = [
    "KeyNumbers",
    "benchmark_report",
    "chain_report",
    "drivers_report",
    "measurement_report",
    "organisation_report",
    "trends_report",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'workbench.reports' has no attribute {name!r}")
