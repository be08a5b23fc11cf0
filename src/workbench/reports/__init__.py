"""Reports: notebooks run for every organisation, rendered, recorded and listed."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.reports.batch import run_batch
    from workbench.reports.keynumbers import KeyNumbers

__all__ = ["KeyNumbers", "run_batch"]


def __getattr__(name: str) -> Any:
    if name == "KeyNumbers":
        from workbench.reports.keynumbers import KeyNumbers

        return KeyNumbers
    if name == "run_batch":
        from workbench.reports.batch import run_batch

        return run_batch
    raise AttributeError(f"module 'workbench.reports' has no attribute {name!r}")
