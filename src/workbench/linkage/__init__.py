"""From respondents to units: where employees and clients meet."""

from workbench.linkage.agreement import Agreement, agreement, intraclass, within_group_agreement
from workbench.linkage.sampling_error import UnitMeans, unit_means_with_error
from workbench.linkage.streaming import StreamedMoments, streamed_moments
from workbench.linkage.units import units

__all__ = [
    "Agreement",
    "StreamedMoments",
    "UnitMeans",
    "agreement",
    "intraclass",
    "streamed_moments",
    "unit_means_with_error",
    "units",
    "within_group_agreement",
]
