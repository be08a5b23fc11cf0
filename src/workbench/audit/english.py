"""A page in another language, as it would read in English: the attacks know no other.

Numbers are written the English way, and what a catalogue of messages translates is put back. A
message of many words is told from the others by its longest piece of text between its parts.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import NavigableString

from workbench.errors import UnknownNameError
from workbench.interpretation.languages import Language, find_language
from workbench.interpretation.messages import MESSAGES

TOLD = ("aria-label", "title", "alt", "summary", "placeholder")
"""Attributes that are told to those who listen."""

_PART = re.compile(r"\{(\w+)[^}]*\}")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[\u00a0\u202f.]\d{3})*(?:,\d+)?(?![\w]|,\d)")
"""A number with a decimal comma, and thousands set apart by a space or a point."""


def put_back(root: BeautifulSoup, catalogues: Path | None = None) -> None:
    """Put a page that says it is in another language back into English.

    Parameters
    ----------
    root
        The page; its texts are changed.
    catalogues
        The folder of more catalogues than those of the package.

    Examples
    --------
    >>> from bs4 import BeautifulSoup
    >>> page = BeautifulSoup('<html lang="fr"><th>Moyenne</th><td>3,5</td></html>', "html.parser")
    >>> put_back(page)
    >>> page.get_text(" ")
    'Mean 3.5'
    """
    language = language_of(root, catalogues)
    if language is None or language.is_source:
        return
    english = into_english(language)
    for text in root.find_all(string=True):
        shown = text.parent is not None and text.parent.name not in ("script", "style")
        if shown and type(text) is NavigableString and text.strip():
            text.replace_with(english(str(text)))
    for element in root.find_all(True):
        for name in TOLD:
            if isinstance(value := element.get(name), str):
                element[name] = english(value)


def is_foreign(root: BeautifulSoup, catalogues: Path | None = None) -> bool:
    """Tell whether a page says it is in a language that is put back into English."""
    language = language_of(root, catalogues)
    return language is not None and not language.is_source


def language_of(root: BeautifulSoup, catalogues: Path | None = None) -> Language | None:
    """Return the language that a page says it is in, None if nobody knows it."""
    html = root.find("html")
    try:
        return find_language(str(html.get("lang") or ""), catalogues) if html else None
    except UnknownNameError:
        return None


@cache
def into_english(language: Language) -> Callable[[str], str]:
    """Return the function that puts a text of a page back into English.

    Examples
    --------
    >>> from workbench.interpretation.languages import find_language
    >>> into_english(find_language("fr"))("140 personnes")
    '140 respondents'
    """
    commas = not language.reads_decimals_by_a_point

    def plain(text: str) -> str:
        told = _NUMBER.sub(lambda found: _english_number(found[0]), text) if commas else text
        return _spaced(told)

    exact: dict[str, str] = {}
    patterns: list[tuple[str, re.Pattern[str], str]] = []
    for key, english in MESSAGES.items():
        source = english if isinstance(english, str) else english.other
        for form in map(plain, language.forms(key, english)):
            if not _PART.search(form):
                exact[form.strip()] = source
            elif re.search(r"[^\W\d]", _PART.sub("", form)):
                anchor = max(_PART.split(form)[::2], key=len)
                patterns.append((anchor, _pattern(form), _PART.sub(r"\\g<\1>", source)))
    patterns.sort(key=lambda one: len(one[0]), reverse=True)

    def put(text: str) -> str:
        told = plain(text)
        if told.strip() in exact:
            return exact[told.strip()]
        for anchor, pattern, english in patterns:
            if anchor.strip() in told:
                told = pattern.sub(english, told)
        return told

    return put


def _spaced(text: str) -> str:
    """A text with plain spaces, and percentages as numbers are put back."""
    return re.sub(r"[\u00a0\u202f]", " ", text).replace(" %", "%")


def _pattern(form: str) -> re.Pattern[str]:
    """A translation as a pattern of texts made of it.

    A part at an end is one word; beside hardly any words, such as "to", a part is a number.
    """
    pieces = _PART.split(form)
    few = len(re.findall(r"[^\W\d]", "".join(pieces[::2]))) < 3
    found = r"(?<!\w)" if pieces[0][:1].isalnum() else ""
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            found += re.escape(piece)
        elif f"(?P<{piece}>" in found:
            found += f"(?P={piece})"
        elif few:
            found += rf"(?P<{piece}>[−+-]?[\d.,]+)"
        else:
            at_an_end = (at == 1 and not pieces[0]) or (at == len(pieces) - 2 and not pieces[-1])
            found += rf"(?P<{piece}>\S+)" if at_an_end else f"(?P<{piece}>.+?)"
    return re.compile(found + (r"(?!\w)" if pieces[-1][-1:].isalnum() else ""))


def _english_number(text: str) -> str:
    whole, comma, decimals = text.partition(",")
    digits = re.sub(r"\D", "", whole)
    thousands = f"{int(digits):,}" if digits != whole else digits
    return f"{thousands}.{decimals}" if comma else thousands
