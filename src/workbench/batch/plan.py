"""What a batch has to make: which reports a study has, and which of them stand as they are."""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from workbench.batch import cache
from workbench.batch.manifest import Entry, Manifest
from workbench.batch.notebooks import GIVEN, Report, notebooks_folder, report_title, reports_of
from workbench.batch.output import BatchError, Scope, earlier_record
from workbench.batch.report import Job
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.files import sha256
from workbench.interpretation.languages import using_language
from workbench.interpretation.messages import say
from workbench.reports import provenance
from workbench.reports.page_names import page_name
from workbench.reports.store import NEEDS, recall
from workbench.study import Study
from workbench.study.given import asked_for, name_text
from workbench.text import SHOWN, listed, nearest

OF_AN_ORGANISATION = 0.3
OF_A_STUDY = 3.0
OF_AN_ITEM = 0.02
"""Guesses at the seconds of reports: of one organisation; of the whole study; and of a chain, for
each of its items in each organisation."""


def _choose(kind: str, wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    for name in wanted:
        if name not in known:
            raise UnknownNameError(
                f"There is no {kind} {name!r}; choose from {listed(known, most=SHOWN)}."
                f"{nearest(name, known)}"
            )
    return [name for name in known if name in wanted] if wanted else list(known)


def spine(study: Any) -> list[str]:
    """Return the labels along a study's chain, which head its pages; none if it cannot run it."""
    try:
        chain = study.runnable_chain()
    except WorkbenchError:
        return []
    return [chain.label(name) for name in chain.spine]


def _runnable_chains(study: Any) -> dict[str, str]:
    """Return the titles of the chains a study can run, by name."""
    found = study.chains().availability(study.codebook.constructs)
    runs = found[found["runs"]]
    return dict(zip(runs["chain"], runs["title"], strict=True))


def plan(
    study: Any,
    output: Path,
    *,
    reports: Sequence[str] = (),
    organisations: Sequence[str | int] = (),
    wave: str | int = "",
    time_limit: float = 600.0,
    memory_limit: int = 0,
    keep: bool = False,
    notebooks: Path | None = None,
    more: Sequence[Path] = (),
    available: Mapping[str, Report] | None = None,
    data: Mapping[str, str] | None = None,
    store: Path | None = None,
) -> list[Job]:
    """Return the jobs of a batch in a fixed order; file names do not depend on the choice.

    A notebook that cannot be read is one job, which fails by saying so. ``available`` are the
    reports in ``notebooks`` and ``data`` the hashes of the study's files, where they are at hand;
    ``store`` is the folder of the record, by default that of :mod:`workbench.batch.cache`, which a
    new output folder does not have yet.

    Raises
    ------
    UnknownNameError
        A report, organisation or wave that is not there; the message has the nearest name.
    BatchError
        There are no report notebooks.
    """
    available = reports_of(study, notebooks, more) if available is None else available
    if not available:
        folder = notebooks or notebooks_folder()
        raise BatchError(f"There are no report notebooks in {folder}.")
    chosen = [available[name] for name in _choose("report", reports, list(available))]
    wave = asked_for(wave) or ""
    base_inputs = {
        "data": provenance.digest(provenance.data_files(study) if data is None else dict(data)),
        "code": provenance.code(),
        "versions": provenance.digest(provenance.versions()),
        "language": study.language.code,
        "publisher": provenance.digest(study.publisher),
    }
    path = Path(study.path).resolve()
    key = provenance.digest({**base_inputs, "wave": wave, "study": str(path)})[:16]
    store = store or cache.place(output) or output / cache.MARK
    needs, shared = _place_of_shared(store / cache.SHARED, key, chosen)
    if isinstance(study, Study) and shared.is_file() and cache.trusted(store):
        recall(study, shared)
    everyone = list(study.organisations["organisation"])
    named = [study.organisation(name_text(name)) for name in organisations]
    wanted = _choose("organisation", named, everyone)
    if wave and not study.waves:
        raise UnknownNameError(f"The study {study.name!r} has no waves; leave wave {wave!r} out.")
    if wave:
        _choose("wave", [wave], study.waves)
    names = dict(zip(everyone, study.organisations["name"], strict=True))
    frame = {
        "study": study.title,
        "simulated": study.simulated,
        "version": provenance.versions()["workbench"],
        "commit": provenance.commit(),
        "index": "index.html",
        "spine": spine(study),
        "publisher": study.publisher,
    }
    with using_language(study.language):
        titles = {report.name: report_title(report.name) for report in chosen}
        told = {name: (say(f"related.{name}"), say(f"related.{name}.about")) for name in RELATED}
    pages = _related(study, chosen, output, wave)
    jobs = []
    for report in chosen:
        inputs = base_inputs
        if not report.fault:
            inputs = {**base_inputs, "notebook": sha256(report.notebook)}
        organisations_of = wanted if report.per_organisation else [""]
        chains_of = _runnable_chains(study) if report.per_chain else {"": ""}
        of_wave = wave if report.per_wave else ""
        for organisation, chain in product(organisations_of, chains_of):
            values = {
                "study": str(path),
                "organisation": organisation,
                "chain": chain,
                "wave": wave,
                "shared": str(shared),
            }
            parameters = {name: values[name] for name in report.parameters if name in values}
            chosen_by = {name: parameters[name] for name in parameters if name not in GIVEN}
            who = names[organisation] if organisation else chains_of[chain] or titles[report.name]
            title = f"{who}, {of_wave}" if of_wave else who
            jobs.append(
                Job(
                    stem=page_name(report.name, chain, organisation, of_wave),
                    report=report.name,
                    chain=chain,
                    organisation=organisation,
                    wave=of_wave,
                    notebook=report.notebook.resolve(),
                    output=output,
                    store=store,
                    parameters=parameters,
                    about={
                        "title": title,
                        **frame,
                        **_linked(pages, told, study, organisation, chain),
                    },
                    time_limit=time_limit,
                    memory_limit=memory_limit,
                    keep=keep,
                    needs=needs,
                    inputs={
                        **inputs,
                        "parameters": provenance.digest(chosen_by),
                        "links": provenance.digest(pages if organisation else {}),
                    },
                    fault=report.fault,
                    seconds=_guessed_seconds(study, organisation, chain),
                    language=study.language,
                )
            )
    return jobs


def _place_of_shared(folder: Path, key: str, chosen: Sequence[Report]) -> tuple[str, Path]:
    """Return what reports need of what they share, and its file; more of it where that is there."""
    least = max((NEEDS.index(report.needs) for report in chosen), default=0)
    places = {needs: folder / f"{key}-{needs}" / "common.pickle" for needs in NEEDS[least:]}
    there = (needs for needs, file in places.items() if file.is_file())
    needs = next(there, NEEDS[least])
    return needs, places[needs]


RELATED = ("technical", "benchmark", "chain", "drivers", "trends", "measurement")
"""The reports that the page of an organisation leads to, the first also from its head."""


def _related(study: Any, chosen: Sequence[Report], output: Path, wave: str) -> dict[str, str]:
    """Return the files of the pages that those of organisations lead to, by report.

    Those that this batch makes, and those that stand from an earlier one.
    """
    found = {}
    for name in RELATED:
        chain = study.chain if name == "chain" else ""
        made = next((report for report in chosen if report.name == name), None)
        of_wave = wave if made is None or made.per_wave else ""
        file = f"{page_name(name, chain, '', of_wave)}.html"
        if made is not None or (output / file).is_file():
            found[name] = file
    return found


def _linked(
    pages: Mapping[str, str],
    told: Mapping[str, tuple[str, str]],
    study: Any,
    organisation: str,
    chain: str,
) -> dict[str, Any]:
    """Return the links of a page to others: file, title and what stands there.

    That of an organisation leads to all, that of the study's own chain to the technical report.
    ``pages`` are those of :func:`_related`, ``told`` their titles and what stands there.
    """
    if chain and chain == study.chain:
        pages = {name: file for name, file in pages.items() if name == "technical"}
    elif not organisation:
        return {}
    anchor = page_name("organisation", organisation=organisation)
    return {
        "related": [
            {
                "href": f"{file}#{anchor}" if name == "technical" and organisation else file,
                "title": told[name][0],
                "about": told[name][1],
            }
            for name, file in pages.items()
        ]
    }


def _guessed_seconds(study: Any, organisation: str, chain: str) -> float:
    """Guess how long a report takes that was never made."""
    if organisation:
        return OF_AN_ORGANISATION
    if not chain:
        return OF_A_STUDY
    constructs = study.runnable_chain(chain).constructs
    items = sum(len(study.codebook.items(construct.name)) for construct in constructs)
    return OF_AN_ITEM * items * len(study.organisations)


def longest_first(jobs: Sequence[Job], known: Mapping[str, Entry]) -> list[Job]:
    """Return jobs in the order to start them, so that no long report is left for the end.

    By what each took the last time (``known``, by stem), else by a guess.
    """

    return sorted(jobs, key=lambda job: expected_seconds(job, known.get(job.stem)), reverse=True)


def expected_seconds(job: Job, earlier: Entry | None) -> float:
    """Return how long a report took the last time, else a guess."""
    return earlier.seconds if earlier is not None and earlier.seconds else job.seconds


def reason_to_make(job: Job, earlier: Entry | None) -> str:
    """Return why a report has to be made, in words; "" if the page of an earlier run stands."""
    if job.fault:
        return job.fault.rstrip(".")
    if earlier is None or earlier.status == "pending":
        return "not made yet"
    if not earlier.succeeded:
        return "it failed the last time"
    if earlier.html is None or not (job.output / earlier.html).is_file():
        return "its page is gone"
    if not earlier.stands(job.output):
        return "its page is not as it was made"
    changed = [name for name, value in job.inputs.items() if earlier.inputs.get(name) != value]
    return f"changed: {', '.join(changed)}" if changed else ""


def outlook(study: Any, output: Path, **choice: Any) -> list[tuple[Job, str]]:
    """Return what :func:`run_batch` would do: each job and why, "" where the page stands.

    ``choice``: ``reports``, ``organisations``, ``wave``, ``notebooks`` and ``more`` as there.
    """
    output = output.resolve()
    record = earlier_record(study, output, choice.get("notebooks") or notebooks_folder())
    known = record.reports if record else {}
    planned = plan(study, output, **choice)
    return [(job, reason_to_make(job, known.get(job.stem))) for job in planned]


def departures(
    study: Any, output: Path, planned: Sequence[Job], notebooks: Path | None = None
) -> list[tuple[Entry, str]]:
    """Return the reports that :func:`run_batch` would take off the list, and why.

    They are not ``planned``, and could not be: an organisation has left the data, for one.
    """
    output = output.resolve()
    record = earlier_record(study, output, notebooks or notebooks_folder())
    if record is None:
        return []
    others = set(record.reports) - {job.stem for job in planned}
    found = gone(study, output, record, reports_of(study, notebooks))
    return [(record.reports[stem], why) for stem, why in found.items() if stem in others]


def gone(
    study: Any, output: Path, record: Manifest, reports: Mapping[str, Report]
) -> dict[str, str]:
    """Return which reports of earlier runs stand no more, by stem, and why."""
    chains = any(entry.chain for entry in record.reports.values())
    scope = Scope(
        bool(study.simulated),
        set(study.organisations["organisation"]),
        set(study.waves),
        set(_runnable_chains(study)) if chains else set(),
        reports,
    )
    found = {stem: scope.why_gone(entry, record, output) for stem, entry in record.reports.items()}
    return {stem: why for stem, why in found.items() if why}
