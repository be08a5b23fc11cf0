"""From a batch to a web site: the pages that may be published, and nothing else.

A site holds the index and the pages that were chosen, each made whole by itself: the policy that
stands in every page lets a browser load nothing else. Beside them stand files of their numbers, see
:mod:`workbench.publishing.takeaway`. Whatever else an output folder holds stays there. What is
published is what stands in the record of the batch, byte by byte, but for links: those to pages
that are not published become plain text, and those to files of numbers are added.

A site is made beside the one that it replaces and takes its place as a whole. What there is to
refuse is refused before.
"""

import fcntl
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256 as hash_of
from pathlib import Path

from workbench.audit import Rules, audited
from workbench.batch.manifest import Entry, Manifest
from workbench.batch.notebooks import notebooks_folder
from workbench.batch.output import earlier_record, locked, read_record, unchanged
from workbench.errors import UnknownNameError, WorkbenchError
from workbench.files import replacing_folder, sha256, write_atomically
from workbench.interpretation.languages import using_language
from workbench.publishing import editions, site_record
from workbench.publishing.editions import Change, Edition
from workbench.publishing.inlining import standalone
from workbench.publishing.printing import print_pages
from workbench.publishing.site_files import SiteFiles
from workbench.reports import provenance
from workbench.study import Study
from workbench.text import SHOWN, counted, inflected, listed, nearest

AGAIN = "run `workbench batch` again"


class PublishingError(WorkbenchError):
    """A batch cannot be published as it is, or not there."""


@dataclass(frozen=True)
class Published:
    """What was published: the ``edition``, and whether it is ``new`` or stood already."""

    edition: Edition
    new: bool


def publish(
    study: Study,
    output: Path,
    target: Path,
    approved: Collection[str] | None = None,
    notebooks: Path | None = None,
    *,
    pdf: bool = False,
    inline: Path | None = None,
) -> Published:
    """Make ``target`` the site of the pages in ``output``, or leave it as it is.

    Parameters
    ----------
    output
        The output folder of a batch.
    target
        The folder of the site: new, empty, or one that holds an edition of this study
        in the language of the batch.
    approved
        Names of the pages that may be published, as in their addresses; default: all. Others are
        not in the index.
    notebooks
        Folder of the report notebooks; default: the project's.
    pdf
        Publish every page as PDF too, printed by Chromium.
    inline
        A folder for the same pages each as one file, to send by e-mail: new, empty, or with such
        pages of this study.

    Raises
    ------
    UnknownNameError
        A page is approved that the batch has not made; the message has the nearest name.
    PublishingError
        A report failed, or is not of the data as they are; a batch is running; the audit finds
        something in the pages; the site would tell, by comparison with an earlier edition, what a
        few people answered; or ``target`` holds anything that was not published of this study.
    BatchError
        ``output`` is not the output folder of this study.
    """
    output, target = output.resolve(), target.resolve()
    made = read_record(output)
    study = study.in_language(made.language) if made else study
    with _undisturbed(study, output), using_language(study.language):
        published = editions.read_editions(study)
        earlier = editions.in_language_of(study, published)
        _refuse_place(study, output, target)
        _refuse_others_files(target, earlier, study.language.code)
        if inline is not None:
            inline = inline.resolve()
            _refuse_inline(study, output, target, inline, earlier)
        record, answers = _read_batch(study, output, approved, notebooks or notebooks_folder())
        _refuse_subtraction(
            editions.told_by_subtraction(published, answers, study.minimum_count),
            study.minimum_count,
        )
        key = site_record.key_of(study)
        batch = SiteFiles.of(study, output, record, key, *([print_pages] if pdf else []))
        files = batch.files(earlier)
        new = not earlier or _hashes(files) != earlier[-1].files
        if new:
            pages = _hashes({name: page.page.encode() for name, page in batch.pages.items()})
            edition = editions.next_edition(
                study.language.code, earlier, batch.as_of, pages, batch.titles, answers
            )
            files = batch.files([*earlier, edition])
            edition = replace(edition, files=_hashes(files))
            _put(study, target, files, edition)
        else:
            edition = earlier[-1]
            _put(study, target, files)
        if inline is not None:
            _put_inline(inline, batch, files)
        return Published(edition, new)


@contextmanager
def _undisturbed(study: Study, output: Path) -> Iterator[None]:
    """Keep batches from ``output``, and anyone else from publishing the study."""
    if not output.is_dir():
        raise PublishingError(f"There is no folder {output}; {AGAIN} or correct --from.")
    with locked(study.path, fcntl.LOCK_EX) as alone, unchanged(output) as free:
        if not alone:
            raise PublishingError(f"{study.title} is being published already; wait for that.")
        if not free:
            raise PublishingError(f"A batch is writing to {output}; publish when it has finished.")
        yield


def _read_batch(
    study: Study, output: Path, approved: Collection[str] | None, notebooks: Path
) -> tuple[Manifest, editions.Answers]:
    """Return the record of what is to be published, and the answers of the groups that it shows."""
    record = earlier_record(study, output, notebooks, "--from")
    if record is None:
        raise PublishingError(f"There is no record of a batch in {output}; {AGAIN}.")
    chosen = _chosen(record, approved)
    # Read before the files are hashed: of data that change meanwhile the pages are not.
    answers = editions.answers_shown(study)
    _refuse_unfit(study, output, chosen)
    return replace(record, reports=chosen), answers


def read_approved(file: Path) -> list[str]:
    """Return the names of pages in a file, one a line, with or without ``.html``.

    Raises
    ------
    PublishingError
        It names none.
    """
    lines = (line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines())
    names = [line.removesuffix(".html") for line in lines if line]
    if not names:
        raise PublishingError(f"{file} approves no page; write the name of one on each line.")
    return names


def _chosen(record: Manifest, approved: Collection[str] | None) -> dict[str, Entry]:
    """Return the reports to publish by the name of their page, in the order of the record."""
    for name in approved or ():
        if name not in record.reports:
            raise UnknownNameError(
                f"The batch has no page {name!r} that could be approved."
                f"{nearest(name, record.reports)}"
            )
    chosen = {
        stem: entry
        for stem, entry in record.reports.items()
        if approved is None or stem in approved
    }
    if not chosen:
        raise PublishingError(f"The batch has made no report; {AGAIN}.")
    return chosen


def _refuse_place(study: Study, output: Path, target: Path, option: str = "--to") -> None:
    """Refuse a site among the files of the study or the batch, or around them."""
    for what, folder in (("the study", study.path.resolve()), ("the batch", output)):
        if target.is_relative_to(folder) or folder.is_relative_to(target):
            raise PublishingError(
                f"{target} and the folder of {what}, {folder}, hold one another; name a folder "
                f"for the pages alone with {option}."
            )


def _refuse_others_files(target: Path, earlier: Sequence[Edition], language: str) -> None:
    """Refuse a folder with files that no edition of the study in this language has put there."""
    if not target.exists():
        return
    if not target.is_dir():
        raise PublishingError(f"{target} is a file; name a folder for the site with --to.")
    found = sorted(path for path in target.rglob("*") if not path.is_dir() or path.is_symlink())
    names = {path.relative_to(target).as_posix() for path in found}
    if not names:
        return
    unknown = f"{target} was not published for this study in the language {language!r}"
    known = [edition.files for edition in earlier if edition.files.keys() == names]
    if not known:
        other = min(names - (earlier[-1].files.keys() if earlier else set()), default=min(names))
        raise PublishingError(
            f"{unknown}: it holds {other!r}; name an empty folder with --to, or empty this one."
        )
    now = {name: sha256(target / name) for name in names}
    if now not in known:
        files = known[-1]
        other = min(name for name in names if now[name] != files[name])
        raise PublishingError(
            f"{unknown} as it is: {other!r} is not as it was published; name an empty folder with "
            "--to, or empty this one."
        )


def _refuse_inline(
    study: Study, output: Path, target: Path, inline: Path, earlier: Sequence[Edition]
) -> None:
    """Refuse a folder for pages to send that holds anything else, or lies where a site must not."""
    _refuse_place(study, output, inline, "--inline")
    if inline.is_relative_to(target) or target.is_relative_to(inline):
        raise PublishingError(
            f"{inline} and the site {target} hold one another; name another folder with --inline."
        )
    if inline.exists() and not inline.is_dir():
        raise PublishingError(f"{inline} is a file; name a folder with --inline.")
    pages = {name for edition in earlier for name in edition.titles}
    other = {path.name for path in inline.iterdir()} - pages if inline.is_dir() else set()
    if other:
        raise PublishingError(
            f"{inline} holds {min(other)!r}, which is no page of this study; name an empty folder "
            "with --inline."
        )


def _put_inline(inline: Path, batch: SiteFiles, files: Mapping[str, bytes]) -> None:
    """Write the pages that were published each as one file."""
    with replacing_folder(inline) as beside:
        for name, page in batch.pages.items():
            write_atomically(beside / name, standalone(name, page.page, files))


def _refuse_unfit(study: Study, output: Path, chosen: Mapping[str, Entry]) -> None:
    """Refuse reports that failed, or that are not of the data and the code as they are."""
    failed = [entry.title for entry in chosen.values() if not entry.succeeded]
    if failed:
        raise PublishingError(
            f"{counted(len(failed), 'report')} {inflected(len(failed), 'was', 'were')} not made "
            f"({listed(failed, most=SHOWN)}); {AGAIN}, or leave "
            f"{inflected(len(failed), 'it', 'them')} out with --approved."
        )
    now = {
        "data": provenance.digest(provenance.data_files(study)),
        "code": provenance.code(),
    }
    for what, value in now.items():
        old = [entry.title for entry in chosen.values() if entry.inputs.get(what) != value]
        if old:
            how = {
                "data": "from other data than the study has now",
                "code": "by another version of the workbench",
            }[what]
            raise PublishingError(
                f"{counted(len(old), 'report')} {inflected(len(old), 'was', 'were')} made {how} "
                f"({listed(old, most=SHOWN)}); {AGAIN}."
            )
    altered = [entry.title for entry in chosen.values() if not entry.stands(output)]
    if altered:
        raise PublishingError(
            f"The {inflected(len(altered), 'page')} of {listed(altered, most=SHOWN)} "
            f"{inflected(len(altered), 'is', 'are')} not as made; {AGAIN}."
        )


def _refuse_subtraction(changes: Sequence[Change], minimum_count: int) -> None:
    """Refuse an edition that would tell, beside an earlier one, what a few people answered."""
    if not changes:
        return
    groups = list(dict.fromkeys(change.group for change in changes))
    least = min(changes, key=lambda change: change.people)
    edition = least.edition
    people = "one person" if least.people == 1 else f"{least.people} people"
    raise PublishingError(
        f"Comparison with edition {edition.number} in {edition.language!r}, of data as of "
        f"{edition.as_of[:10]}, would tell what fewer than {minimum_count} people "
        f"answered in {listed(groups, most=SHOWN)}, such as {people} to {least.item!r} "
        f"in {least.group}; wait for more answers, or leave the answers of "
        f"{inflected(len(groups), 'this group', 'these groups')} as in that edition, and "
        f"{AGAIN}."
    )


def _refuse_findings(rules: Rules, pages: Path, earlier: Path | None) -> None:
    """Refuse pages that tell what single people answered, or anything else that they should not."""
    findings = audited(pages, rules, earlier)
    if findings:
        first = findings[0]
        raise PublishingError(
            f"The audit brings back {counted(len(findings), 'thing')} that pages may not tell, "
            f"first from {first.place}: {first.what.rstrip('.')}; `workbench disclosure` tells "
            "what to do about each, or leave the pages out with --approved."
        )


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hash_of(content).hexdigest() for name, content in sorted(files.items())}


def _put(
    study: Study,
    target: Path,
    files: Mapping[str, bytes],
    edition: Edition | None = None,
) -> None:
    """Put a site in its place as a whole and record its edition, if that is a new one.

    The audit has to find nothing in it first.
    """
    earlier = target if any(target.glob("*.html")) else None
    recorded = None
    try:
        with replacing_folder(target) as beside:
            for name, content in files.items():
                (beside / name).parent.mkdir(parents=True, exist_ok=True)
                write_atomically(beside / name, content)
            _refuse_findings(Rules.of(study), beside, earlier)
            if edition is not None:
                # Before the site: the record may hold what nobody has seen, but not the reverse.
                recorded = editions.write_edition(study, edition)
    except BaseException:
        if recorded is not None:
            recorded.unlink()
        raise
