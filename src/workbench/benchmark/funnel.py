"""Funnel plots: who lies further from the pooled value than its precision explains."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from workbench.benchmark.pooling import check, pool, typical_variance, usable_estimates
from workbench.errors import BenchmarkError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import Place, funnel_in_words

_GRID = 21
_WINSORISED = 0.1
_LIMITS = {"95": float(stats.norm.ppf(0.975)), "998": float(stats.norm.ppf(0.999))}


@dataclass(frozen=True)
class Funnel(Shown):
    """What :func:`funnel` found.

    Attributes
    ----------
    target
        The pooled value around which the limits lie.
    phi, tau
        Over-dispersion as a factor of the sampling variance (1: none), and as a standard
        deviation between organisations (0: none). Both are given, whichever widened the limits.
    limits
        ``se`` on a grid from 0 to the organisations' largest, ``lower_95``, ``upper_95``,
        ``lower_998``, ``upper_998``.
    organisations
        Indexed as the estimates: ``estimate``, ``se`` (of a normal distribution with the same 95%
        interval), ``z`` (distance from the target over its
        standard deviation, over-dispersion included) and ``position``
        (:class:`workbench.interpretation.Place`).
    sampling_only
        Whether the limits allow for sampling error only.
    """

    target: float
    phi: float
    tau: float
    limits: pd.DataFrame
    organisations: pd.DataFrame
    sampling_only: bool

    @property
    def words(self) -> str:
        """The result in a sentence or two."""
        places = [Place(place) for place in self.organisations["position"]]
        return funnel_in_words(
            sum(place is not Place.MISSING for place in places),
            sum(place.far for place in places),
            sum(place.near for place in places),
            sampling_only=self.sampling_only,
        )

    def _parts(self) -> Iterator[Part]:
        yield self.words
        yield "Organisations", self.organisations.rename_axis("organisation").reset_index()


def funnel(
    estimates: pd.Series,
    errors: pd.Series,
    freedom: pd.Series | None = None,
    overdispersion: Literal["additive", "multiplicative", "none"] = "additive",
) -> Funnel:
    r"""Control limits of 95% and 99.8% around the pooled value (Spiegelhalter 2005).

    The target :math:`\theta` is the random-effects mean (:func:`workbench.benchmark.pool`), in
    which no single organisation with a very small error decides. With
    :math:`z_i = (y_i - \theta)/s_i`, winsorised at the 10th and 90th percentile so that outliers
    do not widen the limits that should show them:

    - :math:`\phi = \sum z_i^2 / k`;
    - ``"additive"``: limits :math:`\theta \pm z \sqrt{s^2 + \tau^2}` with
      :math:`\tau^2 = \max(0, k\phi - (k - 1)) / (\sum w - \sum w^2/\sum w)`, :math:`w = s^{-2}`;
    - ``"multiplicative"``: limits :math:`\theta \pm z \sqrt{\max(1, \phi)}\, s`;
    - ``"none"``: limits :math:`\theta \pm z s`, for organisations that should not differ at all.

    Additive is the default, as Spiegelhalter advises for comparing institutions: organisations
    differ for many small reasons whatever their size. Multiplicative limits still close on the
    target as the error goes to 0, so that a large organisation is flagged for a difference of no
    consequence; they suit over-dispersion that comes from the errors themselves being too small,
    such as clustering that was not allowed for.

    An error from few units is itself uncertain. An organisation is placed by the error of a normal
    distribution that has its own interval, :math:`s_i t_{\nu_i}(.975) / 1.96` (for the 99.8% limits
    that of its 99.8% interval): with nothing but sampling error it lies outside a limit where the
    target lies outside its interval.

    Parameters
    ----------
    estimates, errors
        As for :func:`workbench.benchmark.pool`; organisations without a usable estimate are not
        placed.
    freedom
        The degrees of freedom :math:`\nu_i` of every error (an index: units − 1); without them the
        errors are taken as known.
    overdispersion
        ``"additive"``, ``"multiplicative"`` or ``"none"``, as above.

    Raises
    ------
    BenchmarkError
        As :func:`workbench.benchmark.pool`, fewer than three estimates, or an unknown choice.

    References
    ----------
    1. Spiegelhalter, D. J. (2005). Statistics in Medicine 24, 1185–1202.
    2. Spiegelhalter, D. J. (2005). Quality and Safety in Health Care 14, 347–351.

    Checked against the formulas computed in R (tests/reference/benchmark/funnel.R).

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> names = ["Parks", "Roads", "Water", "Zoo"]
    >>> estimates = pd.Series([75.0, 60.0, 61.0, 59.0], names)
    >>> errors = pd.Series([1.0, 1.0, 2.0, 1.5], names)
    >>> found = wb.benchmark.funnel(estimates, errors, overdispersion="none")
    >>> round(found.target, 1)
    63.8
    >>> found.organisations[["estimate", "z", "position"]].round(1)
           estimate     z   position
    Parks      75.0  11.2  far above
    Roads      60.0  -3.8  far below
    Water      61.0  -1.4     within
    Zoo        59.0  -3.2  far below
    """
    choices = ("additive", "multiplicative", "none")
    if overdispersion not in choices:
        raise BenchmarkError(
            f"Over-dispersion {overdispersion!r} is not known; choose one of {', '.join(choices)}."
        )
    check(estimates, errors)
    usable = usable_estimates(estimates, errors)
    y, s = estimates[usable].to_numpy(float), errors[usable].to_numpy(float)
    if len(y) < 3:
        raise BenchmarkError(
            f"Only {len(y)} of {len(usable)} organisations have an estimate with a standard "
            "error; a funnel plot needs three."
        )
    target = float(pool(estimates, errors).summary["estimate"].iloc[0])
    phi, tau = dispersion(y, s, target)
    factor = max(1.0, phi) if overdispersion == "multiplicative" else 1.0
    added = tau**2 if overdispersion == "additive" else 0.0

    error = {name: _with_same_interval(errors, freedom, z) for name, z in _LIMITS.items()}
    grid = np.linspace(0.0, error["95"][usable].max(), _GRID)
    limits = pd.DataFrame({"se": grid})
    for name, z in _LIMITS.items():
        reach = z * np.sqrt(factor * grid**2 + added)
        limits[f"lower_{name}"], limits[f"upper_{name}"] = target - reach, target + reach

    table = pd.DataFrame({"estimate": estimates.astype(float), "se": error["95"]})
    distance = table["estimate"] - target
    table["z"] = (distance / np.sqrt(factor * error["95"] ** 2 + added)).where(usable)
    far = distance / np.sqrt(factor * error["998"] ** 2 + added)
    above = distance > 0
    table["position"] = np.select(
        [~usable, far.abs() > _LIMITS["998"], table["z"].abs() > _LIMITS["95"]],
        [
            Place.MISSING,
            np.where(above, Place.FAR_ABOVE, Place.FAR_BELOW),
            np.where(above, Place.ABOVE, Place.BELOW),
        ],
        Place.WITHIN,
    )
    return Funnel(target, phi, tau, limits, table, overdispersion == "none")


def _with_same_interval(errors: pd.Series, freedom: pd.Series | None, z: float) -> pd.Series:
    """The errors of normal distributions that reach as far at ``z`` as t distributions do."""
    if freedom is None:
        return errors.astype(float)
    reach = stats.t.isf(stats.norm.sf(z), freedom.to_numpy(float))
    return errors.astype(float) * reach / z


def dispersion(y: np.ndarray, s: np.ndarray, target: float) -> tuple[float, float]:
    """Return phi and tau of z scores winsorised at the 10th and 90th percentile (R's type 7)."""
    z = (y - target) / s
    z = np.clip(z, *np.quantile(z, [_WINSORISED, 1 - _WINSORISED]))
    k, phi = len(z), float(np.mean(z**2))
    tau2 = max(0.0, k * phi - (k - 1)) * typical_variance(s**2) / (k - 1)
    return phi, math.sqrt(tau2)
