"""Numbers from records on pages: in their units, beside targets, and what they go with."""

import pandas as pd

from workbench import figures
from workbench.chain import ChainStudy
from workbench.drivers import Association, associations, record_levels
from workbench.drivers.records import STEP, construct_of, measure_of
from workbench.drivers.rows import labels_of
from workbench.interpretation import NotEstimated
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted
from workbench.reports.pieces import Section, Together, association
from workbench.study.measures import Measure


def open_organisations(cover: pd.DataFrame, wave: str) -> set[str]:
    """The organisations of which all sources may be shown.

    Records do not say how many people are behind them, so where the answers of people are hidden
    the records are too.
    """
    now = cover[cover["wave"] == wave]
    every = now.groupby("organisation", observed=True)["shown"].all()
    return set(every[every].index.astype(str))


def levels_told(shown: ChainStudy, cover: pd.DataFrame, wave: str) -> pd.DataFrame:
    """The numbers from records of every organisation of which all sources may be shown.

    See :func:`workbench.drivers.record_levels`; ``shown`` is the study of which the answers alone
    that may be shown are left.
    """
    table = record_levels(shown, shown.codebook.measured)
    table = table.astype({"organisation": "str", "wave": "str"})
    return table[table["organisation"].isin(open_organisations(cover, wave))].reset_index(drop=True)


def organisation_section(
    study: ChainStudy, levels: pd.DataFrame, wave: str, organisation: str
) -> figures.Fragment:
    """The numbers from records of one organisation; nothing where there are none to show.

    ``levels``: see :func:`levels_told`.
    """
    own = levels[levels["organisation"] == organisation]
    earlier = _earlier(study, wave)
    rows = []
    for item in study.codebook.measured:
        now = own[(own["item"] == item) & (own["wave"] == wave)]
        if now.empty:
            continue
        measure = measure_of(study, item)
        before = own[(own["item"] == item) & (own["wave"] == earlier)]
        rows.append(
            {
                "outcome": _called(study, item),
                "unit": unit_in_words(measure),
                "value": _estimate(now.iloc[0]),
                "before": "" if before.empty else _number(before.iloc[0]["value"]),
                "target": _target(measure),
                "met": _met(now.iloc[0]),
            }
        )
    if not rows:
        return figures.Prose("")
    heads = {
        "outcome": say("records.column.outcome"),
        "unit": say("records.column.unit"),
        "value": say("records.column.value"),
        "before": say("records.column.before", wave=earlier),
        "target": say("records.column.target"),
        "met": say("records.column.met"),
    }
    frame = pd.DataFrame(rows, columns=list(heads))
    return figures.Folded(
        figures.Table(
            frame,
            caption=say("records.heading"),
            columns=[name for name in heads if (frame[name] != "").any()],
            labels=heads,
            missing=say("symbol.not applicable"),
            notes=[say("records.note")],
        )
    )


def study_section(study: ChainStudy, cover: pd.DataFrame, wave: str) -> figures.Fragment:
    """The numbers from records of all organisations, and what they go with; nothing without any."""
    items = study.codebook.measured
    open_here = open_organisations(cover, wave)
    if not items or not open_here:
        return figures.Prose("")
    shown = study.keeping(lambda _, answers: answers["organisation"].isin(open_here))
    parts: list[figures.Fragment] = [Section(say("records.heading"))]
    for item in items:
        parts += _of_item(shown, item, wave)
    return Together([*parts, *_associations(shown, items, wave)])


def _of_item(study: ChainStudy, item: str, wave: str) -> list[figures.Fragment]:
    """How high a number is in all organisations together and in each, beside its target."""
    measure = measure_of(study, item)
    together = record_levels(study, [item], by=("wave",)).astype({"wave": str})
    together = together[together["wave"] == wave]
    if together.empty:
        return []
    row = together.iloc[0]
    label, unit = _called(study, item), unit_in_words(measure)
    told = say(
        f"records.level.{'typical' if measure.shape == 'log' else 'mean'}",
        outcome=label,
        value=_estimate(row),
        unit=unit,
        units=counted(int(row["units"]), "unit"),
    )
    if measure.target is not None:
        told += " " + say(
            f"records.target.{_side(measure, row)}",
            target=_target(measure),
            unit=unit,
            met=fmt.count(row["met"]),
            units=counted(int(row["units"]), "unit"),
        )
    each = record_levels(study, [item]).astype({"wave": str, "organisation": str})
    each = each[each["wave"] == wave]
    names = study.organisations.set_index("organisation")["name"]
    drawn = each[["value", "lower", "upper"]].assign(label=names[each["organisation"]].to_numpy())
    lines = {}
    if measure.target is not None:
        lines = {say("records.line"): measure.target}
    figure = figures.caterpillar(
        drawn,
        alt=told,
        caption=say("records.figure", outcome=label, unit=unit),
        measure=unit,
        lines=lines,
        decimals=_digits(row["value"]),
    )
    return [figures.Prose(told), figures.Folded(figure)]


def _associations(study: ChainStudy, items: list[str], wave: str) -> list[figures.Fragment]:
    """What the numbers go with: the clear associations in sentences, all of them in a table."""
    constructs = _conditions(study)
    labels = labels_of(study, constructs)
    rows, told, reasons = [], [], []
    pairs = [
        (item, construct)
        for item in items
        for construct in constructs
        if construct != construct_of(study, item)
    ]
    for (item, construct), found in zip(pairs, associations(study, pairs, wave), strict=True):
        if isinstance(found, NotEstimated):
            reasons.append(found.reason)
            continue
        named = {"outcome": _called(study, item), "construct": labels[construct]}
        rows.append({**named, "difference": _difference(found), "units": fmt.count(found.units)})
        if found.lower > 0 or found.upper < 0:
            told.append(association_in_words(found, **named))
    notes = [
        say("records.association note.same", points=STEP, wave=wave)
        if not any(measure_of(study, item).lag for item in items)
        else say("records.association note.lag", points=STEP),
        *dict.fromkeys(reasons),
    ]
    if not rows:
        return [figures.Notice(" ".join(notes[1:]), title=say("records.failed"))]
    heads = {
        "outcome": say("records.column.outcome"),
        "construct": say("records.column.construct", points=STEP),
        "difference": say("records.column.difference"),
        "units": say("column.units"),
    }
    table = figures.Table(
        pd.DataFrame(rows, columns=list(heads)),
        caption=say("records.associations"),
        labels=heads,
        notes=notes,
    )
    words = told or [say("records.none clear")]
    return [figures.Findings(words), figures.Prose(association()), figures.Folded(table)]


def _conditions(study: ChainStudy) -> list[str]:
    """The constructs that numbers from records are set beside: asked of people."""
    named = study.definition.drivers.conditions
    constructs = named or [construct.name for construct in study.runnable_chain().constructs]
    sources = study.sources
    book = study.codebook
    return [name for name in constructs if sources[book.source_of(name)].rows == "respondents"]


def association_in_words(found: Association, outcome: str, construct: str) -> str:
    """What goes with a difference of the construct, in the number's own unit."""
    value, lower, upper = found.difference()
    way = "higher" if value > 0 else "lower"
    kind = "percent" if found.relative else "amount"
    told: dict[str, object] = {
        "outcome": outcome,
        "construct": construct,
        "points": STEP,
        "size": fmt.number(abs(value), 1),
        "lower": _signed(lower),
        "upper": _signed(upper),
        "unit": unit_in_words(found.measure),
        "instead": _number(found.instead()),
        "typical": _number(found.typical),
    }
    if found.measure.lag:
        waves = counted(found.measure.lag, "wave")
        return say(f"records.went with.{kind}.{way}", waves=waves, **told)
    return say(f"records.goes with.{kind}.{way}", **told)


def _difference(found: Association) -> str:
    value, lower, upper = found.difference()
    kind = "percent" if found.relative else "amount"
    return say(
        f"records.difference.{kind}",
        value=_signed(value),
        lower=_signed(lower),
        upper=_signed(upper),
        unit=unit_in_words(found.measure),
    )


def _signed(value: float) -> str:
    return ("+" if value > 0 else "") + fmt.number(value, 1)


def unit_in_words(measure: Measure) -> str:
    """The unit of the numbers that are told.

    Examples
    --------
    >>> from workbench.study.measures import Measure
    >>> unit_in_words(Measure("complaints", 0, 500, shape="count", exposure="cases", per=100))
    'complaints per 100 cases'
    """
    if not measure.exposure:
        return measure.unit
    name = measure.exposure.replace("_", " ")
    if measure.per == 1:
        return say("records.unit.each", unit=measure.unit, exposure=name)
    return say("records.unit.rate", unit=measure.unit, per=fmt.count(measure.per), exposure=name)


def _target(measure: Measure) -> str:
    if measure.target is None:
        return ""
    kind = "at most" if measure.at_most else "at least"
    return say(f"records.aim.{kind}", number=fmt.general(measure.target))


def _side(measure: Measure, row: pd.Series) -> str:
    """Whether a number is clearly on the good side of its target, on the other, or neither."""
    ends = (float(row["lower"]), float(row["upper"]))
    met = [bool(measure.met(end)) for end in ends]
    if all(met):
        return "reached"
    return "open" if any(met) else "missed"


def _met(row: pd.Series) -> str:
    if fmt.is_missing(row["met"]):
        return ""
    return say("records.met", met=fmt.count(row["met"]), units=fmt.count(row["units"]))


def _digits(value: float) -> int:
    return 0 if abs(value) >= 100 else 1


def _number(value: float) -> str:
    return fmt.number(value, _digits(value))


def _estimate(row: pd.Series) -> str:
    return fmt.estimate(row["value"], row["lower"], row["upper"], _digits(row["value"]))


def _called(study: ChainStudy, item: str) -> str:
    construct = construct_of(study, item)
    return labels_of(study, [construct])[construct]


def _earlier(study: ChainStudy, wave: str) -> str:
    place = study.waves.index(wave) if wave in study.waves else 0
    return study.waves[place - 1] if place > 0 else ""
