"""Files that do not belong on a web site, links to them, and paths of the machine."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from bs4 import Comment

from workbench.audit.findings import Finding
from workbench.audit.reading import Page
from workbench.text import counted, inflected

PUBLIC = frozenset(
    (".html", ".pdf", ".css", ".csv", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico")
)
"""What a site is made of: pages, also printed, style, pictures, and tables to take away."""

RECORDS = ("provenance.json", "*.csv-metadata.json")
"""What says how pages were made, and what the columns of a table mean."""

MARK = ".workbench"
"""A random number by which a batch finds its record elsewhere; it says nothing."""

_LINKS = ("href", "src", "data", "action", "poster")
_PATH = re.compile(
    r"file://\S+"
    r"|(?<![\w.:/~])/(?:home|Users|root|tmp|var|mnt|media|opt|srv|private|work|data|etc)/[\w.@~-]\S*"
    r"|(?<!\w)[A-Za-z]:\\[\w.@~-]\S*"
)


def files_that_do_not_belong(folder: Path) -> Iterator[Finding]:
    """Give whatever is in the folder besides what a site is made of."""
    found: Counter[tuple[str, str]] = Counter()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_dir() or inside.as_posix() == MARK or _is_public(path.name):
            continue
        in_folder = len(inside.parts) > 1
        found[f"{inside.parts[0]}/" if in_folder else inside.name, path.suffix * in_folder] += 1
    for (name, kind), number in found.items():
        holds = (
            f"{counted(number, 'file')} ({kind or 'without an ending'})"
            if name.endswith("/")
            else "This file"
        )
        yield Finding(
            page=name,
            what=f"{holds} {inflected(number, 'is', 'are')} no page, style, picture or CSV.",
            remedy="Leave it out of what is published.",
        )


def _is_public(name: str) -> bool:
    """Tell whether a file of this name is part of what a site is made of."""
    path = PurePosixPath(name)
    return path.suffix.lower() in PUBLIC or any(path.match(record) for record in RECORDS)


def links_to_such_files(pages: Sequence[Page]) -> Iterator[Finding]:
    """Give the links from pages to files of the folder that do not belong on a site."""
    for page in pages:
        seen = set()
        for element in page.root.find_all(True):
            for name in _LINKS:
                target = str(element.get(name) or "")
                if not target or target.startswith("#"):
                    continue
                parts = urlsplit(target)
                file = PurePosixPath(unquote(parts.path)).name
                if parts.scheme or parts.netloc or not parts.path or _is_public(file):
                    continue
                if target in seen or (name == "data" and element.name != "object"):
                    continue
                seen.add(target)
                yield Finding(
                    page=page.name,
                    what=f"A link leads to {target}, which is no page, style, picture or CSV.",
                    remedy="Take the link out.",
                )


def local_paths(folder: Path, pages: Sequence[Page]) -> Iterator[Finding]:
    """Give the paths of a machine's folders that pages tell, in text, attributes or scripts, and
    those in records beside them."""
    texts = [(page.name, _everything(page)) for page in pages]
    for record in RECORDS:
        texts += [(path.name, path.read_text("latin-1")) for path in sorted(folder.glob(record))]
    texts += [(path.name, _links_of_print(path)) for path in sorted(folder.glob("*.pdf"))]
    for name, text in texts:
        for path in sorted(set(_PATH.findall(text))):
            yield Finding(
                page=name,
                what=f"The page tells the path {path} of a machine.",
                remedy="Take it out: it says where the answers may lie.",
            )


def _links_of_print(file: Path) -> str:
    """Return the links of a PDF to files; what is shown there is compressed, and on the page."""
    return "\n".join(re.findall(r"file:[^()<>\s]*", file.read_bytes().decode("latin-1")))


def _everything(page: Page) -> str:
    parts = [*page.texts, *(cell for table in page.tables for row in table.rows for cell in row)]
    for element in page.root.find_all(True):
        parts += [
            value if isinstance(value, str) else " ".join(value) for value in element.attrs.values()
        ]
        if element.name in ("script", "style"):
            parts.append(element.get_text())
    parts += [
        str(comment)
        for comment in page.root.find_all(string=lambda text: isinstance(text, Comment))
    ]
    return "\n".join(parts)
