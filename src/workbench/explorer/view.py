"""An exploration as HTML: controls for a live explorer, and results that need none."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from markupsafe import Markup

from workbench.explorer.exploration import Exploration
from workbench.explorer.origins import Question
from workbench.explorer.revised import Revised
from workbench.figures.markup import NOTHING, element, plain_table, together
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.sem.inference.comparison import Difference

_MEASURES: dict[str, tuple[str, Callable[[float], str]]] = {
    "chisq": ("χ²", fmt.number),
    "df": ("df", fmt.count),
    "pvalue": ("p", lambda value: fmt.p_value(value)),
    "cfi": ("CFI", lambda value: fmt.number(value, 3)),
    "rmsea": ("RMSEA", lambda value: fmt.number(value, 3)),
    "srmr": ("SRMR", lambda value: fmt.number(value, 3)),
    "aic": ("AIC", lambda value: fmt.number(value, 1)),
    "bic": ("BIC", lambda value: fmt.number(value, 1)),
}
_CLOSE = ("cfi", "rmsea", "srmr")


def static(exploration: Exploration) -> Markup:
    """The screen without controls, for pages where nothing can be changed."""
    title = element("p", element("strong", exploration.model.origin.title))
    return element("div", title, results(exploration))


def status(exploration: Exploration) -> str:
    """What a change did, in a sentence or two; a screen reader says it aloud."""
    if exploration.problem:
        return say("explorer.not changed", problem=exploration.problem)
    told = exploration.model.measures
    close = ", ".join(f"{_MEASURES[name][0]} {_MEASURES[name][1](told[name])}" for name in _CLOSE)
    sentence = say("explorer.fitted", count=told["nobs"], close=close)
    return " ".join(filter(None, [sentence, _difference(exploration)]))


# --- results -----------------------------------------------------------------------------------


def results(exploration: Exploration) -> Markup:
    """Fit beside the model before, paths, diagram, residuals, warnings and the code."""
    model = exploration.model
    return together(
        _fit(exploration),
        _paths(model),
        model.fit.plot().html,
        _residuals(model),
        _warnings(model),
        _code(model),
    )


def _fit(exploration: Exploration) -> Markup:
    now, before = exploration.model.measures, exploration.before
    columns = [now] if before is None else [now, before.model.measures]
    heads = [say("explorer.measure"), say("explorer.now"), say("explorer.before")]
    names = {
        "nobs": (say("explorer.rows"), fmt.count),
        "npar": (say("explorer.parameters"), fmt.count),
        **_MEASURES,
    }
    rows = [
        [label, *(written(told[name]) for told in columns)]
        for name, (label, written) in names.items()
    ]
    table = plain_table(say("explorer.fit"), heads[: len(columns) + 1], rows)
    told = _difference(exploration)
    return together(table, element("p", told) if told else NOTHING)


def _difference(exploration: Exploration) -> str:
    found = exploration.difference
    if isinstance(found, Difference):
        statistic, p = fmt.number(found.statistic), fmt.p_value(found.pvalue)
        return say("explorer.difference", df=found.df, statistic=statistic, p=p)
    return "" if found is None else say("explorer.no difference", reason=found)


def _paths(model: Revised) -> Markup:
    rows = [
        [
            say("explorer.term ~", lhs=row["to"], rhs=row["from"]),
            fmt.number(row["strength"]),
            fmt.interval(row["lower"], row["upper"]),
            fmt.p_value(row["pvalue"]),
        ]
        for row in model.paths.to_dict("records")
    ]
    heads = [say(f"explorer.column {name}") for name in ("path", "strength", "interval", "test")]
    return _grouped(model, model.paths, say("explorer.paths"), heads, rows)


def _residuals(model: Revised) -> Markup:
    rows = [
        [
            say("explorer.term ~~", lhs=row["lhs"], rhs=row["rhs"]),
            fmt.number(row["cor"], 3),
            fmt.number(row["z"]),
        ]
        for row in model.residuals.to_dict("records")
    ]
    heads = [say("explorer.pair"), say("explorer.residual"), "z"]
    return _grouped(model, model.residuals, say("explorer.residuals"), heads, rows)


def _grouped(
    model: Revised,
    frame: pd.DataFrame,
    caption: str,
    heads: Sequence[str],
    rows: list[list[str]],
) -> Markup:
    """A table, with the group of each row where there are several."""
    if len(model.fit.problem.groups) > 1:
        heads = [*heads, say("explorer.group")]
        rows = [[*row, str(group)] for row, group in zip(rows, frame["group"], strict=True)]
    return plain_table(caption, heads, rows) if rows else NOTHING


def _warnings(model: Revised) -> Markup:
    told = [element("li", str(warning)) for warning in model.fit.warnings]
    if not told:
        return NOTHING
    return together(element("p", say("explorer.warnings")), element("ul", *told))


def _code(model: Revised) -> Markup:
    label = say("explorer.code")
    code = element("code", model.code)
    return together(
        element("p", label), element("pre", code, tabindex=0, role="region", aria_label=label)
    )


# --- controls ----------------------------------------------------------------------------------


def controls(exploration: Exploration) -> Markup:
    """Everything that can be changed. What a control does is in its ``data-`` attributes."""
    model, origin = exploration.model, exploration.model.origin
    asked = [_question(one) for one in origin.questions]
    undo = element(
        "button",
        say("explorer.undo"),
        type="button",
        data_do="undo",
        disabled=True if exploration.before is None else None,
    )
    return together(
        element(
            "div", undo, element("button", say("explorer.copy"), type="button", data_do="copy")
        ),
        _group(say("explorer.data"), *asked) if asked else NOTHING,
        *_items(model),
        _terms(model, "~"),
        _terms(model, "~~"),
        _offers(model),
    )


def _group(legend: str, *content: Markup) -> Markup:
    return element("fieldset", element("legend", legend), *content)


def _question(asked: Question) -> Markup:
    return _select(asked.label, asked.options, asked.chosen, data_do="choose", name=asked.name)


def _select(label: str, options: Mapping[str, str], chosen: str, **attributes: object) -> Markup:
    offered = (
        element("option", text, value=value, selected=True if value == chosen else None)
        for value, text in options.items()
    )
    return element("label", element("span", label), element("select", *offered, **attributes))


def _items(model: Revised) -> list[Markup]:
    found = [
        _group(
            say("explorer.items of", construct=latent),
            *(_box(model, latent, item, kept) for item, kept in items.items()),
        )
        for latent, items in model.items.items()
    ]
    if model.origin.averaged:
        found.insert(0, element("p", say("explorer.scores")))
    elif found:
        ends = list(model.items), [one for one in model.variables if one not in model.items]
        labels = say("explorer.construct"), say("explorer.item")
        found.append(_group(say("explorer.items"), _form("=~", labels, ends)))
    return found


def _box(model: Revised, latent: str, item: str, kept: bool) -> Markup:
    wording = model.origin.wording(item)
    box = element(
        "input",
        type="checkbox",
        data_do="item",
        data_op="=~",
        data_lhs=latent,
        data_rhs=item,
        checked=True if kept else None,
    )
    text = say("explorer.item asks", item=item, wording=wording) if wording else item
    return element("label", box, element("span", text), class_="wb-box")


def _terms(model: Revised, op: str) -> Markup:
    """The paths or covariances of a model, each with a button, and a form for another one."""
    there = [
        element("li", element("span", _term(op, *ends)), _button("drop", op, *ends))
        for ends in model.terms(op)
    ]
    # A path goes from rhs to lhs, so the form asks for rhs first.
    labels = say(f"explorer.second {op}"), say(f"explorer.first {op}")
    return _group(
        say(f"explorer.terms {op}"),
        element("ul", *there) if there else NOTHING,
        _form(op, labels, (model.variables, model.variables)),
    )


def _form(op: str, labels: tuple[str, str], ends: tuple[Sequence[str], Sequence[str]]) -> Markup:
    """Two variables to choose, and a button that adds the parameter of the two."""
    selects = [
        _select(label, {one: one for one in names}, "", name=name)
        for label, names, name in zip(labels, ends, ("lhs", "rhs"), strict=True)
    ]
    button = element("button", say(f"explorer.add {op}"), type="submit")
    ordered = selects if op == "=~" else reversed(selects)
    return element("form", *ordered, button, data_do="add", data_op=op)


def _offers(model: Revised) -> Markup:
    caption = say("explorer.offers")
    rows = [
        element(
            "tr",
            element("th", _term(row["op"], row["lhs"], row["rhs"]), scope="row"),
            element("td", fmt.number(row["mi"], 1)),
            element("td", fmt.number(row["sepc_all"])),
            element("td", _button("add", row["op"], row["lhs"], row["rhs"])),
        )
        for row in model.offers.to_dict("records")
    ]
    if not rows:
        return _group(caption, element("p", say("explorer.no offers")))
    names = ("parameter", "modification", "expected")
    heads = [*(say(f"explorer.column {one}") for one in names), say("explorer.button add")]
    head = element("tr", *(element("th", text, scope="col") for text in heads))
    table = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *rows),
    )
    return element("div", table)


def _button(do: str, op: str, lhs: str, rhs: str) -> Markup:
    """A button that drops or adds a parameter, named by what it does to which."""
    return element(
        "button",
        say(f"explorer.button {do}"),
        type="button",
        aria_label=say(f"explorer.named {do}", term=_term(op, lhs, rhs)),
        data_do=do,
        data_op=op,
        data_lhs=lhs,
        data_rhs=rhs,
    )


def _term(op: str, lhs: str, rhs: str) -> str:
    return say(f"explorer.term {op}", lhs=lhs, rhs=rhs)
