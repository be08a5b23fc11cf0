"""A fit as an input file for Mplus, with its rows and the numbers that should come out.

Every parameter is written, fixed ones with their value, so that the program's own defaults play no
part. Names are cut to the eight characters that it reads.
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import ModelError
from workbench.sem.exported import (
    CLUSTER,
    GROUP,
    WEIGHT,
    expected_of,
    plain,
    renamed,
    require_rows,
    rows_of,
    write,
)
from workbench.sem.model.expressions import Expression, Name, Number, names_in
from workbench.sem.model.parameters import substituted
from workbench.sem.model.syntax import parse
from workbench.sem.result import Fit

_LONGEST_NAME = 8
_LONGEST_LINE = 80


def mplus_files(fit: Fit, name: str) -> dict[str, str]:
    """File → text: the input, the rows without a heading, and the expected estimates.

    Raises
    ------
    ModelError
        What :func:`require_rows` says, bounds, Wishart's likelihood, MLMVS, or a model whose
        intercepts or variances Mplus cannot be told.
    """
    require_rows(fit, "Mplus")
    if fit.options.bounds or fit.options.likelihood == "wishart":
        raise ModelError(
            "Mplus has neither bounds='standard' nor likelihood='wishart'; export a fit without."
        )
    if fit.options.estimator == "MLMVS":
        raise ModelError("Mplus adjusts MLMV by scale and shift; export a fit by 'MLMV'.")
    variables = [*fit.layout.observed, *fit.layout.latent]
    names = renamed(variables, _short, (GROUP, CLUSTER, WEIGHT), _LONGEST_NAME)
    words = _words(fit)
    expected = expected_of(fit)
    for side in ("lhs", "rhs"):
        defined = expected["op"] == ":="
        expected[side] = expected[side].map(lambda text: names.get(text, text))
        expected.loc[defined, side] = fit.estimates.loc[defined, side].map(
            lambda text: words.get(text, "")
        )
    rows = rows_of(fit).to_csv(index=False, header=False, sep=" ", na_rep=".")
    return {
        f"{name}.inp": "\n".join(_input(fit, name, names, words)) + "\n",
        f"{name}.dat": rows,
        f"{name}_expected.csv": expected.to_csv(index=False),
    }


def write_mplus(fit: Fit, folder: str | Path, name: str) -> list[Path]:
    """Write the files of :func:`mplus_files` into a folder."""
    return write(folder, mplus_files(fit, name))


def _short(name: str) -> str:
    return plain(name).replace(".", "_")


def _words(fit: Fit) -> dict[str, str]:
    """Labels and defined names → what Mplus calls them."""
    table = fit.problem.table
    labels = [label for label in dict.fromkeys(table["label"]) if label]
    defined = [one.name for one in parse(fit.model).definitions]
    return renamed(dict.fromkeys([*labels, *defined]), _short, longest=_LONGEST_NAME)


def _input(fit: Fit, name: str, names: dict[str, str], words: dict[str, str]) -> Iterator[str]:
    options, groups = fit.options, fit.problem.groups
    columns = [names.get(column, column) for column in rows_of(fit).columns]
    yield "TITLE: A model and its rows, to be compared with the expected estimates;"
    yield f"DATA: FILE = {name}.dat;"
    yield "VARIABLE:"
    yield from _wrapped(f"NAMES = {' '.join(columns)};")
    yield from _wrapped(f"USEVARIABLES = {' '.join(names[one] for one in fit.layout.observed)};")
    yield "  MISSING = .;"
    if len(groups) > 1:
        numbered = " ".join(f"{i} = g{i}" for i in range(1, len(groups) + 1))
        yield from _wrapped(f"GROUPING = {GROUP} ({numbered});")
    if options.cluster:
        yield f"  CLUSTER = {CLUSTER};"
    if options.weights:
        yield f"  WEIGHT = {WEIGHT};"
    yield "ANALYSIS:"
    yield f"  TYPE = {'COMPLEX' if options.cluster or options.weights else 'GENERAL'};"
    robust = "MLR" if options.correction == "yuan-bentler" else options.estimator
    yield f"  ESTIMATOR = {robust};"
    if options.discrepancy == "ML":
        yield f"  INFORMATION = {options.information.upper()};"
    if not fit.layout.mean_structure:
        yield "  MODEL = NOMEANSTRUCTURE;"
    yield "MODEL:"
    table = fit.problem.table
    labelled = _labelled(table, words)
    for number in range(1, len(groups) + 1):
        own = table[(table["group"] == number) & table["op"].isin(["=~", "~", "~~", "~1"])]
        if number == 1 and len(groups) > 1:
            yield from (_parameter(row, names, {}) for row in own[own["exo"] == 0].itertuples())
        if len(groups) > 1:
            yield f"MODEL g{number}:"
        yield from (_parameter(row, names, labelled) for row in own[own["exo"] == 0].itertuples())
    yield from _constraints(fit, words, labelled)
    yield "OUTPUT: STDYX;"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _LONGEST_LINE, initial_indent="  ", subsequent_indent="    ")


def _labelled(table: pd.DataFrame, words: dict[str, str]) -> dict[int, str]:
    """Number of a free parameter → its label: its own, or one that several places share."""
    found: dict[int, str] = {}
    free = table[table["free"] > 0]
    for number, rows in free.groupby("free"):
        own = next((label for label in rows["label"] if label), "")
        bounded = (rows[["lower", "upper"]].abs() < float("inf")).any(axis=None)
        if own:
            found[int(number)] = words[own]
        elif len(rows) > 1 or bounded:
            found[int(number)] = f"p_{number}"
    return found


def _parameter(row: Any, names: dict[str, str], labelled: dict[int, str]) -> str:
    """One parameter as a statement of its own."""
    lhs, op, rhs, free, fixed = (
        getattr(row, name) for name in ("lhs", "op", "rhs", "free", "fixed")
    )
    left, right = names[lhs], names.get(rhs, "")
    value = "*" if free else f"@{fixed:.10g}"
    label = f" ({labelled[free]})" if free in labelled else ""
    if op == "~1":
        return f"  [{left}{value}]{label};"
    if op == "~~" and lhs == rhs:
        return f"  {left}{value}{label};"
    verb = {"=~": "BY", "~": "ON", "~~": "WITH"}[op]
    return f"  {left} {verb} {right}{value}{label};"


def _constraints(fit: Fit, words: dict[str, str], labelled: dict[int, str]) -> Iterator[str]:
    """What is defined of labels, and what they must satisfy."""
    syntax, table = parse(fit.model), fit.problem.table
    known: dict[str, Expression] = {label: Name(word) for label, word in words.items()}
    own = table[(table["label"] != "") & table["op"].isin(["=~", "~", "~~", "~1"])]
    for label, free, fixed in zip(own["label"], own["free"], own["fixed"], strict=True):
        known[label] = Number(float(fixed)) if free == 0 else Name(labelled[int(free)])

    def text(expression: Expression) -> str:
        return str(substituted(expression, dict(known))).replace("^", "**")

    lines = [f"{words[one.name]} = {text(one.expression)};" for one in syntax.definitions]
    lines += [
        f"0 = {text(one.left)} - ({text(one.right)});"
        for one in syntax.equalities
        if not _settled(one.left, one.right, known)
    ]
    lines += [f"{text(one.left)} {one.op} {text(one.right)};" for one in syntax.inequalities]
    for number, label in labelled.items():
        rows = table[table["free"] == number]
        lower, upper = rows["lower"].max(), rows["upper"].min()
        written = {one for part in syntax.inequalities for one in names_in(part.left)}
        if not written.intersection(rows["label"]):
            lines += [f"{label} > {lower:.10g};"] if lower > -float("inf") else []
            lines += [f"{label} < {upper:.10g};"] if upper < float("inf") else []
    if lines:
        yield "MODEL CONSTRAINT:"
        if syntax.definitions:
            yield from _wrapped(f"NEW({' '.join(words[one.name] for one in syntax.definitions)});")
        for line in lines:
            yield from _wrapped(line)


def _settled(left: Expression, right: Expression, known: dict[str, Expression]) -> bool:
    """Whether an equality is one that shared labels or fixed values already say."""
    sides = [substituted(side, dict(known)) for side in (left, right)]
    return str(sides[0]) == str(sides[1])
