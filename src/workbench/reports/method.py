"""The sections a statistician checks: what was set aside, fit, method, provenance."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from workbench import figures
from workbench.chain import Chain, ChainStudy
from workbench.chain.hierarchical.links import LEAST_ROWS
from workbench.chain.organisations import LARGEST_ERROR
from workbench.figures import format as fmt
from workbench.measurement.reliability import FEWEST
from workbench.reports import provenance as origin
from workbench.reports import words
from workbench.reports.disclosure import minimum_rule
from workbench.reports.overall import Overall
from workbench.reports.pieces import Together
from workbench.study import Source, Study

if TYPE_CHECKING:
    from workbench.reports.shared import Shared

ONE_MODEL = "One model estimates the links of all organisations together, small and large alike."
LEAST = (
    "An organisation's links by its own rows alone are shown where their standard error is at most "
    f"{fmt.number(LARGEST_ERROR, 1)}."
)

_ESTIMATED = (
    "estimated by maximum likelihood on all answers there are (missing ones taken as missing at "
    "random), with robust standard errors and test"
)
_QUESTIONS = "every question as an indicator of its construct"
_SCORES = "one score for each construct, the mean of its questions, whose error is known"
_WITHIN = (
    "Each row is taken as its distance from its organisation's mean, so that what sets "
    "organisations apart is no part of a link."
)
_OF_ORGANISATIONS = (
    f"{ONE_MODEL} Each construct has one score, the mean of its questions, and the model knows "
    "the score's error. Each organisation has its own level of every construct: a link is a link "
    "within organisations, and what sets organisations apart is no part of it. The links of the "
    "organisations come from one normal distribution, whose mean and standard deviation are "
    "estimated with them. So an organisation's link is partially pooled: it is drawn towards the "
    "mean, the more the less its own rows say, and its interval carries what is not known of how "
    "much organisations differ. Values take organisations to be much alike unless the rows say "
    "otherwise; intervals allow for their differing. Strength is in one unit for all "
    "organisations, the standard deviations within organisations that they have in common, so "
    "that their links can be "
    f"compared. {LEAST} Where all rows together are worth fewer than {LEAST_ROWS:.0f} measured "
    "without error, no organisation's links are estimated."
)
_PLACES = (
    "A place among the others is a range: each organisation's index is drawn anew 2,000 times "
    "within its error, and the range holds 95% of the places it takes. These draws, tests against "
    "the median of all and the funnel's limits go by the t distribution of the index's own "
    "interval: from few units a finding takes more."
)
_OF_WAVES = (
    "A change since the wave before compares the same units, with errors paired over the waves; an "
    "organisation is called up or down only as far as among all so called no more than one in "
    "twenty is expected to be chance."
)


def set_aside_table(study: ChainStudy, constructs: Sequence[str]) -> pd.DataFrame:
    """Return ``source``, ``reason``, ``count`` and ``where`` of what was set aside in a study."""
    items = [item for construct in constructs for item in study.codebook.items(construct)]
    log = study.set_aside
    every = study.codebook.frame["item"]
    log = log[log["item"].isin(items) | ~log["item"].isin(every)]
    return (
        log.groupby(["source", "reason"], sort=False)
        .agg(count=("count", "sum"), where=("item", lambda names: _some(list(names))))
        .reset_index()
    )


def set_aside(table: pd.DataFrame) -> figures.Fragment:
    """Return what was set aside in the whole study before anything was computed."""
    if table.empty:
        return figures.Prose("No answer was set aside.")
    return figures.Table(
        table,
        caption="Answers and rows set aside in the whole study, before anything was computed",
        formats={"count": fmt.count},
        columns=["reason", "source", "count", "where"],
        labels={
            "reason": "Reason",
            "source": "Source",
            "count": "How many",
            "where": "Where",
        },
        notes=[f"{fmt.count(int(table['count'].sum()))} in all."],
    )


def _some(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more


def fit_of_pooled(shared: "Shared") -> figures.Fragment:
    """Return how well the model of all organisations together reproduces the data."""
    return chain_fit(shared.pooled)


_TOGETHER = "Measurement and chain together"


def chain_fit(found: Overall) -> figures.Fragment:
    """Return how well the chain reproduces the data: with one score a construct, and with all
    questions, or why that could not be told."""
    if found.links.empty:
        return no_links(found)
    models = [(found.of_items, _TOGETHER)]
    if found.level == "units":
        models.insert(0, (found.of_links, "The chain of one score for each construct"))
    parts: list[figures.Fragment] = []
    for fits, what in models:
        if fits is None or fits.measures is None:
            reason = "" if fits is None else fits.reason
            other = found.organisations or (len(models) > 1 and what == _TOGETHER)
            told = f"{reason} The links shown do not rest on this model." if other else reason
            parts.append(figures.Notice(told, title=f"{what}: how well it fits cannot be told"))
        else:
            parts.append(figures.Prose(f"**{what}:** {words.model_in_words(fits.measures)}"))
    rows = words.counted(found.rows, found.level[:-1])
    return Together([*parts, figures.Prose(" ".join([f"From {rows}.", *found.notes]))])


def no_links(found: Overall) -> figures.Notice:
    """Return why the chain has no links."""
    return figures.Notice(found.reason, title="The chain could not be estimated")


def level_in_words(study: ChainStudy, chain: Chain, level: str) -> str:
    """Return whose links a chain's are, respondents' or units', and why."""
    sources = list(dict.fromkeys(study.codebook.source_of(c.name) for c in chain.constructs))
    weighted = _weighted(study, sources)
    if level == "respondents":
        return (
            "All questions of the chain were asked of the same people, so the links are those "
            f"between respondents, {'weighted, ' if weighted else ''}with errors that allow for "
            "people of one unit being alike."
        )
    if len(sources) > 1:
        told = f"The answers of {words.enumerate_words(sources)} meet only in units, so the"
    else:
        told = "The"
    told += " links are those between units: one row a unit"
    if all(study.sources[name].rows == "units" for name in sources):
        return f"{told}, taken as it is."
    mean = "weighted mean" if weighted else "mean"
    return (
        f"{told}, with the {mean} of each question. Where a unit's mean comes from a sample of "
        "people, its sampling error is a known part of the model, so that small units do not "
        "weaken the links."
    )


def averaged_in_words(study: Study, sources: Sequence[str]) -> str:
    """Return over what an index is averaged, and with which weights."""
    over: dict[str, list[str]] = {}
    for name in sources:
        over.setdefault(_averaged(study.sources[name]), []).append(name)
    if len(over) == 1:
        told = f"averaged {next(iter(over))}."
    else:
        each = [f"{how} in {words.enumerate_words(names)}" for how, names in over.items()]
        told = f"averaged {'; '.join(each)}."
    people = any(study.sources[name].rows == "respondents" for name in sources)
    alike = "people of one unit being alike" if people else "how far units differ"
    return (
        f"{told} Its 95% interval allows for {alike}; one that would hold the whole scale says "
        "nothing and is not shown."
    )


def _averaged(source: Source) -> str:
    rows = "respondents" if source.rows == "respondents" else "units"
    if source.weight is not None:
        return f"over {rows} with their weights"
    if source.weighted_by_people:
        return "over units, each weighted by the number of people behind it"
    return f"over {rows}, each counting the same"


def _weighted(study: ChainStudy, sources: Iterable[str]) -> bool:
    """Whether people of any of the sources count with weights."""
    return any(study.sources[name].weight is not None for name in sources)


def models_in_words(found: Overall) -> str:
    """Return which models are fitted to the rows, and which of them the links are those of."""
    within = f"{_WITHIN} " if found.within else ""
    whose = (
        "How well the chain fits is told by" if found.organisations else "The links are those of"
    )
    if found.level == "respondents":
        return f"{within}{whose} a structural equation model with {_QUESTIONS}, {_ESTIMATED}."
    alike = ", which allow for units of one organisation being alike" if found.within else ""
    return (
        f"{within}{whose} a structural equation model of {_SCORES}, {_ESTIMATED}{alike}. "
        f"{_TOGETHER} are a second model, with {_QUESTIONS}; it asks for many more units."
    )


def links_in_words(found: Overall) -> str:
    """Return which links are the headline, and how those of organisations are estimated."""
    return f"{found.basis} {_OF_ORGANISATIONS}" if found.organisations else found.basis


def method(study: ChainStudy, shared: "Shared") -> figures.Fragment:
    """Return how the numbers were made, in words; of what this study has, and no more."""
    chain = shared.chain
    constructs = " ".join(f"**{c.label}**: {c.meaning}." for c in chain.constructs)
    level = level_in_words(study, chain, shared.level)
    sources = list(dict.fromkeys(study.codebook.source_of(c.name) for c in chain.constructs))
    paragraphs = [
        f"The chain is the {chain.title} ({chain.citation.rstrip('.')}). {constructs}",
        "An index is the mean of a construct's questions, each put on 0–100 with high meaning "
        f"good, and {averaged_in_words(study, sources)}",
        "Reliability is of the questions put on 0–100, as in the index, and is not estimated from "
        f"fewer than {FEWEST} rows (a limit chosen here): the interval of an alpha of .70 would be "
        "about as wide as from 0 to 1.",
        f"{level} {models_in_words(shared.pooled)}",
        links_in_words(shared.pooled),
    ]
    if len(study.organisations) > 1:
        paragraphs.append(_PLACES)
    if len(study.waves) > 1:
        paragraphs.append(_OF_WAVES)
    paragraphs.append(minimum_rule(study))
    if shared.pooled.check:
        paragraphs.append(f"Checked by a second program (semopy): {shared.pooled.check}")
    return figures.Prose("\n\n".join(text for text in paragraphs if text))


def provenance(study: ChainStudy, files: Mapping[str, str] | None = None) -> figures.Fragment:
    """Return which data and which programs made the page.

    ``files`` are the study's data files and their SHA-256, where they are at hand.
    """
    record = origin.describe(study, files=files)
    data = pd.DataFrame(
        [(name, digest[:16]) for name, digest in record["data"].items()],
        columns=["file", "sha256"],
    )
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    commit = f" Commit {record['commit'][:12]}." if record["commit"] else ""
    return Together(
        [
            figures.Prose(f"Made {record['made']}.{commit} {versions}."),
            figures.Table(
                data,
                caption="Data files of the study",
                labels={"file": "File", "sha256": "SHA-256 (first 16 digits)"},
            ),
        ]
    )
