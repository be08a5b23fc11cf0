"""What all reports of a batch share, computed once before the first of them."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

from workbench import sem
from workbench.benchmark import (
    against_median,
    index_changes,
    ranks,
    within_types,
)
from workbench.chain import (
    Chain,
    ChainData,
    ChainStudy,
    OrganisationLinks,
    open_study,
    organisation_links,
)
from workbench.errors import ModelError, StudyError, WorkbenchError
from workbench.linkage import LinkageReport, linkage_report
from workbench.measurement import OverWaves, indices, indices_over_waves, item_means, reliability
from workbench.reports import method, store
from workbench.reports.answered import Answered, answered
from workbench.reports.disclosure import coverage, hidden_in_part, shown_only
from workbench.reports.findings import DriverFindings, driver_findings, overall_effects
from workbench.reports.overall import Models, Overall, overall, overall_links
from workbench.reports.provenance import data_files
from workbench.study.given import asked_for


@dataclass(frozen=True)
class Shared:
    """The shared results of one study, chain and wave; every table holds shown groups only.

    Attributes
    ----------
    study
        The study, opened and its answers read, so that no report reads them again.
    wave
        The wave the reports are about; ``earlier`` the one before it, if there is one.
    coverage
        See :func:`workbench.reports.disclosure.coverage`.
    indices
        ``organisation`` ("" for all together), ``wave``, ``construct``, ``index``, ``se``,
        ``lower``, ``upper``, ``n``, ``units``.
    over_waves
        The same by the questions asked in all waves: :func:`measurement.indices_over_waves`.
    changes
        Change of every index since the earlier wave: see
        :func:`workbench.benchmark.index_changes`; empty where there is none.
    places
        ``construct``, ``organisation``, its place among all (``rank``, ``rank_lower``,
        ``rank_upper``, ``ranked``) and its difference from the median (``difference``, ``lower``,
        ``upper``, ``qvalue``, ``distinct``).
    places_in_type
        The place among organisations of the same type; empty where the study names no types.
    pooled
        The chain over all organisations: see :class:`workbench.reports.overall.Overall`.
    uncorrected
        The links of all together as plain unit means give them; empty where nothing is corrected.
    meeting
        How far units differ and where sources meet: :func:`workbench.linkage.linkage_report`.
    drivers
        What the reports share about drivers: :func:`workbench.reports.findings.driver_findings`.
    links
        See :class:`workbench.chain.OrganisationLinks`; an organisation that is not shown in
        all of the chain's sources stands in ``links.fits`` with the reason and nowhere else.
    items
        Item means of all organisations together in this wave.
    reliability
        ``construct``, ``alpha``, ``lower``, ``upper``, ``omega``, ``n`` of all together, and
        ``reason``: why there is no alpha.
    doubts
        ``organisation`` ("" for all together), ``construct`` and ``doubt``, a sentence for every
        construct of which an item runs against the others there; most have none.
    set_aside
        What was set aside in the whole study: :func:`workbench.reports.method.set_aside_table`.
    files
        The data files and their SHA-256, see :func:`workbench.reports.provenance.data_files`.
    answered
        What every organisation answered: see :class:`workbench.reports.answered.Answered`.
    """

    study: ChainStudy
    wave: str
    earlier: str | None
    chain: Chain
    level: str
    coverage: pd.DataFrame
    indices: pd.DataFrame
    over_waves: OverWaves
    changes: pd.DataFrame
    places: pd.DataFrame
    places_in_type: pd.DataFrame
    pooled: Overall
    uncorrected: pd.DataFrame
    meeting: LinkageReport
    drivers: DriverFindings
    links: OrganisationLinks
    items: pd.DataFrame
    reliability: pd.DataFrame
    doubts: pd.DataFrame
    set_aside: pd.DataFrame
    files: dict[str, str]
    answered: Answered

    def index(self, organisation: str, construct: str, wave: str) -> pd.Series | None:
        """Return one index, or None where there is none to show."""
        row = self._row_of.get((organisation, construct, wave))
        return None if row is None else self.indices.iloc[row]

    @cached_property
    def _row_of(self) -> dict[tuple[str, str, str], int]:
        keys = (self.indices[name].tolist() for name in ("organisation", "construct", "wave"))
        return {key: row for row, key in enumerate(zip(*keys, strict=True))}


def compute(study: ChainStudy, wave: str | int | None = None, chain: str | None = None) -> Shared:
    """Compute what the reports of ``study`` share.

    Raises
    ------
    StudyError, ChainError, UnknownNameError
        If the study, the chain or the wave is not right.
    """
    rest = all_but_drivers(study, wave, chain)
    effects = rest.keywords["pooled"].effects(rest.keywords["chain"].name)
    return rest(drivers=driver_findings(study, study.wave(wave), effects=effects))


def drivers_of(
    study: ChainStudy, wave: str | int | None = None, chain: str | None = None
) -> DriverFindings:
    """Compute what :func:`compute` finds about drivers, and nothing else."""
    _refuse_empty(study)
    wave = study.wave(wave)
    return driver_findings(study, wave, effects=overall_effects(study, wave, chain))


def all_but_drivers(
    study: ChainStudy, wave: str | int | None = None, chain: str | None = None
) -> partial[Shared]:
    """Compute the rest; it wants ``drivers`` to be the shared results."""
    wave = study.wave(wave)
    _refuse_empty(study)
    cover = coverage(study)
    shown = shown_only(study, cover)
    runnable = study.runnable_chain(chain)
    constructs = [construct.name for construct in runnable.constructs]
    items = [item for name in constructs for item in study.codebook.items(name)]
    data = shown.chain_data(chain, wave)
    hidden = hidden_in_part(study, constructs, cover[cover["wave"] == wave])
    organisations = [name for name in study.organisations["organisation"] if name not in hidden]
    found = organisation_links(data, organisations)
    models = Models(data)
    pooled = overall(models, found)
    if models.of_items.fit is not None:
        pooled = replace(pooled, check=_second_engine(data.for_links(items=True)))
    earlier = _before(study.waves, wave)
    each = indices(shown, constructs)
    together = indices(shown, constructs, by=("wave",)).assign(organisation="")
    return partial(
        Shared,
        study=study,
        wave=wave,
        earlier=earlier,
        chain=runnable,
        level=data.level,
        coverage=cover,
        indices=pd.concat([together[each.columns], each], ignore_index=True),
        over_waves=indices_over_waves(shown, constructs),
        changes=(index_changes(shown, constructs, earlier, wave) if earlier else pd.DataFrame()),
        places=_places(each[each["wave"] == wave]),
        places_in_type=_places_in_type(each[each["wave"] == wave], study.organisations),
        pooled=pooled,
        uncorrected=_uncorrected(data, organisations),
        meeting=linkage_report(shown, wave, constructs=constructs),
        links=replace(
            found, fits=_with_hidden(found.fits, hidden, list(study.organisations["organisation"]))
        ),
        items=_of_wave(item_means(shown, items, by=("wave",)), wave),
        reliability=_reliability(shown, constructs, wave),
        doubts=_doubts(data, organisations),
        set_aside=method.set_aside_table(study, constructs),
        files=data_files(study),
        answered=answered(shown, wave, constructs),
    )


def _refuse_empty(study: ChainStudy) -> None:
    if all(study.answers(name).empty for name in study.sources):
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


def _before(waves: Sequence[str], wave: str) -> str | None:
    place = list(waves).index(wave) if wave in waves else 0
    return waves[place - 1] if place else None


def _of_wave(table: pd.DataFrame, wave: str) -> pd.DataFrame:
    return table[table["wave"] == wave].drop(columns="wave").reset_index(drop=True)


def _places(current: pd.DataFrame) -> pd.DataFrame:
    tables = []
    for construct, rows in current.groupby("construct", sort=False):
        own = rows.set_index("organisation")
        values = own["index"], own["se"], own["units"] - 1
        table = ranks(*values).join(against_median(*values))
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
        tables.append(table.assign(construct=construct).reset_index())
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _uncorrected(data: ChainData, organisations: Sequence[str]) -> pd.DataFrame:
    if data.error is None:
        return pd.DataFrame()
    return overall_links(replace(data, error=None), organisations).links


def _second_engine(data: ChainData) -> str:
    """Compare the estimates of complete rows with those of semopy, in a sentence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            complete = sem.fit(data.model, replace(data, error=None).modelled)
    except ModelError as error:
        return f"The complete rows could not be fitted: {error}"
    rows = int(complete.measures["ntotal"])
    return f"on the {rows} complete rows, {complete.crosscheck()}"


def _reliability(study: ChainStudy, constructs: Sequence[str], wave: str) -> pd.DataFrame:
    found = [reliability(study, name, wave=wave) for name in constructs]
    return pd.DataFrame(
        {
            "construct": constructs,
            "alpha": [one.alpha for one in found],
            "lower": [one.alpha_lower for one in found],
            "upper": [one.alpha_upper for one in found],
            "omega": [one.omega for one in found],
            "n": [one.n for one in found],
            "reason": [one.reason for one in found],
        }
    )


def _doubts(data: ChainData, organisations: Sequence[str]) -> pd.DataFrame:
    found = [("", *doubt) for doubt in data.doubts.items()]
    for organisation in organisations:
        found += [(organisation, *doubt) for doubt in data.of(organisation).doubts.items()]
    return pd.DataFrame(found, columns=["organisation", "construct", "doubt"])


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
        study = given.study if given is not None and same else open_study(study)
    return study, given or compute(study, asked_for(wave))
