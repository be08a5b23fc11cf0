r"""How far an indirect link rests on nothing else moving mediator and outcome.

That the link from a mediator m to an outcome b is what goes from the one to the other, rests on an
exclusion: what the chain does not explain in m is unrelated to what it does not explain in b. The
data cannot tell. So the correlation r of the two disturbances is supposed, from −.3 to .3, and the
indirect link from a over m to b estimated under each [1]_.

Where everything that m is explained by has a link of its own to b, the chain with r fits exactly as
the chain without. With coefficients β and disturbance variances ψ of the latter

.. math:: β_{mb}(r) = β_{mb} - k, \qquad β_{sb}(r) = β_{sb} + k β_{sm}, \qquad
   k = \frac{r}{\sqrt{1 - r^2}} \sqrt{ψ_b / ψ_m}

for every s that leads to m, so one fit gives the whole curve, with errors by the delta method.
Otherwise the chain is fitted anew with the covariance kψ_m fixed, and r is what comes out; that r
has an error of its own then is left aside.

References
----------
.. [1] Imai, K., Keele, L., & Yamamoto, T. (2010). Identification, inference and sensitivity
   analysis for causal mediation effects. Statistical Science, 25, 51–71.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import sem
from workbench.chain.catalogue import Chain
from workbench.chain.effects import links, strength_test, usable_links
from workbench.chain.study import ChainData
from workbench.errors import ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import Side, exclusion_in_words
from workbench.sem.inference.standardised import total_covariance

Array = NDArray[np.float64]

CORRELATIONS = tuple(round(0.05 * step, 2) for step in range(-6, 7))
_REFITTED = CORRELATIONS[::3]  # a fit for each
_STEP = 1e-5  # of a parameter, for derivatives
COLUMNS = ["correlation", "strength", "lower", "upper"]


@dataclass(frozen=True)
class Exclusion(Shown):
    """An indirect link under every correlation of the disturbances of mediator and outcome.

    Attributes
    ----------
    source, mediator, target
        Constructs; the link runs from the first over the second to the third.
    table
        ``correlation``, ascending, and ``strength``, ``lower``, ``upper`` of the indirect link
        (standardised, 95 % interval). Correlations under which there is no estimate are left out.
    """

    source: str
    mediator: str
    target: str
    table: pd.DataFrame

    def words(self, named: Callable[[str], str] = str) -> str:
        """Say up to which correlation the indirect link is what it is without one."""
        table = self.table
        spans = [(one.min(), one.max()) for one in (table["correlation"], table["strength"])]
        source, target = named(self.source), named(self.target)
        return exclusion_in_words(source, target, self.side, self.ends, *spans)

    @property
    def side(self) -> Side:
        """On which side of zero the link is without a correlation."""
        now = self.table[self.table["correlation"] == 0].iloc[0]
        if now["lower"] <= 0 <= now["upper"]:
            return Side.UNCLEAR
        return Side.ABOVE if now["lower"] > 0 else Side.BELOW

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """The correlations, below and above 0, at which the link is not clearly on its side."""
        if self.side is Side.UNCLEAR:
            return None, None
        limit = self.table["lower"] if self.side is Side.ABOVE else -self.table["upper"]
        return _clear(self.table["correlation"].to_numpy(float), limit.to_numpy(float))

    def _parts(self) -> Iterator[Part]:
        yield self.words()
        yield "Under correlations of the disturbances", self.table


def _clear(correlation: np.ndarray, limit: np.ndarray) -> tuple[float | None, float | None]:
    """Where, to either side of 0, a limit that is positive there comes to zero; None if nowhere."""
    start = int(np.flatnonzero(correlation == 0)[0])
    ends = []
    for step in (-1, 1):
        at, end = start, None
        while end is None and 0 <= at + step < len(limit):
            if limit[at + step] <= 0:
                share = limit[at] / (limit[at] - limit[at + step])
                end = float(correlation[at] + share * (correlation[at + step] - correlation[at]))
            at += step
        ends.append(end)
    return ends[0], ends[1]


def excluded(chain: Chain) -> tuple[str, str, str] | None:
    """Return source, mediator and target: the last two links of the chain's longest path.

    None where links run in a feedback loop, nothing mediates, or the chain lets the two
    disturbances correlate already.

    Parameters
    ----------
    chain
        A chain restricted to the constructs that are there.

    Examples
    --------
    >>> import workbench as wb
    >>> wb.chain.excluded(wb.chains()["public-sector-service-value-chain"])
    ('people', 'service', 'trust')
    """
    if chain.circle or len(chain.spine) < 3:
        return None
    source, mediator, target = chain.spine[-3:]
    if {mediator, target} in map(set, chain.covariances):
        return None
    return source, mediator, target


def one_fit_tells(chain: Chain) -> bool:
    """Whether the chain fits the same whatever the correlation (see the module)."""
    ends = excluded(chain)
    if ends is None:
        return False
    _, mediator, target = ends
    return _sources(chain, mediator) <= _sources(chain, target) and not any(
        {mediator, target} & {*pair} for pair in chain.covariances
    )


def exclusion(data: ChainData, fit: sem.Fit) -> Exclusion:
    """Return the indirect link at the end of a chain under every correlation supposed.

    Parameters
    ----------
    data, fit
        The chain's rows and the chain as it is, fitted to them; a fit that may be used, of a chain
        that :func:`excluded` says has such a link.

    Raises
    ------
    ModelError
        If the curve cannot be estimated.

    Examples
    --------
    >>> import workbench as wb
    >>> data = wb.open_study("data/demo").chain_data().for_links()
    >>> found = wb.chain.exclusion(data, wb.chain.fit_chain(data))
    >>> found.source, found.mediator, found.target
    ('people', 'service', 'trust')
    >>> print(found.words())
    The indirect link from people to trust stays above zero for every correlation from −0.3 to 0.3.
    """
    ends = excluded(data.chain)
    if ends is None:
        raise ModelError(f"The chain {data.chain.name!r} has no indirect link at its end.")
    curve = _from_one if one_fit_tells(data.chain) else _one_by_one
    table = pd.DataFrame(curve(data, fit, ends), columns=COLUMNS).dropna(ignore_index=True)
    if len(table) < 2 or 0.0 not in set(table["correlation"]):
        raise ModelError("The errors of the indirect link could not be estimated.")
    return Exclusion(*ends, table)


def _from_one(data: ChainData, fit: sem.Fit, ends: tuple[str, str, str]) -> list[tuple[float, ...]]:
    """The curve from the chain's own fit, with errors by the delta method."""
    theta = fit.theta
    step = _STEP * np.maximum(np.abs(theta), 1.0)
    moved = step * np.eye(len(theta))
    above, below = (_indirect(fit, ends, theta + way) for way in (moved, -moved))
    slopes = (above - below) / (2 * step[:, None])
    errors = np.sqrt(np.einsum("kr,kl,lr->r", slopes, fit.vcov.to_numpy(float), slopes))
    found = zip(CORRELATIONS, _indirect(fit, ends, theta), errors, strict=True)
    return [(r, value, *strength_test(fit, value, error)[:2]) for r, value, error in found]


def _indirect(fit: sem.Fit, ends: tuple[str, str, str], theta: Array) -> Array:
    """Standardised indirect link from source to target under every correlation, (..., r).

    ``theta`` (..., k) are parameters of the chain as it is.
    """
    paths, residual, _ = fit.layout.matrices(theta, fit.problem.exo)
    _, total = total_covariance(paths, residual)
    names = [*fit.layout.observed, *fit.layout.latent]
    source, mediator, target = map(names.index, ends)
    paths, residual, total = paths[..., 0, :, :], residual[..., 0, :, :], total[..., 0, :, :]
    r = np.array(CORRELATIONS)
    ratio = np.sqrt(residual[..., target, target] / residual[..., mediator, mediator])
    k = ratio[..., None] * r / np.sqrt(1 - r**2)
    supposed = np.repeat(paths[..., None, :, :], len(r), axis=-3)
    supposed[..., target, mediator] -= k
    to_mediator = paths[..., mediator, :].copy()
    to_mediator[..., target] = 0.0
    supposed[..., target, :] += k[..., None] * to_mediator[..., None, :]
    whole = np.linalg.inv(np.eye(len(names)) - supposed)[..., target, source]
    scale = np.sqrt(total[..., source, source] / total[..., target, target])
    return (whole - supposed[..., target, source]) * scale[..., None]


def _one_by_one(
    data: ChainData, fit: sem.Fit, ends: tuple[str, str, str]
) -> list[tuple[float, ...]]:
    """The curve from a fit for every correlation."""
    source, mediator, target = ends
    scale = np.sqrt(_disturbance(fit, mediator) * _disturbance(fit, target))
    rows: list[tuple[float, ...]] = []
    for r in _REFITTED:
        supposed, covariance = fit, scale * r / np.sqrt(1 - r**2)
        if r:
            try:
                line = f"{mediator} ~~ {covariance:.12g}*{target}"
                supposed = _with_lines(data, fit, [line])
                table = usable_links(supposed)
            except ModelError:
                continue
        else:
            table = links(fit)
        found = np.sqrt(_disturbance(supposed, mediator) * _disturbance(supposed, target))
        row = table[
            (table["from"] == source) & (table["to"] == target) & (table["effect"] == "indirect")
        ].iloc[0]
        rows.append((covariance / found, row["strength"], row["lower"], row["upper"]))
    return rows


def _with_lines(data: ChainData, fit: sem.Fit, lines: Sequence[str]) -> sem.Fit:
    """The chain with more lines in its model, fitted to the same rows."""
    return sem.fit_same_rows(data.syntax(data.chain, lines), fit, warn=False)


def _disturbance(fit: sem.Fit, construct: str) -> float:
    """Estimated variance of a construct's disturbance."""
    table = fit.estimates
    own = (table["op"] == "~~") & (table["lhs"] == construct) & (table["rhs"] == construct)
    return float(table.loc[own, "est"].iloc[0])


def _sources(chain: Chain, construct: str) -> set[str]:
    return {link.source for link in chain.links if link.target == construct}
