"""From respondents to units: where employees and clients meet."""

from workbench.linkage.icc import Agreement, agreement, intraclass, within_group_agreement
from workbench.linkage.means import units
from workbench.linkage.repeated import ErrorOverWaves, Repeated, error_over_waves
from workbench.linkage.report import LinkageReport, linkage_report, respondents_needed
from workbench.linkage.sampling_error import UnitMeans, unit_means_with_error
from workbench.linkage.streaming import StreamedMoments, streamed_moments

__all__ = [
    "Agreement",
    "ErrorOverWaves",
    "LinkageReport",
    "Repeated",
    "StreamedMoments",
    "UnitMeans",
    "agreement",
    "error_over_waves",
    "intraclass",
    "linkage_report",
    "respondents_needed",
    "streamed_moments",
    "unit_means_with_error",
    "units",
    "within_group_agreement",
]
