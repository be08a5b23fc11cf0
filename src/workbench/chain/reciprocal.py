"""Links that run in a circle: what identifies them, and whether the circle dies out.

A circle such as people ⇄ service is identified by *instruments*: constructs outside it that feed
one of its members and the others only by way of that one. :func:`identification` checks the model
as it is fitted (rank of the Jacobian, after the order condition), :func:`instrument_strength` how
much the instruments say, :func:`stability` whether total effects exist at all.

References
----------
1. Bollen, K. A. (1989). Structural equations with latent variables, ch. 4. Wiley.
2. Bentler, P. M., & Freeman, E. H. (1983). Tests for stability in linear structural equation
   systems. Psychometrika, 48, 143–145.
3. Staiger, D., & Stock, J. H. (1997). Instrumental variables regression with weak instruments.
   Econometrica, 65, 557–586.
4. Paxton, P., Hipp, J. R., & Marquart-Pyatt, S. (2011). Nonrecursive models. Sage.
5. Montiel Olea, J. L., & Pflueger, C. (2013). A robust test for weak instruments. Journal of
   Business & Economic Statistics, 31, 358–369.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.chain.catalogue import Chain
from workbench.chain.effects import by_clusters
from workbench.chain.model import effect_expressions
from workbench.errors import ChainError, ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import (
    Instruments,
    convergence_in_words,
    identification_in_words,
    instruments,
    instruments_in_words,
)
from workbench.sem import Fit, parameter_table, wald_test
from workbench.sem.fitting import check_identified
from workbench.sem.model.constraints import Constraints
from workbench.sem.model.layout import Layout
from workbench.sem.model.parameters import variables

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stability(Shown):
    """Whether the effects of a feedback loop die out.

    ``index`` is the largest modulus of an eigenvalue of the links' coefficients B; below 1 the
    series I + B + B² + … has the sum (I − B)⁻¹ and total effects exist [2].
    """

    index: float

    @property
    def stable(self) -> bool:
        return self.index < 1

    @property
    def words(self) -> str:
        """Whether total effects exist."""
        return convergence_in_words(self.index)

    def _parts(self) -> Iterator[Part]:
        yield self.words


def stability(fit: Fit, chain: Chain) -> Stability:
    """Return the stability index of a fitted chain; it is the same for raw and standardised B.

    Parameters
    ----------
    fit, chain
        A chain and its fit.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> chain = study.runnable_chain("reciprocal-service-value-chain")
    >>> found = wb.chain.stability(study.fit(chain), chain)
    >>> found.stable, 0 <= found.index < 1
    (True, True)
    """
    return Stability(float(np.abs(np.linalg.eigvals(coefficients(fit, chain))).max()))


def total_effects(fit: Fit, chain: Chain) -> pd.DataFrame:
    """Return (I − B)⁻¹ − I, raw: row where an effect ends, column where it starts.

    Parameters
    ----------
    fit, chain
        A chain and its fit.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> effects = wb.chain.total_effects(study.fit(), study.runnable_chain())
    >>> effects.round(2)
             people  service  trust
    people     0.00      0.0    0.0
    service    0.27      0.0    0.0
    trust      0.25      0.6    0.0
    """
    matrix = coefficients(fit, chain)
    names = [construct.name for construct in chain.constructs]
    unit = np.eye(len(names))
    return pd.DataFrame(np.linalg.inv(unit - matrix) - unit, names, names)


def coefficients(fit: Fit, chain: Chain) -> Array:
    """Return B (C, C) of a fitted chain, raw, row = where a link ends."""
    names = [construct.name for construct in chain.constructs]
    table = fit.estimates
    matrix = np.zeros((len(names), len(names)))
    for lhs, rhs, est in table.loc[table["op"] == "~", ["lhs", "rhs", "est"]].itertuples(
        index=False
    ):
        matrix[names.index(lhs), names.index(rhs)] = est
    return matrix


def identification(chain: Chain, model: str) -> str:
    """Return in a sentence that a reciprocal chain is identified, and by what.

    The order condition asks of each construct in the circle for as many instruments of its own as
    there are constructs of the circle in its equation; the rank condition is checked on the whole
    model, as the number of moments' derivatives that are independent at random values.

    Parameters
    ----------
    chain
        A reciprocal chain, restricted to the constructs that are there.
    model
        Its model in lavaan's syntax.

    Raises
    ------
    ChainError
        If the chain is not reciprocal, or one of the conditions does not hold.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> data = study.chain_data("reciprocal-service-value-chain").scored()
    >>> print(wb.chain.identification(data.chain, data.model))
    Instruments identify the two directions: People by Internal service quality, Leadership of
    managers; Service by Ease of access, Website, Price.
    """
    circle = chain.circle
    if not circle:
        raise ChainError(f"Chain {chain.name!r} does not run in a circle: nothing to identify.")
    fed = {name: [k.source for k in chain.links if k.target == name] for name in circle}
    outside = {name: [s for s in sources if s not in circle] for name, sources in fed.items()}
    for name in circle:
        inside = [source for source in fed[name] if source in circle]
        excluded = {s for other in circle for s in outside[other]} - set(outside[name])
        if len(excluded) < len(inside):
            raise ChainError(
                f"Chain {chain.name!r} is not identified: the equation of {name!r} has "
                f"{len(inside)} constructs of the circle, but only {len(excluded)} constructs that "
                "feed the others and not it. Add an instrument."
            )
    names = variables(model)
    table = parameter_table(model)
    layout = Layout.from_table(table, names.observed, names.latent)
    try:
        check_identified(table, layout, Constraints.from_table(table), 1)
    except ModelError as error:
        raise ChainError(f"Chain {chain.name!r} is not identified: {error}") from error
    return identification_in_words(
        {chain.label(name): [*map(chain.label, chain.instruments[name])] for name in circle}
    )


def instrument_strength(fit: Fit, chain: Chain) -> pd.DataFrame:
    """Return how much the instruments of each construct in the circle say about it.

    An instrument's effect on its construct in the reduced form, all rounds of the circle included,
    is its total effect. F = W / q is the Wald statistic of the total effects of the construct's q
    instruments, with the fit's own errors, so that clusters and the errors of measurement weaken
    it as they weaken the links (the robust F of the first stage [5]); it is compared with 10 [3].
    R²_p = (R² − R²₀) / (1 − R²₀), from the covariance matrix of the constructs that the model
    implies, is the share of the construct's variance that its instruments explain beyond all other
    constructs that nothing leads to.

    Parameters
    ----------
    fit, chain
        A reciprocal chain and its fit.

    Returns
    -------
    DataFrame
        ``construct``, ``instruments``, ``partial_r2``, ``f``, ``df1``, ``df2`` (infinite without
        clusters, see :func:`workbench.chain.effects.freedom`), ``pvalue``, ``strong``, ``words``. F
        is missing where ``df2`` is below ``df1``.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> chain = study.runnable_chain("reciprocal-service-value-chain")
    >>> found = wb.chain.instrument_strength(study.fit(chain), chain)
    >>> found[["construct", "instruments", "strong"]]
      construct                                       instruments  strong
    0    people  Internal service quality, Leadership of managers    True
    1   service                    Ease of access, Website, Price    True
    """
    effects = effect_expressions(chain)
    covariance = implied_covariance(fit, chain)
    targets = {link.target for link in chain.links}
    outside = [c.name for c in chain.constructs if c.name not in targets]
    rows = []
    for name in chain.circle:
        own = chain.instruments[name]
        full = _r_squared(covariance, name, outside)
        reduced = _r_squared(covariance, name, [s for s in outside if s not in own])
        reached = (effects[instrument, name] for instrument in own)
        none = [
            f"{kinds.get('total') or kinds.get('indirect') or kinds['direct']} == 0"
            for kinds in reached
        ]
        found = by_clusters(wald_test(fit, none), fit)
        if found.df > found.error_df:  # clusters say nothing of so many effects at once
            found = replace(found, statistic=np.nan)
        f = found.statistic / found.df
        labels = [chain.label(instrument) for instrument in own]
        rows.append(
            (
                name,
                ", ".join(labels),
                (full - reduced) / (1 - reduced),
                f,
                found.df,
                found.error_df,
                found.pvalue,
                instruments(f) is Instruments.STRONG,
                instruments_in_words(chain.label(name), labels, f),
            )
        )
    columns = ["construct", "instruments", "partial_r2", "f", "df1", "df2", "pvalue"]
    return pd.DataFrame(rows, columns=[*columns, "strong", "words"])


def implied_covariance(fit: Fit, chain: Chain) -> pd.DataFrame:
    """Return the constructs' covariance matrix that a fit implies, (I − B)⁻¹ Ψ (I − B)⁻ᵀ."""
    names = [construct.name for construct in chain.constructs]
    table = fit.estimates
    table = table[(table["op"] == "~~") & table["lhs"].isin(names) & table["rhs"].isin(names)]
    psi = pd.DataFrame(0.0, names, names)
    for lhs, rhs, est in table[["lhs", "rhs", "est"]].itertuples(index=False):
        psi.loc[lhs, rhs] = psi.loc[rhs, lhs] = est
    inverse = np.linalg.inv(np.eye(len(names)) - coefficients(fit, chain))
    return pd.DataFrame(inverse @ psi.to_numpy() @ inverse.T, names, names)


def _r_squared(covariance: pd.DataFrame, target: str, sources: list[str]) -> float:
    if not sources:
        return 0.0
    own = covariance.loc[sources, target].to_numpy()
    among = covariance.loc[sources, sources].to_numpy()
    return float(own @ np.linalg.solve(among, own) / covariance.loc[target, target])
