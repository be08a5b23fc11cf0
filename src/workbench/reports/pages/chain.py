"""The chain report: one chain of the catalogue over all organisations, in its own vocabulary."""

from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from workbench import figures, interpretation
from workbench.chain import (
    ChainStudy,
    OrganisationLinks,
    excluded,
    pass_through,
)
from workbench.interpretation import LinkEstimate, NotEstimated, sign_of
from workbench.interpretation import numbers as fmt
from workbench.measurement import indices
from workbench.reports import method, moderation, satisfaction
from workbench.reports.chain_findings import ChainFindings, chain_findings
from workbench.reports.disclosure import minimum_rule
from workbench.reports.keynumbers import KeyNumbers, interval, no_number
from workbench.reports.overall import Overall
from workbench.reports.page import ChainPage
from workbench.reports.pieces import (
    ASSOCIATION,
    Heading,
    Section,
    Together,
    alpha_of,
    draw_chain,
    effects_table,
    no_organisation_links,
    pooled_effect,
)
from workbench.reports.satisfaction import SatisfactionFindings, satisfaction_findings
from workbench.reports.shared import Shared, at_hand
from workbench.text import counted, listed

_INTERVAL = ("strength", "lower", "upper")
_GROUPINGS = {"type": "type of organisation", "channel": "channel"}


def chain_report(
    study: str | Path | ChainStudy,
    chain: str | None = None,
    wave: str | int | None = None,
    shared: str | Path | Shared | None = None,
) -> "ChainReport":
    """Open the report on one chain of the catalogue, fitted to all organisations together.

    Parameters
    ----------
    study
        A study, or its folder.
    chain
        A chain of the catalogue or of the study's own; by default the study's.
    wave
        The latest by default.
    shared
        What the reports of a batch share, or the file that holds it; without it what this report
        needs is computed.

    Raises
    ------
    StudyError, ChainError, UnknownNameError
        If the study, the chain or the wave is not right.

    Examples
    --------
    >>> import workbench as wb
    >>> page = wb.reports.chain_report(wb.open_study("data/demo"))
    >>> numbers = page.key_numbers().numbers
    >>> numbers["Strongest link"], numbers["Links clearly different from 0"]
    ('Service → Trust', '2 of 3')
    """
    study, wave, given = at_hand(study, wave, shared)
    return ChainReport(study, wave, study.runnable_chain(chain or None), given)


class ChainReport(ChainPage):
    """Findings on one chain, section by section, from groups that may be shown."""

    @cached_property
    def _found(self) -> ChainFindings:
        known = {} if self._shared is None else self._shared.chains
        if self.chain.name in known:
            return known[self.chain.name]
        return chain_findings(self.study, self._coverage, self.chain, self.wave)

    @property
    def _overall(self) -> Overall:
        return self._found.overall

    @property
    def _links(self) -> pd.DataFrame:
        return self._overall.links

    @property
    def _of_organisations(self) -> OrganisationLinks:
        return self._found.links

    @property
    def _direct(self) -> pd.DataFrame:
        links = self._links
        return links if links.empty else links[links["effect"] == "direct"]

    @cached_property
    def _indices(self) -> pd.DataFrame:
        found = indices(self._shown, [c.name for c in self.chain.constructs], by=("wave",))
        return found[found["wave"] == self.wave].set_index("construct")

    def _not_estimated(self) -> figures.Fragment:
        return method.no_links(self._overall)

    def title(self) -> Heading:
        """The chain, and the wave where the study has waves."""
        return self._titled(self.chain.title)

    def headline(self) -> figures.Prose:
        """What the chain says, and what the data say of it."""
        label = self.chain.label
        found = interpretation.links_in_words(
            [
                (label(row["from"]), label(row["to"]), LinkEstimate.of(row))
                for _, row in self._direct.iterrows()
            ]
        )
        optional = [c for c in self.study.chains()[self.chain.name].constructs if c.optional]
        here = {c.name for c in self.chain.constructs}
        absent = [c.label for c in optional if c.name not in here]
        without = f"This study did not ask about {listed(absent)}." if absent else ""
        rows = self._found.level.counted(self._overall.rows)
        basis = self._overall.basis
        between = f"**Across {rows} of all organisations:** {found} {basis}" if found else ""
        claim = f"**The claim:** {self.chain.summary}" if self.chain.summary else ""
        if not found:
            between = f"**The data cannot test this claim:** {self._overall.reason}"
        parts = [claim, self._index_in_words(), between, without, ASSOCIATION]
        return figures.Prose("\n\n".join(part for part in parts if part))

    def _index_in_words(self) -> str:
        found = self._satisfaction
        return satisfaction.in_brief(found) if isinstance(found, SatisfactionFindings) else ""

    def constructs(self) -> figures.Fragment:
        """The chain's words, what they mean, how they are asked and where they stand."""
        rows = []
        for construct in self.chain.constructs:
            index = self._indices.reindex([construct.name]).iloc[0]
            items = self.study.codebook.items(construct.name)
            source = self.study.codebook.source_of(construct.name)
            people = self.study.sources[source].rows == "respondents"
            asked = counted(len(items), "question" if people else "measure")
            rows.append(
                (
                    construct.label,
                    construct.meaning,
                    f"{asked} {'to' if people else 'from'} {source}",
                    interpretation.index_in_words(index, 0),
                )
            )
        return figures.Table(
            pd.DataFrame(rows, columns=["construct", "meaning", "asked", "index"]),
            caption="The constructs of the chain and their indices over all organisations",
            labels={
                "construct": "Construct",
                "meaning": "What it is",
                "asked": "Asked",
                "index": "Index, 0–100 (95% interval)",
            },
        )

    def chain_diagram(self) -> figures.Fragment:
        """The chain with its indices and links."""
        return draw_chain(self.chain, self._indices["index"].to_dict(), self._links)

    def links_table(self) -> figures.Fragment:
        """Direct, indirect and total effects."""
        if self._links.empty:
            return self._not_estimated()
        return effects_table(self._links, self.chain, "Effects along the chain")

    def pass_through(self) -> figures.Fragment:
        """Two points of people, beside the published two to one; nothing for other chains."""
        direct = self._direct
        if direct.empty or ("people", "service") not in zip(
            direct["from"], direct["to"], strict=True
        ):
            return figures.Prose("")
        found = pass_through(self._links, "people", "service").words(
            self.chain.label("people"), self.chain.label("service")
        )
        return figures.Prose(
            f"{found} (Two points of employee engagement for one percent of client satisfaction is "
            "what the SQM call-centre benchmark reports.)"
        )

    def exclusion(self) -> figures.Fragment:
        """How far the indirect link at the chain's end rests on no common cause beside it.

        Nothing for chains without such a link.
        """
        ends, found = excluded(self.chain), self._found.exclusion
        if ends is None or found is None:
            return figures.Prose("")
        source, mediator, target = map(self.chain.label, ends)
        heading = Section(f"If something else affects both {mediator} and {target}")
        if isinstance(found, NotEstimated):
            return Together(
                [heading, figures.Notice(found.reason, title="This analysis was not possible")]
            )
        said = found.words(self.chain.label)
        lead = (
            f"The chain assumes that nothing outside it affects both {mediator} and {target}. If "
            "this is wrong, the link between them is biased. The figure shows what the indirect "
            f"link from {source} to {target} would be if the unexplained parts of {mediator} and "
            f"{target} were correlated."
        )
        if self._overall.organisations:
            lead += (
                f" The figure is based on one model of all {self._found.level}, so even at a "
                "correlation of 0 it may differ a little from the table above, which is a mean "
                "over organisations."
            )
        drawn = figures.band(
            *(found.table[name].to_list() for name in ("correlation", *_INTERVAL)),
            x_label="Correlation of the unexplained parts",
            y_label="Strength of the indirect link",
            alt=said,
            caption=f"{source} → {mediator} → {target}: indirect link with 95% interval",
            marked=0.0,
            marked_label="no correlation",
        )
        return Together([heading, figures.Prose(f"{lead}\n\n**{said}**"), drawn])

    def expected_signs(self) -> figures.Prose:
        """Which links have the sign their authors expect."""
        if self._direct.empty:
            return figures.Prose("")
        expected = {(k.source, k.target): k.expected for k in self.chain.links}
        label = self.chain.label
        found = [
            (label(one), label(other), sign_of(LinkEstimate.of(row), expected[one, other]))
            for _, row in self._direct.iterrows()
            for one, other in [(row["from"], row["to"])]
        ]
        return figures.Prose(interpretation.signs_in_words(found))

    def by_organisation(self) -> figures.Fragment:
        """Every organisation's links, and the effects from end to end, partially pooled."""
        found = self._of_organisations
        if found.reason:
            return no_organisation_links(found)
        names = self.study.organisations.set_index("organisation")["name"]
        parts: list[figures.Fragment] = []
        for _, effect in found.between.iterrows():
            if effect["effect"] == "direct" or self._spans(effect):
                parts += pooled_effect(found, effect, names, self.chain.label)
        return Together(parts)

    def between_organisations(self) -> figures.Fragment:
        """How organisations' levels go together; nothing where there is one organisation."""
        found = self._found.between
        if found is None:
            return figures.Prose("")
        heading = Section("Between organisations")
        if found.reason:
            return Together([heading, figures.Prose(found.reason)])
        label = self.chain.label
        table = pd.DataFrame(
            {
                "pair": [
                    f"{label(a)} and {label(b)}"
                    for a, b in zip(found.table["from"], found.table["to"], strict=True)
                ],
                "correlation": [
                    fmt.estimate(*row, missing="not estimated")
                    for row in found.table[["correlation", "lower", "upper"]].to_numpy(float)
                ],
                "organisations": found.table["organisations"],
            }
        )
        reasons = [
            f"{pair}: {reason}"
            for pair, reason in zip(table["pair"], found.table["reason"], strict=True)
            if reason
        ]
        return Together(
            [
                heading,
                figures.Prose(
                    "The links above are within organisations. This table shows whether "
                    "organisations with a higher level of one construct also have a higher level "
                    "of another; the answer may differ."
                ),
                figures.Table(
                    table,
                    caption="Correlations between organisations' levels",
                    formats={"organisations": fmt.count},
                    labels={
                        "pair": "Levels of",
                        "correlation": "Correlation (95% interval)",
                        "organisations": "Organisations",
                    },
                    notes=[
                        "Corrected for the error of each organisation's mean.",
                        *reasons,
                    ],
                ),
            ]
        )

    def _spans(self, effect: pd.Series) -> bool:
        """Whether an indirect effect runs from a beginning of the chain to an end of it."""
        starts = {link.source for link in self.chain.links}
        ends = {link.target for link in self.chain.links}
        return (
            effect["effect"] == "indirect"
            and effect["from"] in starts - ends
            and effect["to"] in ends - starts
        )

    @cached_property
    def _satisfaction(self) -> SatisfactionFindings | NotEstimated | None:
        """The satisfaction index, or why there is none; None of a chain that asks for none."""
        weights = self._found.index_weights
        if not isinstance(weights, pd.Series):
            return weights
        return satisfaction_findings(self._shown, self.chain, weights, self.wave)

    def satisfaction_index(self) -> figures.Fragment:
        """The satisfaction index of all and of each; nothing for chains without one."""
        found = self._satisfaction
        if found is None:
            return figures.Prose("")
        heading = Section("The satisfaction index")
        if isinstance(found, NotEstimated):
            title = "The satisfaction index could not be computed"
            return Together([heading, figures.Notice(found.reason, title=title)])
        names = self.study.organisations.set_index("organisation")["name"]
        plain = float(self._indices.loc[self.chain.satisfaction_index, "index"])
        return Together(
            [
                heading,
                satisfaction.in_words(found, plain),
                satisfaction.drawn(found, names),
                satisfaction.organisations_table(found, self.study, self._coverage),
                satisfaction.weights_table(found, self.study),
            ]
        )

    def moderation(self) -> figures.Fragment:
        """Links by type of organisation and by channel; nothing where the study names neither."""
        if self._links.empty:
            return figures.Prose("")
        groupings = moderation.groupings(self._shown, self._found.level, self.chain)
        parts: list[figures.Fragment] = []
        for by in groupings:
            parts.append(Section(f"Links by {_GROUPINGS[by]}"))
            parts += moderation.by_group(self._shown, by, self.chain, self._found.level, self.wave)
        return Together(parts)

    def circle(self) -> figures.Fragment:
        """What identifies a reciprocal chain; nothing for others."""
        if not self.chain.circle:
            return figures.Prose("")
        heading = Section("Links in both directions")
        told = self._found.loop
        if isinstance(told, NotEstimated):
            return Together([heading, self._not_estimated()])
        return Together([heading, figures.Prose("\n\n".join(told))])

    def rivals(self) -> figures.Fragment:
        """The chain beside its rivals on the same data."""
        found = self._found.rivals
        if isinstance(found, NotEstimated):
            title = "The alternative models could not be compared"
            return figures.Notice(found.reason, title=title)
        shown = found.table.assign(
            model=[f"{name[:1].upper()}{name[1:]}" for name in found.table["model"]],
            difference=[
                fmt.p_value(value, missing="not nested") for value in found.table["pvalue_diff"]
            ],
        )
        columns = ["model", "chisq", "df", "cfi", "rmsea", "srmr", "aic", "bic", "difference"]
        for name, decimals in (("chisq", 1), ("cfi", 3), ("rmsea", 3), ("srmr", 3)):
            told = [fmt.number(value, decimals) for value in shown[name]]
            shown[name] = np.where(shown["df"] == 0, "nothing to test", told)
        return Together(
            [
                figures.Table(
                    shown[columns],
                    caption="The chain and alternative models, fitted to the same data",
                    formats={
                        "df": fmt.count,
                        **{name: (lambda value: fmt.number(value, 0)) for name in ("aic", "bic")},
                    },
                    labels={
                        "model": "Model",
                        "chisq": "Chi-square",
                        "df": "Degrees of freedom",
                        "cfi": "CFI",
                        "rmsea": "RMSEA",
                        "srmr": "SRMR",
                        "aic": "AIC",
                        "bic": "BIC",
                        "difference": "Test against the larger model",
                    },
                ),
                figures.Prose(" ".join(found.words)),
            ]
        )

    def fit(self) -> figures.Fragment:
        """How well the chain reproduces the data, in words."""
        return method.chain_fit(self._overall)

    def measurement(self) -> figures.Fragment:
        """How reliably each construct is measured."""
        rows = []
        for construct in self.chain.constructs:
            found = self._reliability(construct.name)
            rows.append(
                (
                    construct.label,
                    len(self.study.codebook.items(construct.name)),
                    alpha_of(found),
                    fmt.number(found.omega, missing="no estimate"),
                    interpretation.reliability_in_words(found.alpha),
                )
            )
        return figures.Table(
            pd.DataFrame(rows, columns=["construct", "items", "alpha", "omega", "words"]),
            caption="Reliability of the scores over all organisations",
            formats={"items": fmt.count},
            labels={
                "construct": "Construct",
                "items": "Questions",
                "alpha": "Cronbach's alpha (95% interval)",
                "omega": "Omega",
                "words": "Assessment",
            },
        )

    def method(self) -> figures.Prose:
        """How the numbers were made."""
        level = method.level_in_words(self.study, self.chain, self._found.level)
        further = "".join(
            f"\n\n{text}"
            for text, told in (
                (satisfaction.FORMULA, self.chain.satisfaction_index),
                (
                    moderation.METHOD,
                    moderation.groupings(self._shown, self._found.level, self.chain),
                ),
            )
            if told
        )
        return figures.Prose(
            f"The chain is the {self.chain.title} ({self.chain.citation.rstrip('.')}). {level} "
            f"{method.models_in_words(self._overall)}\n\n{method.links_in_words(self._overall)}\n\n"
            f"{minimum_rule(self.study)} The alternatives are the chain without its shortcuts "
            "(direct links beside a longer path) and the chain with its direction reversed. Where "
            "two models fit any data equally well, the page says so."
            f"{further}"
        )

    def key_numbers(self) -> KeyNumbers:
        """The numbers the list of reports shows, the same for every chain."""
        fits = self._overall.of_items
        if self._direct.empty:
            return KeyNumbers({"Strongest link": no_number("could not be estimated")})
        direct = self._direct
        strongest = direct.loc[direct["strength"].abs().idxmax()]
        label = self.chain.label
        clear = (direct["lower"] > 0) | (direct["upper"] < 0)
        numbers: dict[str, object] = {
            "Strongest link": f"{label(strongest['from'])} → {label(strongest['to'])}",
            "Its strength": interval(strongest, "strength", 2),
            "Links clearly different from 0": f"{clear.sum()} of {len(direct)}",
            "Based on": self._found.level.counted(self._overall.rows),
            "Fit": no_number("could not be estimated")
            if fits is None or fits.measures is None
            else str(interpretation.model_fit(fits.measures)),
        }
        index = self._satisfaction
        if isinstance(index, SatisfactionFindings):
            numbers["Satisfaction index"] = interval(index.together, "index", 1)
        return KeyNumbers(numbers)
