"""The links of a fitted chain: strength, pass-through, and direct, indirect and total effects."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import special

from workbench.chain.catalogue import Rate
from workbench.chain.model import KINDS
from workbench.errors import ChainError, ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import Published, rate_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.sem import Fit, difference_test, why_unusable
from workbench.sem.inference.comparison import Difference, Method

COLUMNS = [
    "from",
    "to",
    "effect",
    "strength",
    "se",
    "lower",
    "upper",
    "pvalue",
    "pass_through",
    "pass_through_se",
    "pass_through_lower",
    "pass_through_upper",
]


def links(fit: Fit) -> pd.DataFrame:
    """Return the effects of a chain's fit, one row an effect.

    Parameters
    ----------
    fit
        A chain's fit (:meth:`ChainStudy.fit`).

    Returns
    -------
    DataFrame
        ``from``, ``to``; ``effect`` (direct, indirect, total); ``strength``, the standardised
        effect with its standard error ``se`` (delta method on the standardised solution), 95 %
        interval ``lower``, ``upper`` and the ``pvalue`` of the test that it is zero, both of
        :func:`strength_test`; ``pass_through``, points of the target's index per point of the
        source's index, with its error and the interval of :func:`t_test`. Where the model could not
        give an error, interval and p-value are missing.

    Examples
    --------
    >>> import workbench as wb
    >>> table = wb.links(wb.open_study("data/demo").fit())
    >>> direct = table[table["effect"] == "direct"].set_index(["from", "to"])["strength"]
    >>> direct.round(2).to_dict()
    {('people', 'service'): 0.32, ('people', 'trust'): 0.1, ('service', 'trust'): 0.57}
    """
    strengths = _defined(fit.standardised("std_all"), "est_std")
    raw = _defined(fit.estimates, "est")
    df = freedom(fit)
    test = _strength_test_of(fit)
    rows = []
    for name in raw:
        kind, *ends = name.split(".")
        if kind not in KINDS or len(ends) != 2:
            continue
        strength, error = strengths[name]
        # A model refitted without an item has no effect in points.
        points, points_error = raw.get(f"points.{name}", (np.nan, np.nan))
        rows.append(
            [
                *(*ends, kind, strength, error, *test(strength, error, df)),
                *(points, points_error, *t_test(points, points_error, df)[:2]),
            ]
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _defined(table: pd.DataFrame, value: str) -> dict[str, tuple[float, float]]:
    """The parameters of ``:=`` by name, with their standard errors."""
    own = table[table["op"] == ":="]
    numbers = own[[value, "se"]].to_numpy(float).tolist()
    return dict(zip(own["lhs"].tolist(), map(tuple, numbers), strict=True))


def why_no_links(fit: Fit, named: Callable[[str], str] = str) -> str | None:
    """Return in a sentence why the links of a chain's fit may not be used, None if they may.

    For the reasons of :func:`workbench.sem.why_unusable`; where an effect has no error; and where
    an effect's strength and pass-through have opposite signs: then some construct's loadings
    cancel, so that what its index says is not what its latent variable says.

    Parameters
    ----------
    fit
        A chain's fit.
    named
        What a construct is called in the sentence; by default its name.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.chain.why_no_links(wb.open_study("data/demo").fit()) is None
    True
    """
    return why_unusable(fit, named) or _doubt(links(fit), named)


def _doubt(found: pd.DataFrame, named: Callable[[str], str]) -> str | None:
    """Return why links may not be used, of a fit that may."""
    if not np.isfinite(found["se"]).all():
        return say("no links.no errors")
    against = found[found["strength"] * found["pass_through"] < 0]
    if len(against):
        first = against.iloc[0]
        return say(
            "no links.against",
            source=named(first["from"]),
            target=named(first["to"]),
            strength=fmt.number(first["strength"]),
            points=fmt.number(first["pass_through"]),
        )
    return None


def usable_links(fit: Fit, named: Callable[[str], str] = str) -> pd.DataFrame:
    """Return the effects of a chain's fit, as :func:`links`, from a fit that may be used.

    Parameters
    ----------
    fit, named
        As in :func:`why_no_links`.

    Raises
    ------
    ModelError
        If it may not, see :func:`why_no_links`.

    Examples
    --------
    >>> import workbench as wb
    >>> effects = wb.chain.usable_links(wb.open_study("data/demo").fit())
    >>> effects[["from", "to", "effect"]].head(3)
         from       to    effect
    0  people  service    direct
    1  people    trust    direct
    2  people    trust  indirect
    """
    reason = why_unusable(fit, named)
    if reason:
        raise ModelError(reason)
    found = links(fit)
    reason = _doubt(found, named)
    if reason:
        raise ModelError(reason)
    return found


def freedom(fit: Fit) -> float:
    """Degrees of freedom of a fit's errors: (Σ n_c)² / Σ n_c² − 1 for clusters of n_c rows.

    The cluster-robust variance is a sum over clusters of squares, each about as large as its
    cluster; by Satterthwaite's (1946) rule it has as many degrees of freedom as there would be
    clusters of one size, less the one for the mean that is taken off. With the normal distribution
    in place of t intervals of links cover 64 to 69 % with 2 units, 84 to 87 % with 5
    (benchmarks/CLUSTERS.md). Infinite without clusters. With groups those of the smallest.

    Reference: Cameron, A. C., & Miller, D. L. (2015). A practitioner's guide to cluster-robust
    inference. Journal of Human Resources, 50, 317–372.
    """
    sample = fit.problem.sample
    if sample is None or sample.clusters is None:
        return np.inf
    return min(effective_clusters(clusters) for clusters in sample.clusters) - 1


def effective_clusters(clusters: np.ndarray) -> float:
    """Return (Σ n_c)² / Σ n_c², the number of clusters if they all had one size."""
    counts = np.unique(clusters, return_counts=True)[1].astype(float)
    return float(counts.sum() ** 2 / (counts**2).sum())


def t_test(estimate: float, error: float, df: float) -> tuple[float, float, float]:
    """Limits of the 95 % interval and p-value of an estimate, from t with ``df``."""
    half = special.stdtrit(df, 0.975) * error
    pvalue = 2 * special.stdtr(df, -abs(estimate / error)) if error > 0 else np.nan
    return float(estimate - half), float(estimate + half), float(pvalue)


def fit_test(fit: Fit) -> Difference:
    """Test a chain's model against the data: its chi-square, robust where it has one, with
    :func:`by_clusters`.

    In simulations of six organisations a true model of scores was rejected at .05 in 13 % by
    chi-square (benchmarks/WITHIN.md has what F gives).
    """
    told = fit.reported
    return by_clusters(Difference(told["chisq"], int(told["df"]), "fit"), fit)


def nested_test(narrow: Fit, wide: Fit, names: tuple[str, str] = ("", "")) -> Difference:
    """Test a narrow model within a wide one by the scaled difference, with :func:`by_clusters`.

    Where rows are clustered it is that of Satorra (2000): of few clusters the scaling factors of
    two models are too rough to be taken from each other, and their difference can be negative; his
    is the mean of eigenvalues that cannot. In simulations of two types of six organisations each,
    with three links that do not differ, the test of 2001 by chi-square found a difference at .05 in
    16 %, this one in 2 %.
    """
    sample = wide.problem.sample
    clustered = sample is not None and sample.clusters is not None
    method: Method | None = "satorra 2000" if clustered else None
    return by_clusters(difference_test(narrow, wide, method, names, scaled_shifted=False), wide)


def by_clusters(found: Difference, fit: Fit) -> Difference:
    """Return a test with the p-value of F where a fit's errors are those of clusters.

    W / q of q constraints is compared with F on q and :func:`freedom`, as :func:`t_test` does with
    one. In simulations of two types of six organisations each, with links that do not differ, the
    Wald test of a link found a difference at .05 in 11 % by chi-square, in 5 % by F.
    """
    return replace(found, error_df=freedom(fit))


def strength_test(fit: Fit, estimate: float, error: float) -> tuple[float, float, float]:
    """Limits of the 95 % interval and p-value of a strength: :func:`t_test`, or between units
    whose sampling errors are known :func:`fisher_test`."""
    return _strength_test_of(fit)(estimate, error, freedom(fit))


def _strength_test_of(fit: Fit) -> Callable[[float, float, float], tuple[float, float, float]]:
    return fisher_test if fit.problem.known_errors else t_test


def fisher_test(estimate: float, error: float, df: float) -> tuple[float, float, float]:
    """Limits of the 95 % interval and p-value of a strength, from t with ``df`` on Fisher's scale
    z = atanh(r).

    Corrected for sampling error a strength near 1 has an error that looks too small and one near 0
    an error that looks too large; on the scale of z the error hardly depends on the strength. In
    simulations with 60 units the plain interval covered 88 to 92 %, most misses on one side, this
    one 94 to 97 % (benchmarks/LINKAGE.md). A strength beyond 1, as several correlated sources can
    have, keeps the plain interval and test.
    """
    if not abs(estimate) < 1:
        return t_test(estimate, error, df)
    centre = np.arctanh(estimate)
    lower, upper, pvalue = t_test(centre, error / (1 - estimate**2), df)
    return float(np.tanh(lower)), float(np.tanh(upper)), pvalue


@dataclass(frozen=True)
class PassThrough(Shown):
    """Points of one index that go with ``step`` points of another, with a 95 % interval.

    ``published`` is what a published rate would give for the step, None without one.
    """

    source: str
    target: str
    step: float
    points: float
    lower: float
    upper: float
    published: float | None = None

    @property
    def verdict(self) -> Published:
        """Whether the interval holds the published rate."""
        if self.published is None:
            return Published.NONE
        if not np.isfinite(self.lower):
            return Published.MISSING
        if self.lower <= self.published <= self.upper:
            return Published.INCLUDED
        return Published.MORE if self.lower > self.published else Published.LESS

    def words(self, source: str, target: str) -> str:
        """The rate in a sentence, beside the published one if any, the constructs called so."""
        rate = self.points, self.lower, self.upper
        published = np.nan if self.published is None else self.published
        return rate_in_words(source, target, self.step, rate, published, self.verdict)

    def _parts(self) -> Iterator[Part]:
        yield self.words(self.source, self.target)


def pass_through(
    effects: pd.DataFrame,
    source: str,
    target: str,
    step: float = 1.0,
    effect: str = "direct",
    published: float | None = None,
) -> PassThrough:
    """Return the pass-through of one effect in the table of :func:`links`, for ``step`` points.

    Parameters
    ----------
    effects
        The table of :func:`links`.
    source, target
        The constructs it goes from and to.
    step
        Points of the source's index (0–100).
    effect
        ``"direct"``, ``"indirect"`` or ``"total"``.
    published
        What a published rate would give for the step.

    Raises
    ------
    ChainError
        If the table has no such effect.

    Examples
    --------
    >>> import workbench as wb
    >>> effects = wb.links(wb.open_study("data/demo").fit())
    >>> rate = wb.chain.pass_through(effects, "people", "service", step=2, published=1.0)
    >>> print(rate.words("engagement", "satisfaction"))
    Where engagement is 2 points higher, satisfaction is higher by 0.5 points (0.3 to 0.8). That is
    less than the published rate, which would give 1.0.
    """
    same = (effects["from"] == source) & (effects["to"] == target) & (effects["effect"] == effect)
    if not same.any():
        ends = effects.loc[effects["effect"] == effect, ["from", "to"]].itertuples(index=False)
        known = ", ".join(f"{start} → {end}" for start, end in ends)
        raise ChainError(
            f"There is no {effect} effect of {source!r} on {target!r}; there are {known or 'none'}."
        )
    row = effects.loc[same].iloc[0]
    columns = ["pass_through", "pass_through_lower", "pass_through_upper"]
    points, lower, upper = (step * float(row[name]) for name in columns)
    return PassThrough(source, target, step, points, lower, upper, published)


def beside_rate(effects: pd.DataFrame, rate: Rate) -> tuple[PassThrough | None, PassThrough]:
    """Return what goes with the step of a published rate: by the direct link, None without one, and
    along all paths together.

    Parameters
    ----------
    effects
        The table of :func:`links`, of the chain whose rate it is.
    rate
        One of :attr:`workbench.chain.Chain.rates`.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> (rate,) = study.runnable_chain().rates
    >>> direct, total = wb.chain.beside_rate(wb.links(study.fit()), rate)
    >>> round(direct.points, 1), round(total.points, 1), direct.published
    (0.5, 0.5, 1.0)
    """
    own = effects[(effects["from"] == rate.source) & (effects["to"] == rate.target)]
    kinds = set(own["effect"])

    def found(kind: str) -> PassThrough:
        return pass_through(effects, rate.source, rate.target, rate.step, kind, rate.value)

    whole = next((kind for kind in ("total", "indirect") if kind in kinds), "direct")
    return found("direct") if "direct" in kinds else None, found(whole)
