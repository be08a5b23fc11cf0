"""Several chains, or orderings of the same constructs, fitted to the same data.

A chain is not tested by its own fit alone: another ordering may reproduce the data as well, and
some orderings cannot be told apart by any data (MacCallum, Wegener, Uchino & Fabrigar 1993). Models
are set beside each other by chi-square, fit measures and, where one is nested in the other (Bentler
& Satorra 2010), by the test of their difference.

Rivals speak of links within organisations, and between units of one score a construct
(:meth:`workbench.chain.ChainData.for_links`). How well the questions measure the constructs is the
same in all of them, and no part of what chooses between them. AIC and BIC are those of the
likelihood as it is: errors that allow for rows being alike in an organisation do not change which
model makes the data likelier, and the tests allow for it.

References
----------
1. MacCallum, R. C., Wegener, D. T., Uchino, B. N., & Fabrigar, L. R. (1993). The problem of
   equivalent models in applications of covariance structure analysis. Psychological Bulletin, 114,
   185–199.
2. Bentler, P. M., & Satorra, A. (2010). Testing model nesting and equivalence. Psychological
   Methods, 15, 111–123.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from workbench import sem
from workbench.chain.catalogue import Chain, Construct, Link
from workbench.chain.effects import fit_test, nested_test
from workbench.chain.study import ChainData, ChainStudy, fit_chain
from workbench.errors import ChainError, UnknownNameError
from workbench.figures.display import results_table
from workbench.figures.markup import element, together
from workbench.interpretation import (
    disagreement_in_words,
    equivalent_in_words,
    lowest_bic_in_words,
    nested_in_words,
    untestable_in_words,
    unusable_rival_in_words,
)
from workbench.interpretation.messages import say
from workbench.sem import Fit, why_unusable
from workbench.sem.inference.comparison import Difference, is_nested
from workbench.sem.inference.measures import ChiSquare
from workbench.text import nearest

_ARROW = re.compile(r"\s*(?:→|->)\s*")
_SAME = 1e-4  # difference of two chi-squares, relative to their size, that is none


@dataclass(frozen=True)
class Rivals:
    """Rival models of the same data.

    Attributes
    ----------
    table
        One row a model, in the order given: ``model``, ``items`` (how many), ``npar``, ``chisq``,
        ``df``, ``pvalue`` (scaled where the fit has a scaled test), ``cfi``, ``rmsea``, ``srmr``,
        ``aic``, ``bic``; ``wider``, the narrowest of the models it is nested in, with the test of
        their difference ``chisq_diff``, ``df_diff``, ``pvalue_diff``; ``equivalent``, a tuple of
        the models that no data can tell from it; ``comparable``, a number that models of the same
        items share: AIC, BIC and the tests say something within it alone. A model whose solution
        may not be used (:func:`workbench.sem.why_unusable`) has no measures, and a reason.
    fits
        The fitted models by name.
    tests
        The test of the difference of each model that is nested in a wider one, by its name.
    reasons
        Why a solution may not be used, by the model's name.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.chain.rivals(study, ["people -> service -> trust", "people -> trust -> service"])
    >>> list(found.fits)
    ['people → service → trust', 'people → trust → service']
    >>> found.table["df"].tolist(), found.reasons
    ([1, 1], {})
    """

    table: pd.DataFrame
    fits: dict[str, Fit]
    tests: Mapping[str, Difference]
    reasons: Mapping[str, str]

    @property
    def words(self) -> tuple[str, ...]:
        """What follows, one sentence each."""
        told: list[str] = []
        seen: set[frozenset[str]] = set()
        for row in self.table.to_dict("records"):
            model, saturated = row["model"], row["df"] == 0
            same = frozenset({model, *row["equivalent"]})
            if len(same) > 1 and same not in seen:
                seen.add(same)
                alike = [name for name in self.table["model"] if name in same]
                told.append(equivalent_in_words(alike, saturated=saturated))
            elif saturated and len(same) == 1:
                told.append(untestable_in_words(model))
            if row["wider"]:
                told.append(nested_in_words(model, row["wider"], self.tests[model]))
                told += self._disagreement(row)
        told += filter(None, (_lowest_bic(rows) for _, rows in self.table.groupby("comparable")))
        if self.table["comparable"].nunique() > 1:
            told.append(say("rivals.other items"))
        told += [unusable_rival_in_words(*unusable) for unusable in self.reasons.items()]
        return tuple(told)

    def _disagreement(self, row: Mapping[str, Any]) -> list[str]:
        """That BIC does not choose as the test of a model within a wider one does."""
        wide = self.table.set_index("model").at[row["wider"], "bic"]
        told = disagreement_in_words(
            row["model"], row["wider"], row["pvalue_diff"], float(wide) - float(row["bic"])
        )
        return [told] if told else []

    def _repr_html_(self) -> str:
        listed_names = [", ".join(names) for names in self.table["equivalent"]]
        shown = self.table.assign(equivalent=listed_names)
        table = results_table(shown, "Rival models of the same data")
        return together(table.html, *(element("p", sentence) for sentence in self.words))


def _lowest_bic(rows: pd.DataFrame) -> str:
    """What BIC says of models of the same items, or ""."""
    ordered = rows.dropna(subset="bic").sort_values("bic")
    if len(ordered) < 2:
        return ""
    gap = float(ordered["bic"].iloc[1] - ordered["bic"].iloc[0])
    return lowest_bic_in_words(ordered["model"].iloc[0], gap)


def ordering(text: str, chain: Chain | None = None) -> Chain:
    """Return the chain that an ordering such as ``"people → service → trust"`` states.

    Each construct is linked to the next; several lines or ``;`` add further links. Labels are those
    of ``chain`` where it has the construct.

    Parameters
    ----------
    text
        Constructs with ``→`` or ``->`` between them.
    chain
        Where labels come from; without it the constructs' names are the labels.

    Raises
    ------
    ChainError
        If there is no arrow in it.

    Examples
    --------
    >>> import workbench as wb
    >>> chain = wb.chain.ordering("people → service → trust; people → trust")
    >>> [(link.source, link.target) for link in chain.links]
    [('people', 'service'), ('service', 'trust'), ('people', 'trust')]
    """
    links: dict[tuple[str, str], Link] = {}
    names: dict[str, None] = {}
    for part in filter(None, (piece.strip() for piece in re.split(r"[;\n]", text))):
        steps = _ARROW.split(part)
        if len(steps) < 2 or not all(steps):
            raise ChainError(
                f"The ordering {text!r} has no link; write it like 'people -> service -> trust'."
            )
        names |= dict.fromkeys(steps)
        for a, b in pairwise(steps):
            links[a, b] = Link(a, b, "+")
    known = {c.name: c for c in chain.constructs} if chain else {}
    title = " → ".join(_ARROW.split(text.strip()))
    built = Chain(
        name=title,
        title=title,
        citation="",
        summary="",
        constructs=tuple(
            replace(known[name], optional=False) if name in known else Construct(name, name, "")
            for name in names
        ),
        links=tuple(links.values()),
        level=chain.level if chain else "any",
    )
    if built.circle:
        raise ChainError(
            f"The ordering {text!r} runs in a circle; a reciprocal chain needs instruments, so "
            "write it as a file in the study's folder chains/."
        )
    return built


def standard_rivals(chain: Chain) -> list[Chain]:
    """Return a chain with the rivals that every chain has.

    ``NAME as its authors state it`` leaves out the links that the workbench added, where all
    constructs stay linked; ``NAME without shortcuts`` those that a longer path goes round, where
    these are others; the chain's own rivals what they say; ``NAME reversed`` has every link the
    other way. Of a feedback loop, each one-way form instead.

    Parameters
    ----------
    chain
        A chain restricted to the constructs that are there.

    Examples
    --------
    >>> import workbench as wb
    >>> chain = wb.chains()["public-sector-service-value-chain"]
    >>> [rival.name for rival in wb.chain.standard_rivals(chain)]
    ['public-sector-service-value-chain', 'public-sector-service-value-chain as its authors state
    it', 'public-sector-service-value-chain reversed']
    """
    if chain.circle:
        plain = replace(chain, covariances=(), reciprocal=False, instruments={})
        inside = [k for k in chain.links if {k.source, k.target} <= set(chain.circle)]
        return [
            chain,
            *(
                replace(
                    plain,
                    name=say(
                        "rival.without link",
                        chain=chain.name,
                        source=chain.label(link.source),
                        target=chain.label(link.target),
                    ),
                    links=tuple(k for k in chain.links if k != link),
                )
                for link in inside
            ),
        ]
    fewer = [
        (say("rival.of authors", chain=chain.name), chain.of_authors),
        (say("rival.without shortcuts", chain=chain.name), chain.without_shortcuts),
    ]
    found = [chain]
    for rival in chain.rivals:
        kept = tuple(k for k in chain.links if (k.source, k.target) not in rival.without)
        found.append(replace(chain, name=rival.title, links=kept))
    for name, links in fewer:
        if _linked(links) == _linked(chain.links) and links not in [one.links for one in found]:
            found.append(replace(chain, name=name, links=links))
    turned = tuple(replace(k, source=k.target, target=k.source) for k in chain.links)
    name = say("rival.reversed", chain=chain.name)
    return [*found, replace(chain, name=name, links=turned)]


def _linked(links: Sequence[Link]) -> set[str]:
    return {name for link in links for name in (link.source, link.target)}


def rivals(
    study: ChainStudy,
    chains: Sequence[str | Chain],
    organisation: str | None = None,
    wave: str | int | None = None,
) -> Rivals:
    """Fit several chains or orderings to the same data and compare them.

    Models of the same constructs are fitted to the same rows. A chain of other constructs is of
    other items: it stands in the table, but cannot be compared by AIC, BIC or a test.

    Parameters
    ----------
    study
        The study.
    chains
        Names of chains, ``Chain`` objects, or orderings such as ``"trust -> service -> people"``.
    organisation, wave
        As in :meth:`workbench.chain.ChainStudy.fit`.

    Raises
    ------
    ChainError, UnknownNameError, ModelError
        As for a fit; also where a rival is named twice or fewer than two are given.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.chain.rivals(study, ["people -> service -> trust", "trust -> service -> people"])
    >>> found.table[["model", "df", "equivalent"]]
                          model  df                   equivalent
    0  people → service → trust   1  (trust → service → people,)
    1  trust → service → people   1  (people → service → trust,)
    >>> found.words
    ('Data cannot distinguish people → service → trust and trust → service → people: they are
    equivalent and fit any data equally well. The choice must come from theory or from a study over
    time.',)
    """
    rival_chains = [_chain(study, one) for one in chains]
    names = [chain.name for chain in rival_chains]
    if len(names) < 2:
        raise ChainError("Name at least two rival chains; one alone cannot be compared.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ChainError(f"The rival {twice!r} is named twice; name each once.")
    units = any(chain.level == "units" for chain in rival_chains)
    # Items in one order, so that the same constructs are the same columns in every rival.
    order = list(dict.fromkeys(c.name for chain in rival_chains for c in chain.constructs))
    labels: dict[str, str] = {}
    fits: dict[str, Fit] = {}
    alike: dict[frozenset[str], tuple[ChainData, Fit]] = {}
    for chain in rival_chains:
        labels = {c.name: c.label for c in chain.constructs} | labels
        level = "units" if units else chain.level
        every = tuple(sorted(chain.constructs, key=lambda c: order.index(c.name)))
        chain = replace(chain, constructs=every, level=level)
        names_of = frozenset(c.name for c in every)
        if names_of in alike:
            data, fit = alike[names_of]
            fits[chain.name] = _on_same_rows(chain, data, fit)
            continue
        data = _rows(study, chain, organisation, wave)
        fit = fit_chain(data, warn=False)
        fits[chain.name] = fit
        alike[names_of] = data, fit
    return compare(fits, lambda name: labels.get(name, name))


def rivals_of(data: ChainData, fit: Fit) -> Rivals:
    """Compare a chain that is fitted already to ``data`` with its standard rivals on these rows.

    Parameters
    ----------
    data, fit
        The chain's rows, and the chain fitted to them.

    Examples
    --------
    >>> import workbench as wb
    >>> data = wb.open_study("data/demo").chain_data().for_links()
    >>> found = wb.chain.rivals_of(data, wb.chain.fit_chain(data))
    >>> found.table["model"].tolist()
    ['public-sector-service-value-chain', 'public-sector-service-value-chain as its authors state
    it', 'public-sector-service-value-chain reversed']
    """
    chain = data.chain
    others = standard_rivals(chain)[1:]
    fits = {chain.name: fit} | {rival.name: _on_same_rows(rival, data, fit) for rival in others}
    return compare(fits, chain.label)


def _rows(
    study: ChainStudy, chain: Chain, organisation: str | None, wave: str | int | None
) -> ChainData:
    data = study.chain_data(chain, wave)
    if organisation is None:
        return data.for_links()
    rows = data.scored() if data.level == "units" else data
    return rows.of(study.organisation(organisation))


def _on_same_rows(chain: Chain, data: ChainData, fit: Fit) -> Fit:
    return sem.fit_same_rows(data.syntax(chain), fit, warn=False)


def compare(fits: dict[str, Fit], named: Callable[[str], str] = str) -> Rivals:
    """Compare models that were fitted already, by name; see :class:`Rivals`.

    ``named`` returns what sentences call a construct.
    """
    groups: dict[tuple[str, ...], int] = {}
    reasons = {name: reason for name, fit in fits.items() if (reason := why_unusable(fit, named))}
    tests = {name: fit.chi_square for name, fit in fits.items() if name not in reasons}
    rows = []
    for name, fit in fits.items():
        told = fit.reported if name in tests else {}
        items = tuple(sorted(fit.layout.observed))
        rows.append(
            {
                "model": name,
                "items": len(items),
                "npar": fit.problem.npar,
                "chisq": told.get("chisq", np.nan),
                "df": fit.problem.df,
                "pvalue": fit_test(fit).pvalue if name in tests else np.nan,
                **{key: told.get(key, np.nan) for key in ("cfi", "rmsea", "srmr", "aic", "bic")},
                "comparable": groups.setdefault(items, len(groups) + 1),
            }
        )
    table = pd.DataFrame(rows)
    group = dict(zip(table["model"], table["comparable"], strict=True))
    nested = [
        _nested_in(name, [n for n in tests if n != name and group[n] == group[name]], fits, tests)
        if name in tests
        else _alone()
        for name in fits
    ]
    table = pd.concat([table, pd.DataFrame(nested)], axis=1)
    order = [name for name in table.columns if name not in ("comparable", "test")]
    differences = {
        name: test
        for name, test in zip(table["model"], table["test"], strict=True)
        if test is not None
    }
    return Rivals(table[[*order, "comparable"]], fits, differences, reasons)


def _chain(study: ChainStudy, chain: str | Chain) -> Chain:
    if isinstance(chain, Chain):
        return study.runnable_chain(chain)
    if _ARROW.search(chain):
        built = ordering(chain, study.chains().get(study.chain))
        known = study.codebook.constructs
        for construct in built.constructs:
            if construct.name not in known:
                raise UnknownNameError(
                    f"The ordering {chain!r} names {construct.name!r}, which the codebook does not "
                    f"have.{nearest(construct.name, known)}"
                )
        return built
    return study.runnable_chain(chain)


def _alone() -> dict[str, object]:
    """What is said of a model that is compared with no other."""
    missing = dict.fromkeys(("chisq_diff", "df_diff", "pvalue_diff"), np.nan)
    return {"wider": "", **missing, "test": None, "equivalent": ()}


def _nested_in(
    name: str, others: Sequence[str], fits: dict[str, Fit], tests: dict[str, ChiSquare]
) -> dict[str, object]:
    own = tests[name]
    equal = [
        other
        for other in others
        if tests[other].df == own.df
        and abs(tests[other].statistic - own.statistic) <= _SAME * (1 + own.statistic)
    ]
    row = _alone() | {"equivalent": tuple(equal)}
    wider = sorted((n for n in others if tests[n].df < own.df), key=lambda n: -tests[n].df)
    for other in wider:
        if _is_nested(fits[name], fits[other]):
            found = nested_test(fits[name], fits[other], (name, other))
            row |= {
                "wider": other,
                "chisq_diff": found.statistic,
                "df_diff": found.df,
                "pvalue_diff": found.pvalue,
                "test": found,
            }
            break
    return row


def _is_nested(narrow: Fit, wide: Fit) -> bool:
    return is_nested(
        narrow.layout, narrow.theta, wide.layout, wide.theta, np.array([float(narrow.nobs)])
    )
