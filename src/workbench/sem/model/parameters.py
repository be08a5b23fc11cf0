"""The parameter table: what a model estimates, fixes and sets equal, one row per parameter.

A table has the columns ``lhs op rhs group user free fixed start label exo lower upper``:

``group``
    1, 2, … ; 0 for rows of ``:=``, ``==``, ``<`` and ``>``.
``user``
    1 for what was written, 0 for what the defaults added.
``free``
    0 for fixed parameters, else 1 … k; parameters held equal share their number.
``fixed``
    The value of a fixed parameter. For moments of exogenous covariates (``exo`` = 1) it is the
    sample's own and filled in once there are data.

Defaults are those of lavaan's ``sem()`` and ``cfa()`` [1]_: the first loading of every latent
variable is 1 (or, with ``std_lv``, every latent variance is); variances of all variables but
exogenous covariates are free; latent variables that nothing predicts covary, and so do the
dependent variables that predict nothing; the moments of observed exogenous covariates are held at
their sample values; the residual variance of a single indicator is 0; with a mean structure
intercepts of observed variables are free and latent means 0, or, as in ``growth()``, the other way
round. Rows come in lavaan's order (checked against ``parTable()`` of lavaan 0.6-14).

References
----------
.. [1] Rosseel, Y. (2012). lavaan: An R package for structural equation modeling. Journal of
   Statistical Software, 48(2), 1–36.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from typing import Any

import pandas as pd

from workbench.errors import ModelError
from workbench.sem.model.expressions import (
    Call,
    Expression,
    Name,
    Number,
    Operation,
    evaluate,
    evaluation_order,
    fold,
    names_in,
)
from workbench.sem.model.syntax import Equality, Inequality, ModelSyntax, Relation, parse
from workbench.text import counted, nearest

COLUMNS = [
    "lhs", "op", "rhs", "group", "user", "free", "fixed", "start", "label", "exo", "lower", "upper",
]  # fmt: skip

EQUAL_ACROSS_GROUPS = (
    "loadings", "intercepts", "means", "thresholds", "residuals", "residual.covariances",
    "lv.variances", "lv.covariances", "regressions",
)  # fmt: skip


@dataclass(frozen=True)
class Variables:
    """The variables of a model by their part in it, in lavaan's order.

    ``observed`` lists indicators, then dependent variables, then predictors, then variables named
    only in covariances and intercepts. ``exogenous`` are the observed covariates whose moments are
    held at the sample's; ``latent_sources`` the latent variables nothing predicts; ``ends`` the
    latent, then observed, dependent variables that predict nothing.
    """

    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous: tuple[str, ...]
    latent_sources: tuple[str, ...]
    ends: tuple[str, ...]

    @classmethod
    def of(cls, relations: Sequence[Relation]) -> "Variables":
        """Sort the variables of ``relations`` by their part."""
        latent = _unique(r.lhs for r in relations if r.op == "=~")
        measured = _unique(r.rhs for r in relations if r.op == "=~")
        dependent = _unique(r.lhs for r in relations if r.op == "~")
        predictors = _unique(r.rhs for r in relations if r.op == "~")
        mentioned = _unique(
            [
                *(r.lhs for r in relations if r.op == "~~"),
                *(r.rhs for r in relations if r.op == "~~"),
                *(r.lhs for r in relations if r.op in ("~1", "|", "~*~")),
            ]
        )
        observed = [
            name
            for name in _unique([*measured, *dependent, *predictors, *mentioned])
            if name not in latent
        ]
        exogenous = [
            name for name in predictors if name not in {*latent, *measured, *dependent, *mentioned}
        ]
        ends = [name for name in dependent if name not in {*measured, *predictors}]
        return cls(
            observed=tuple(observed),
            latent=tuple(latent),
            exogenous=tuple(exogenous),
            latent_sources=tuple(n for n in latent if n not in {*measured, *dependent}),
            ends=(
                *(name for name in ends if name in latent),
                *(name for name in ends if name not in latent),
            ),
        )


def variables(model: str) -> Variables:
    """Return the variables of a model by their part in it."""
    return _variables(parse(model).relations)


@lru_cache(maxsize=128)
def _variables(relations: tuple[Relation, ...]) -> Variables:
    return Variables.of(relations)


@dataclass
class _Row:
    lhs: str
    op: str
    rhs: str
    group: int = 1
    user: int = 0
    free: int = 1
    fixed: float = math.nan
    start: float = math.nan
    label: str = ""
    exo: int = 0
    lower: float = -math.inf
    upper: float = math.inf

    def fix(self, value: float) -> None:
        self.free, self.fixed = 0, value

    @property
    def text(self) -> str:
        return f"{self.lhs} {self.op} {self.rhs}" if self.op != "~1" else f"{self.lhs} ~ 1"


@dataclass(frozen=True)
class Defaults:
    """What holds where a model says nothing; the words of ``parameter_table``."""

    mean_structure: bool = False
    std_lv: bool = False
    fixed_x: bool = True
    orthogonal: bool = False
    growth: bool = False
    ordered: tuple[tuple[str, int], ...] = ()
    parameterization: str = "delta"

    @property
    def thresholds(self) -> dict[str, int]:
        """Number of thresholds of every ordered item."""
        return dict(self.ordered)


def parameter_table(
    model: str | ModelSyntax,
    groups: int = 1,
    *,
    mean_structure: bool = False,
    std_lv: bool = False,
    fixed_x: bool = True,
    orthogonal: bool = False,
    growth: bool = False,
    ordered: Sequence[tuple[str, int]] = (),
    parameterization: str = "delta",
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
) -> pd.DataFrame:
    """Build the parameter table of a model with lavaan's defaults.

    Parameters
    ----------
    groups
        Number of groups; rows repeat group by group.
    mean_structure
        Model means; taken as true where the model writes an intercept.
    std_lv
        Identify latent variables by a variance of 1 instead of a first loading of 1.
    fixed_x
        Hold the moments of observed exogenous covariates at the sample's; otherwise estimate them.
    orthogonal
        Fix the covariances of latent variables that were not written at 0, residual ones as well.
    growth
        Model means: those of latent variables are free, the intercepts of observed ones 0.
    ordered
        Ordered items and how many thresholds each has. Their residual variances and scales are 1 or
        follow from the others (see ``sem.ordinal``), their intercepts are 0; the table has means.
    parameterization
        What equal thresholds leave free in later groups: ``"delta"``, ordered items' scales, or
        ``"theta"``, their residual variances.
    group_equal
        Kinds of parameters that are equal in all groups: any of ``loadings intercepts means
        thresholds residuals residual.covariances lv.variances lv.covariances regressions``.
    group_partial
        Single parameters free of that, written like ``"f =~ x2"`` or ``"x3 ~ 1"``.

    Returns
    -------
    DataFrame
        One row per parameter: ``lhs, op, rhs, group``; ``user`` (1 where the model writes it);
        ``free`` (the number of the free parameter, 0 where fixed); ``fixed`` (its value),
        ``start``, ``label``, ``exo`` (a moment of covariates) and the bounds ``lower, upper``.

    Raises
    ------
    ModelSyntaxError, ModelError
        What cannot be read, a modifier for another number of groups, a label carried by
        parameters fixed at different values, an unknown label, a circular definition.

    Examples
    --------
    >>> import workbench as wb
    >>> table = wb.sem.parameter_table("service =~ service_1 + service_2; trust_1 ~ service")
    >>> table[["lhs", "op", "rhs", "free"]].head(4)
             lhs  op        rhs  free
    0    service  =~  service_1     0
    1    service  =~  service_2     1
    2    trust_1   ~    service     2
    3  service_1  ~~  service_1     3
    """
    syntax = parse(model) if isinstance(model, str) else model
    if syntax.blocks:
        raise ModelError("Exploratory blocks, efa(…), are for sem.fit(model, data) alone.")
    names = Variables.of(syntax.relations)
    _check_ordered(syntax, dict(ordered), parameterization)
    written = any(r.op == "~1" for r in syntax.relations)
    defaults = Defaults(
        mean_structure or written or growth or bool(ordered),
        std_lv,
        fixed_x,
        orthogonal,
        growth,
        tuple(ordered),
        parameterization,
    )
    _check_group_options(group_equal)
    rows = [
        row
        for group in range(1, groups + 1)
        for row in _group_rows(syntax, names, group, groups, defaults, tuple(group_equal))
    ]
    links = []
    if groups > 1:
        links = _equal_across_groups(rows, names, group_equal, _partial(rows, group_partial))
    equalities, pinned = _label_equalities(syntax, rows)
    _number(rows, [*links, *equalities], pinned, syntax)
    _apply_bounds(syntax, rows)
    return _table([*rows, *_statement_rows(syntax, rows)])


def _check_ordered(syntax: ModelSyntax, thresholds: dict[str, int], parameterization: str) -> None:
    """Raise ModelSyntaxError where a model says of an item what ordered ones alone have, or what
    follows from its other parameters."""
    for relation in syntax.relations:
        lhs, op, rhs = relation.lhs, relation.op, relation.rhs
        if op in ("|", "~*~") and lhs not in thresholds:
            what = "thresholds" if op == "|" else "a scale"
            raise syntax.error(
                relation.position,
                f"only ordered items have {what}; fit(…, ordered=[{lhs!r}]) makes {lhs!r} one.",
            )
        if op == "|" and int(rhs[1:]) > thresholds[lhs]:
            raise syntax.error(
                relation.position,
                f"{lhs!r} has {counted(thresholds[lhs] + 1, 'category', 'categories')}, hence "
                f"{counted(thresholds[lhs], 'threshold')}, and no {rhs}.",
            )
        delta = parameterization == "delta"
        own = (op == "~~" and lhs == rhs and delta) or (op == "~*~" and not delta)
        if lhs in thresholds and own:
            what, other = (
                ("residual variance", "scale") if delta else ("scale", "residual variance")
            )
            raise syntax.error(
                relation.position,
                f"in the {parameterization} parameterization the {what} of {lhs!r} follows from "
                f"its {other}; write {'~*~' if delta else '~~'}, or choose "
                f"parameterization={'theta' if delta else 'delta'!r}.",
            )


def table_of_levels(
    blocks: Sequence[ModelSyntax],
    *,
    repeated: bool = False,
    std_lv: bool = False,
    fixed_x: bool = True,
    orthogonal: bool = False,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
) -> pd.DataFrame:
    """Build the parameter table of a model of two levels, within units and between them.

    ``group`` is the block, from 1. At each level the defaults are those of a model with means; of a
    variable at both levels the mean is that of level 2, and 0 within. The moments of covariates are
    held at the sample's at a level whose covariates are all of that level alone: of the parts of a
    variable that has one at both, the sample has no moments, and they are estimated.

    Parameters
    ----------
    blocks
        The relations of level 1 and level 2 of each group in turn; definitions and constraints are
        those of the first.
    repeated
        Whether the groups have one model, whose modifiers may be one for each group.
    std_lv, fixed_x, orthogonal, group_equal, group_partial
        As in :func:`parameter_table`.

    Raises
    ------
    ModelSyntaxError, ModelError
        As :func:`parameter_table`, or a mean within units of a variable at both levels.
    """
    _check_group_options(group_equal)
    groups = len(blocks) // 2
    names = [Variables.of(syntax.relations) for syntax in blocks]
    rows: list[_Row] = []
    by_level: dict[int, list[_Row]] = {1: [], 2: []}
    number = []
    for block, (syntax, own) in enumerate(zip(blocks, names, strict=True), start=1):
        group, level = (block + 1) // 2, 2 - block % 2
        split = set(names[2 * group - 2].observed) & set(names[2 * group - 1].observed)
        held = fixed_x and not split & set(own.exogenous)
        defaults = Defaults(True, std_lv, held, orthogonal)
        place = (group, groups) if repeated else (1, 1)
        # Means of what both levels have are those of level 2.
        equal = [k for k in group_equal if level == 2 or k not in ("intercepts", "means")]
        found = _group_rows(syntax, own, *place, defaults, tuple(equal))
        for row in found:
            if level == 1 and row.op == "~1" and row.lhs in split:
                if row.user and row.free:
                    raise ModelError(
                        f"The mean of {row.lhs!r}, which has a part at both levels, is that of its "
                        f"units; write {row.lhs} ~ 1 at level 2 alone."
                    )
                if not row.user:
                    row.fix(0.0)
        rows += found
        by_level[level] += found
        number += [block] * len(found)
    partial = _partial(rows, group_partial)
    links = [
        link
        for level, own_rows in by_level.items()
        for link in _equal_across_groups(own_rows, names[level - 1], group_equal, partial)
    ]
    for row, block in zip(rows, number, strict=True):
        row.group = block
    whole = replace(blocks[0], relations=tuple(r for one in blocks for r in one.relations))
    equalities, pinned = _label_equalities(whole, rows)
    _number(rows, [*links, *equalities], pinned, whole)
    _apply_bounds(whole, rows)
    return _table([*rows, *_statement_rows(whole, rows)])


def _table(rows: list[_Row]) -> pd.DataFrame:
    found = pd.DataFrame({name: [getattr(row, name) for row in rows] for name in COLUMNS})
    return found.astype({"group": int, "user": int, "free": int, "exo": int})


def _unique(names: object) -> list[str]:
    return list(dict.fromkeys(names))  # type: ignore[call-overload]


def _check_group_options(group_equal: Sequence[str]) -> None:
    if isinstance(group_equal, str):
        raise ModelError(f"group_equal is a list of words, for example [{group_equal!r}].")
    for kind in group_equal:
        if kind not in EQUAL_ACROSS_GROUPS:
            raise ModelError(
                f"group_equal has no kind {kind!r}; known are {', '.join(EQUAL_ACROSS_GROUPS)}."
                f"{nearest(kind, EQUAL_ACROSS_GROUPS)}"
            )


def _group_rows(
    syntax: ModelSyntax,
    names: Variables,
    group: int,
    groups: int,
    defaults: Defaults,
    group_equal: tuple[str, ...],
) -> list[_Row]:
    """Return one group's rows: what was written, then what the defaults add."""
    rows = [_Row(*_ordered(r, names), group=group, user=1) for r in syntax.relations]
    written = {(row.lhs, row.op, row.rhs) for row in rows}
    written |= {(rhs, op, lhs) for lhs, op, rhs in written if op == "~~"}
    for lhs, op, rhs in _unwritten(names, defaults.mean_structure, defaults.thresholds):
        if (lhs, op, rhs) not in written:
            rows.append(_Row(lhs, op, rhs, group))
            written |= {(lhs, op, rhs), (rhs, op, lhs)}
    later = group > 1
    # Equal loadings carry the first group's scale to the others.
    carried = later and "loadings" in group_equal and "lv.variances" not in group_equal
    _fix_scales(rows, names, defaults.std_lv and not carried, defaults.std_lv)
    _fix_single_indicators(rows, names)
    origins = {"intercepts", "thresholds"} & set(group_equal)
    latent_means_free = later and bool(origins) and "means" not in group_equal
    # Equal residual variances are those of the first group, which are 1.
    scales_free = later and "thresholds" in group_equal and "residuals" not in group_equal
    for row in rows:
        if row.lhs in defaults.thresholds:
            _fix_ordered(row, scales_free, defaults.parameterization)
        if row.user:
            continue
        ends = {row.lhs, row.rhs or row.lhs}
        latent = ends <= set(names.latent)
        if defaults.fixed_x and row.op in ("~~", "~1") and ends <= set(names.exogenous):
            row.free, row.exo = 0, 1
        elif row.op == "~1" and row.lhs not in defaults.thresholds:
            if defaults.growth != latent and not (latent and latent_means_free):
                row.fix(0.0)
        elif row.op == "~~" and defaults.orthogonal and latent and len(ends) == 2:
            row.fix(0.0)
    for row, relation in zip(rows, syntax.relations, strict=False):
        _apply_modifiers(row, relation, group, groups, syntax)
    return rows


def _ordered(relation: Relation, names: Variables) -> tuple[str, str, str]:
    """Return a relation's parts; the two ends of a covariance latent first, then as they came."""
    lhs, op, rhs = relation.lhs, relation.op, relation.rhs
    order = (*names.latent, *names.observed)
    if op == "~~" and order.index(rhs) < order.index(lhs):
        lhs, rhs = rhs, lhs
    return lhs, op, rhs


def _fix_ordered(row: _Row, scales_free: bool, parameterization: str) -> None:
    """Fix what has no scale of its own in an ordered item: one of residual variance and scale.

    Where equal thresholds give later groups a scale, the one that the parameterization names is
    free there, as lavaan has it, also of items that no latent variable measures.
    """
    if row.op == "~1" and not row.user:
        row.fix(0.0)
    variance = row.op == "~~" and row.lhs == row.rhs
    if row.op == "~*~" or variance:
        own = row.op == "~*~" if parameterization == "delta" else variance
        if own and scales_free:
            row.free, row.fixed = 1, math.nan
        elif not row.user:
            row.fix(1.0)


def _unwritten(
    names: Variables, mean_structure: bool, thresholds: dict[str, int]
) -> list[tuple[str, str, str]]:
    cuts = [
        (name, "|", f"t{level}")
        for name in names.observed
        for level in range(1, thresholds.get(name, 0) + 1)
    ]
    observed = [name for name in names.observed if name not in names.exogenous]
    pairs = [(name, name) for name in (*observed, *names.latent)]
    pairs += combinations(names.latent_sources, 2)
    pairs += combinations(names.ends, 2)
    pairs += [
        (first, second) for i, first in enumerate(names.exogenous) for second in names.exogenous[i:]
    ]
    rows = cuts + [(first, "~~", second) for first, second in pairs]
    rows += [(name, "~*~", name) for name in names.observed if name in thresholds]
    if mean_structure:
        rows += [(name, "~1", "") for name in (*names.observed, *names.latent)]
    return rows


def _fix_scales(rows: list[_Row], names: Variables, unit_variance: bool, std_lv: bool) -> None:
    if not std_lv:
        marked: set[str] = set()
        for row in rows:
            if row.op == "=~" and row.lhs not in marked:
                marked.add(row.lhs)
                row.fix(1.0)
    elif unit_variance:
        for row in rows:
            if row.op == "~~" and row.lhs == row.rhs and row.lhs in names.latent:
                row.fix(1.0)


def _fix_single_indicators(rows: list[_Row], names: Variables) -> None:
    """Fix the residual variance of an item that alone measures a latent variable at 0."""
    loadings = [(row.lhs, row.rhs) for row in rows if row.op == "=~"]
    factors = [factor for factor, _ in loadings]
    items = [item for _, item in loadings]
    single = {
        item for factor, item in loadings if factors.count(factor) == 1 and items.count(item) == 1
    }
    for row in rows:
        if row.op == "~~" and row.lhs == row.rhs and row.lhs in single and not row.user:
            row.fix(0.0)


def _apply_modifiers(
    row: _Row, relation: Relation, group: int, groups: int, syntax: ModelSyntax
) -> None:
    def own(values: tuple[Any, ...], kind: str) -> object:
        if len(values) not in (1, groups):
            raise syntax.error(
                relation.position,
                f"{row.text} has {len(values)} {kind} modifiers for "
                f"{counted(groups, 'group')}; give one, or one per group.",
            )
        return values[0] if len(values) == 1 else values[group - 1]

    modifiers = relation.modifiers
    if modifiers.fixed:
        value = float(own(modifiers.fixed, "fixed"))  # type: ignore[arg-type]
        if math.isnan(value):
            row.free, row.fixed = 1, math.nan
        else:
            row.fix(value)
    if modifiers.start:
        value = float(own(modifiers.start, "start"))  # type: ignore[arg-type]
        row.start = value
        if row.free == 0 and not math.isnan(value):
            row.fixed = value
    if modifiers.label:
        row.label = str(own(modifiers.label, "label"))
    if modifiers.lower:
        row.lower = float(own(modifiers.lower, "lower"))  # type: ignore[arg-type]
    if modifiers.upper:
        row.upper = float(own(modifiers.upper, "upper"))  # type: ignore[arg-type]


# --- equalities --------------------------------------------------------------------------------


def _kind(row: _Row, names: Variables) -> str:
    """Return the word of ``group_equal`` that covers a row."""
    latent = row.lhs in names.latent
    if row.op in ("~~", "~1") and row.lhs in names.exogenous:
        # Groups differ in their covariates, estimated or not.
        return ""
    if row.op == "=~":
        return "loadings"
    if row.op == "~":
        return "regressions"
    if row.op == "|":
        return "thresholds"
    if row.op == "~*~":
        return ""
    if row.op == "~1":
        return "means" if latent else "intercepts"
    if row.lhs == row.rhs:
        return "lv.variances" if latent else "residuals"
    return "lv.covariances" if latent else "residual.covariances"


def _equal_across_groups(
    rows: list[_Row],
    names: Variables,
    group_equal: Sequence[str],
    partial: set[tuple[str, str, str]],
) -> list[tuple[_Row, _Row]]:
    """Return pairs of rows (first group, later group) that ``group_equal`` holds equal, but for
    those ``partial``."""
    first = {(row.lhs, row.op, row.rhs): row for row in rows if row.group == 1}
    links = []
    for row in rows:
        key = (row.lhs, row.op, row.rhs)
        if row.group == 1 or key in partial or _kind(row, names) not in group_equal:
            continue
        reference = first[key]
        own_labels = row.label and reference.label and row.label != reference.label
        if reference.free and row.free and not own_labels:
            links.append((reference, row))
    return links


def _partial(rows: list[_Row], group_partial: Sequence[str]) -> set[tuple[str, str, str]]:
    if isinstance(group_partial, str):
        raise ModelError(f"group_partial is a list of parameters, for example [{group_partial!r}].")
    known = {(row.lhs, row.op, row.rhs): row.text for row in rows}
    found: set[tuple[str, str, str]] = set()
    for text in group_partial:
        for relation in parse(text).relations:
            key = (relation.lhs, relation.op, relation.rhs)
            if key not in known and relation.op == "~~":
                key = (relation.rhs, relation.op, relation.lhs)
            if key not in known:
                raise ModelError(
                    f"group_partial names {text!r}, which is not a parameter of the model."
                    f"{nearest(text, known.values())}"
                )
            found.add(key)
    return found


def _label_equalities(
    syntax: ModelSyntax, rows: list[_Row]
) -> tuple[list[tuple[_Row, _Row]], list[tuple[_Row, float]]]:
    """Return row pairs that labels and ``==`` of two labels hold equal, and rows ``==`` fixes."""
    by_label: dict[str, list[_Row]] = {}
    for row in rows:
        if row.label:
            by_label.setdefault(row.label, []).append(row)
    for definition in syntax.definitions:
        if definition.name in by_label:
            raise syntax.error(
                definition.position,
                f"{definition.name!r} labels the parameter {by_label[definition.name][0].text} "
                "and is defined here as something else; use two names.",
            )
    links = [(same[0], other) for same in by_label.values() for other in same[1:]]
    pinned = []
    for equality in syntax.equalities:
        left, right = equality.left, equality.right
        if isinstance(left, Number):
            left, right = right, left
        if not isinstance(left, Name) or left.name not in by_label:
            continue
        if isinstance(right, Name) and right.name in by_label:
            links.append((by_label[left.name][0], by_label[right.name][0]))
        elif (value := _constant(right)) is not None:
            pinned.append((by_label[left.name][0], value))
    return links, pinned


def _constant(expression: Expression) -> float | None:
    return None if names_in(expression) else float(evaluate(expression, {}))


def _number(
    rows: list[_Row],
    links: list[tuple[_Row, _Row]],
    pinned: list[tuple[_Row, float]],
    syntax: ModelSyntax,
) -> None:
    """Give rows held equal one number, or one fixed value where a member of the set is fixed."""
    parent = list(range(len(rows)))
    index = {id(row): i for i, row in enumerate(rows)}

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for first, second in links:
        a, b = sorted((root(index[id(first)]), root(index[id(second)])))
        parent[b] = a
    members: dict[int, list[_Row]] = {}
    for i, row in enumerate(rows):
        members.setdefault(root(i), []).append(row)
    values: dict[int, float] = {}
    for row, value in pinned:
        if values.setdefault(root(index[id(row)]), value) != value:
            raise ModelError(
                f"The label {row.label!r} cannot stand for two values: == sets it to "
                f"{values[root(index[id(row)])]:g} and to {value:g}."
            )
    count = 0
    for key, together in members.items():
        if len(together) > 1 or key in values:
            _settle(together, values.get(key), syntax)
        if together[0].free:
            count += 1
            for row in together:
                row.free = count


def _settle(together: list[_Row], value: float | None, syntax: ModelSyntax) -> None:
    fixed = {row.fixed: row for row in together if row.free == 0}
    if value is not None:
        fixed.setdefault(value, together[0])
    if len(fixed) > 1:
        (first, one), (second, other) = list(fixed.items())[:2]
        label = next((row.label for row in together if row.label), "")
        place = next((r.position for r in syntax.relations if r.lhs == other.lhs), None)
        message = (
            f"the label {label!r} cannot stand for two values: {one.text} is fixed at {first:g} "
            f"and {other.text} at {second:g}."
        )
        raise syntax.error(place, message) if place else ModelError(message)
    for row in together:
        if fixed:
            row.fix(next(iter(fixed)))


# --- bounds, definitions, constraints ----------------------------------------------------------


def _apply_bounds(syntax: ModelSyntax, rows: list[_Row]) -> None:
    """Hold rows within what inequalities of a label and a number say."""
    for inequality in syntax.inequalities:
        label, limit = inequality.left, _constant(inequality.right)
        if not isinstance(label, Name) or limit is None:
            continue
        own = {row.free for row in rows if row.label == label.name and row.free}
        for row in rows:
            if row.free in own:
                if inequality.op == ">":
                    row.lower = max(row.lower, limit)
                else:
                    row.upper = min(row.upper, limit)
    for row in rows:
        if row.lower > row.upper:
            raise ModelError(
                f"The bounds of {row.text} leave no value: {row.lower:g} to {row.upper:g}."
            )


def _statement_rows(syntax: ModelSyntax, rows: list[_Row]) -> list[_Row]:
    """Return the rows of ``:=``, of general ``==`` and of ``<``, ``>``."""
    labels = _unique(row.label for row in rows if row.label)
    written = {d.name: d.expression for d in syntax.definitions}
    definitions: dict[str, Expression] = {}
    order = evaluation_order(written, labels)
    if syntax.equalities or syntax.inequalities:
        for name in order:
            definitions[name] = substituted(written[name], definitions)
    statements = [
        _Row(d.name, ":=", str(d.expression), 0, 1, 0, label=d.name) for d in syntax.definitions
    ]
    for equality in syntax.equalities:
        left, right = _sides(syntax, equality, labels, definitions)
        _check_regular(syntax, equality, left, right)
        if not _is_plain(left, right, labels):
            statements.append(_Row(str(left), "==", str(right), 0, 1, 0))
    for inequality in syntax.inequalities:
        left, right = _sides(syntax, inequality, labels, definitions)
        statements.append(_Row(str(left), inequality.op, str(right), 0, 1, 0))
    return statements


def _sides(
    syntax: ModelSyntax,
    constraint: Equality | Inequality,
    labels: list[str],
    definitions: dict[str, Expression],
) -> tuple[Expression, Expression]:
    """Both sides of a constraint in labels of parameters alone."""
    known = [*labels, *definitions]
    for name in [*names_in(constraint.left), *names_in(constraint.right)]:
        if name not in known:
            raise syntax.error(
                constraint.position,
                f"no parameter carries the label {name!r}.{nearest(name, known)}",
            )
    left = substituted(constraint.left, definitions)
    right = substituted(constraint.right, definitions)
    if not names_in(left) and not names_in(right):
        raise syntax.error(constraint.position, "this constraint has no parameter in it.")
    for side in (left, right):
        value = _constant(side)
        if value is not None and not math.isfinite(value):
            raise syntax.error(constraint.position, f"{side} has no value.")
    return left, right


def _check_regular(
    syntax: ModelSyntax, equality: Equality, left: Expression, right: Expression
) -> None:
    """Refuse what holds in several ways (a*b == 0), or without a slope where it does (a^2 == 0).

    Neither errors nor the chi-square of a test are known at such a point, or at a crossing of the
    ways (Drton, 2009, Annals of Statistics, 37, 979-1012).
    """
    side = next((b for a, b in ((left, right), (right, left)) if _constant(a) == 0), None)
    if side is None or not names_in(side):
        return
    factors, bent = _zeros_of(side)
    ways = _unique(map(str, factors))
    if not ways:
        return
    if len(ways) > 1:
        raise syntax.error(
            equality.position,
            f"this constraint holds where {ways[0]} is 0 and where {ways[1]} is 0: these are two "
            f"models, and no test tells how far the data are from both. Write one of them, as in "
            f"{ways[0]} == 0.",
        )
    if bent or len(factors) > 1:
        raise syntax.error(
            equality.position,
            "where this constraint holds it has no slope, so that there are no errors and no "
            f"test; write {ways[0]} == 0.",
        )


def _zeros_of(expression: Expression) -> tuple[list[Expression], bool]:
    """What can be 0 for the expression to be, and whether it stands under a power, root or abs."""
    found: list[Expression] = []
    bent = False
    ahead = [expression]
    while ahead:
        node = ahead.pop()
        if isinstance(node, Operation) and (node.operator in "*/^" or len(node.operands) == 1):
            # A divisor or an exponent makes nothing 0.
            own = node.operands if node.operator == "*" else node.operands[:1]
            bent |= node.operator == "^" and _constant(node.operands[1]) != 1
            ahead.extend(reversed(own))
        elif isinstance(node, Call) and node.function in ("abs", "sqrt"):
            bent = True
            ahead.append(node.arguments[0])
        elif isinstance(node, Operation) and 0 in map(_constant, node.operands):
            # What nothing is added to or taken from.
            ahead.extend(part for part in node.operands if _constant(part) != 0)
        elif names_in(node):
            found.append(node)
    return found, bent


def _is_plain(left: Expression, right: Expression, labels: list[str]) -> bool:
    """Is it ``label == label`` or ``label == number``, already in the numbering?"""
    if not isinstance(left, Name):
        left, right = right, left
    if not isinstance(left, Name) or left.name not in labels:
        return False
    return isinstance(right, Name) or _constant(right) is not None


def substituted(expression: Expression, plain: dict[str, Expression]) -> Expression:
    """Replace defined names by what they stand for in ``plain``, so that only labels remain."""

    def replaced(node: Expression, parts: Sequence[Expression]) -> Expression:
        if isinstance(node, Name):
            return plain.get(node.name, node)
        if isinstance(node, Operation):
            return Operation(node.operator, tuple(parts), node.position)
        return Call(node.function, tuple(parts), node.position) if isinstance(node, Call) else node

    return fold(expression, replaced)
