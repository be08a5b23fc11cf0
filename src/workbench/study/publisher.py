"""Who publishes: the table ``[publisher]`` of ``study.toml``, in whose name and colours pages are.

``[publisher.fr]`` says what differs on pages in French.

References
----------
.. [1] W3C (2023). Web Content Accessibility Guidelines 2.2, success criterion 1.4.3 and the
   definitions of contrast ratio and relative luminance.
"""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from workbench.text import nearest

LEAST_CONTRAST = 4.5
"""Of text on its background [1]_."""

LIGHT, DARK, ASIDE = "#ffffff", "#14191f", "#d6e2ec"
"""The paper of pages in the light and the dark scheme, and what stands beside white in the head."""

LARGEST_LOGO = 16_000
"""Bytes of a logo, which every page holds."""

_LOGOS: Mapping[str, tuple[str, Callable[[bytes], bool]]] = {
    ".svg": ("image/svg+xml", lambda content: b"<svg" in content[:1000]),
    ".png": ("image/png", lambda content: content.startswith(b"\x89PNG\r\n\x1a\n")),
    ".jpg": ("image/jpeg", lambda content: content.startswith(b"\xff\xd8\xff")),
    ".jpeg": ("image/jpeg", lambda content: content.startswith(b"\xff\xd8\xff")),
    ".webp": ("image/webp", lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP"),
}

Fault = Callable[[str], None]


@dataclass(frozen=True)
class Publisher:
    """What pages say of who publishes them; what is "" they leave out.

    Attributes
    ----------
    body
        The public body.
    logo
        Its logo as a ``data:`` address.
    colour, colour_dark
        Of the head and the headings in the light scheme, and of the headings in the dark one.
    contact
        Where readers can write to or call.
    licence
        Under which the numbers may be used.
    cite
        How to cite the pages.
    accessibility, revisions
        What the body states about access to the pages, and about corrections.
    """

    body: str
    logo: str = ""
    colour: str = ""
    colour_dark: str = ""
    contact: str = ""
    licence: str = ""
    cite: str = ""
    accessibility: str = ""
    revisions: str = ""
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    def in_language(self, code: str) -> "Publisher":
        """Return what pages in a language say."""
        found: dict[str, Any] = {
            **self.others.get(code.split("-")[0], {}),
            **self.others.get(code, {}),
        }
        return replace(self, **found)

    @property
    def told(self) -> dict[str, str]:
        """What there is, by name."""
        names = [one.name for one in fields(self) if one.name != "others"]
        return {name: value for name in names if (value := getattr(self, name))}


_KEYS = tuple(one.name for one in fields(Publisher) if one.name != "others")


def read_publisher(table: Mapping[str, Any], folder: Path, fault: Fault) -> Publisher | None:
    """Return what a table of ``study.toml`` says, and tell every fault.

    Parameters
    ----------
    table
        The table ``[publisher]``.
    folder
        The study's, in which a logo is.
    fault
        Is told what is wrong, in a sentence without its file.
    """
    others = {code: part for code, part in table.items() if isinstance(part, Mapping)}
    own = _texts(
        {key: table[key] for key in table if key not in others}, "publisher", folder, fault
    )
    parts = {
        code: _texts(part, f"publisher.{code}", folder, fault) for code, part in others.items()
    }
    if "body" not in own:
        if "body" not in table:
            fault("key 'publisher.body' is missing; name the body that publishes the pages")
        return None
    return Publisher(**own, others=parts)


def _texts(table: Mapping[str, Any], place: str, folder: Path, fault: Fault) -> dict[str, str]:
    """The keys of a table that are as they should be."""
    found = {}
    for key, value in table.items():
        name = f"{place}.{key}"
        if key not in _KEYS:
            told = ", ".join(_KEYS)
            fault(f"key {name!r} is not known; the keys here are {told}.{nearest(key, _KEYS)}")
        elif not isinstance(value, str) or not value.strip():
            fault(f"key {name!r} is {value!r}; write a text in quotation marks")
        elif key == "logo":
            found[key] = _logo(value, name, folder, fault)
        elif key.startswith("colour"):
            found[key] = _colour(value, name, fault)
        else:
            found[key] = " ".join(value.split())
    return found


def _logo(value: str, name: str, folder: Path, fault: Fault) -> str:
    """A picture as a ``data:`` address, "" if it cannot be one."""
    file = folder / value
    if not file.resolve().is_relative_to(folder.resolve()) or not file.is_file():
        fault(f"key {name!r} is {value!r}, and there is no such file in the study's folder")
        return ""
    kind, is_one = _LOGOS.get(file.suffix.lower(), ("", lambda content: False))
    content = file.read_bytes()
    if not is_one(content):
        fault(f"key {name!r} is {value!r}, which is no picture; use {', '.join(_LOGOS)}")
        return ""
    if len(content) > LARGEST_LOGO:
        fault(
            f"key {name!r} is {value!r}, which has {len(content):,} bytes; every page holds it, so "
            f"make it {LARGEST_LOGO:,} at most"
        )
        return ""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _colour(value: str, name: str, fault: Fault) -> str:
    """A colour against which text can be read, "" if it is none."""
    if not re.fullmatch("#[0-9a-fA-F]{6}", value):
        fault(f'key {name!r} is {value!r}; write a colour such as "#17405f"')
        return ""
    dark = name.endswith("colour_dark")
    on, where = (DARK, "the dark page") if dark else (LIGHT, "white")
    ratio = contrast(value, on)
    if not dark:
        ratio = min(ratio, contrast(value, ASIDE))
    if ratio < LEAST_CONTRAST:
        fault(
            f"key {name!r} is {value!r}, whose contrast to {where} is {ratio:.1f}; choose a "
            f"{'lighter' if dark else 'darker'} colour, {LEAST_CONTRAST} at least"
        )
        return ""
    return value.lower()


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 [1]_.

    Parameters
    ----------
    one, other
        Colours as in "#17405f".

    Examples
    --------
    >>> round(contrast("#000000", "#ffffff")), round(contrast("#777777", "#ffffff"), 2)
    (21, 4.48)
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance of a colour [1]_."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
