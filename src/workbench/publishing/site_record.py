"""``provenance.json``: how the numbers of a site were made, for whoever makes them again.

It is published. A plain hash of a file of answers would tell whoever guesses the file, or a line of
it, that the guess is right; so files are told by fingerprints that need a key [1]_. The key is a
random number in the folder ``editions`` of the study, as private as the answers.

References
----------
.. [1] Krawczyk, Bellare & Canetti (1997). HMAC: keyed-hashing for message authentication. RFC 2104.
"""

import hmac
import json
import re
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from workbench.batch.manifest import Manifest
from workbench.errors import DamagedFileError, WorkbenchError
from workbench.figures.markup import end_of, start_of
from workbench.files import write_atomically
from workbench.publishing import editions
from workbench.reports import provenance
from workbench.study import Study

FILE = "provenance.json"

KEY = "fingerprints.key"
"""The file in the study's folder of editions with the key of fingerprints."""

METHOD = "HMAC-SHA256, with a key that is not published, of the SHA-256 of the file"

_SECOND_ENGINE = re.compile(rf"{start_of('p')}([^<]*\bsemopy\b(?! \d)[^<]*){end_of('p')}")
"""A paragraph that tells how far the second program agrees; not one with its version."""


def key_of(study: Study) -> bytes:
    """Return the key of the study's fingerprints, made if there is none.

    Raises
    ------
    DamagedFileError
        It is not as it was written.
    """
    file = key_file(study)
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        write_atomically(file, f"{secrets.token_hex(32)}\n")
        file.chmod(0o600)
    found = file.read_text(encoding="ascii", errors="replace").strip()
    if not re.fullmatch("[0-9a-f]{64}", found):
        raise DamagedFileError(
            f"{file} is no key of fingerprints; restore it, or remove it to get another."
        )
    return bytes.fromhex(found)


def key_file(study: Study) -> Path:
    """Return where the key of the study's fingerprints is."""
    return study.path / editions.FOLDER / KEY


def fingerprint(value: str, key: bytes) -> str:
    """Return what stands for a file or a key in public: nobody without the key can guess it.

    >>> len(fingerprint("0" * 64, b"secret"))
    64
    """
    return hmac.digest(key, value.encode(), "sha256").hex()


def about(
    study: Study,
    record: Manifest,
    pages: Mapping[str, str],
    prints: Collection[str],
    key: bytes,
) -> dict[str, Any]:
    """Return how the pages of a record were made.

    Parameters
    ----------
    pages
        The HTML of every page, by file.
    prints
        Names of the files with pages as PDF.
    key
        That of the fingerprints.
    """
    made = record.provenance
    entries = {str(entry.html): entry for entry in record.reports.values()}
    return {
        "study": record.study,
        "title": record.title,
        "simulated": record.simulated,
        "data_as_of": made["as_of"],
        "made_by": {
            "commit": made["commit"],
            "code_sha256": made["code"],
            "versions": made["versions"],
        },
        "parameters": {
            "chain": study.chain,
            "minimum_count": study.minimum_count,
            "language": record.language,
            "seed": provenance.SEED,
        },
        "fingerprints": {
            "method": METHOD,
            "key": fingerprint(KEY, key)[:16],
            "files": {name: fingerprint(value, key) for name, value in made["data"].items()},
        },
        "second_engine": {
            name: found[1].strip()
            for name, page in sorted(pages.items())
            if (found := _SECOND_ENGINE.search(page))
        },
        "pages": {
            name: {
                "report": entry.name,
                "title": entry.title,
                "organisation": entry.organisation,
                "chain": entry.chain,
                "wave": entry.wave,
            }
            for name, entry in sorted(entries.items())
        },
        "prints": sorted(prints),
    }


def text(record: Mapping[str, Any], edition: int) -> str:
    """Return the content of the file in the site of an edition."""
    return json.dumps({"edition": edition, **record}, ensure_ascii=False, indent=1) + "\n"


def read(site: Path) -> dict[str, Any]:
    """Return what a site says of how it was made.

    Raises
    ------
    WorkbenchError
        It does not say it, or not as it was written.
    """
    file = site / FILE
    if not file.is_file():
        raise WorkbenchError(f"{site} holds no {FILE}; name the folder of a published site.")
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        pages = [page | {} for page in found["pages"].values()]
        known = all(isinstance(page[name], str) for page in pages for name in ("report", "wave"))
        whole = isinstance(found["edition"], int) and isinstance(found["prints"], list)
        whole = whole and isinstance(found["parameters"]["language"], str)
        if known and whole and found["made_by"]["versions"]:
            return dict(found)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise WorkbenchError(f"{file} is not as it was published; take it from a copy of the site.")
