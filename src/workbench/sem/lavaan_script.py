"""A fit as a script for lavaan, with its rows and the numbers that should come out."""

from dataclasses import replace
from pathlib import Path

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
from workbench.sem.model.expressions import Name
from workbench.sem.model.parameters import substituted
from workbench.sem.model.syntax import Definition, Relation, parse
from workbench.sem.model.writing import Statement, written
from workbench.sem.result import Fit

_COMPARED = """
expected <- read.csv("NAME_expected.csv")
found <- parameterEstimates(fit)
if (is.null(found$group)) found$group <- 1
found$group[found$group == 0] <- 1
key <- function(table) {
  turned <- table$op == "~~" & table$lhs > table$rhs
  first <- ifelse(turned, table$rhs, table$lhs)
  second <- ifelse(table$op == ":=", "", ifelse(turned, table$lhs, table$rhs))
  paste(first, table$op, second, table$group)
}
place <- match(key(expected), key(found))
stopifnot(!anyNA(place))
cat("Largest difference of estimates:", max(abs(found$est[place] - expected$est)), "\\n")
cat("Largest difference of standard errors:", max(abs(found$se[place] - expected$se)), "\\n")
"""


def lavaan_files(fit: Fit, name: str) -> dict[str, str]:
    """File → text: the script, the rows, and the expected estimates."""
    require_rows(fit, "lavaan")
    syntax = parse(fit.model)
    labels = {label for one in syntax.relations for label in one.modifiers.label if label}
    labels |= {one.name for one in syntax.definitions}
    variables = [*fit.layout.observed, *fit.layout.latent]
    names = renamed(variables, plain, (GROUP, CLUSTER, WEIGHT))
    words = renamed(sorted(labels), plain)
    relations = [_relation(one, names, words) for one in syntax.relations]
    parts: list[Statement] = [*syntax.definitions, *syntax.equalities, *syntax.inequalities]
    model = written(relations, [_statement(one, words) for one in parts])
    expected = expected_of(fit)
    every = names | words
    for side in ("lhs", "rhs"):
        expected[side] = [
            text if side == "rhs" and op == ":=" else every.get(text, text)
            for text, op in zip(expected[side], expected["op"], strict=True)
        ]
    expected.loc[expected["op"] == ":=", "rhs"] = ""
    return {
        f"{name}.R": _script(fit, model, name),
        f"{name}.csv": rows_of(fit).rename(columns=names).to_csv(index=False),
        f"{name}_expected.csv": expected.to_csv(index=False),
    }


def write_lavaan(fit: Fit, folder: str | Path, name: str) -> list[Path]:
    """Write the files of :func:`lavaan_files` into a folder."""
    return write(folder, lavaan_files(fit, name))


def _relation(relation: Relation, names: dict[str, str], words: dict[str, str]) -> Relation:
    modifiers = relation.modifiers
    return replace(
        relation,
        lhs=names[relation.lhs],
        rhs=names.get(relation.rhs, relation.rhs),
        modifiers=replace(modifiers, label=tuple(words.get(one, one) for one in modifiers.label)),
    )


def _statement(statement: Statement, words: dict[str, str]) -> Statement:
    named = {label: Name(word) for label, word in words.items()}
    if isinstance(statement, Definition):
        expression = substituted(statement.expression, dict(named))
        return replace(statement, name=words[statement.name], expression=expression)
    left, right = (substituted(side, dict(named)) for side in (statement.left, statement.right))
    return replace(statement, left=left, right=right)


def _script(fit: Fit, model: str, name: str) -> str:
    arguments = ",\n  ".join(["model, data", *_arguments(fit)])
    function = "growth" if fit.options.growth else "sem"
    return (
        f"# Fits {name}.csv by lavaan and compares with the estimates of {name}_expected.csv.\n"
        f"#\n#   Rscript {name}.R\n"
        f"suppressMessages(library(lavaan))\n"
        f'data <- read.csv("{name}.csv")\n'
        f"model <- '\n{model}'\n"
        f"fit <- {function}(\n  {arguments}\n)\n"
        "summary(fit, fit.measures = TRUE, standardized = TRUE)\n" + _COMPARED.replace("NAME", name)
    )


def _arguments(fit: Fit) -> list[str]:
    """The options of a fit in lavaan's words."""
    options = fit.options

    def several(words: tuple[str, ...]) -> str:
        return "c(" + ", ".join(f'"{word}"' for word in words) + ")"

    pairs = {
        "estimator": f'"{options.estimator}"',
        "missing": '"ml"' if options.missing == "fiml" else "",
        "information": f'"{options.information}"',
        "likelihood": '"wishart"' if options.likelihood == "wishart" else "",
        "meanstructure": _logical(fit.layout.mean_structure),
        "fixed.x": _logical(options.fixed_x),
        "std.lv": _logical(options.std_lv) if options.std_lv else "",
        "orthogonal": _logical(options.orthogonal) if options.orthogonal else "",
        "bounds": f'"{options.bounds}"' if options.bounds else "",
        "group": f'"{GROUP}"' if len(fit.problem.groups) > 1 else "",
        "group.equal": several(options.group_equal) if options.group_equal else "",
        "group.partial": several(options.group_partial) if options.group_partial else "",
        "cluster": f'"{CLUSTER}"' if options.cluster else "",
        "sampling.weights": f'"{WEIGHT}"' if options.weights else "",
    }
    return [f"{word} = {value}" for word, value in pairs.items() if value]


def _logical(value: bool) -> str:
    return "TRUE" if value else "FALSE"
