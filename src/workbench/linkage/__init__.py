"""From respondents to units: where employees and clients meet."""

from workbench.linkage.agreement import Agreement, agreement, intraclass, within_group_agreement
from workbench.linkage.units import units

__all__ = ["Agreement", "agreement", "intraclass", "units", "within_group_agreement"]
