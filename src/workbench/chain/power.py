r"""Power: how many units, or respondents in each, a link of a given size needs.

**Of the model's test** [1]: the test of close fit rejects RMSEA ≤ ε₀ where chi-square exceeds the
95th percentile of its distribution with d degrees of freedom and noncentrality (N − 1) d ε₀²; its
power against ε_a is the probability of that under (N − 1) d ε_a². With ε_a below ε₀ it is the test
of not close fit, in the lower tail.

**Of a link**, by simulation with the study's own design: with :math:`\Sigma_B` the covariance of
two constructs' items between units, estimated in the study with the link set to the size asked for,
and W the covariance within, U unit means are drawn from

.. math:: \Sigma_B + W / n

(W for items of the same source of respondents, n respondents per unit; no W where rows are units),
and the link between the two latent variables is fitted to every draw. Power is the share of draws
that reject no link at p < .05. A link's size is that between units, standardised, before the
sampling error of unit means weakens it. The draws are fitted as they are: taking the error out, as
the fit of a chain does, makes the estimate and its error larger alike. The other constructs of a
chain are not in the model: a link that shares its target with others takes more.

References
----------
1. MacCallum, R. C., Browne, M. W., & Sugawara, H. M. (1996). Power analysis and determination of
   sample size for covariance structure modeling. Psychological Methods, 1, 130–149.
2. Muthén, L. K., & Muthén, B. O. (2002). How to use a Monte Carlo study to decide on sample size
   and determine power. Structural Equation Modeling, 9, 599–620.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from workbench import linkage, sem
from workbench.chain.study import ChainStudy
from workbench.exceptions import ChainError, NotIdentifiedError, UnknownNameError, nearest
from workbench.figures import format as fmt
from workbench.linkage.units import KEYS
from workbench.sem.estimation import information
from workbench.sem.estimation.fiml import objective_of
from workbench.sem.estimation.many import fit_many
from workbench.sem.estimation.moments import Moments
from workbench.sem.model.expressions import quoted_where_needed as quoted
from workbench.sem.model.layout import Layout

Array = NDArray[np.float64]

ALPHA = 0.05
DRAWS = 400
MOST_UNITS = 4000
_OUT_OF_REACH = f"more than {MOST_UNITS:,} units"


def rmsea_power(null: float, alternative: float, df: int, n: int, groups: int = 1) -> float:
    """Power of the test of RMSEA ``null`` against ``alternative`` with n rows in all groups.

    Checked against ``semTools::findRMSEApower``.

    Raises
    ------
    ChainError
        Without degrees of freedom, with fewer than two rows, or two RMSEA that are the same.
    """
    if df < 1 or n < 2 or null == alternative or min(null, alternative) < 0:
        raise ChainError(
            f"Power of RMSEA {null:g} against {alternative:g} on {df} degrees of freedom and {n} "
            "rows has no meaning; it needs two RMSEA that differ, degrees of freedom and rows."
        )
    centre, other = ((n - 1) * df * value**2 / groups for value in (null, alternative))
    if null < alternative:
        return float(_chi2_sf(_chi2_ppf(1 - ALPHA, df, centre), df, other))
    return float(1 - _chi2_sf(_chi2_ppf(ALPHA, df, centre), df, other))


def _chi2_ppf(share: float, df: int, noncentrality: float) -> float:
    if noncentrality == 0:
        return float(stats.chi2.ppf(share, df))
    return float(stats.ncx2.ppf(share, df, noncentrality))


def _chi2_sf(value: float, df: int, noncentrality: float) -> float:
    if noncentrality == 0:
        return float(stats.chi2.sf(value, df))
    return float(stats.ncx2.sf(value, df, noncentrality))


def rmsea_sample_size(
    null: float, alternative: float, df: int, power: float = 0.8, groups: int = 1
) -> int:
    """The fewest rows with which the test of RMSEA has more than ``power``.

    Checked against ``semTools::findRMSEAsamplesize``.
    """
    low, high = 2, 4
    while rmsea_power(null, alternative, df, high, groups) <= power:
        low, high = high, 2 * high
        if high > 10**8:
            raise ChainError(f"No number of rows gives a power of {power:g} here.")
    while high - low > 1:
        middle = (low + high) // 2
        if rmsea_power(null, alternative, df, middle, groups) > power:
            high = middle
        else:
            low = middle
    return high


@dataclass(frozen=True, eq=False)
class Design:
    """What a study says about measuring two constructs between units.

    Attributes
    ----------
    source, target
        The constructs the link goes from and to.
    items
        The items of each, in the order of the matrices.
    loadings : (p,)
        On the item's construct with variance 1 between units.
    unique : (p,)
        Variance between units that the construct does not explain.
    within : (p, p)
        Covariance within units; zero between sources and where rows are units.
    respondents : (p,)
        Respondents per unit behind each item's mean: the harmonic mean over units.
    units
        Units with both constructs.
    """

    source: str
    target: str
    items: Mapping[str, Sequence[str]]
    loadings: Array
    unique: Array
    within: Array
    respondents: Array
    units: int

    def covariance(self, size: float, respondents: float | None = None) -> Array:
        """Covariance (p, p) of unit means when the link is ``size``."""
        first = len(self.items[self.source])
        own = np.arange(len(self.loadings)) >= first
        correlation = np.where(own[:, None] == own, 1.0, size)
        between = correlation * np.outer(self.loadings, self.loadings) + np.diag(self.unique)
        n = self.respondents if respondents is None else np.full(len(own), float(respondents))
        return between + self.within / np.sqrt(np.outer(n, n))

    @property
    def model(self) -> str:
        """The model of the link in lavaan's syntax."""
        lines = [
            f"{quoted(construct)} =~ " + " + ".join(map(quoted, items))
            for construct, items in self.items.items()
        ]
        return "\n".join([*lines, f"{quoted(self.target)} ~ {quoted(self.source)}"]) + "\n"


def design(study: ChainStudy, source: str, target: str, wave: str | None = None) -> Design:
    """Read from a study how two constructs are measured between units.

    Raises
    ------
    UnknownNameError
        A construct or wave that the study does not have.
    ModelError
        If the constructs' measurement cannot be estimated on the study's units.
    """
    items = {construct: study.codebook.items(construct) for construct in (source, target)}
    wanted = [item for names in items.values() for item in names]
    means = linkage.unit_means_with_error(study, wanted, wave=study.wave(wave) or None)
    scale = np.array([100 / (s.high - s.low) for s in map(study.codebook.scale, wanted)])
    frame = means.frame[KEYS].join(means.frame[wanted] * scale)
    known = means.error * np.outer(scale, scale)
    model = "\n".join(f"{quoted(c)} =~ " + " + ".join(map(quoted, items[c])) for c in items)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # variances are kept from becoming negative
        fit = sem.fit(
            model,
            frame,
            missing="fiml",
            std_lv=True,
            bounds="standard",
            error=sem.ErrorCovariance(tuple(wanted), known, frame[KEYS]),
        )
    estimates = fit.estimates
    loaded = estimates[estimates["op"] == "=~"].set_index("rhs")["est"]
    variances = estimates[(estimates["op"] == "~~") & (estimates["lhs"] == estimates["rhs"])]
    unique = variances.set_index("lhs")["est"].loc[wanted].clip(lower=0)
    within = np.zeros((len(wanted), len(wanted)))
    for matrix in means.within.values():
        at = [wanted.index(item) for item in matrix.index]
        within[np.ix_(at, at)] = matrix.to_numpy()
    within *= np.outer(scale, scale)
    spread = np.diagonal(within)
    with np.errstate(divide="ignore", invalid="ignore"):
        behind = spread / np.diagonal(known, axis1=1, axis2=2)
    counted = [row[np.isfinite(row) & (row > 0)] for row in behind.T]
    respondents = np.array([stats.hmean(row) if len(row) else 1.0 for row in counted])
    both = frame[items[source]].notna().any(axis=1) & frame[items[target]].notna().any(axis=1)
    return Design(
        source, target, items, loaded.loc[wanted].to_numpy(float), unique.to_numpy(float), within,
        respondents, int(both.sum()),
    )  # fmt: skip


def link_power(
    plan: Design,
    size: float,
    units: int,
    respondents: float | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> float:
    """Power to find a link of ``size`` with that many units, by simulation (see the module).

    Parameters
    ----------
    respondents
        Respondents per unit in each source of respondents; by default those of the study.

    Returns
    -------
    Share of draws with p < .05; a draw whose model cannot be estimated finds nothing.

    Raises
    ------
    ChainError
        A size beyond 1, or no more units than the model has items.
    """
    if not -1 < size < 1:
        raise ChainError(f"A standardised link lies between −1 and 1; {size:g} does not.")
    least = len(plan.loadings) + 1
    if units < least:
        raise ChainError(
            f"{units} units are too few for a model of {len(plan.loadings)} items; give {least} "
            "or more."
        )
    if respondents is not None and respondents < 1:
        raise ChainError(f"{respondents:g} respondents per unit are none; give 1 or more.")
    root = np.linalg.cholesky(plan.covariance(size, respondents))
    noise = np.random.default_rng(seed).standard_normal((draws, units, len(root)))
    means = noise @ root.T
    return float((_pvalues(plan, means) < ALPHA).sum() / draws)


def _pvalues(plan: Design, means: Array) -> Array:
    """p value of the link in every draw of ``means`` (draws, units, p); NaN without an estimate."""
    table = sem.parameter_table(plan.model)
    names = [item for items in plan.items.values() for item in items]
    layout = Layout.from_table(table, names, list(plan.items))
    draws, units, _ = means.shape
    centred = means - means.mean(axis=1, keepdims=True)
    cov = np.swapaxes(centred, 1, 2) @ centred / units
    n = np.full((draws, 1), float(units))
    moments = Moments(n, cov[:, None], np.zeros((draws, 1, len(names))))
    found = fit_many(layout, moments, bounds="standard")
    objective = objective_of(layout, moments, "ML")[0]
    unit = information.expected(objective, found.theta)
    link = int(table.loc[table["op"] == "~", "free"].iloc[0]) - 1
    pvalues = np.full(draws, np.nan)
    for i in np.flatnonzero(found.converged):
        try:
            error = np.sqrt(information.inverse(unit[i])[link, link] / units)
        except NotIdentifiedError:
            continue
        pvalues[i] = 2 * stats.norm.sf(abs(found.theta[i, link]) / error)
    return pvalues


def units_needed(
    plan: Design,
    size: float,
    power: float = 0.8,
    respondents: float | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> int | None:
    """The fewest units that give ``power`` to a link of ``size``; None beyond 4,000.

    The answer is that of a simulation: with 400 draws power is known to within ±4 points.
    """
    low = high = len(plan.loadings) + 1
    while link_power(plan, size, high, respondents, draws, seed) < power:
        low, high = high, 2 * high
        if high > MOST_UNITS:
            return None
    while high - low > max(1, low // 50):
        middle = (low + high) // 2
        if link_power(plan, size, middle, respondents, draws, seed) >= power:
            high = middle
        else:
            low = middle
    return high


@dataclass(frozen=True)
class Power:
    """The power of a study's design.

    Attributes
    ----------
    source, target, size
        The link.
    units
        Units asked about: the study's own by default.
    respondents
        Respondents per unit of the source's and of the target's items.
    power
        Of the link's test with these units.
    needed
        Units needed for ``target_power``; None if out of reach.
    target_power
        Usually 0.8.
    df, close_fit, not_close_fit
        Degrees of freedom of the chain's model, the power of its test of close fit (RMSEA .05
        against .08) and of not close fit (.05 against .01) with ``units``; NaN without any.
    rows_for_close_fit
        Units that give the test of close fit a power of ``target_power``.
    """

    source: str
    target: str
    size: float
    units: int
    respondents: tuple[float, float]
    power: float
    needed: int | None
    target_power: float
    df: int
    close_fit: float
    not_close_fit: float
    rows_for_close_fit: int | None

    @property
    def words(self) -> str:
        """The findings in sentences."""
        low, high = (fmt.number(n, 0) for n in sorted(self.respondents))
        each = f"{low} respondents" if low == high else f"{low} to {high} respondents"
        if high == "1":
            each = "one row"
        needed = _OUT_OF_REACH if self.needed is None else f"{fmt.count(self.needed)} units"
        found = (
            f"A link from {self.source} to {self.target} of {fmt.number(self.size)} between "
            f"{fmt.count(self.units)} units of {each} each would be found in "
            f"{_share(self.power)} of studies; {fmt.percent(self.target_power)} needs "
            f"{needed}."
        )
        if self.rows_for_close_fit is None:
            return found
        return (
            f"{found} The chain's test of close fit ({self.df} degrees of freedom, RMSEA .05 "
            f"against .08) has a power of {_share(self.close_fit)} with "
            f"{fmt.count(self.units)} units and needs {fmt.count(self.rows_for_close_fit)} for "
            f"{fmt.percent(self.target_power)}."
        )


def _share(power: float) -> str:
    """A power in percent; a simulation never finds certainty."""
    return "more than 99%" if power > 0.99 else fmt.percent(power)


def study_power(
    study: ChainStudy,
    link: tuple[str, str] | None = None,
    size: float = 0.3,
    units: int | None = None,
    respondents: float | None = None,
    target: float = 0.8,
    wave: str | None = None,
    seed: int = 1,
) -> Power:
    """Return the power of a study's design for a link.

    Parameters
    ----------
    link
        The constructs it goes from and to; by default the first link of the study's chain.
    size
        Standardised, between units.
    units, respondents
        By default those of the study, in its latest wave.

    Raises
    ------
    UnknownNameError
        A construct that the codebook does not have.
    ChainError
        See :func:`link_power`.
    ModelError
        If the constructs' measurement cannot be estimated on the study's units.
    """
    chain = study.runnable_chain()
    pair = link or (chain.links[0].source, chain.links[0].target)
    for construct in pair:
        if construct not in study.codebook.constructs:
            raise UnknownNameError(
                f"{study.name}: the codebook has no construct {construct!r}; it has "
                f"{', '.join(study.codebook.constructs)}."
                f"{nearest(construct, study.codebook.constructs)}"
            )
    if pair[0] == pair[1]:
        raise ChainError(f"A link goes from one construct to another; {pair[0]!r} is given twice.")
    if not 0 < target < 1:
        raise ChainError(f"A power lies between 0 and 1; {target:g} does not.")
    plan = design(study, *pair, wave)
    units = plan.units if units is None else units
    first = len(plan.items[pair[0]])
    behind = [plan.respondents[:first], plan.respondents[first:]]
    apart = study.chain_data(wave=wave).model
    df = _degrees_of_freedom(apart)
    asked = [float(stats.hmean(n)) if respondents is None else respondents for n in behind]
    return Power(
        *pair,
        size,
        units,
        (asked[0], asked[1]),
        link_power(plan, size, units, respondents, seed=seed),
        units_needed(plan, size, target, respondents, seed=seed),
        target,
        df,
        rmsea_power(0.05, 0.08, df, units) if df else np.nan,
        rmsea_power(0.05, 0.01, df, units) if df else np.nan,
        rmsea_sample_size(0.05, 0.08, df, target) if df else None,
    )


def _degrees_of_freedom(model: str) -> int:
    table = sem.parameter_table(model)
    observed = {*table.loc[table["op"] == "=~", "rhs"]}
    return len(observed) * (len(observed) + 1) // 2 - int(table["free"].max())
