"""What the units can carry: one row per construct, and sentences for a reader.

ICC(2) needed for a usable unit mean is .70; with ICC(1) = ρ the Spearman–Brown formula gives the
respondents per unit that reach it [1]_:

    n = .70 (1 - ρ) / (.30 ρ)

References
----------
.. [1] Bliese, P. D. (2000). Within-group agreement, non-independence, and reliability. In Klein &
   Kozlowski (Eds.), Multilevel theory, research, and methods in organizations (pp. 349-381).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.figures.display import results_table
from workbench.figures.markup import element, together
from workbench.interpretation import Needed, respondents_needed_in_words
from workbench.interpretation.cutoffs import FEWEST_UNITS, LITTLE_ICC, RELIABLE_FOR_GROUPS
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted, listed
from workbench.linkage.icc import Agreement, agreement_of, unit_spreads
from workbench.linkage.means import KEYS, select
from workbench.study import Study
from workbench.study.given import ALL_WAVES, Wave

COLUMNS = [
    "source", "construct", "units", "respondents", "icc1", "icc1_lower", "icc1_upper", "icc2",
    "rwg", "needed", "words",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class LinkageReport:
    """How sources meet in units, in one wave or all.

    Attributes
    ----------
    wave
        The wave, None for all of them.
    frame
        One row per construct: ``source``, ``construct``, ``units``, ``respondents`` (median per
        unit), ``icc1`` with its 95 % interval, ``icc2``, ``rwg`` (mean r_wg(j)), ``needed`` (the
        respondents per unit for an ICC(2) of .70) and ``words``. Constructs of sources whose rows
        are units have no agreement.
    overlap
        How many units have answers from which sources: a column per source (True or False), and
        ``units``.
    sentences
        What a reader should know before trusting a link between units.
    """

    wave: str | None
    frame: pd.DataFrame
    overlap: pd.DataFrame
    sentences: tuple[str, ...]

    def _repr_html_(self) -> str:
        when = f"Wave {self.wave}" if self.wave else "All waves"
        table = results_table(self.frame, f"{when}: how answers agree within units")
        said = element("ul", *(element("li", sentence) for sentence in self.sentences))
        return together(table.html, said)


def respondents_needed(icc1: float, reliability: float = RELIABLE_FOR_GROUPS) -> float:
    """Respondents per unit for a reliability (ICC(2)) of unit means; NaN unless 0 < ICC(1) < 1.

    Parameters
    ----------
    icc1
        ICC(1), the share of variance between units.
    reliability
        The ICC(2) wanted.

    Examples
    --------
    >>> import workbench as wb
    >>> round(wb.linkage.respondents_needed(icc1=0.1, reliability=0.7))
    21
    """
    if not 0 < icc1 < 1:
        return 1.0 if icc1 == 1 else np.nan
    return reliability * (1 - icc1) / ((1 - reliability) * icc1)


def linkage_report(
    study: Study,
    wave: Wave = None,
    organisation: str | None = None,
    constructs: Sequence[str] | None = None,
) -> LinkageReport:
    """Say how far units of a study differ, how reliable their means are, and where sources meet.

    Parameters
    ----------
    study
        The study.
    organisation
        One organisation; by default all together.
    wave
        By default the latest.
    constructs
        The constructs a link is wanted between, with their sources; by default all.

    Raises
    ------
    UnknownNameError
        If the study has no such wave or organisation.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.linkage.linkage_report(study, constructs=["people", "service"])
    >>> found.frame[["construct", "units", "respondents", "icc1", "icc2"]].round(2)
      construct  units  respondents  icc1  icc2
    0    people    323         23.0  0.26  0.89
    1   service    323         23.0  0.21  0.86
    >>> found.overlap
       employees  clients  units
    0       True     True    323
    """
    names = study.codebook.constructs if constructs is None else list(constructs)
    found = meeting_of_units(study, names, wave, organisation, every_source=constructs is None)
    return linkage_report_of(study, names, found, wave, organisation)


@dataclass(frozen=True, eq=False)
class UnitsMeeting:
    """What units of a study, or of a part of it, add to how sources meet in units.

    Attributes
    ----------
    sizes
        By source, the rows with an answer in every unit (and wave).
    spreads
        By construct, see :func:`unit_spreads`.
    """

    sizes: dict[str, pd.Series]
    spreads: dict[str, pd.DataFrame]

    @classmethod
    def joined(cls, parts: Sequence["UnitsMeeting"]) -> "UnitsMeeting":
        """The same of all parts of a study, which have no unit in common."""
        sizes = {name: pd.concat([part.sizes[name] for part in parts]) for name in parts[0].sizes}
        spreads = {
            name: pd.concat([part.spreads[name] for part in parts], ignore_index=True)
            for name in parts[0].spreads
        }
        return cls(sizes, spreads)


def meeting_of_units(
    study: Study,
    constructs: Sequence[str],
    wave: Wave = None,
    organisation: str | None = None,
    every_source: bool = False,
) -> UnitsMeeting:
    """What a study's units add to :func:`linkage_report`.

    ``every_source``: also of the sources in which none of the constructs was asked about.
    """
    codebook = study.codebook
    asked = {codebook.source_of(name) for name in constructs}
    sources = [source for source in study.sources if every_source or source in asked]
    return UnitsMeeting(
        {source: _sizes(study, source, organisation, wave) for source in sources},
        {name: unit_spreads(study, name, organisation, wave) for name in constructs},
    )


def linkage_report_of(
    study: Study,
    constructs: Sequence[str],
    found: UnitsMeeting,
    wave: Wave = None,
    organisation: str | None = None,
) -> LinkageReport:
    """The report of what all units add to it; see :func:`linkage_report`."""
    wave = wave if wave is ALL_WAVES else study.wave(wave)
    sizes, sources = found.sizes, list(found.sizes)
    rows = [_row(study, name, found) for name in constructs]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    overlap = _overlap(sizes)
    sentences = [
        *_meeting(overlap, sizes),
        *_thin(study, sizes),
        *_organisations(sizes, len(sources) == 1 and study.sources[sources[0]].rows != "units"),
        *_weights(study, sources, bool(organisation) or wave not in (ALL_WAVES, "")),
    ]
    return LinkageReport(
        None if wave in (ALL_WAVES, "") else str(wave), frame, overlap, tuple(sentences)
    )


def _sizes(study: Study, source: str, organisation: str | None, wave: Wave) -> pd.Series:
    """Rows with an answer in every unit (and wave) of a source."""
    answers = select(study, source, organisation, wave)
    items = study.codebook.items_of_source(source)
    answered = answers[answers[items].notna().any(axis=1)]
    return answered.groupby(KEYS, sort=True, observed=True).size()


def _row(study: Study, construct: str, meeting: UnitsMeeting) -> tuple[object, ...]:
    source = study.codebook.source_of(construct)
    size = meeting.sizes[source]
    median = float(size.median()) if len(size) else np.nan
    if study.sources[source].rows != "respondents":
        words = say("source.of units", source=source)
        return (source, construct, len(size), median, *[np.nan] * 6, words)
    if not len(size):
        return (
            source,
            construct,
            0,
            np.nan,
            *[np.nan] * 6,
            say("source.no answers", construct=construct),
        )
    found = agreement_of(construct, meeting.spreads[construct])
    needed = respondents_needed(found.icc1)
    return (
        source,
        construct,
        found.units,
        median,
        found.icc1,
        found.icc1_lower,
        found.icc1_upper,
        found.icc2,
        found.rwg,
        needed,
        _words(found, needed),
    )


def _words(found: Agreement, needed: float) -> str:
    asked = (Needed.RELIABLE, RELIABLE_FOR_GROUPS, needed)
    if found.icc1 <= 0:
        enough = respondents_needed(found.icc1_upper)
        asked = (Needed.AT_MOST, found.icc1_upper, enough)
        if not np.isfinite(enough):
            asked = (Needed.A_LITTLE, LITTLE_ICC, respondents_needed(LITTLE_ICC))
    elif not np.isfinite(needed) or found.icc2 >= RELIABLE_FOR_GROUPS:
        return found.words
    return f"{found.words} {respondents_needed_in_words(*asked, found.group_size)}"


def _overlap(sizes: dict[str, pd.Series]) -> pd.DataFrame:
    present = pd.DataFrame({source: size > 0 for source, size in sizes.items()}, dtype=object)
    present = present.notna()
    counted = present.groupby(list(sizes), sort=True).size().rename("units").reset_index()
    return counted.sort_values("units", ascending=False, kind="stable", ignore_index=True)


def _meeting(overlap: pd.DataFrame, sizes: dict[str, pd.Series]) -> list[str]:
    sources = list(sizes)
    sentences = [
        say("meeting.silent", source=source) for source in sources if not len(sizes[source])
    ]
    present = [source for source in sources if len(sizes[source])]
    if len(present) < 2:
        return sentences
    units = int(overlap["units"].sum())
    together = int(overlap.loc[overlap[present].all(axis=1), "units"].sum())
    sentences.append(
        say(
            f"meeting.together.{'one' if together == 1 else 'some'}",
            together=together,
            units=counted(units, "unit"),
            sources=listed(present),
        )
    )
    for row in overlap[~overlap[present].all(axis=1)].to_dict("records"):
        only = [source for source in present if row[source]]
        sentences.append(
            say(
                f"meeting.only.{'one' if row['units'] == 1 else 'some'}",
                units=counted(row["units"], "unit"),
                sources=listed(only),
            )
        )
    if not together:
        sentences.append(say("meeting.nowhere"))
    return sentences


def _thin(study: Study, sizes: dict[str, pd.Series]) -> list[str]:
    sentences = []
    for source, size in sizes.items():
        if study.sources[source].rows != "respondents" or not len(size):
            continue
        single = int((size == 1).sum())
        if single == len(size):
            sentences.append(say("single.every", source=source))
        elif single:
            sentences.append(
                say(
                    f"single.{'one' if single == 1 else 'some'}",
                    units=counted(single, "unit"),
                    every=len(size),
                    source=source,
                )
            )
    return sentences


def _organisations(sizes: dict[str, pd.Series], one_source: bool) -> list[str]:
    """What the numbers of units allow; ``one_source``: links need not be between units."""
    keys = pd.concat([size.reset_index() for size in sizes.values()])
    units = keys.drop_duplicates(["organisation", "unit"]).groupby("organisation").size()
    if not len(units):
        return []
    if len(units) == 1:
        count = counted(int(units.iloc[0]), "unit")
        return [say("organisations.one", units=count, organisation=units.index[0])]
    few = int((units < FEWEST_UNITS).sum())
    if not few or one_source:
        return []
    return [
        say(
            f"organisations.few units.{'one' if few == 1 else 'some'}",
            organisations=counted(few, "organisation"),
            every=len(units),
            least=FEWEST_UNITS,
            smallest=int(units.min()),
        )
    ]


def _weights(study: Study, sources: Sequence[str], part: bool) -> list[str]:
    """Rows set aside for their weight; of the whole source, whose rows carry no unit by then."""
    aside = study.set_aside
    sentences = []
    for name in sources:
        if study.sources[name].weight is None:
            continue
        own = aside[(aside["source"] == name) & aside["reason"].str.contains("weight")]
        count = int(own["count"].sum())
        if count:
            sentences.append(
                say(
                    f"weights.{'one' if count == 1 else 'some'}",
                    rows=counted(count, "row"),
                    source=name,
                    scope=say("weights.scope") if part else "",
                )
            )
    return sentences
