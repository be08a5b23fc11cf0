r"""How well a construct's questions measure units, where chains link units and not people.

Respondent i of unit u has x_i = b_u + e_i. With J questions of one construct, between units

.. math:: Cov(b_u) = \Sigma_B = \psi \lambda \lambda' + \Theta_B,

one factor with loadings λ and variance ψ, and Θ_B diagonal: what is a question's own. The unit's
means are fitted with the known covariance E_u of their sampling error
(:mod:`workbench.linkage.sampling_error`), so that estimates are of the units and not of who
happened to answer. With 1 a vector of ones and Ē the mean of E_u over units with all questions
answered,

.. math::
   \omega_B &= \psi (1'\lambda)^2 / 1'\Sigma_B 1 \\
   \alpha_B &= \frac{J}{J - 1} \left(1 - tr \Sigma_B / 1'\Sigma_B 1\right) \\
   \rho &= \psi (1'\lambda)^2 / (1'\Sigma_B 1 + 1'\bar E 1)

ω_B and α_B are the reliabilities of Geldhof et al. [1]_, of true unit means. ρ is that of the index
as it is: the unit's mean over its respondents and questions. What it lacks to 1 is lost in two
ways: 1'Ē1 of the denominator to sampling, as one minus ICC(2) says, and tr Θ_B to what is the
questions' own. Two questions are taken to load alike, which makes ω_B = α_B; one question has
neither, and its own part counts as the construct's.

**Equal loadings at both levels** [2]_ [3]_: only then is the unit's construct what its members have
in common on average, in the same units. Within units the factor is fitted to the pooled covariance
W. With λ_W and λ_B the loadings relative to the first and V_W, V_B their covariances, the loadings
in common are λ = (V_W⁻¹ + V_B⁻¹)⁻¹ (V_W⁻¹ λ_W + V_B⁻¹ λ_B), and twice what both log-likelihoods
lose when loadings are fixed there is compared with chi-square on J − 1 degrees of freedom. Next to
the likelihood-ratio test of lavaan's two-level model it lacks what unit means say of W
(``tests/reference/measurement/between.R``).

References
----------
.. [1] Geldhof, G. J., Preacher, K. J., & Zyphur, M. J. (2014). Reliability estimation in a
   multilevel confirmatory factor analysis framework. Psychological Methods, 19, 72-91.
.. [2] Mehta, P. D., & Neale, M. C. (2005). People are variables too: multilevel structural
   equations modeling. Psychological Methods, 10, 259-284.
.. [3] Jak, S., & Jorgensen, T. D. (2017). Relating measurement invariance, cross-level invariance,
   and multilevel reliability. Frontiers in Psychology, 8, 1640.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench import linkage, sem
from workbench.errors import MeasurementError, ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import Loadings, loadings_in_words, unit_index_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.cutoffs import RELIABLE_FOR_GROUPS, SIGNIFICANCE
from workbench.interpretation.messages import say
from workbench.linkage.means import KEYS
from workbench.measurement.direction import marker_first
from workbench.sem.model.expressions import quoted_where_needed
from workbench.study import Study
from workbench.study.given import Wave

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """A share of variance with its 95 % interval (delta method, held within 0 and 1)."""

    value: float = np.nan
    lower: float = np.nan
    upper: float = np.nan


@dataclass(frozen=True)
class BetweenUnits(Shown):
    """How well a construct's questions measure units (see the module for the formulas).

    Attributes
    ----------
    construct
        What sentences call it.
    units, respondents
        Units with answers, and the answers' number per unit.
    icc1, icc1_lower, icc1_upper
        Share of the variance of respondents' scores that lies between units.
    omega, alpha
        ω_B and α_B; NaN with one question.
    index
        ρ, the reliability of the units' index.
    sampling, own
        Shares of the index's variance between units that are sampling error, and that are single
        questions' own.
    chisq, df, pvalue
        The test that loadings are equal at both levels; NaN where ``untested`` says why.
    reason
        Why none of the estimates could be made, a sentence; "" where they were.
    untested
        Why equal loadings could not be tested.
    """

    construct: str
    units: int
    respondents: float
    icc1: float
    icc1_lower: float
    icc1_upper: float
    omega: Share = Share()
    alpha: Share = Share()
    index: Share = Share()
    sampling: float = np.nan
    own: float = np.nan
    chisq: float = np.nan
    df: int = 0
    pvalue: float = np.nan
    reason: str = ""
    untested: str = ""

    @property
    def reliable(self) -> bool | None:
        """Whether the index distinguishes units well enough to compare them; None if unknown."""
        if np.isnan(self.index.value):
            return None
        return self.index.value >= RELIABLE_FOR_GROUPS

    @property
    def loadings(self) -> Loadings:
        """Whether loadings are equal between units and within units."""
        if np.isnan(self.pvalue):
            return Loadings.UNTESTED
        return Loadings.UNEQUAL if self.pvalue < SIGNIFICANCE else Loadings.EQUAL

    @property
    def words(self) -> str:
        """What the numbers mean for the use made of the units' index."""
        if self.reason:
            return self.reason
        own = None if np.isnan(self.omega.value) else self.own
        return unit_index_in_words(
            self.construct, self.index.value, self.sampling, own, reliable=bool(self.reliable)
        )

    @property
    def alike(self) -> str:
        """Whether the questions measure the same thing in units as in people."""
        return self.reason or loadings_in_words(self.construct, self.loadings, self.untested)

    def _parts(self) -> Iterator[Part]:
        yield self.words
        numbers = {"units": [self.units], "respondents": [self.respondents], "ICC(1)": [self.icc1]}
        yield self.construct, pd.DataFrame(numbers)


def between_units(
    study: Study, construct: str, wave: Wave = None, label: str | None = None
) -> BetweenUnits:
    """Estimate how well a construct's questions measure units.

    Units of all organisations go in; what sets organisations apart counts as between units. The
    latest wave by default; a unit in two waves counts as two.

    Parameters
    ----------
    study, construct
        The study, and a construct that respondents were asked about.
    wave
        By default the latest; ``ALL_WAVES`` for all of them.
    label
        What sentences call the construct; by default its name.

    Raises
    ------
    StudyError
        If the rows of the construct's source are units: their members are not in the data.
    UnknownNameError
        If the study has no such construct or wave.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.measurement.between_units(wb.open_study("data/demo"), "service")
    >>> found.units, round(float(found.icc1), 2), round(float(found.index.value), 2)
    (323, 0.21, 0.8)
    >>> bool(found.reliable)
    True
    """
    agreed = linkage.agreement(study, construct, wave=wave)
    found = BetweenUnits(
        label or construct, agreed.units, agreed.group_size,
        agreed.icc1, agreed.icc1_lower, agreed.icc1_upper,
    )  # fmt: skip
    reason = _empty(found)
    if reason:
        return replace(found, reason=reason)
    means = _means(study, construct, wave)
    try:
        return _estimated(found, means)
    except (MeasurementError, ModelError) as error:
        reason = say("unit index.no model", construct=found.construct, reason=error)
        return replace(found, reason=reason)


def _empty(found: BetweenUnits) -> str:
    """Why there is nothing between units to measure, or ""."""
    if np.isnan(found.icc1):
        return say("unit index.few units", construct=found.construct)
    if found.icc1_lower > 0:
        return ""
    span = fmt.estimate(found.icc1, found.icc1_lower, found.icc1_upper)
    return say("unit index.alike", construct=found.construct, span=span)


@dataclass(frozen=True, eq=False)
class _Means:
    """Unit means of J items in points, strongest item first.

    ``within`` (J, J) is their covariance W within units, from ``freedom`` respondents beyond the
    first of every unit.
    """

    items: list[str]
    frame: pd.DataFrame
    error: sem.ErrorCovariance
    within: Array
    freedom: float

    @property
    def sampling(self) -> float:
        """1'Ē1."""
        whole = self.frame[self.items].notna().all(axis=1).to_numpy()
        return float(self.error.matrices[whole].sum(axis=(1, 2)).mean())


def _means(study: Study, construct: str, wave: Wave) -> _Means:
    names = study.codebook.items(construct)
    means = linkage.unit_means_with_error(study, names, wave=wave)
    points = study.codebook.points_per_code(names)
    frame = means.frame[KEYS].join(means.frame[names] * points)
    within = means.within[study.codebook.source_of(construct)].loc[names, names].to_numpy()
    # A mean's error is W over its effective number of respondents.
    own = np.diagonal(means.error, axis1=1, axis2=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        behind = np.where(own > 0, np.diagonal(within) / own, 0.0)
    items = marker_first(names, frame)
    at = [names.index(item) for item in items]
    error = sem.ErrorCovariance(tuple(names), means.error, means.frame[KEYS]).scaled(points)
    return _Means(
        items,
        frame,
        error.of_items(items),
        (within * np.outer(points, points))[np.ix_(at, at)],
        float(np.maximum(behind - 1, 0).sum(axis=0).mean()),
    )


def _estimated(found: BetweenUnits, means: _Means) -> BetweenUnits:
    free = _fit(means, _one_factor(means.items) + _derived(len(means.items), means.sampling))
    reason = sem.why_unusable(free)
    parameters = len(free.theta)
    if free.nobs <= parameters:
        reason = say("unit index.few for parameters", units=free.nobs, parameters=parameters)
    if reason:
        raise MeasurementError(reason)
    shares = _shares(free)
    found = replace(
        found,
        omega=shares.get("omega", Share()),
        alpha=shares.get("alpha", Share()),
        index=shares["index"],
        sampling=shares["sampling"].value,
        own=shares["own"].value,
    )
    if len(means.items) < 3:
        return replace(found, untested=say("loadings.three questions"))
    return _tested(found, means, free)


def _one_factor(items: Sequence[str], loadings: Sequence[float] | None = None) -> str:
    """One factor of the items in lavaan's syntax, with loadings to estimate or as given.

    Of two items the loadings are taken as equal; the own part of a single one as none.
    """
    count = len(items)
    quoted = [quoted_where_needed(item) for item in items]
    if loadings is None:
        factors = ["1"] + [f"l{place}" if count > 2 else "1" for place in range(2, count + 1)]
    else:
        factors = [repr(float(loading)) for loading in loadings]
    measured = " + ".join(f"{by}*{item}" for by, item in zip(factors, quoted, strict=True))
    own = [
        f"{item} ~~ {f'e{place}' if count > 1 else '0'}*{item}"
        for place, item in enumerate(quoted, 1)
    ]
    return "\n".join([f"common =~ {measured}", "common ~~ v*common", *own]) + "\n"


def _derived(count: int, sampling: float) -> str:
    """The shares of the module as defined parameters, for items with free or equal loadings."""
    loadings = ["1"] + [f"l{place}" if count > 2 else "1" for place in range(2, count + 1)]
    own = " + ".join(f"e{place}" for place in range(1, count + 1)) if count > 1 else "0"
    common = f"v*({' + '.join(loadings)})^2"
    total = f"({common} + {own})"
    trace = f"(v*({' + '.join(f'{one}^2' for one in loadings)}) + {own})"
    seen = f"({total} + {sampling!r})"
    lines = [
        f"index := {common} / {seen}",
        f"own := ({own}) / {seen}",
        f"sampling := {sampling!r} / {seen}",
    ]
    if count > 1:
        lines.append(f"omega := {common} / {total}")
        lines.append(f"alpha := {count} / {count - 1} * (1 - {trace} / {total})")
    return "\n".join(lines) + "\n"


def _fit(means: _Means, model: str) -> sem.Fit:
    return sem.fit(
        model,
        means.frame,
        estimator="MLR",
        missing="fiml",
        bounds="standard",
        error=means.error,
        warn=False,
    )


def _shares(fit: sem.Fit) -> dict[str, Share]:
    table = fit.estimates
    table = table[table["op"] == ":="].set_index("lhs")
    limits = table[["ci_lower", "ci_upper"]].clip(0, 1)
    return {
        name: Share(table.at[name, "est"], *limits.loc[name].to_numpy(float))
        for name in table.index
    }


def _fit_within(means: _Means, model: str) -> sem.Fit:
    return sem.fit_moments(
        model,
        max(round(means.freedom) + 1, 2),
        pd.DataFrame(means.within, means.items, means.items),
        warn=False,
    )


def _tested(found: BetweenUnits, means: _Means, outside: sem.Fit) -> BetweenUnits:
    """Test that loadings between units are in the proportions of those within."""
    inside = _fit_within(means, _one_factor(means.items))
    reason = sem.why_unusable(inside)
    if reason:
        return replace(found, untested=_untested(reason))
    within, between = _relative(inside), _relative(outside)
    weights = [np.linalg.inv(covariance) for _, covariance in (within, between)]
    drawn = sum(w @ own for w, (own, _) in zip(weights, (within, between), strict=True))
    common = np.linalg.solve(sum(weights), drawn)
    same = _one_factor(means.items, [1.0, *common])
    alike = [_fit_within(means, same), _fit(means, same)]
    reason = next(filter(None, map(sem.why_unusable, alike)), None)
    if reason:
        return replace(found, untested=_untested(reason))
    chisq = 2 * sum(
        float(free.measures["logl"] - fixed.measures["logl"])
        for free, fixed in zip((inside, outside), alike, strict=True)
    )
    df = len(common)
    return replace(found, chisq=chisq, df=df, pvalue=float(stats.chi2.sf(chisq, df)))


def _untested(reason: str) -> str:
    return say("loadings.no model", reason=reason)


def _relative(fit: sem.Fit) -> tuple[Array, Array]:
    """Loadings relative to the first (J - 1,), and their covariance."""
    loaded = fit.estimates.loc[fit.estimates["op"] == "=~", "est"].to_numpy(float)[1:]
    names = [f"l{place}" for place in range(2, len(loaded) + 2)]
    return loaded, fit.vcov.loc[names, names].to_numpy()
