"""Names for the files of pages: safe everywhere, the same on every run."""

import hashlib
import json
import re

from workbench.text import LONGEST_SLUG, hyphenated

DIGITS = 12
"""Hexadecimal digits that tell a page from all others: 5,000 pages share none, to one in 10⁷."""

OWN_PAGE = f"*--{'[0-9a-f]' * DIGITS}.html"
"""The pattern of the files of pages that have such digits: nobody else's have."""

# Names that Windows keeps for devices, whatever the extension; and those a site has itself.
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "index", "manifest"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}
)

_PLAIN = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")


def page_name(report: str, chain: str = "", organisation: str = "", wave: str = "") -> str:
    """Return the file name, without its ending, of the page that holds this.

    A report's name is its page's where it is made of lower-case ASCII letters, digits and single
    hyphens or underscores, and nobody else's. Every other page has the words of what it holds and,
    behind two hyphens, digits that come from all of it, letter by letter. So a name says what is
    in the page and nothing of what else there is: it stays when others come and go, no two are
    alike, and none is on a file system that ignores case.

    >>> page_name("benchmark")
    'benchmark'
    >>> page_name("organisation", organisation="Land Registry", wave="2023")
    'organisation-land-registry-2023--b285eea21971'
    """
    named = (chain, organisation, wave)
    plain = _PLAIN.fullmatch(report) and len(report) <= LONGEST_SLUG and report not in _RESERVED
    if plain and not any(named):
        return report
    parts = [words for part in (report, *named) if (words := hyphenated(part))]
    words = "-".join(parts)[:LONGEST_SLUG].strip("-") or "page"
    content = json.dumps([report, *named]).encode()
    return f"{words}--{hashlib.sha256(content).hexdigest()[:DIGITS]}"
