"""The page of ``check --html``: what was read, what is wrong, and how people answered."""

from collections.abc import Iterator

import pandas as pd

from workbench.chain import ChainStudy, study_power
from workbench.errors import WorkbenchError
from workbench.figures import CSS, Table
from workbench.figures.markup import element, together
from workbench.interpretation import numbers as fmt
from workbench.study import Problems, quality
from workbench.text import counted

_SHARES = ("share", "blank", "missing code", "not a number", "out of scale", "lowest", "highest")
_NOTE = (
    "This page counts single people and names small groups. It is for those who hold the data, and "
    "not to be published."
)


def check_page(study: ChainStudy, problems: Problems) -> str:
    """Return the page as HTML: in English, as all that ``check`` says."""
    title = f"Check of {study.title}"
    body = together(
        element("h1", title),
        element("p", _NOTE),
        element("h2", "Problems"),
        element("p", f"{problems.summary}."),
        _problems(problems),
        *_answers(study),
    )
    head = together(
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", CSS),
    )
    page = element("html", element("head", head), element("body", element("main", body)), lang="en")
    return f"<!doctype html>\n{page}\n"


def _problems(problems: Problems) -> str:
    names = ["severity", "file", "column", "cause", "advice", "rows"]
    frame = problems.frame[names].astype(str)
    return Table(frame, "What is wrong, and what to do").html if len(frame) else ""


def _answers(study: ChainStudy) -> Iterator[str]:
    """What was read and how people answered, or why that cannot be told."""
    try:
        yield element("h2", "What was read")
        yield _table(quality.read_rows(study), "Rows that were read, and those that are kept")
        for source in study.sources:
            yield from _source(study, source)
        yield element("h2", "Power of the planned chain")
        yield from (element("p", line) for line in _power(study))
    except WorkbenchError as error:
        yield element("p", str(error))


def _source(study: ChainStudy, source: str) -> Iterator[str]:
    answers, items = study.answers(source), study.codebook.items_of_source(source)
    yield element("h2", f"Answers of {source}")
    yield _table(quality.missing_by_item(study, source), "Answers, and shares without one")
    yield _table(quality.missing_patterns(answers, items), "Questions left out together")
    yield _table(quality.scale_use(study, source), "Use of the scales")
    if study.sources[source].rows == "respondents":
        yield from (element("p", line) for line in _care(study, source))
    few = quality.small_groups(study, source) if study.sources[source].counts_people else None
    if few is not None and few.empty:
        yield element("p", f"No group has fewer than {study.minimum_count} people.")
    elif few is not None:
        yield _table(few, f"Groups of fewer than {study.minimum_count} people, which pages hide")


def _care(study: ChainStudy, source: str) -> Iterator[str]:
    """How carefully people answered."""
    answers, items = study.answers(source), study.codebook.items_of_source(source)
    rows = len(answers)
    straight = int(quality.straight_lines(answers, items, study.codebook).sum())
    yield (
        f"{_part(straight, rows)} gave the same answer to all questions of a scale "
        f"({quality.LEAST_ITEMS} or more, as they were asked)."
    )
    again = int(quality.repeated_rows(answers, items).sum())
    yield f"{_part(again, rows)} have all the answers of an earlier row of their unit and wave."
    table = study.read(source)
    fast = quality.too_fast(table)
    if fast is None:
        yield "No column tells how long people took."
    else:
        name, places = fast
        yield (
            f"{_part(int(places.sum()), len(table))} took less than half of the median time "
            f"(column {name!r})."
        )


def _part(count: int, rows: int) -> str:
    share = fmt.percent(count / rows, 1) if rows else "none"
    return f"{count:,} of {counted(rows, 'row')} ({share})"


def _power(study: ChainStudy) -> Iterator[str]:
    """The power for the chain's first link, or why there is none."""
    try:
        yield study_power(study).words
    except WorkbenchError as error:
        yield str(error)
    yield f"For another link or strength run workbench power {study.name} --link FROM:TO."


def _table(frame: pd.DataFrame, caption: str) -> str:
    shares = [name for name in _SHARES if name in frame.columns]
    counts = [name for name in frame.select_dtypes("integer") if name not in shares]
    formats = dict.fromkeys(shares, _share) | dict.fromkeys(counts, fmt.count)
    return Table(frame, caption, formats=formats, missing="–").html


def _share(value: float) -> str:
    return fmt.percent(value, 1)
