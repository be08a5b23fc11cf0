"""Measurement invariance: may groups be compared on the latent variables?

Four models, each with more parameters equal in all groups than the one before:

==========  ==========================================  ======================================
level       equal in all groups                         what it allows to compare
==========  ==========================================  ======================================
configural  nothing but the structure                   nothing
metric      loadings                                    paths and covariances
scalar      loadings, intercepts                        means of latent variables as well
strict      loadings, intercepts, residual variances    scores made of the questions as well
==========  ==========================================  ======================================

Ordered items have thresholds in the place of intercepts. How wide an item's answers spread in a
group is known only where the groups share its thresholds, so that these are equal from the metric
level on, with intercepts free there, equal (0) from the scalar level, and residual variances at the
strict one [4]. An item of two categories has one threshold, which tells nothing of its spread: its
residual variance is 1 in all groups.

A level is rejected, in large samples, by differences too small to matter; hence two rules on the
change of fit measures beside the difference test:

- Cheung & Rensvold [1]: CFI drops by no more than .01.
- Chen [2]: a level is rejected if CFI drops by .010 or more *and* RMSEA rises by .015 or SRMR by
  .030 (for intercepts and residuals .010) or more; with 300 rows or fewer by .005, .010 and .025
  (.005).

References
----------
1. Cheung, G. W., & Rensvold, R. B. (2002). Evaluating goodness-of-fit indexes for testing
   measurement invariance. Structural Equation Modeling, 9, 233–255.
2. Chen, F. F. (2007). Sensitivity of goodness of fit indexes to lack of measurement invariance.
   Structural Equation Modeling, 14, 464–504.
3. Satorra, A., & Bentler, P. M. (2001, 2010); see ``comparison``.
4. Wu, H., & Estabrook, R. (2016). Identification of confirmatory factor analysis models of
   different levels of invariance for ordered categorical outcomes. Psychometrika, 81, 1014–1045.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from workbench.errors import ActiveConstraintError, ModelError, NotIdentifiedError
from workbench.figures.markup import element, plain_table, together
from workbench.interpretation import (
    InvarianceLevel,
    Rule,
    invariance_in_words,
    level_holds,
    untestable_level_in_words,
    worse_level_in_words,
)
from workbench.progress import progress
from workbench.sem.comparison import difference_test
from workbench.sem.fitting import fit, fit_same_rows
from workbench.sem.model.expressions import canonical, quoted_where_needed
from workbench.sem.options import RowOptions, takes
from workbench.sem.result import Fit

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

LEVELS: dict[InvarianceLevel, tuple[str, ...]] = {
    InvarianceLevel.CONFIGURAL: (),
    InvarianceLevel.METRIC: ("loadings",),
    InvarianceLevel.SCALAR: ("loadings", "intercepts"),
    InvarianceLevel.STRICT: ("loadings", "intercepts", "residuals"),
}

_OF_ORDERED: dict[InvarianceLevel, tuple[str, ...]] = {
    InvarianceLevel.CONFIGURAL: (),
    InvarianceLevel.METRIC: ("loadings", "thresholds"),
    InvarianceLevel.SCALAR: ("loadings", "thresholds", "intercepts"),
    InvarianceLevel.STRICT: ("loadings", "thresholds", "intercepts", "residuals"),
}

_COLUMNS = [
    "level", "chisq", "df", "pvalue", "cfi", "rmsea", "srmr", "chisq_diff", "df_diff",
    "pvalue_diff",
]  # fmt: skip

_HEADINGS = {
    "level": "Equal across groups",
    "chisq": "χ²",
    "df": "df",
    "pvalue": "p",
    "cfi": "CFI",
    "rmsea": "RMSEA",
    "srmr": "SRMR",
    "chisq_diff": "Δχ²",
    "df_diff": "Δdf",
    "pvalue_diff": "p of Δχ²",
    "cfi_diff": "ΔCFI",
    "rmsea_diff": "ΔRMSEA",
    "srmr_diff": "ΔSRMR",
    "cheung_rensvold": "Cheung & Rensvold",
    "chen": "Chen",
}


@dataclass(frozen=True, eq=False)
class Invariance:
    """Models of increasing equality across groups, and where it stops holding.

    Attributes
    ----------
    fits
        Level → its fit, from configural to strict.
    errors
        Level → why it is not identified, where it is not. That of means in a second-order model
        is not, for example: those of both orders can move together.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> clients = clients[clients["channel"].isin(["phone", "web"])]
    >>> found = wb.sem.invariance("trust =~ trust_1 + trust_2 + trust_3", clients, group="channel")
    >>> [str(level) for level in found.fits]
    ['configural', 'metric', 'scalar', 'strict']
    >>> print(found.holds)
    strict
    >>> print(found.sentence)
    With the same structure in every group CFI is 1.000 and RMSEA 0.000. Measurement is equal across
    groups up to the strict level: groups can be compared on links, means and scores made of the
    questions.
    """

    fits: Mapping[str, Fit]
    errors: Mapping[str, NotIdentifiedError] = field(default_factory=dict)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per level.

        ``level, chisq, df, pvalue`` (scaled where the estimator scales), ``cfi, rmsea, srmr``
        (CFI and RMSEA robust where there are), ``chisq_diff, df_diff, pvalue_diff`` against the
        level before, ``cfi_diff, rmsea_diff, srmr_diff``, and whether the level holds by
        ``cheung_rensvold`` and by ``chen`` (None where that cannot be said). A level that is in
        ``errors`` has no numbers, and one with no parameter more to set equal no test.
        """
        rows: list[dict[str, object]] = []
        before = ""
        for level in LEVELS:
            row: dict[str, object] = {"level": level}
            if level in self.fits:
                own = self.fits[level]
                row |= {**_test_columns(own), **_index_columns(own)}
                if before in self.fits and own.converged and self.fits[before].converged:
                    row |= _difference_columns(own, self.fits[before], (level, before))
            rows.append(row)
            before = level
        table = pd.DataFrame(rows, columns=_COLUMNS)
        for name in ("cfi", "rmsea", "srmr"):
            table[f"{name}_diff"] = table[name].diff()
        total = next(iter(self.fits.values())).nobs
        changes = table[["level", "cfi_diff", "rmsea_diff", "srmr_diff"]]
        verdicts = [level_holds(total, *change) for change in changes.itertuples(index=False)]
        for rule in Rule:
            table[rule.value] = pd.Series([verdict[rule] for verdict in verdicts], dtype=object)
        return table

    @property
    def holds(self) -> InvarianceLevel | None:
        """The last level up to which both rules hold; None if not even configural converged."""
        if not self.fits["configural"].converged:
            return None
        reached = InvarianceLevel.CONFIGURAL
        verdicts = self.table[["level", "cheung_rensvold", "chen"]].iloc[1:]
        for level, first, second in verdicts.itertuples(index=False):
            if first is not True or second is not True:
                break
            reached = InvarianceLevel(level)
        return reached

    @property
    def sentence(self) -> str:
        """Up to where equality holds, what may be compared, and what speaks against more."""
        reached, first = self.holds, self.table.iloc[0]
        told = invariance_in_words(reached, first["cfi"], first["rmsea"])
        if reached is None or reached is InvarianceLevel.STRICT:
            return told
        row = self.table.iloc[list(LEVELS).index(reached) + 1]
        level = InvarianceLevel(row["level"])
        if level in self.errors or not self.fits[level].converged:
            return f"{told} {untestable_level_in_words(level, str(self.errors.get(level, '')))}"
        rules = [rule for rule in Rule if row[rule] is not True]
        changes = (row["cfi_diff"], row["rmsea_diff"], row["srmr_diff"])
        return f"{told} {worse_level_in_words(level, changes, rules)}"

    def __repr__(self) -> str:
        columns = ["level", "chisq", "df", "cfi", "rmsea", "cfi_diff", "pvalue_diff"]
        shown = self.table[columns].astype({"df": "Int64"})
        return f"{shown.to_string(index=False, float_format='%.3f')}\n{self.sentence}"

    def _repr_html_(self) -> str:
        rows = (
            [str(row["level"]), *(_shown(row[name], name) for name in list(_HEADINGS)[1:])]
            for _, row in self.table.iterrows()
        )
        table = plain_table("Measurement invariance", list(_HEADINGS.values()), rows)
        return together(table, element("p", self.sentence))


@takes(RowOptions)
def invariance(
    model: str | Fit,
    data: IntoFrame | None = None,
    group: str = "",
    *,
    group_partial: Sequence[str] = (),
    warn: bool = True,
    **options: Unpack[RowOptions],
) -> Invariance:
    """Fit the configural, metric, scalar and strict model and compare them.

    Parameters
    ----------
    model
        A measurement model in lavaan's syntax; or a fit of one, whose data and options are kept.
    data
        One row per respondent or unit; without data where a fit is given.
    group
        Column of the groups, at least two.
    group_partial
        Parameters left free in all levels (partial invariance), for example ``["visual =~ x3"]``.
    warn, options
        As in ``fit``; with ordered items all levels have the theta parameterization.

    Returns
    -------
    Invariance
        The fits by level, and up to which level measurement is equal.

    Raises
    ------
    ModelError
        A model without latent variables, or data with a single group. A level that is not
        identified raises nothing: it is in ``Invariance.errors``.

    Checked against ``cfa(…, group =, group.equal = c("loadings", …))`` and ``lavTestLRT()``.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> clients = clients[clients["channel"].isin(["phone", "web"])]
    >>> found = wb.sem.invariance("trust =~ trust_1 + trust_2 + trust_3", clients, group="channel")
    >>> found.table[["level", "df", "cfi", "chen"]].round(2)
            level  df  cfi  chen
    0  configural   0  1.0  None
    1      metric   2  1.0  True
    2      scalar   4  1.0  True
    3      strict   7  1.0  True
    """
    if not group:
        raise ModelError("Invariance compares groups; name their column by group=.")
    with progress("Levels of invariance", len(LEVELS)) as levels:
        first = _configural(model, data, group, warn, options)
        levels.add()
        every = LEVELS if first.problem.ordinal is None else _OF_ORDERED
        fits: dict[str, Fit] = {"configural": first}
        errors: dict[str, NotIdentifiedError] = {}
        for level, equal in every.items():
            if equal:
                try:
                    fits[level] = fit_same_rows(
                        _text(first, level),
                        first,
                        group_equal=equal,
                        group_partial=group_partial,
                        warn=warn,
                    )
                except NotIdentifiedError as error:
                    errors[level] = error
                levels.add()
    return Invariance(fits, errors)


def _text(first: Fit, level: InvarianceLevel) -> str:
    """The model at a level: of ordered items the metric one has intercepts, and no latent means."""
    ordinal = first.problem.ordinal
    if ordinal is None:
        return first.model
    metric = level is InvarianceLevel.METRIC
    later = first.layout.groups - 1
    free, none, one = (
        f"c({', '.join([value, *[word] * later])})"
        for value, word in (("0", "NA"), ("0", "0"), ("1", "1"))
    )
    lines = [first.model]
    for name, categories in zip(
        first.layout.observed, ordinal.model.places.categories, strict=True
    ):
        quoted = quoted_where_needed(name)
        if categories and metric:
            lines.append(f"{quoted} ~ {free}*1")
        if categories == 2:
            lines.append(f"{quoted} ~~ {one}*{quoted}")
    if metric:
        lines += [f"{quoted_where_needed(name)} ~ {none}*1" for name in first.layout.latent]
    return "\n".join(lines)


def _configural(
    model: str | Fit,
    data: IntoFrame | None,
    group: str,
    warn: bool,
    options: RowOptions,
) -> Fit:
    """The model in every group by itself."""
    if isinstance(model, Fit):
        first = _by_group(model, data, group, warn, options)
    elif data is None:
        raise ModelError("Invariance of a model's text needs data; give them after the model.")
    elif options.get("ordered"):
        first = fit(model, data, group=group, warn=warn, **options | {"parameterization": "theta"})
    else:
        first = fit(model, data, group=group, warn=warn, **options)
    if not first.layout.latent:
        raise ModelError(
            "Invariance is about latent variables; the model has none. Write for example "
            "'service =~ q1 + q2 + q3'."
        )
    if first.layout.groups < 2:
        raise ModelError(f"Invariance needs at least two groups; {group!r} has one.")
    return first


def _by_group(own: Fit, data: object, group: str, warn: bool, options: Mapping[str, object]) -> Fit:
    """The model of a fit in groups of the same data, fitted in the same way."""
    if data is not None or options:
        raise ModelError(
            "A fit brings its data and options with it; leave these out, or give its model's text."
        )
    if own.source is None or own.problem.sample is None:
        raise ModelError(
            "The rows of this fit are not at hand; give the model's text and the data."
        )
    words = replace(own.options, group=canonical(group), group_equal=(), group_partial=())
    if own.problem.ordinal is not None:
        words = replace(words, parameterization="theta")
    return own.source.fit(own.model, options=words, warn=warn)


def _test_columns(own: Fit) -> dict[str, float]:
    found = {name: own.reported[name] for name in ("chisq", "pvalue")}
    return found | {"df": own.problem.df}


def _difference_columns(own: Fit, before: Fit, names: tuple[str, str]) -> dict[str, float]:
    if own.problem.df == before.problem.df:
        return {"df_diff": 0.0}
    try:
        test = difference_test(own, before, names=names)
    except ActiveConstraintError:  # a limit of the user's own, which ``Fit.warnings`` names
        return {"df_diff": float(own.problem.df - before.problem.df)}
    return {"chisq_diff": test.statistic, "pvalue_diff": test.pvalue, "df_diff": test.df}


def _index_columns(own: Fit) -> dict[str, float]:
    return {name: own.reported[name] for name in ("cfi", "rmsea", "srmr")}


def _shown(value: object, name: str) -> str:
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return "–"
    if isinstance(value, bool):
        return "holds" if value else "does not hold"
    number = float(str(value))
    if name.startswith("df"):
        return f"{number:.0f}"
    if name.startswith("pvalue"):
        return "< .001" if number < 0.001 else f"{number:.3f}"
    sign = "+" if name in ("cfi_diff", "rmsea_diff", "srmr_diff") else ""
    digits = 2 if name.startswith("chisq") else 3
    return f"{number:{sign}.{digits}f}"
