"""All attacks on a folder of pages."""

from pathlib import Path

from workbench.audit.cells import revealing_cells
from workbench.audit.channels import channels
from workbench.audit.counts import small_counts
from workbench.audit.digits import hidden_digits
from workbench.audit.editions import differences
from workbench.audit.files import files_that_do_not_belong, links_to_such_files, local_paths
from workbench.audit.findings import Finding
from workbench.audit.indices import hidden_indices
from workbench.audit.positive import positive_shares
from workbench.audit.rates import response_rates
from workbench.audit.reading import Page, read_pages
from workbench.audit.results import results_of_questions
from workbench.audit.rules import Rules
from workbench.audit.takeaway import compared
from workbench.audit.totals import hidden_parts
from workbench.audit.unanswered import reasons
from workbench.errors import WorkbenchError


class AuditError(WorkbenchError):
    """There is nothing to audit."""


def audited(folder: Path, rules: Rules, earlier: Path | None = None) -> list[Finding]:
    """Attack the pages in a folder, and return what they tell and should not.

    Parameters
    ----------
    folder
        What would be published: a batch's output folder, or a site.
    rules
        The minimum for small groups and the study's names.
    earlier
        The folder of the edition before, if there is one.

    Returns
    -------
    list of Finding
        Sorted by page; empty if no attack brought anything back.

    Raises
    ------
    AuditError
        A folder does not exist or has no pages.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> page = "<h1>Transit</h1><p>4 answers from clients</p>"
    >>> with TemporaryDirectory() as site:
    ...     written = (Path(site) / "index.html").write_text(page)
    ...     found = audited(Path(site), Rules(minimum_count=10))
    >>> found[0].place, found[0].what
    ('index.html, row “4 answers from clients”', '4 people are fewer than the minimum of 10.')
    """
    everything = _pages(folder, rules)
    beyond = compared(everything)
    pages = [page for page in everything if beyond.get(page.name) != []]
    found = [
        *(finding for findings in beyond.values() for finding in findings),
        *files_that_do_not_belong(folder),
        *links_to_such_files(pages),
        *local_paths(folder, pages),
        *hidden_digits(pages),
        *small_counts(pages, rules),
        *revealing_cells(pages, rules),
        *hidden_parts(pages, rules),
        *hidden_indices(pages, rules),
        *positive_shares(pages, rules),
        *results_of_questions(pages, rules),
        *reasons(pages, rules),
        *channels(pages, rules),
        *response_rates(pages),
    ]
    if earlier is not None:
        before = [page for page in _pages(earlier, rules) if not page.is_file]
        found += differences(pages, before, rules)
    return sorted(set(found))


def _pages(folder: Path, rules: Rules) -> list[Page]:
    if not folder.is_dir():
        raise AuditError(f"There is no folder {folder}; name that of the pages.")
    pages = read_pages(folder, rules)
    if not pages:
        raise AuditError(f"{folder} holds no pages; run `workbench batch` first.")
    return pages
