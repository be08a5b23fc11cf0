"""A fit in a paragraph as journals print it; sentences and numbers in the language spoken."""

from collections.abc import Hashable, Iterator

import pandas as pd

from workbench.interpretation.messages import say
from workbench.interpretation.numbers import count, fraction, number, p_value
from workbench.sem.model.expressions import names_in
from workbench.sem.model.levels import Block, parse_levels
from workbench.sem.model.syntax import parse
from workbench.sem.shown import ShownFit, of_part, units_of


def paragraph(fit: ShownFit) -> str:
    """The paragraph of ``Fit.report``."""
    if not fit.converged:
        return say("paragraph.not converged", n=count(fit.nobs))
    return " ".join([*_basis(fit), _measures(fit), *_estimates(fit), *_effects(fit)])


def _basis(fit: ShownFit) -> Iterator[str]:
    """How, and on which rows."""
    options, problem = fit.options, fit.problem
    parts = {
        "estimator": say(f"paragraph.estimator.{options.estimator}"),
        "n": count(fit.nobs),
    }
    groups = [p.group if isinstance(p, Block) else p for p in problem.groups]
    groups = list(dict.fromkeys(groups))
    sizes = []
    if options.group is not None:
        sizes = [
            say("paragraph.size", group=group, n=count(n))
            for group, n in zip(groups, _rows(fit), strict=True)
        ]
    if options.levels:
        parts["units"] = count(units_of(fit))
        if sizes:
            parts |= {"groups": str(len(sizes)), "sizes": _joined(sizes)}
            yield say("paragraph.basis.groups and levels", **parts)
        else:
            yield say("paragraph.basis.levels", **parts)
    elif sizes:
        yield say("paragraph.basis.groups", groups=len(sizes), sizes=_joined(sizes), **parts)
    else:
        yield say("paragraph.basis", **parts)
    if problem.sample is not None:
        left_out = fit.given - fit.nobs
        if options.missing == "fiml":
            yield say("paragraph.fiml")
        elif options.missing == "pairwise":
            yield say("paragraph.pairwise")
        else:
            gone = say("paragraph.listwise", count=left_out)
            yield gone if left_out else say("paragraph.complete")
        if problem.sample.clusters is not None and not options.levels:
            yield say("paragraph.clusters", clusters=count(units_of(fit)))
    if options.weights:
        yield say("paragraph.weights")
    if problem.known_errors:
        yield say("paragraph.known")


def _rows(fit: ShownFit) -> list[int]:
    sample = fit.problem.sample
    return [round(n) for n in fit.problem.n] if sample is None else list(map(len, sample.rows))


def _measures(fit: ShownFit) -> str:
    measures = fit.measures
    if measures["df"] == 0:
        return say("paragraph.saturated")

    def best(name: str, *kinds: str) -> float:
        return next(measures[f"{name}{kind}"] for kind in kinds if f"{name}{kind}" in measures)

    indices = {
        name: fraction(best(own, ".robust", ".scaled", ""), 3)
        for name, own in (
            ("cfi", "cfi"),
            ("tli", "tli"),
            ("rmsea", "rmsea"),
            ("lower", "rmsea.ci.lower"),
            ("upper", "rmsea.ci.upper"),
        )
    }
    parts = {
        "df": count(measures["df"]),
        "n": count(fit.nobs),
        "chisq": number(best("chisq", ".scaled", ""), 2),
        "p": p_value(best("pvalue", ".scaled", "")),
        **indices,
    }
    if fit.options.levels:
        own = {name: fraction(measures[f"srmr_{name}"], 3) for name in ("within", "between")}
        return say("paragraph.fit.levels", **parts, **own)
    return say("paragraph.fit", srmr=fraction(measures["srmr"], 3), **parts)


def _estimates(fit: ShownFit) -> Iterator[str]:
    """Loadings and paths, standardised, group by group or level by level."""
    standard = fit.standardised()
    for group in fit.problem.groups:
        own = standard if group is None else standard[of_part(fit, standard, group)]
        # That of an only item without error of its own is 1, and a dropped path 0, by definition.
        own = own[own["se"] != 0]
        loadings = own.loc[own["op"] == "=~", "est_std"]
        if len(loadings):
            ends = {"lowest": number(loadings.min()), "highest": number(loadings.max())}
            yield _of_part(fit, "loadings", group, **ends)
        paths = own[own["op"] == "~"]
        if len(paths):
            links = _joined(map(_link, _rows_of(paths)))
            yield _of_part(fit, "links", group, links=links)


def _of_part(fit: ShownFit, what: str, part: Hashable, **parts: str) -> str:
    """A sentence about a group or a level, if there are several."""
    if part is None:
        return say(f"paragraph.{what}", **parts)
    if isinstance(part, Block):
        return say(f"paragraph.{what}.group, level {part.level}", group=part.group, **parts)
    if fit.options.levels:
        return say(f"paragraph.{what}.level {part}", **parts)
    return say(f"paragraph.{what}.group", group=part, **parts)


def _rows_of(table: pd.DataFrame) -> Iterator[pd.Series]:
    return (row for _, row in table.iterrows())


def _link(row: pd.Series) -> str:
    return say(
        "paragraph.link",
        predictor=row["rhs"],
        target=row["lhs"],
        beta=number(row["est_std"]),
        se=number(row["se"]),
        p=p_value(row["pvalue"]),
    )


def _effects(fit: ShownFit) -> Iterator[str]:
    """Effects made of several parameters; those of one are told as paths."""
    read = parse_levels(fit.model).whole if fit.options.levels else parse(fit.model)
    several = {
        one.name
        for one in read.definitions
        if len(names_in(one.expression)) > 1 and not one.name.startswith("points.")
    }  # the points of a chain's effects (chain/model.py) are these effects once more
    estimates = fit.estimates
    own = estimates[
        (estimates["op"] == ":=") & estimates["lhs"].isin(several) & (estimates["se"] != 0)
    ]
    if len(own):
        yield say("paragraph.effects", effects=_joined(map(_effect, _rows_of(own))))


def _effect(row: pd.Series) -> str:
    return say(
        "paragraph.effect",
        name=row["lhs"],
        value=number(row["est"]),
        se=number(row["se"]),
        lower=number(row["ci_lower"]),
        upper=number(row["ci_upper"]),
        p=p_value(row["pvalue"]),
    )


def _joined(parts: "Iterator[str] | list[str] | map[str]") -> str:
    return say("paragraph.join").join(parts)
