"""Pages as PDF, printed by Chromium: tagged for screen readers, with an outline, text as text.

The same page gives the same bytes from the same version of Chromium: what a PDF says of when it was
made is the time of the data.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench.errors import WorkbenchError
from workbench.publishing.site_files import print_of

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
"""What Chromium and its like are called."""

SECONDS = 120
"""How long a page may take."""

OPTIONS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--no-pdf-header-footer", "--export-tagged-pdf", "--generate-pdf-document-outline",
)  # fmt: skip
_TIME = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}[^)]*\)")


class PrintingError(WorkbenchError):
    """Pages cannot be printed."""


def chromium() -> str | None:
    """Return where Chromium or its like is, None if there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def print_pages(pages: Mapping[str, str], as_of: str) -> dict[str, bytes]:
    """Return pages as PDF, by the name of the file.

    Parameters
    ----------
    pages
        Their HTML by name; links to files would tell where these lie on this machine.
    as_of
        The time that the files say they were made, ISO 8601.

    Raises
    ------
    PrintingError
        There is no Chromium, or it cannot print a page.
    """
    program = chromium()
    if program is None:
        raise PrintingError(
            "There is no Chromium to make PDF files with; install it, or publish without --pdf."
        )
    with TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        printed = pool.map(partial(_printed, program, Path(folder), as_of), pages, pages.values())
        return dict(zip(map(print_of, pages), printed, strict=True))


def _printed(program: str, folder: Path, as_of: str, name: str, page: str) -> bytes:
    own = folder / name
    own.mkdir()
    source, target = own / "page.html", own / "page.pdf"
    source.write_text(page, encoding="utf-8")
    options = [*OPTIONS, f"--user-data-dir={own / 'profile'}", f"--print-to-pdf={target}"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium has none for root
    try:
        done = subprocess.run(
            [program, *options, source.as_uri()], capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise PrintingError(f"Chromium takes more than {SECONDS} s to print {name}.") from None
    if not target.is_file():
        told = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise PrintingError(f"Chromium cannot print {name}: {told or 'it says no reason'}.")
    return _dated(target.read_bytes(), as_of)


def _dated(content: bytes, as_of: str) -> bytes:
    """Return a PDF that says it was made at a time, as long as before: it lists its own places."""
    time = datetime.fromisoformat(as_of).strftime("%Y%m%d%H%M%S").encode()
    return _TIME.sub(
        lambda found: (found[1] + time + b"+00'00')")[: len(found[0])].ljust(len(found[0])), content
    )
