"""What all reports of a batch share, computed once before the first of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import pandas as pd

from workbench.benchmark import against_median, ranks, within_types
from workbench.benchmark.types import variance_by_level_of
from workbench.benchmark.waves import changes_told
from workbench.chain import (
    Chain,
    ChainStudy,
    OrganisationLinks,
    open_study,
)
from workbench.drivers import ChainEffects
from workbench.errors import StudyError, WorkbenchError
from workbench.interpretation import NotEstimated
from workbench.interpretation.languages import using_language
from workbench.linkage import LinkageReport
from workbench.linkage.report import linkage_report_of
from workbench.measurement import OverWaves, Reliability, categorical_omega
from workbench.measurement.consistency import reliability_of
from workbench.measurement.scores import indices_of, item_means_of
from workbench.measurement.waves import over_waves_of
from workbench.reports import describing, method, provenance, store
from workbench.reports.answered import Answered
from workbench.reports.chain_findings import (
    ChainFindings,
    ChainLinks,
    needed_chains,
    needed_findings,
    needed_rows,
)
from workbench.reports.channels import channels_told
from workbench.reports.describing import (
    Found,
    doubts_of_all,
    earlier_wave,
    found_in,
    together_changed,
    together_over_waves,
    told_constructs,
)
from workbench.reports.disclosure import (
    ShownWave,
    blurred_means,
    hidden_in_part,
    shown_in_full,
    shown_wave,
    without_telling,
)
from workbench.reports.findings import DriverFindings, Maps, driver_findings, question_maps
from workbench.reports.overall import Overall, overall_links
from workbench.reports.provenance import data_files
from workbench.reports.questions import Questions, questions_of
from workbench.reports.sample import sampled
from workbench.reports.segments import Segments, segments_of
from workbench.reports.themes import told_of_themes
from workbench.study.given import asked_for
from workbench.study.level import Level

T = TypeVar("T")


@dataclass(frozen=True)
class Described:
    """What the answers of a study and wave are; every table holds shown groups only.

    Attributes
    ----------
    study
        The study, opened and its answers read, so that no report reads them again.
    wave
        The wave the reports are about; ``earlier`` the one before it, if there is one.
    chain
        The study's own, as it runs.
    coverage
        See :func:`workbench.reports.disclosure.coverage`.
    indices
        ``organisation`` ("" for all together), ``wave``, ``construct``, ``index``, ``se``,
        ``lower``, ``upper``, ``n``, ``units``.
    over_waves
        The same by the questions asked in all waves: :func:`disclosure.over_waves`.
    changes
        Change of every index since the earlier wave: see
        :func:`workbench.benchmark.index_changes`; empty where there is none.
    places
        ``construct``, ``organisation``, its place among all (``rank``, ``rank_lower``,
        ``rank_upper``, ``ranked``), its difference from the median (``difference``, ``lower``,
        ``upper``, ``qvalue``, ``distinct``), and the ``lowest`` and ``highest`` index of all.
    places_in_type
        The place among organisations of the same type, and their ``mean`` index; empty where the
        study names no types.
    levels
        How much of the differences lies between types, organisations and units: see
        :func:`workbench.benchmark.variance_by_level`; empty where the study names no types.
    meeting
        How far units differ and where sources meet: :func:`workbench.linkage.linkage_report`.
    items
        Item means of all organisations together in this wave.
    reliability
        How reliably every construct of the codebook is measured, of all together.
    doubts
        ``organisation`` ("" for all together), ``construct`` and ``doubt``, a sentence for every
        construct of which an item runs against the others there; most have none.
    set_aside
        What was set aside in the whole study: :func:`workbench.reports.method.set_aside_table`.
    files
        The data files and their SHA-256, see :func:`workbench.reports.provenance.data_files`.
    answered
        What every organisation answered: see :class:`workbench.reports.answered.Answered`.
    questions
        What is shown of every question: see :class:`workbench.reports.questions.Questions`.
    channels
        Every index by channel: see :func:`workbench.reports.channels.indices_by_channel`.
    records
        Numbers from records: see :func:`workbench.reports.records.levels_told`.
    themes
        What people wrote: see :func:`workbench.reports.themes.themes_told`.
    segments
        Every index by what is known of respondents: see
        :func:`workbench.reports.segments.segments_of`.
    """

    study: ChainStudy
    wave: str
    earlier: str | None
    chain: Chain
    coverage: pd.DataFrame
    indices: pd.DataFrame
    over_waves: OverWaves
    changes: pd.DataFrame
    places: pd.DataFrame
    places_in_type: pd.DataFrame
    levels: pd.DataFrame
    meeting: LinkageReport
    items: pd.DataFrame
    reliability: dict[str, Reliability]
    doubts: pd.DataFrame
    set_aside: pd.DataFrame
    files: dict[str, str]
    answered: Answered
    questions: Questions
    channels: pd.DataFrame
    records: pd.DataFrame
    themes: pd.DataFrame
    segments: Segments

    def index(self, organisation: str, construct: str, wave: str) -> pd.Series | None:
        """Return one index, or None where there is none to show."""
        row = self._row_of.get((organisation, construct, wave))
        return None if row is None else self.indices.iloc[row]

    @cached_property
    def _row_of(self) -> dict[tuple[str, str, str], int]:
        keys = (self.indices[name].tolist() for name in ("organisation", "construct", "wave"))
        return {key: row for row, key in enumerate(zip(*keys, strict=True))}


@dataclass(frozen=True)
class Modelled:
    """What models of the same answers say, as far as the reports of the batch need it.

    Attributes
    ----------
    chains
        By name, those of which everything was found: the study's own, where a report needs that.
    linked
        By name, the chains of which the links alone were estimated: see
        :func:`workbench.reports.chain_findings.needed_findings`.
    of_drivers
        What the reports share about drivers: :func:`workbench.reports.findings.driver_findings`;
        None where no report needs it.
    uncorrected
        The links of all together as plain unit means give them; empty where nothing is corrected,
        None where no report needs everything.
    omegas
        Omega of every construct of the codebook with answers as ordered categories: see
        :func:`workbench.measurement.categorical_omega`; none where no report needs everything.
    """

    chains: dict[str, ChainFindings]
    linked: dict[str, ChainLinks]
    of_drivers: DriverFindings | None
    uncorrected: pd.DataFrame | None
    omegas: dict[str, float]

    @property
    def drivers(self) -> DriverFindings:
        """What the reports share about drivers."""
        return _needed(self.of_drivers, "drivers")

    @property
    def in_full(self) -> bool:
        """Whether everything was found that reports may need."""
        return self.uncorrected is not None

    def of_chain(self, name: str) -> ChainFindings | ChainLinks | None:
        """What was found on a chain."""
        return self.chains.get(name) or self.linked.get(name)

    @property
    def effects(self) -> dict[str, ChainEffects]:
        """What is told of drivers by the links of these chains, by name."""
        return _effects(self.chains, self.linked)


@dataclass(frozen=True)
class Shared(Modelled, Described):
    """What all reports of a batch share, of one study and wave.

    Attributes
    ----------
    of_organisations
        The links of the study's chain in every organisation; one that is not shown in all of the
        chain's sources stands in ``fits`` with the reason and nowhere else. None where no report
        needs the chain.
    """

    of_organisations: OrganisationLinks | None

    @property
    def links(self) -> OrganisationLinks:
        """The links of the study's chain in every organisation."""
        return _needed(self.of_organisations, "links")

    @property
    def pooled(self) -> Overall:
        """The study's chain over all organisations."""
        found = self.of_chain(self.chain.name)
        return _needed(None if found is None else found.overall, "links")

    @property
    def level(self) -> Level:
        """What the rows of the study's chain are."""
        return self.pooled.level

    @property
    def own(self) -> ChainFindings:
        """Everything that was found on the study's chain."""
        return _needed(self.chains.get(self.chain.name), "all")

    @property
    def conditions(self) -> DriverFindings:
        """What the reports share about drivers, with conditions."""
        return _needed(self.of_drivers if self.in_full else None, "all")

    @property
    def without_correction(self) -> pd.DataFrame:
        """The links of all together as plain unit means give them."""
        return _needed(self.uncorrected, "all")


def _needed(found: T | None, needs: str) -> T:
    if found is None:
        raise WorkbenchError(
            "The batch did not compute this, for no report of it says that it needs it; "
            f'write "needs": "{needs}" beside "per" in the metadata of its notebook.'
        )
    return found


def compute(study: ChainStudy, wave: str | int | None = None, needs: str = "all") -> Shared:
    """Compute what the reports of ``study`` share, as far as they need it.

    ``needs``: see :data:`workbench.reports.store.NEEDS`.

    Raises
    ------
    StudyError, ChainError, UnknownNameError
        If the study, its chain or the wave is not right.
    """
    with using_language(study.language):
        return joined(described(study, wave), modelled(study, wave, needs))


def joined(found: Described, models: Modelled) -> Shared:
    """Put together what answers and what models of them say."""
    own = models.of_chain(found.chain.name)
    if own is None:
        return Shared(**vars(found), **vars(models), of_organisations=None)
    constructs = [construct.name for construct in found.chain.constructs]
    cover = found.coverage[found.coverage["wave"] == found.wave]
    hidden = hidden_in_part(found.study, constructs, cover)
    every = list(found.study.organisations["organisation"])
    links = replace(own.links, fits=_with_hidden(own.links.fits, hidden, every))
    return Shared(**vars(found), **vars(models), of_organisations=links)


def modelled(study: ChainStudy, wave: str | int | None = None, needs: str = "all") -> Modelled:
    """Fit the chains that several reports speak of, and find what is said of drivers."""
    refuse_empty(study)
    chains = {name: of_chain(study, wave, name, needs) for name in chains_of(study, needs)}
    questions = question_maps(study, wave) if store.at_least(needs, "drivers") else None
    return with_chains(study, wave, chains, questions, needs)


def chains_of(study: ChainStudy, needs: str) -> list[str]:
    """Return the names of the chains to fit for reports with such ``needs``, the study's first."""
    if store.at_least(needs, "drivers"):
        return needed_chains(study)
    return [study.runnable_chain().name] if needs == "links" else []


def of_chain(
    study: ChainStudy, wave: str | int | None, name: str, needs: str = "all"
) -> ChainFindings | ChainLinks | None:
    """Fit one of the chains that several reports speak of; None where it cannot be fitted."""
    rows = needed_rows(study, name, study.wave(wave))
    return needed_findings(rows, name == study.runnable_chain().name, needs == "all")


def with_chains(
    study: ChainStudy,
    wave: str | int | None,
    found: Mapping[str, ChainFindings | ChainLinks | None],
    questions: Mapping[str, Maps | NotEstimated] | None,
    needs: str = "all",
) -> Modelled:
    """Find what is said of drivers, and put it to what was ``found`` on chains, by name.

    ``questions``: see :func:`workbench.reports.findings.question_maps`; None where no report needs
    what is said of drivers. ``needs``: see :data:`workbench.reports.store.NEEDS`.
    """
    wave = study.wave(wave)
    chains = {name: one for name, one in found.items() if isinstance(one, ChainFindings)}
    linked = {name: one for name, one in found.items() if isinstance(one, ChainLinks)}
    if questions is None:
        return Modelled(chains, linked, None, None, {})
    shown, in_full = shown_wave(study, wave), needs == "all"
    drivers = driver_findings(
        study,
        wave,
        effects=_effects(chains, linked),
        questions=questions,
        shown=shown,
        conditions=in_full,
    )
    return Modelled(
        chains=chains,
        linked=linked,
        of_drivers=drivers,
        uncorrected=_uncorrected(study, shown, wave) if in_full else None,
        omegas=_omegas(study, sampled(shown.now), wave) if in_full else {},
    )


def _omegas(study: ChainStudy, shown: ChainStudy, wave: str) -> dict[str, float]:
    """Categorical omega of every construct."""
    return {name: categorical_omega(shown, name, wave) for name in study.codebook.constructs}


def _effects(
    chains: Mapping[str, ChainFindings], linked: Mapping[str, ChainLinks]
) -> dict[str, ChainEffects]:
    overall = {name: one.overall for name, one in chains.items()}
    overall |= {name: one.overall for name, one in linked.items()}
    return {name: one.effects(name) for name, one in overall.items()}


def described(study: ChainStudy, wave: str | int | None = None) -> Described:
    """Describe the answers, without a model of the chain."""
    wave = study.wave(wave)
    refuse_empty(study)
    chain = study.runnable_chain()
    found = study.in_parts(lambda part: found_in(part, wave, chain))
    return described_by(study, wave, found)


def described_by(study: ChainStudy, wave: str, found: Sequence[Found]) -> Described:
    """Describe the answers by what was ``found`` in all parts of the study, in their order."""
    every = describing.joined(study, found)
    chain, earlier = study.runnable_chain(), earlier_wave(study, wave)
    constructs = told_constructs(study)
    cover, each = every.coverage, every.indices
    together = indices_of(every.sums, constructs).assign(organisation="")
    through = over_waves_of(every.asked, together_over_waves(study, every), every.over_waves)
    changes = pd.DataFrame()
    if earlier:
        changed = together_changed(study, every, earlier, wave)
        changes = changes_told(every.organisations, constructs, changed, every.changes)
    return Described(
        study=study,
        wave=wave,
        earlier=earlier,
        chain=chain,
        coverage=cover,
        indices=pd.concat([together[each.columns], each], ignore_index=True),
        over_waves=without_telling(study, through),
        changes=changes,
        places=_places(each[each["wave"] == wave]),
        places_in_type=_places_in_type(each[each["wave"] == wave], study.organisations),
        levels=variance_by_level_of(study, every.meeting.spreads),
        meeting=linkage_report_of(study, constructs, every.meeting, wave),
        items=blurred_means(_of_wave(item_means_of(every.item_sums), wave), every.coded),
        reliability={name: reliability_of(name, own) for name, own in every.moments.items()},
        doubts=_with_all(doubts_of_all(study, wave, chain, every), every.doubts),
        set_aside=method.set_aside_table(study, constructs, cover),
        files=data_files(study),
        answered=every.answered,
        questions=questions_of(study, wave, every.questions, study.organisations),
        channels=channels_told(every.channels, study.minimum_count),
        records=every.records,
        themes=told_of_themes(every.themes),
        segments=_segments(study, wave, constructs, chain.label),
    )


def _segments(
    study: ChainStudy, wave: str, constructs: Sequence[str], label: Callable[[str], str]
) -> Segments:
    """Of all organisations together, whose answers are needed where a source has covariates."""
    if any(source.covariates for source in study.sources.values()):
        return segments_of(shown_wave(study, wave).now, wave, constructs, label)
    return Segments.none()


def refuse_empty(study: ChainStudy) -> None:
    """Raise StudyError where no source has an answer."""
    if not study.answers_by_organisation.any():
        raise StudyError("No row of the study can be used; `workbench check` says why.")


def _with_hidden(
    fits: pd.DataFrame, hidden: dict[str, str], organisations: Sequence[str]
) -> pd.DataFrame:
    """Add the organisations that are hidden, with the reason; all in the study's order."""
    if not hidden:
        return fits
    more = pd.DataFrame(
        [(name, 0, False, reason) for name, reason in hidden.items()], columns=fits.columns
    )
    every = pd.concat([fits, more], ignore_index=True)
    place = {name: number for number, name in enumerate(organisations)}
    return every.sort_values("organisation", key=lambda names: names.map(place), kind="stable")


def _of_wave(table: pd.DataFrame, wave: str) -> pd.DataFrame:
    return table[table["wave"] == wave].drop(columns="wave").reset_index(drop=True)


def _places(current: pd.DataFrame) -> pd.DataFrame:
    tables = []
    for construct, rows in current.groupby("construct", sort=False):
        own = rows.set_index("organisation")
        values = own["index"], own["se"], own["units"] - 1
        table = ranks(*values).join(against_median(*values))
        table = table.assign(lowest=own["index"].min(), highest=own["index"].max())
        tables.append(table.assign(construct=construct).reset_index())
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _places_in_type(current: pd.DataFrame, organisations: pd.DataFrame) -> pd.DataFrame:
    types = organisations.set_index("organisation")["type"]
    if types.nunique() < 2:
        return pd.DataFrame()
    tables = []
    for construct, rows in current.groupby("construct", sort=False):
        own = rows.set_index("organisation")
        table = within_types(ranks, own["index"], own["se"], types, own["units"] - 1)
        # Of those that are ranked, as the number beside it says.
        ranked = own["index"].where(own["se"].notna())
        table["mean"] = ranked.groupby(table["type"]).transform("mean")
        tables.append(table.assign(construct=construct).reset_index())
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _uncorrected(study: ChainStudy, shown: ShownWave[ChainStudy], wave: str) -> pd.DataFrame:
    """The links of all together as plain unit means give them; empty where nothing is corrected."""
    chain = study.runnable_chain()
    if study.levels(chain)[0] is Level.RESPONDENTS:
        return pd.DataFrame()
    data = shown.now.chain_data(chain, wave)
    if data.error is None:
        return pd.DataFrame()
    constructs = [construct.name for construct in data.chain.constructs]
    organisations = shown_in_full(study, constructs, shown.cover)
    return overall_links(replace(data, error=None), organisations).links


def _with_all(doubts: Mapping[str, str], each: pd.DataFrame) -> pd.DataFrame:
    """The doubts of all together, before those of organisations."""
    found = [("", *doubt) for doubt in doubts.items()]
    return pd.concat([pd.DataFrame(found, columns=each.columns), each], ignore_index=True)


def save(shared: Shared, path: Path) -> None:
    """Write the shared results to ``path`` and beside it, see :mod:`workbench.reports.store`."""
    store.save(replace(shared), path)  # a copy, without what it keeps for looking up


def load(path: Path, organisation: str = "") -> Shared:
    """Read shared results that a batch wrote, of one organisation or whole.

    Raises
    ------
    WorkbenchError
        If there are none at ``path``.
    UnknownOrganisationError
        If the study has no such organisation.
    """
    if not path.is_file():
        raise WorkbenchError(
            f"There are no shared results at {path}; run the report by `workbench batch`, or "
            "leave the parameter empty and they are computed."
        )
    return store.load(path, organisation)


def at_hand(
    study: str | Path | ChainStudy, wave: str | int | None, shared: str | Path | Shared | None
) -> tuple[ChainStudy, str, Shared | None]:
    """Return the study, the wave (by default the latest) and what is shared of just that wave.

    For reports that compute what they need of it where it is not given.
    """
    given = None
    if shared:
        study, given = opened(study, wave, shared)
    elif not isinstance(study, ChainStudy):
        study = open_study(_place(study))
    wave = study.wave(asked_for(wave))
    return study, wave, given if given is not None and given.wave == wave else None


def opened(
    study: str | Path | ChainStudy,
    wave: str | int | None,
    shared: str | Path | Shared | None,
    organisation: str = "",
) -> tuple[ChainStudy, Shared]:
    """Return the study and the shared results of a report, computed where none are given.

    Parameters
    ----------
    study
        The study, or its folder.
    wave
        By default the latest wave.
    shared
        What the reports of a batch share, or the file that holds it.
    organisation
        The one organisation that the report is about: from a file its rows alone are read.
    """
    given = None
    organisation = asked_for(organisation) or ""
    if shared:
        given = shared if isinstance(shared, Shared) else load(Path(shared), organisation)
    if not isinstance(study, ChainStudy):
        same = given is not None and given.study.path == Path(study).resolve()
        study = given.study if given is not None and same else open_study(_place(study))
    return study, given or compute(study, asked_for(wave))


def _place(study: str | Path) -> str | Path:
    """Where a study lies: seen from the notebooks' folder, as their parameters have it, where a
    notebook is run from elsewhere and nothing is there."""
    from_notebooks = provenance.PACKAGE.parents[1] / "notebooks" / study
    return from_notebooks if not Path(study).exists() and from_notebooks.exists() else study
