"""The sections a statistician checks: what was set aside, fit, method, provenance."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from workbench import figures, interpretation
from workbench.chain import Chain, ChainStudy
from workbench.chain.hierarchical.links import LEAST_ROWS
from workbench.interpretation import numbers as fmt
from workbench.interpretation.cutoffs import LARGEST_ERROR
from workbench.interpretation.messages import say
from workbench.measurement.consistency import FEWEST
from workbench.reports import provenance as origin
from workbench.reports.disclosure import ROUNDING, minimum_rule
from workbench.reports.overall import Overall
from workbench.reports.pieces import Together
from workbench.study import Source, Study
from workbench.study.level import Level
from workbench.text import listed

ONE_MODEL = "One model estimates the links of all organisations together, small and large alike."
LEAST = (
    "Links from an organisation's own data alone are shown where their standard error is at most "
    f"{fmt.number(LARGEST_ERROR, 1)}."
)

_ESTIMATED = (
    "estimated by full-information maximum likelihood (missing answers are assumed to be missing "
    "at random), with robust standard errors and a robust test"
)
_QUESTIONS = "every question as an indicator of its construct"
_SCORES = (
    "one score for each construct (the mean of its questions), corrected for measurement error"
)
_WITHIN = (
    "All data are centred on the organisation's mean, so differences between organisations do not "
    "affect the links."
)
_OF_ORGANISATIONS = (
    f"{ONE_MODEL} Each construct has one score, the mean of its questions, and the model corrects "
    "for the score's measurement error. Each organisation has its own level of every construct, "
    "so links are estimated within organisations and differences between organisations do not "
    "affect them. The organisations' links follow a normal distribution, whose mean and standard "
    "deviation the model also estimates. An organisation's link is therefore partially pooled: "
    "the less its own data can tell, the more it is drawn towards the mean. Its interval allows "
    "for the uncertainty about how much organisations differ. Estimates assume that organisations "
    "are similar unless the data say otherwise; intervals allow for larger differences. Links are "
    "standardised by the same standard deviations (within organisations) everywhere, so they can "
    f"be compared between organisations. {LEAST} Where all data together carry less information "
    f"than {LEAST_ROWS:.0f} rows measured without error, no organisation's links are estimated."
)
_PLACES = (
    "Ranks are shown as ranges. Each organisation's index is simulated 2,000 times within its "
    "error, and the range covers 95% of its simulated ranks. The simulation, the tests against "
    "the median and the limits of the funnel plot use the t distribution of the index's own "
    "interval, so with few units a difference must be larger to be clear."
)
_OF_WAVES = (
    "A change since the previous wave compares the same units, and its error allows for this "
    "pairing. Increases and decreases are named with a false discovery rate of 5%: of all changes "
    "named, no more than one in twenty is expected to be due to chance."
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


def set_aside(table: pd.DataFrame, least: int) -> figures.Fragment:
    """Return what was set aside in the whole study before anything was computed.

    Counts below ``least``, the study's minimum, are not told, nor a sum that gives them away.
    """
    if table.empty:
        return figures.Prose("No answers were excluded.")
    told = (table["count"] >= least).all()
    counts = [fmt.count(count) if count >= least else f"under {least}" for count in table["count"]]
    return figures.Table(
        table.assign(count=counts),
        caption="Answers and rows of the whole study that were excluded before the analysis",
        columns=["reason", "source", "count", "where"],
        labels={
            "reason": "Reason",
            "source": "Source",
            "count": "How many",
            "where": "Where",
        },
        notes=[f"{fmt.count(int(table['count'].sum()))} in all."] if told else [],
    )


def _some(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more


_TOGETHER = "Measurement model and chain together"


def chain_fit(found: Overall) -> figures.Fragment:
    """Return how well the chain reproduces the data: with one score a construct, and with all
    questions, or why that could not be told."""
    if found.links.empty:
        return no_links(found)
    models = [(found.of_items, _TOGETHER)]
    if found.level == "units":
        models.insert(0, (found.of_links, "Chain with one score for each construct"))
    parts: list[figures.Fragment] = []
    for fits, what in models:
        if fits is None or fits.measures is None or fits.test is None:
            reason = "" if fits is None else fits.reason
            other = found.organisations or (len(models) > 1 and what == _TOGETHER)
            told = f"{reason} The links shown do not depend on this model." if other else reason
            parts.append(figures.Notice(told, title=f"{what}: the fit could not be computed"))
        else:
            parts.append(
                figures.Prose(
                    f"**{what}:** {interpretation.model_in_words(fits.measures, fits.test)}"
                )
            )
    fitted = max((fits.rows for fits, _ in models if fits is not None), default=0)
    rows = found.level.counted(fitted or found.rows)
    return Together([*parts, figures.Prose(" ".join([f"From {rows}.", *found.notes]))])


def no_links(found: Overall) -> figures.Notice:
    """Return why the chain has no links."""
    return figures.Notice(found.reason, title="The chain could not be estimated")


def level_in_words(study: ChainStudy, chain: Chain, level: Level) -> str:
    """Return whose links a chain's are, respondents' or units', and why."""
    sources = list(dict.fromkeys(study.codebook.source_of(c.name) for c in chain.constructs))
    weighted = _weighted(study, sources)
    if level == "respondents":
        return (
            "All questions of the chain were asked of the same people, so links are estimated "
            f"across respondents, {'with their weights and ' if weighted else ''}with standard "
            "errors that allow for people of the same unit being similar."
        )
    if len(sources) > 1:
        told = (
            f"The answers of {listed(sources)} come from different people and are "
            "matched only by unit, so links are estimated across units, with one row per unit"
        )
    else:
        told = "Links are estimated across units, with one row per unit"
    if all(study.sources[name].rows == "units" for name in sources):
        return f"{told}."
    mean = "weighted mean" if weighted else "mean"
    return (
        f"{told} and the {mean} of each question. Where a unit's mean comes from a sample of "
        "people, the model corrects for its sampling error, so that small units do not weaken the "
        "links."
    )


def averaged_in_words(study: Study, sources: Sequence[str]) -> str:
    """Return over what an index is averaged, and with which weights."""
    over: dict[str, list[str]] = {}
    for name in sources:
        over.setdefault(_averaged(study.sources[name]), []).append(name)
    if len(over) == 1:
        told = f"averaged {next(iter(over))}."
    else:
        each = [f"{how} in {listed(names)}" for how, names in over.items()]
        told = f"averaged {'; '.join(each)}."
    people = any(study.sources[name].rows == "respondents" for name in sources)
    alike = "people of the same unit being similar" if people else "how much units differ"
    return (
        f"{told} Its 95% interval allows for {alike}. An interval that would cover the whole scale "
        "is not shown."
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
    whose = "The fit of the chain is that of" if found.organisations else "The links are those of"
    if found.level == "respondents":
        return f"{within}{whose} a structural equation model with {_QUESTIONS}, {_ESTIMATED}."
    alike = ", which allow for units of the same organisation being similar" if found.within else ""
    return (
        f"{within}{whose} a structural equation model of {_SCORES}, {_ESTIMATED}{alike}. "
        "A second model estimates the measurement model and the chain together, with "
        f"{_QUESTIONS}; it needs many more units."
    )


def links_in_words(found: Overall) -> str:
    """Return which links are the headline, and how those of organisations are estimated."""
    return f"{found.basis} {_OF_ORGANISATIONS}" if found.organisations else found.basis


def method(study: ChainStudy, chain: Chain, level: Level, found: Overall) -> figures.Fragment:
    """Return how the numbers were made, in words; of what this study has, and no more.

    ``level`` says whose links those of ``chain`` are, ``found`` are those of all together.
    """
    constructs = " ".join(f"**{c.label}**: {c.meaning}." for c in chain.constructs)
    sources = list(dict.fromkeys(study.codebook.source_of(c.name) for c in chain.constructs))
    paragraphs = [
        f"The chain is the {chain.title} ({chain.citation.rstrip('.')}). {constructs}",
        "An index is the mean of a construct's questions, each rescaled to 0–100 so that high is "
        f"good, and {averaged_in_words(study, sources)}",
        f"Reliability is that of the index. It is not estimated from fewer than {FEWEST} rows, "
        "because the interval of an alpha of .70 would then run from about 0 to 1.",
        f"{level_in_words(study, chain, level)} {models_in_words(found)}",
        links_in_words(found),
    ]
    if len(study.organisations) > 1:
        paragraphs.append(_PLACES)
    if len(study.waves) > 1:
        paragraphs.append(_OF_WAVES)
    paragraphs.append(minimum_rule(study))
    if any(source.rows == "respondents" for source in study.sources.values()):
        paragraphs.append(ROUNDING)
    if found.check:
        paragraphs.append(f"Check with a second program (semopy): {found.check}")
    return figures.Prose("\n\n".join(text for text in paragraphs if text))


def provenance(study: ChainStudy, files: Mapping[str, str] | None = None) -> figures.Prose:
    """Return which data and which programs made the page.

    Of the data it tells the names of the files. A hash of a file would confirm a guess at it, so
    those that a site tells, in ``provenance.json``, need a key.

    ``files`` are the study's data files and their SHA-256, where they are at hand.
    """
    record = origin.describe(study, files=files)
    data = say("provenance.data", time=record["as_of"], files=listed(record["data"]))
    programs = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    if record["commit"]:
        made = say("provenance.programs at", programs=programs, commit=record["commit"][:12])
    else:
        made = say("provenance.programs", programs=programs)
    return figures.Prose(f"{data}\n\n{made}")
