"""Links by type of organisation, channel and kind of people, as a report shows them."""

import pandas as pd

from workbench import figures
from workbench.chain import Chain, ChainData, ChainStudy, Moderation
from workbench.chain.moderation import BY, moderation_of
from workbench.drivers import amounts_of
from workbench.errors import ChainError, ModelError
from workbench.interpretation import by_in_words
from workbench.interpretation import numbers as fmt
from workbench.interpretation.amounts import Amounts
from workbench.interpretation.messages import say
from workbench.reports.passing import note_on_amounts, passes
from workbench.study.level import Level


def groupings(study: ChainStudy, level: Level, chain: Chain) -> list[str]:
    """Return what a chain's links can be compared by: "type", "channel" and covariates."""
    found = []
    types = study.organisations["type"].replace("", None)
    if types.nunique() > 1:
        found.append("type")
    source = study.codebook.source_of(chain.constructs[0].name)
    if level == "respondents" and "channel" in study.answers(source):
        found.append("channel")
    if level == "respondents":
        found += study.sources[source].covariates
    return found


def heading(by: str) -> str:
    """Return what the section of a comparison is called."""
    if by in BY:
        return say(f"chain.links by {by}")
    return say("moderation.links by", covariate=by_in_words(by))


def by_group(study: ChainStudy, by: str, data: ChainData, wave: str) -> list[figures.Fragment]:
    """Return the links in every group with the tests, or the reason why there are none.

    ``data`` are the chain's rows of the study and wave.
    """
    try:
        found = moderation_of(study, data, by, wave)
    except (ChainError, ModelError) as error:
        return [figures.Notice(str(error), title=say("moderation.failed", by=by_in_words(by)))]
    names = [construct.name for construct in data.chain.constructs]
    return [
        figures.Prose(" ".join(found.words)),
        links_table(found, data.chain, data.level, amounts_of(study, names)),
    ]


def links_table(found: Moderation, chain: Chain, level: Level, amounts: Amounts) -> figures.Table:
    """Pass-through of every link in every group, and the test that it is equal in all."""
    tests = found.tests.set_index(["from", "to"])["pvalue"]
    rows, labels = [], {"link": say("column.link")}
    links = found.links.assign(told=passes(found.links, amounts))
    for ends, own in links.groupby(["from", "to"], sort=False):
        row = {"link": f"{chain.label(ends[0])} → {chain.label(ends[1])}"}
        for one in own.to_dict("records"):
            counted = fmt.people if level == "respondents" else fmt.count
            labels[one["group"]] = say(
                "moderation.group", group=one["group"], rows=counted(one["n"])
            )
            row[one["group"]] = one["told"]
        rows.append(row | {"p": fmt.p_value(tests[ends], missing=say("test.none"))})
    labels["p"] = say("moderation.test")
    return figures.Table(
        pd.DataFrame(rows)[list(labels)],
        caption=say("moderation.caption", by=by_in_words(found.by)),
        labels=labels,
        notes=[say("moderation.note", rows=level.many), *note_on_amounts(found.links, amounts)],
    )
