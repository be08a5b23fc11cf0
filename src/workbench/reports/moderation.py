"""Links by type of organisation and by channel, as a report shows them."""

import pandas as pd

from workbench import figures
from workbench.chain import Chain, ChainStudy, Moderation, moderation
from workbench.errors import ChainError, ModelError
from workbench.interpretation import numbers as fmt
from workbench.study.level import Level

METHOD = (
    "Links are compared between types of organisation, and between channels where respondents were "
    "asked everything. They are links within organisations: all data are centred on the "
    "organisation's mean (of its channel, where channels are compared), so differences between "
    "organisations do not affect them. All groups are fitted together: units by one score for "
    "each construct, corrected for measurement error, and respondents by their answers with equal "
    "loadings. One model has separate links in each group and one has equal links; variances "
    "cannot become negative. The scaled difference of the two (Satorra 2000) tests whether any "
    "link "
    "differs, a Wald test each link by itself, both by F with the degrees of freedom that clusters "
    "leave (organisations where rows are units, units where they are people). Whether questions "
    "work in the same way is tested on respondents' answers: CFI may fall by no more than .010 "
    "with equal "
    "loadings (Cheung & Rensvold 2002)."
)


def groupings(study: ChainStudy, level: Level, chain: Chain) -> list[str]:
    """Return what a chain's links can be compared by: "type", "channel", both or neither."""
    found = []
    types = study.organisations["type"].replace("", None)
    if types.nunique() > 1:
        found.append("type")
    source = study.codebook.source_of(chain.constructs[0].name)
    if level == "respondents" and "channel" in study.answers(source):
        found.append("channel")
    return found


def by_group(
    study: ChainStudy, by: str, chain: Chain, level: Level, wave: str
) -> list[figures.Fragment]:
    """Return the links in every group with the tests, or the reason why there are none."""
    try:
        found = moderation(study, by, chain, wave)
    except (ChainError, ModelError) as error:
        return [figures.Notice(str(error), title=f"Links by {by} could not be compared")]
    return [figures.Prose(" ".join(found.words)), links_table(found, chain, level)]


def links_table(found: Moderation, chain: Chain, level: Level) -> figures.Table:
    """Pass-through of every link in every group, and the test that it is equal in all."""
    tests = found.tests.set_index(["from", "to"])["pvalue"]
    rows, labels = [], {"link": "Link"}
    for ends, own in found.links.groupby(["from", "to"], sort=False):
        row = {"link": f"{chain.label(ends[0])} → {chain.label(ends[1])}"}
        for one in own.to_dict("records"):
            counted = fmt.people if level == "respondents" else fmt.count
            labels[one["group"]] = f"{one['group']} ({counted(one['n'])})"
            row[one["group"]] = fmt.estimate(
                one["pass_through"], one["pass_through_lower"], one["pass_through_upper"]
            )
        rows.append(row | {"p": fmt.p_value(tests[ends], missing="no test")})
    labels["p"] = "Test of equal links"
    return figures.Table(
        pd.DataFrame(rows)[list(labels)],
        caption=f"Links by {found.by}: points of the second construct for one point of the first",
        labels=labels,
        notes=[
            f"Pass-through with 95% interval; the headings give the number of {level}. One test in "
            "twenty falls below .05 by chance."
        ],
    )
