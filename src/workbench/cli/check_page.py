"""The page of ``check --html``: what was read, what is wrong, and how people answered."""

from collections.abc import Iterator

import pandas as pd

from workbench.chain import ChainStudy, study_power
from workbench.errors import WorkbenchError
from workbench.figures import CSS, Table
from workbench.figures.markup import element, together
from workbench.interpretation import numbers as fmt
from workbench.interpretation.languages import spoken, using_language
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted
from workbench.study import Problems, quality

_SHARES = ("share", "blank", "missing code", "not a number", "out of scale", "lowest", "highest")


def check_page(study: ChainStudy, problems: Problems) -> str:
    """Return the page as HTML in the language of the study's pages.

    What is wrong stands in English, as ``check`` says it on a terminal too.
    """
    with using_language(study.language):
        title = say("check.title", study=study.title)
        body = together(
            element("h1", title),
            element("p", say("check.private")),
            element("h2", say("check.problems")),
            element("div", element("p", f"{problems.summary}."), _problems(problems), lang="en"),
            *_answers(study),
        )
        head = together(
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("title", title),
            element("style", CSS),
        )
        main = element("body", element("main", body))
        page = element("html", element("head", head), main, lang=spoken().code)
    return f"<!doctype html>\n{page}\n"


def _problems(problems: Problems) -> str:
    names = ["severity", "file", "column", "cause", "advice", "rows"]
    frame = problems.frame[names].astype(str)
    return Table(frame, "What is wrong, and what to do").html if len(frame) else ""


def _answers(study: ChainStudy) -> Iterator[str]:
    """What was read and how people answered, or why that cannot be told."""
    try:
        yield element("h2", say("check.read"))
        yield _table(quality.read_rows(study), say("check.read caption"))
        for source in study.sources:
            yield from _source(study, source)
        yield element("h2", say("check.power"))
        yield from (element("p", line) for line in _power(study))
    except WorkbenchError as error:
        yield element("p", str(error))


def _source(study: ChainStudy, source: str) -> Iterator[str]:
    answers, items = study.answers(source), study.codebook.items_of_source(source)
    yield element("h2", say("check.answers", source=source))
    yield _table(quality.missing_by_item(study, source), say("check.missing"))
    yield _table(quality.missing_patterns(answers, items), say("check.together"))
    yield _table(quality.scale_use(study, source), say("check.scales"))
    if study.sources[source].rows == "respondents":
        yield from (element("p", line) for line in _care(study, source))
    few = quality.small_groups(study, source) if study.sources[source].counts_people else None
    if few is not None and few.empty:
        yield element("p", say("check.no small groups", least=study.minimum_count))
    elif few is not None:
        yield _table(few, say("check.small groups", least=study.minimum_count))


def _care(study: ChainStudy, source: str) -> Iterator[str]:
    """How carefully people answered."""
    answers, items = study.answers(source), study.codebook.items_of_source(source)
    rows = len(answers)
    straight = int(quality.straight_lines(answers, items, study.codebook).sum())
    yield say("check.straight", part=_part(straight, rows), least=quality.LEAST_ITEMS)
    again = int(quality.repeated_rows(answers, items).sum())
    yield say("check.again", part=_part(again, rows))
    table = study.read(source)
    fast = quality.too_fast(table)
    if fast is None:
        yield say("check.no times")
    else:
        name, places = fast
        yield say("check.fast", part=_part(int(places.sum()), len(table)), column=name)


def _part(count: int, rows: int) -> str:
    share = fmt.percent(count / rows if rows else float("nan"), 1)
    return say("check.part", count=fmt.count(count), rows=counted(rows, "row"), share=share)


def _power(study: ChainStudy) -> Iterator[str]:
    """The power for the chain's first link, or why there is none."""
    try:
        yield study_power(study).words
    except WorkbenchError as error:
        yield str(error)
    yield say("check.another link", command=f"workbench power {study.name} --link FROM:TO")


def _table(frame: pd.DataFrame, caption: str) -> str:
    shares = [name for name in _SHARES if name in frame.columns]
    counts = [name for name in frame.select_dtypes("integer") if name not in shares]
    formats = dict.fromkeys(shares, _share) | dict.fromkeys(counts, fmt.count)
    formats |= {
        name: told for name, told in (("without", _without), ("scale", _span)) if name in frame
    }
    labels = {name: say(f"check.column.{name}") for name in frame.columns}
    return Table(frame, caption, formats=formats, labels=labels, missing="–").html


def _without(items: str) -> str:
    if items == "none":
        return say("list.none")
    return say("check.all") if items == "all" else items


def _span(ends: str) -> str:
    lower, upper = ends.split(" to ")
    return say("number.interval", lower=lower, upper=upper)


def _share(value: float) -> str:
    return fmt.percent(value, 1)
