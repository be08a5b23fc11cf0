"""Whether a site is what its study makes: everything is made again and compared, page by page.

Nothing that the site says of itself is believed but which pages it has. PDF files are not printed
again but held against their hashes in the record of the edition. What other versions of the
programs may change without changing a number (the lines that name them, the style) is left out of
the comparison unless the versions are the same.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any

from workbench.batch import cache, report_list
from workbench.batch.notebooks import notebooks_folder
from workbench.batch.output import read_record
from workbench.batch.run import Progress, run_batch
from workbench.errors import WorkbenchError
from workbench.files import sha256
from workbench.interpretation import numbers as fmt
from workbench.interpretation.languages import using_language
from workbench.publishing import editions, site_record
from workbench.publishing.comparing import Difference, first_difference
from workbench.publishing.site_files import SiteFiles
from workbench.study import Study
from workbench.text import SHOWN, listed


class VerifyingError(WorkbenchError):
    """A site cannot be compared with its study."""


@dataclass(frozen=True)
class Verdict:
    """What came of a comparison.

    Attributes
    ----------
    files
        How many files were compared.
    differences
        The first difference of every file that has one, pages first.
    notes
        What else differs and need not change a number: versions, and data that were replaced.
    """

    files: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]


def verify(
    study: Study,
    folder: Path,
    notebooks: Path | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Make the pages of a site again from its study, in a folder of their own, and compare.

    Parameters
    ----------
    folder
        The site.
    notebooks
        Folder of the report notebooks; default: the project's.
    jobs, progress
        As for :func:`workbench.batch.run.run_batch`.

    Raises
    ------
    VerifyingError
        The site has been made of another study.
    WorkbenchError
        The folder is no site, or the study cannot make pages any more.
    """
    told = site_record.read(folder)
    if told["study"] != study.name:
        raise VerifyingError(
            f"{folder} was made of the study {told['study']!r}, and this is {study.name!r}; name "
            "the study of the site."
        )
    study = study.in_language(told["parameters"]["language"])
    notebooks = notebooks or notebooks_folder()
    with TemporaryDirectory() as temporary, using_language(study.language):
        output = Path(temporary).resolve() / "pages"
        try:
            made = _made(study, folder, output, told, notebooks, jobs, progress)
            published = editions.in_language_of(study, editions.read_editions(study))
            published = published[: told["edition"]]
            files = made.files(published)
            found = [*_differences(folder, files, told, made.about)]
        finally:
            store = cache.place(output)
            if store is not None:
                rmtree(store, ignore_errors=True)
    hashes = published[-1].files if len(published) == told["edition"] else {}
    found += _touched(folder, hashes, {one.file for one in found})
    return Verdict(len(files), tuple(found), tuple(_notes(told, made.about)))


def _made(
    study: Study,
    folder: Path,
    output: Path,
    told: Mapping[str, Any],
    notebooks: Path,
    jobs: int | None,
    progress: Progress | None,
) -> SiteFiles:
    """Make the pages that a site has again, as far as the study still makes them."""
    pages = told["pages"]
    everyone = set(study.organisations["organisation"])
    wanted = {page["organisation"] for page in pages.values()}
    for wave in sorted({page["wave"] for page in pages.values()}):
        of_wave = [page for page in pages.values() if page["wave"] == wave]
        run_batch(
            study,
            output,
            reports=sorted({page["report"] for page in of_wave}),
            organisations=sorted(wanted & everyone),
            wave=wave,
            notebooks=notebooks,
            jobs=jobs,
            progress=progress,
        )
    record = read_record(output)
    assert record is not None
    reports = {
        stem: entry
        for stem, entry in record.reports.items()
        if entry.succeeded and entry.html in pages
    }
    prints = {
        name: (folder / name).read_bytes() for name in told["prints"] if _inside(folder, name)
    }
    return SiteFiles.of(
        study,
        output,
        replace(record, reports=reports),
        site_record.key_of(study),
        lambda pages, as_of: prints,
    )


def _inside(folder: Path, name: str) -> bool:
    return Path(name).name == name and (folder / name).is_file()


def _differences(
    folder: Path, files: Mapping[str, bytes], told: Mapping[str, Any], made: Mapping[str, Any]
) -> Iterator[Difference]:
    """Give the first difference of every file that has one: pages, their index, other files."""
    there = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if not path.is_dir()
    }
    named = sorted(_named(told) | _named(made), key=len, reverse=True)
    same_programs = told["made_by"] == made["made_by"]
    for name in sorted({*files, *there}, key=_order):
        content = there[name].read_bytes() if name in there else None
        if name == site_record.FILE:
            stated = _without_notes({"edition": told["edition"], **made})
            found = first_difference(name, _without_notes(told), stated)
        else:
            sides = (_neutral(content, named), _neutral(files.get(name), named))
            found = first_difference(name, *sides, whole=same_programs)
        if found is not None:
            yield found


def _touched(folder: Path, hashes: Mapping[str, str], known: Collection[str]) -> list[Difference]:
    """Return the files that are not as they were published, and differ in no number."""
    return [
        Difference(name, "other bytes than were published", "the same numbers")
        for name, value in sorted(hashes.items())
        if name not in known and _hash(folder / name) != value
    ]


def _hash(file: Path) -> str:
    return sha256(file) if file.is_file() else ""


def _without_notes(told: Mapping[str, Any]) -> bytes:
    """Return what a site says of how it was made, without what notes tell of."""
    left_out = ("made_by", "data_as_of", "fingerprints")
    return json.dumps({name: told[name] for name in told if name not in left_out}).encode()


def _order(name: str) -> tuple[int, str]:
    """Pages first, then their index, files of numbers and the rest."""
    kinds = {"html": 0, "csv": 2}
    return (1 if name == report_list.FILE else kinds.get(name.rpartition(".")[2], 3), name)


def _neutral(content: bytes | None, named: Collection[str]) -> bytes | None:
    """Return a file without what names the time of the data and the versions of the programs."""
    if content is None:
        return None
    for text in named:
        content = content.replace(text.encode(), b"_")
    return content


def _named(made: Mapping[str, Any]) -> set[str]:
    """Return how pages name the time of the data and the programs that made them."""
    by = made["made_by"]
    commit, as_of = str(by["commit"] or ""), str(made["data_as_of"])
    versions = ", ".join(f"{name} {number}" for name, number in by["versions"].items())
    own = f"workbench {by['versions']['workbench']}"
    found = {versions, as_of, as_of[:10], fmt.day(as_of), commit, commit[:12], commit[:10], own}
    return found - {""}


def _notes(told: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[str]:
    """Give what differs beside the numbers: data that were replaced, time, programs."""
    before, now = told["fingerprints"], made["fingerprints"]
    if before["key"] != now["key"]:
        yield "The site's fingerprints have another key than the study's, so data are not compared."
    elif changed := _changed(before["files"], now["files"]):
        yield f"Not as when the site was made: {listed(changed, most=SHOWN)}."
    if told["data_as_of"] != made["data_as_of"]:
        yield f"Data as of {told['data_as_of']} in the site, of {made['data_as_of']} in the study."
    programs, current = (_programs(one["made_by"]) for one in (told, made))
    if other := _changed(programs, current):
        pairs = (f"{name} {programs.get(name)}, now {current.get(name)}" for name in other)
        yield f"Made by other programs: {'; '.join(pairs)}."


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {**before, **now} if before.get(name) != now.get(name))


def _programs(made_by: Mapping[str, Any]) -> dict[str, str]:
    """Return the versions of the programs by name."""
    return {
        **made_by["versions"],
        "commit": str(made_by["commit"] or "none")[:12],
        "code": str(made_by["code_sha256"])[:12],
    }
