"""The sections a statistician checks: what was set aside, fit, method, provenance."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd

from workbench import figures, interpretation
from workbench.chain import Chain, ChainStudy, Rivals
from workbench.chain.hierarchical.links import LEAST_ROWS
from workbench.interpretation import NotEstimated
from workbench.interpretation import numbers as fmt
from workbench.interpretation.cutoffs import LARGEST_ERROR
from workbench.interpretation.messages import MESSAGES, say
from workbench.interpretation.words import capitalised, listed
from workbench.measurement.consistency import FEWEST
from workbench.reports import provenance as origin
from workbench.reports.disclosure import minimum_rule, rounding
from workbench.reports.overall import Overall
from workbench.reports.pieces import Together
from workbench.study import Source, Study
from workbench.study.answers import MISSING_CODE, NO_NUMBER, OUTSIDE
from workbench.study.level import Level


def one_model() -> str:
    """Return that one model estimates all links."""
    return say("method.one model")


def least() -> str:
    """Return where an organisation's own links are shown."""
    return say("method.least", error=fmt.number(LARGEST_ERROR, 1))


def set_aside_table(
    study: ChainStudy, constructs: Sequence[str], cover: pd.DataFrame
) -> pd.DataFrame:
    """Return ``source``, ``reason``, ``count`` and ``where`` of what was set aside in a study.

    Of answers, those of the groups alone that are shown; ``cover`` is the study's coverage. Rows
    that were set aside as a whole, and questions that are not in the file, are of no group.
    """
    items = [item for construct in constructs for item in study.codebook.items(construct)]
    every = study.codebook.frame["item"]
    log = study.set_aside
    log = log[log["item"].isin(items) | ~log["item"].isin(every)]
    of_answers = log["reason"].isin([MISSING_CODE, NO_NUMBER, OUTSIDE])
    log = log[~(of_answers & log["item"].isin(every))]
    keys = ["organisation", "wave"]
    tables = [log]
    for source, own in cover[cover["shown"]].groupby("source", sort=False):
        lost = study.set_aside_by_group(str(source)).astype(dict.fromkeys(keys, "str"))
        shown = own[keys].astype("str")
        tables.append(lost[lost["item"].isin(items)].merge(shown, on=keys).assign(source=source))
    return (
        pd.concat(tables, ignore_index=True)
        .groupby(["source", "reason"], sort=False)
        .agg(count=("count", "sum"), where=("item", lambda names: _some(list(names))))
        .reset_index()
    )


def set_aside(table: pd.DataFrame, least: int) -> figures.Fragment:
    """Return what was set aside in the study before anything was computed.

    Counts below ``least``, the study's minimum, are not told, nor a sum that gives them away.
    """
    if table.empty:
        return figures.Prose(say("set aside.none"))
    told, total = (table["count"] >= least).all(), int(table["count"].sum())
    counts = [
        fmt.count(count) if count >= least else say("set aside.under", least=least)
        for count in table["count"]
    ]
    return figures.Table(
        table.assign(count=counts, reason=[_reason(one) for one in table["reason"]]),
        caption=say("set aside.caption"),
        columns=["reason", "source", "count", "where"],
        labels={
            "reason": say("column.reason"),
            "source": say("column.source"),
            "count": say("column.how many"),
            "where": say("column.where"),
        },
        notes=[say("set aside.in all", number=fmt.count(total))] if told else [],
    )


def _reason(excluded: str) -> str:
    """Why something was set aside, as the log of a study has it, in words for readers."""
    return say(f"excluded.{excluded}") if f"excluded.{excluded}" in MESSAGES else excluded


def _some(names: list[str]) -> str:
    names = list(dict.fromkeys(names))
    return listed(names, most=6) if len(names) > 6 else say("list.comma").join(names)


def chain_fit(found: Overall) -> figures.Fragment:
    """Return how well the chain reproduces the data: with one score a construct, and with all
    questions, or why that could not be told."""
    if found.links.empty:
        return no_links(found)
    together = say(f"chain fit.of {'ordered' if found.ordered else 'items'}")
    models = [(found.of_items, together)]
    if found.level == "units":
        models.insert(0, (found.of_links, say("chain fit.of links")))
    parts: list[figures.Fragment] = []
    for fits, what in models:
        if fits is None or fits.measures is None or fits.test is None:
            reason = "" if fits is None else fits.reason
            other = found.organisations or (len(models) > 1 and what == together)
            told = say("chain fit.links stand", reason=reason) if other else reason
            parts.append(figures.Notice(told, title=say("chain fit.missing", model=what)))
        else:
            fit = interpretation.model_in_words(fits.measures, fits.test)
            parts.append(figures.Prose(say("chain fit.told", model=what, fit=fit)))
    fitted = max((fits.rows for fits, _ in models if fits is not None), default=0)
    rows = found.level.counted(fitted or found.rows)
    return Together(
        [*parts, figures.Prose(" ".join([say("chain fit.rows", rows=rows), *found.notes]))]
    )


def rivals(found: Rivals, *, folded: bool = False) -> figures.Fragment:
    """Return a chain beside its rivals on the same data: what they say, and how each fits."""
    shown = found.table.assign(
        model=[capitalised(name) for name in found.table["model"]],
        difference=[
            fmt.p_value(value, missing=say("chain.not nested"))
            for value in found.table["pvalue_diff"]
        ],
    )
    columns = ["model", "chisq", "df", "cfi", "rmsea", "srmr", "aic", "bic", "difference"]
    for name, decimals in (("chisq", 1), ("cfi", 3), ("rmsea", 3), ("srmr", 3)):
        told = [fmt.number(value, decimals) for value in shown[name]]
        shown[name] = np.where(shown["df"] == 0, say("chain.nothing to test"), told)
    table = figures.Table(
        shown[columns],
        caption=say("chain.rivals"),
        formats={"df": fmt.count} | dict.fromkeys(("aic", "bic"), partial(fmt.number, decimals=0)),
        labels={
            "model": say("column.model"),
            "chisq": say("column.chi-square"),
            "df": say("column.df"),
            "cfi": "CFI",
            "rmsea": "RMSEA",
            "srmr": "SRMR",
            "aic": "AIC",
            "bic": "BIC",
            "difference": say("column.larger model"),
        },
    )
    words = figures.Prose(" ".join(found.words))
    return Together([words, figures.Folded(table)] if folded else [table, words])


def no_rivals(found: NotEstimated) -> figures.Notice:
    """Return why a chain could not be compared with its rivals."""
    return figures.Notice(found.reason, title=say("chain.rivals failed"))


def no_links(found: Overall) -> figures.Notice:
    """Return why the chain has no links."""
    return figures.Notice(found.reason, title=say("chain fit.no links"))


def level_in_words(study: ChainStudy, chain: Chain, level: Level) -> str:
    """Return whose links a chain's are, respondents' or units', and why."""
    sources = list(dict.fromkeys(study.codebook.source_of(c.name) for c in chain.constructs))
    weighted = _weighted(study, sources)
    if level == "respondents":
        alone = study.columns.rows_apart
        return say(
            f"method.respondents{' alone' if alone else ''}.{'weighted' if weighted else 'plain'}"
        )
    means = "weighted" if weighted else "plain"
    if all(study.sources[name].rows == "units" for name in sources):
        means = "none"
    return say(
        f"method.matched.{'several' if len(sources) > 1 else 'one'}",
        sources=listed(sources),
        means=say(f"method.means.{means}"),
    )


def index_in_words(study: Study, sources: Sequence[str]) -> str:
    """Return what an index is, over what it is averaged, and with which weights."""
    over: dict[str, list[str]] = {}
    for name in sources:
        over.setdefault(_averaged(study.sources[name]), []).append(name)
    each = [
        how if len(over) == 1 else say("averaged.in", how=how, sources=listed(names))
        for how, names in over.items()
    ]
    people = any(study.sources[name].rows == "respondents" for name in sources)
    alike = "people" if people else "units"
    if study.columns.rows_apart:
        alike = "alone"
    told = say("method.index", how="; ".join(each), alike=say(f"method.alike.{alike}"))
    least = study.definition.minimum_answers
    return told if least == 1 else f"{told} {say('method.minimum answers', least=least)}"


def _averaged(source: Source) -> str:
    rows = "respondents" if source.rows == "respondents" else "units"
    if source.weight is not None:
        return say(f"averaged.{rows}.weighted")
    if source.weighted_by_people:
        return say("averaged.units.by people")
    return say(f"averaged.{rows}.same")


def _weighted(study: ChainStudy, sources: Iterable[str]) -> bool:
    """Whether people of any of the sources count with weights."""
    return any(study.sources[name].weight is not None for name in sources)


def models_in_words(found: Overall) -> str:
    """Return which models are fitted to the rows, and which of them the links are those of."""
    if found.ordered:
        key = "fit" if found.organisations else "links"
        return say(f"models.{key}.respondents", estimated=say("models.estimated.ordered"))
    told = say(
        f"models.{'fit' if found.organisations else 'links'}.{found.level}",
        estimated=say("models.estimated"),
        alike=say("models.alike") if found.within else "",
        second=say("models.second"),
    )
    return f"{say('method.within')} {told}" if found.within else told


def links_in_words(found: Overall) -> str:
    """Return which links are the headline, and how those of organisations are estimated."""
    if not found.organisations:
        return found.basis
    rows = fmt.number(LEAST_ROWS, 0)
    told = say("method.of organisations", one_model=one_model(), least=least(), rows=rows)
    return f"{found.basis} {told}"


def answers_in_words(found: Overall, omegas: Mapping[str, tuple[float, float]]) -> str:
    """Return what answers count as, and what the other estimator would change.

    ``omegas``: of a chain of units, the reliabilities of its constructs with answers as ordered
    categories, and as numbers.
    """
    if found.level == "respondents":
        return found.answers
    return f"{say('answers.units')} {interpretation.other_omegas_in_words(omegas)}"


def method(
    study: ChainStudy, chain: Chain, level: Level, found: Overall, answers: str
) -> figures.Fragment:
    """Return how the numbers were made, in words; of what this study has, and no more.

    ``level`` says whose links those of ``chain`` are, ``found`` are those of all together, and
    ``answers`` what answers count as.
    """
    constructs = " ".join(
        say("method.construct", label=c.label, meaning=c.meaning) for c in chain.constructs
    )
    sources = list(dict.fromkeys(study.codebook.source_of(c.name) for c in chain.constructs))
    citation = chain.citation.rstrip(".")
    paragraphs = [
        say("method.chain", title=chain.title, citation=citation, constructs=constructs),
        index_in_words(study, sources),
        say("method.reliability", least=FEWEST),
        f"{level_in_words(study, chain, level)} {models_in_words(found)}",
        links_in_words(found),
        answers,
    ]
    alone = study.columns.rows_apart
    if len(study.organisations) > 1:
        paragraphs.append(say(f"method.places{' alone' if alone else ''}"))
    if len(study.waves) > 1:
        paragraphs.append(say(f"method.of waves{' alone' if alone else ''}"))
    paragraphs.append(minimum_rule(study))
    if any(source.rows == "respondents" for source in study.sources.values()):
        paragraphs.append(rounding())
    if found.check:
        paragraphs.append(say("method.second program", check=found.check))
    return figures.Prose("\n\n".join(text for text in paragraphs if text))


def provenance(study: ChainStudy, files: Mapping[str, str] | None = None) -> figures.Prose:
    """Return which data and which programs made the page.

    Of the data it tells the names of the files. A hash of a file would confirm a guess at it, so
    those that a site tells, in ``provenance.json``, need a key.

    ``files`` are the study's data files and their SHA-256, where they are at hand.
    """
    record = origin.describe(study, files=files)
    data = say("provenance.data", date=fmt.day(record["as_of"]), files=listed(record["data"]))
    programs = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    if record["commit"]:
        made = say("provenance.programs at", programs=programs, commit=record["commit"][:12])
    else:
        made = say("provenance.programs", programs=programs)
    return figures.Prose(f"{data}\n\n{made}")
