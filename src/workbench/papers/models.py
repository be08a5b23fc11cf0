"""Tables of models: fit, comparison, estimates, effects, invariance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from workbench import sem
from workbench.papers import apa
from workbench.papers.table import PaperTable, table
from workbench.sem import Fit, Invariance

_SECTIONS = {
    "=~": "Loadings",
    "~": "Paths",
    "~~": "Variances and covariances",
    "~1": "Intercepts",
    ":=": "Defined",
}


def fit_table(fits: Fit | Mapping[str, Fit], title: str = "Fit of models") -> PaperTable:
    """Return the fit of one model or several, by name.

    The test is that which the fit reports: scaled where the estimator scales, with robust CFI, TLI
    and RMSEA.

    Examples
    --------
    >>> import workbench as wb
    >>> fit = wb.open_study("data/demo").fit(items=True)
    >>> wb.papers.fit_table(fit).rows[0][-2:]
    ('.000 [.000, .013]', '.020')
    """
    fits = {"Model": fits} if isinstance(fits, Fit) else fits
    rows, numbers = [], []
    for name, fit in fits.items():
        own = _shown(fit)
        numbers.append({"model": name, "n": fit.nobs, **own})
        rows.append(
            [
                name,
                apa.number(own.get("chisq")),
                apa.whole(own.get("df")),
                apa.p_value(own.get("pvalue")),
                apa.number(own.get("cfi"), 3, bounded=True),
                apa.number(own.get("tli"), 3),
                _with_interval(own, "rmsea"),
                apa.number(own.get("srmr"), 3, bounded=True),
            ]
        )
    columns = ["Model", "χ²", "df", "p", "CFI", "TLI", "RMSEA [90% CI]", "SRMR"]
    return table(title, columns, rows, pd.DataFrame(numbers), _of_fits(fits))


def comparison_table(
    fits: Mapping[str, Fit], title: str = "Comparison of nested models"
) -> PaperTable:
    """Return nested models, the widest first, each tested against the one before.

    Raises
    ------
    ModelError
        As :func:`workbench.sem.comparison_table`.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> wide = wb.sem.fit("trust =~ trust_1 + a*trust_2 + b*trust_3", clients, std_lv=True)
    >>> equal = wb.sem.fit("trust =~ l*trust_1 + l*trust_2 + l*trust_3", clients, std_lv=True)
    >>> wb.papers.comparison_table({"Free": wide, "Equal": equal}).rows[1][4:6]
    ('2', '< .001')
    """
    found = sem.comparison_table(fits)
    rows = [
        [
            str(row["model"]),
            apa.number(row["chisq"]),
            apa.whole(row["df"]),
            apa.number(row["chisq_diff"]),
            apa.whole(row["df_diff"]),
            apa.p_value(row["pvalue"]),
            apa.number(row["cfi"], 3, bounded=True),
            apa.number(row["rmsea"], 3, bounded=True),
            apa.number(row["aic"], 1),
            apa.number(row["bic"], 1),
        ]
        for row in found.to_dict("records")
    ]
    columns = ["Model", "χ²", "df", "Δχ²", "Δdf", "p", "CFI", "RMSEA", "AIC", "BIC"]
    return table(title, columns, rows, found, _of_fits(fits))


def estimates_table(
    fit: Fit, ops: Sequence[str] = ("=~", "~"), title: str = "Parameter estimates"
) -> PaperTable:
    """Return the estimates of a fit, by default its loadings and paths.

    Parameters
    ----------
    ops
        The kinds of parameters by their sign in the model: "=~", "~", "~~", "~1", ":=".

    Examples
    --------
    >>> import workbench as wb
    >>> table = wb.papers.estimates_table(wb.open_study("data/demo").fit(items=True))
    >>> table.rows[0][:2], table.parts[0]
    (('people → engaged_1', '1.00'), 'Loadings')
    """
    found = fit.estimates
    found = pd.concat([found[found["op"] == op] for op in ops]).reset_index(drop=True)
    several = len(fit.problem.groups) > 1
    rows, parts = [], []
    for row in found.to_dict("records"):
        fixed = row["se"] == 0
        rows.append(
            [
                _named(row),
                apa.number(row["est"]),
                apa.MISSING if fixed else apa.number(row["se"]),
                apa.MISSING if fixed else apa.interval(row["ci_lower"], row["ci_upper"]),
                apa.MISSING if fixed else apa.p_value(row["pvalue"]),
                apa.number(row["std_all"]),
            ]
        )
        section = _SECTIONS[row["op"]]
        parts.append(f"{section}, {row['group']}" if several and row["group"] else section)
    columns = ["Parameter", "B", "SE", "95% CI", "p", "β"]
    notes = [*_of_fits({"": fit}), "β is standardised by all variables; – marks a fixed parameter."]
    return table(title, columns, rows, found, notes, parts)


def effects_table(fit: Fit, title: str = "Direct, indirect and total effects") -> PaperTable:
    """Return the standardised effects of a study's fit.

    Examples
    --------
    >>> import workbench as wb
    >>> table = wb.papers.effects_table(wb.open_study("data/demo").fit())
    >>> table.parts[0], table.rows[0][0]
    ('Direct', 'people → service')
    """
    from workbench.chain import links

    found = links(fit)
    order = {effect: number for number, effect in enumerate(found["effect"].unique())}
    found = found.sort_values("effect", key=lambda one: one.map(order), kind="stable")
    rows = [
        [
            f"{row['from']} → {row['to']}",
            apa.number(row["strength"]),
            apa.number(row["se"]),
            apa.interval(row["lower"], row["upper"]),
            apa.p_value(row.get("pvalue")),
        ]
        for row in found.to_dict("records")
    ]
    parts = [str(effect).capitalize() for effect in found["effect"]]
    return table(
        title, ["Effect", "β", "SE", "95% CI", "p"], rows, found, _of_fits({"": fit}), parts
    )


def invariance_table(
    found: Invariance, title: str = "Tests of measurement invariance"
) -> PaperTable:
    """Return the steps of invariance, each against the one before.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> clients = clients[clients["channel"].isin(["phone", "web"])]
    >>> found = wb.sem.invariance("trust =~ trust_1 + trust_2 + trust_3", clients, group="channel")
    >>> [row[0] for row in wb.papers.invariance_table(found).rows]
    ['Configural', 'Metric', 'Scalar', 'Strict']
    """
    rows = [
        [
            str(row["level"]).capitalize(),
            apa.number(row["chisq"]),
            apa.whole(row["df"]),
            apa.number(row["cfi"], 3, bounded=True),
            apa.number(row["rmsea"], 3, bounded=True),
            apa.number(row["srmr"], 3, bounded=True),
            apa.number(row["chisq_diff"]),
            apa.whole(row["df_diff"]),
            apa.p_value(row["pvalue_diff"]),
            apa.number(row["cfi_diff"], 3, bounded=True),
        ]
        for row in found.table.to_dict("records")
    ]
    columns = ["Level", "χ²", "df", "CFI", "RMSEA", "SRMR", "Δχ²", "Δdf", "p", "ΔCFI"]
    first = next(iter(found.fits.values()))
    return table(title, columns, rows, found.table, [*_of_fits({"": first}), found.sentence])


def _named(row: Mapping[Any, Any]) -> str:
    left, op, right = row["lhs"], row["op"], row["rhs"]
    if op == "=~":
        return f"{left} → {right}"
    if op == "~":
        return f"{right} → {left}"
    if op == "~~":
        return f"{left}, variance" if left == right else f"{left} with {right}"
    return f"{left}, intercept" if op == "~1" else str(left)


def _shown(fit: Fit) -> dict[str, float]:
    """What a fit reports, with TLI and the interval of RMSEA: robust ones where there are."""
    measures = fit.measures
    more = ("tli", "rmsea.ci.lower", "rmsea.ci.upper")
    return fit.reported | {
        name: float(measures.get(f"{name}.robust", measures.get(name, np.nan))) for name in more
    }


def _with_interval(own: Mapping[str, float], name: str) -> str:
    value = apa.number(own[name], 3, bounded=True)
    ends = own[f"{name}.ci.lower"], own[f"{name}.ci.upper"]
    return value if np.isnan(ends).any() else f"{value} {apa.interval(*ends, 3, bounded=True)}"


def _of_fits(fits: Mapping[str, Fit]) -> list[str]:
    """What the models were estimated from, and how."""
    told = dict.fromkeys(
        (fit.nobs, fit.options.estimator, fit.options.missing) for fit in fits.values()
    )
    return [
        f"N = {apa.whole(n)}; estimator {estimator}"
        + (", full information for missing answers." if missing == "fiml" else ".")
        for n, estimator, missing in told
    ]
