"""File names for reports: safe on every file system, unique, the same on every run."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 80
"""Characters in a slug at most, so that a path stays short of every file system's limit."""

# Letters that Unicode does not decompose into a base letter and an accent.
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "Æ": "ae",
        "œ": "oe",
        "Œ": "oe",
        "ø": "o",
        "Ø": "o",
        "đ": "d",
        "Đ": "d",
        "ð": "d",
        "Ð": "d",
        "ł": "l",
        "Ł": "l",
        "þ": "th",
        "Þ": "th",
        "ı": "i",
        "&": " and ",
    }
)

# Names that Windows keeps for devices, whatever the extension.
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}
)


def slug(name: str) -> str:
    """Return ``name`` in lower-case ASCII letters, digits and single hyphens; never empty.

    Accents are dropped (``"Évora"`` → ``"evora"``), ``&`` becomes ``and``, anything else that is
    neither letter nor digit separates words. A name without any Latin letter or digit is called
    ``"unnamed"``; :func:`unique_slugs` tells such names apart.

    >>> slug('Café <b>&"/ Ltd')
    'cafe-b-and-ltd'
    """
    decomposed = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    ascii_only = decomposed.encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:LONGEST].strip("-") or "unnamed"
    return f"{words}-report" if words in _RESERVED else words


def unique_slugs(names: Iterable[str]) -> dict[str, str]:
    """Return a slug for every name, no two alike even on a file system that ignores case.

    Names are taken in sorted order, so that a name's slug does not depend on the order given;
    the second and later holders of a slug get ``-2``, ``-3`` and so on.

    >>> unique_slugs(["A/B", "A B"])
    {'A B': 'a-b', 'A/B': 'a-b-2'}
    """
    taken: set[str] = set()
    slugs: dict[str, str] = {}
    for name in sorted(set(names)):
        base = candidate = slug(name)
        number = 1
        while candidate in taken:
            number += 1
            suffix = f"-{number}"
            candidate = f"{base[: LONGEST - len(suffix)].rstrip('-')}{suffix}"
        taken.add(candidate)
        slugs[name] = candidate
    return slugs
