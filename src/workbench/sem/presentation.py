"""How a fit shows itself: text, HTML, Markdown, LaTeX, and the data of a path diagram.

Every view is made from ``Fit.estimates`` and ``Fit.measures``; nothing is computed here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from workbench.figures.markup import element, plain_table, together
from workbench.sem.model.levels import Block
from workbench.sem.shown import ShownFit, of_part, part_columns, part_name, units_of
from workbench.text import in_latex, in_markdown

BLOCKS = {
    "=~": "Latent variables",
    "~": "Regressions",
    "|": "Thresholds",
    "cov": "Covariances",
    "~1": "Intercepts",
    "var": "Variances",
    "~*~": "Scales",
    ":=": "Defined parameters",
}

_HEADINGS = {
    "est": "Estimate",
    "se": "Std.Err",
    "z": "z-value",
    "pvalue": "P(>|z|)",
    "ci_lower": "ci.lower",
    "ci_upper": "ci.upper",
    "std_lv": "Std.lv",
    "std_all": "Std.all",
}

_WORDS = {
    "ML": "maximum likelihood",
    "MLR": "maximum likelihood with robust errors",
    "MLF": "maximum likelihood with errors from first derivatives",
    "MLM": "maximum likelihood with Satorra–Bentler correction",
    "MLMV": "maximum likelihood with mean- and variance-adjusted test",
    "MLMVS": "maximum likelihood with mean- and variance-adjusted test (Satterthwaite)",
    "ULS": "unweighted least squares",
    "GLS": "generalised least squares",
    "WLSMV": "diagonally weighted least squares with mean- and variance-adjusted test",
    "DWLS": "diagonally weighted least squares",
    "ULSMV": "unweighted least squares with mean- and variance-adjusted test",
    "WLS": "weighted least squares",
}


def headline(fit: ShownFit) -> str:
    """One line: does it converge, on how many rows, how well does it fit."""
    if not fit.converged:
        return f"Fit of {fit.nobs} rows: did not converge. {fit.message}"
    m = fit.measures
    groups = f" in {len(fit.problem.groups)} groups" if len(fit.problem.groups) > 1 else ""
    if fit.options.levels:
        several = f"{len(fit.problem.groups) // 2} groups and " if fit.options.group else ""
        groups = f" in {several}{units_of(fit)} units, two levels"
    # Rows left out, listwise or without any answer, are part of what a reader must know.
    rows = f"{fit.nobs} of {fit.given}" if fit.given > fit.nobs else f"{fit.nobs}"
    what = f"Fit of {rows} rows{groups} ({fit.options.estimator})"
    if m["df"] == 0:
        return f"{what}: 0 degrees of freedom, so there is nothing to test"
    return (
        f"{what}: chi-square {_or_unknown(m['chisq'])} on {m['df']:.0f} df, "
        f"CFI {_or_unknown(m['cfi'])}, RMSEA {_or_unknown(m['rmsea'])}, "
        f"SRMR {_or_unknown(m['srmr'])}"
    )


def _or_unknown(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "unknown"


def blocks(fit: ShownFit) -> list[tuple[str, Any, pd.DataFrame]]:
    """Estimates in lavaan's blocks: (title, group or level, rows)."""
    estimates = fit.estimates
    same = estimates["lhs"] == estimates["rhs"]
    kind = estimates["op"].mask(estimates["op"] == "~~", np.where(same, "var", "cov"))
    found: list[tuple[str, Any, pd.DataFrame]] = []
    for group in fit.problem.groups:
        own = of_part(fit, estimates, group)
        for key, title in BLOCKS.items():
            rows = estimates[own & (kind == key) & (kind != ":=")]
            if len(rows):
                found.append((title, group, rows))
    defined = estimates[kind == ":="]
    return [*found, (BLOCKS[":="], None, defined)] if len(defined) else found


# --- text --------------------------------------------------------------------------------------


def _number(value: float, digits: int = 3) -> str:
    return "" if not np.isfinite(value) else f"{value:.{digits}f}"


def _line(words: str, *values: str) -> str:
    return f"  {words:<48}" + "".join(f"{value:>13}" for value in values)


def text_summary(fit: ShownFit) -> str:
    """Header, tests, fit measures and estimates, as lavaan's users expect them."""
    options = fit.options
    state = (
        f"ended normally after {fit.iterations} iterations" if fit.converged else "DID NOT CONVERGE"
    )
    engine = "semopy" if options.engine == "semopy" else "workbench"
    lines = [f"{engine} {state}", ""]
    lines += [
        _line("Estimator", options.estimator),
        *([_line("Likelihood", "Wishart")] if options.likelihood == "wishart" else []),
        _line("Number of model parameters", str(fit.layout.n_free)),
    ]
    if fit.problem.equalities:
        lines.append(_line("Number of equality constraints", str(fit.problem.equalities)))
    if fit.problem.constraints.positive:
        count = len(fit.problem.constraints.positive)
        lines.append(_line("Number of inequality constraints", str(count)))
    lines.append(_line("Number of observations", str(fit.nobs)))
    if fit.options.levels:
        lines.append(_line("Number of units", str(units_of(fit))))
    elif len(fit.problem.groups) > 1:
        lines += [
            _line(f"  {group}", str(n))
            for group, n in zip(fit.problem.groups, fit.problem.n, strict=True)
        ]
    if fit.problem.known_errors:
        lines.append(_line("Errors of the values", "known"))
    elif options.missing == "fiml" and fit.problem.sample is not None:
        patterns = sum(len(p.n) for p in fit.problem.sample.patterns)
        lines.append(_line("Number of missing patterns", str(patterns)))
    for name in ("cluster", "weights"):
        if getattr(options, name):
            lines.append(_line(f"{name.capitalize()} variable", getattr(options, name)))
    lines += ["", *_test_lines(fit)]
    lines += _estimate_lines(fit)
    if fit.warnings:
        lines += ["", "Warnings:", *(f"  {warning}" for warning in fit.warnings)]
    return "\n".join(lines)


def _test_lines(fit: ShownFit) -> list[str]:
    m = fit.measures
    scaled = "chisq.scaled" in m

    def row(words: str, name: str, digits: int = 3) -> str:
        values = [_number(m[name], digits)]
        if scaled and f"{name}.scaled" in m:
            values.append(_number(m[f"{name}.scaled"], digits))
        return _line(words, *values)

    lines = ["Model test of the fitted model:"]
    if scaled:
        lines.append(_line("", "Standard", "Scaled"))
    lines += [
        row("Test statistic", "chisq"),
        row("Degrees of freedom", "df", 0),
        row("P-value (chi-square)", "pvalue"),
    ]
    if scaled:
        lines.append(_line("Scaling correction factor", "", _number(m["chisq.scaling.factor"])))
    lines += ["", "Model test of the baseline model:"]
    lines += [
        row("Test statistic", "baseline.chisq"),
        row("Degrees of freedom", "baseline.df", 0),
        row("P-value", "baseline.pvalue"),
    ]
    lines += ["", "Fit against the baseline model:"]
    lines += [
        row("Comparative Fit Index (CFI)", "cfi"),
        row("Tucker-Lewis Index (TLI)", "tli"),
    ]
    if "cfi.robust" in m:
        lines += [
            _line("Robust Comparative Fit Index (CFI)", _number(m["cfi.robust"])),
            _line("Robust Tucker-Lewis Index (TLI)", _number(m["tli.robust"])),
        ]
    if "logl" in m:
        lines += ["", "Log-likelihood and information criteria:"]
        lines += [
            row("Log-likelihood of the fitted model (H0)", "logl"),
            row("Log-likelihood of the unrestricted model (H1)", "unrestricted.logl"),
            row("Akaike (AIC)", "aic"),
            row("Bayesian (BIC)", "bic"),
            row("Sample-size adjusted Bayesian (SABIC)", "bic2"),
        ]
    lines += ["", "Root mean square error of approximation:"]
    lines += [
        row("RMSEA", "rmsea"),
        row("90 percent interval, lower", "rmsea.ci.lower"),
        row("90 percent interval, upper", "rmsea.ci.upper"),
        row("P-value RMSEA <= 0.05", "rmsea.pvalue"),
    ]
    if "rmsea.robust" in m:
        lines += [
            _line("Robust RMSEA", _number(m["rmsea.robust"])),
            _line("90 percent interval, lower", _number(m["rmsea.ci.lower.robust"])),
            _line("90 percent interval, upper", _number(m["rmsea.ci.upper.robust"])),
        ]
    lines += ["", "Standardised root mean square residual:", row("SRMR", "srmr")]
    if fit.options.levels:
        lines += [
            row("SRMR within units", "srmr_within"),
            row("SRMR between units", "srmr_between"),
        ]
    return lines


def _estimate_lines(fit: ShownFit) -> list[str]:
    heading = "".join(f"{word:>10}" for word in _HEADINGS.values())
    lines: list[str] = []
    shown: Any = None
    several = len(fit.problem.groups) > 1
    for title, group, rows in blocks(fit):
        if several and group is not None and group != shown:
            name = part_name(fit, group)
            alone = fit.options.levels and fit.options.group is None
            lines += ["", "", f"{name.capitalize()}:" if alone else f"Group {name}:"]
            shown = group
        lines += ["", f"{title + ':':<26}{heading}"]
        left = ""
        for row in rows.itertuples(index=False):
            if row.op in ("=~", "~") or (row.op == "~~" and row.lhs != row.rhs):
                if row.lhs != left:
                    lines.append(f"  {row.lhs} {row.op}")
                    left = row.lhs
                name = f"    {row.rhs}"
            elif row.op == "|":
                name = f"    {row.lhs}|{row.rhs}"
            else:
                name = f"    {row.lhs}"
            if row.label and row.op != ":=":
                name = f"{name} ({row.label})"
            values = "".join(f"{_number(getattr(row, key)):>10}" for key in _HEADINGS)
            lines.append(f"{name:<26}{values}".rstrip())
    return lines


# --- tables ------------------------------------------------------------------------------------


def _cells(row: Any) -> list[str]:
    cells = [_number(getattr(row, key)) for key in _HEADINGS]
    if np.isfinite(row.pvalue) and row.pvalue < 0.0005:
        cells[3] = "< .001"
    return cells


def _written(row: Any) -> str:
    if row.op == "~1":
        return f"{row.lhs} ~ 1"
    return f"{row.lhs} {row.op} {row.rhs}"


def html_summary(fit: ShownFit) -> str:
    """An accessible table per block: caption, header scopes, nothing by colour alone."""
    parts = [element("p", element("strong", headline(fit)))]
    if fit.warnings:
        items = (element("li", str(warning)) for warning in fit.warnings)
        parts += [element("p", "Before using these numbers:"), element("ul", *items)]
    for title, group, rows in blocks(fit):
        caption = title if group is None else f"{title}, {part_name(fit, group)}"
        body = (
            [
                _written(row) + (f" ({row.label})" if row.label and row.op != ":=" else ""),
                *_cells(row),
            ]
            for row in rows.itertuples(index=False)
        )
        parts.append(plain_table(caption, ["Parameter", *_HEADINGS.values()], body))
    return together(*parts)


def markdown_table(fit: ShownFit) -> str:
    """All estimates as one Markdown table."""
    parts = part_columns(fit) if len(fit.problem.groups) > 1 else ()
    names = ["Parameter", *(part.capitalize() for part in parts), *_HEADINGS.values()]
    lines = [
        "| " + " | ".join(in_markdown(name) for name in names) + " |",
        "|" + "|".join([" --- "] * (1 + len(parts)) + [" ---: "] * len(_HEADINGS)) + "|",
    ]
    for row in fit.estimates.itertuples(index=False):
        own = (getattr(row, part) for part in parts)
        where = [in_markdown("" if one is None else str(one)) for one in own]
        cells = [in_markdown(_written(row)), *where, *_cells(row)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def latex_table(fit: ShownFit) -> str:
    """All estimates as a LaTeX table for the booktabs package."""
    parts = part_columns(fit) if len(fit.problem.groups) > 1 else ()
    names = ["Parameter", *(part.capitalize() for part in parts), *_HEADINGS.values()]
    lines = [
        r"\begin{tabular}{l" + "l" * len(parts) + "r" * len(_HEADINGS) + "}",
        r"\toprule",
        " & ".join(in_latex(name) for name in names) + r" \\",
        r"\midrule",
    ]
    for row in fit.estimates.itertuples(index=False):
        own = (getattr(row, part) for part in parts)
        where = [in_latex("" if one is None else str(one)) for one in own]
        cells = [in_latex(_written(row)), *where, *(in_latex(cell) for cell in _cells(row))]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


# --- path diagram ------------------------------------------------------------------------------


def path_diagram(fit: ShownFit) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Nodes and edges of the path diagram, tidy; see ``Fit.paths``."""
    explained, parts = fit.r_squared, list(part_columns(fit))
    estimates = fit.estimates
    nodes = []
    for group in fit.problem.groups:
        own = explained[of_part(fit, explained, group)]
        share = dict(zip(own["variable"], own["r_squared"], strict=True))
        here = estimates if group is None else estimates[of_part(fit, estimates, group)]
        there = {*here["lhs"], *here["rhs"]}  # a level has some of the variables alone
        place = (group.group, group.level) if isinstance(group, Block) else (group,)
        nodes += [
            (name, kind, share.get(name, np.nan), *place)
            for kind, names in (("latent", fit.layout.latent), ("observed", fit.layout.observed))
            for name in names
            if name in there
        ]
    rows = estimates[
        estimates["op"].isin(["=~", "~"])
        | ((estimates["op"] == "~~") & (estimates["lhs"] != estimates["rhs"]))
    ]
    turned = rows["op"] == "~"
    edges = pd.DataFrame(
        {
            "source": rows["lhs"].mask(turned, rows["rhs"]),
            "target": rows["rhs"].mask(turned, rows["lhs"]),
            "kind": rows["op"].map({"=~": "loading", "~": "path", "~~": "covariance"}),
            **{name: rows[name] for name in ("est", "se", "pvalue", "std_all")},
            "fixed": rows["se"] == 0,
            **{part: rows[part] for part in parts},
        }
    ).reset_index(drop=True)
    return pd.DataFrame(nodes, columns=["name", "kind", "r_squared", *parts]), edges
