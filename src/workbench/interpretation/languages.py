"""The language that pages are written in: which one is spoken, and its catalogue of messages.

English is what the program is written in (:mod:`workbench.interpretation.messages`). Every other
language is a gettext catalogue: ``languages/fr.po`` in the package, or a file of the same kind in a
study's own folder ``languages/``, which may also complete or correct one of the package. In it
``msgctxt`` is a message's key, ``msgid`` the English and ``msgstr`` the translation. A message
without a translation, or with one that leaves out or adds a part in braces, is told in English.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Literal, NamedTuple

from workbench.errors import UnknownNameError
from workbench.text import listed, nearest

if TYPE_CHECKING:
    from babel import Locale
    from babel.messages import Catalog

PACKAGED = Path(__file__).parents[1] / "languages"
"""The folder of the package's catalogues."""

SOURCE = "en"
"""The language of the program."""

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Plural(NamedTuple):
    """A message in the forms that go with a number, which its part ``count`` is."""

    one: str
    other: str


Text = str | Plural


@dataclass(frozen=True)
class Language:
    """A language with its messages and its ways to write numbers.

    Attributes
    ----------
    code
        As in BCP 47: "fr", "fr-CA".
    files
        The catalogues, the one that counts most first; none for English.
    quoted
        The code of the language of what pages quote, such as questions; "" where it is the same.
    """

    code: str
    files: tuple[Path, ...] = field(default=(), repr=False)
    quoted: str = ""

    def __reduce__(self) -> tuple[type[Language], tuple[str, tuple[Path, ...], str]]:
        return Language, (
            self.code,
            self.files,
            self.quoted,
        )  # without what it keeps of its catalogues

    @property
    def is_source(self) -> bool:
        """Whether it needs no catalogue."""
        return self.code.split("-")[0] == SOURCE and not self.files

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """In which direction it is written, as HTML's ``dir`` says it."""
        if self.is_source or self._locale is None:
            return "ltr"
        return "rtl" if self._locale.text_direction == "rtl" else "ltr"

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return "English" if self._locale is None else self._locale.get_language_name() or self.code

    def message(self, key: str, english: Text, count: float | None = None) -> str:
        """Return the message of ``key``, in the form that goes with ``count`` if it has several."""
        told = self._messages.get(key)
        if told is None or told[0] != english:
            return english if isinstance(english, str) else english[bool(count != 1)]
        forms = told[1]
        return forms[0] if len(forms) == 1 else forms[self._plural_form(abs(count or 0))]

    def forms(self, key: str, english: Text) -> tuple[str, ...]:
        """Return the forms of the translation of a message, none if it has no usable one."""
        told = self._messages.get(key)
        return told[1] if told is not None and told[0] == english else ()

    def number(self, english: str) -> str:
        """Write a number that is written the English way, "1,234.5", as this language does."""
        return english.translate(self._symbols) if self._symbols else english

    def ordinal_form(self, number: int) -> str:
        """Return which of the messages ``number.ordinal.…`` goes with a place."""
        if self._locale is not None:
            form = self._locale.ordinal_form(number)
            return form if form in ("one", "two", "few") else "other"
        if 10 <= number % 100 <= 20:
            return "other"
        return {1: "one", 2: "two", 3: "few"}.get(number % 10, "other")

    def day(self, moment: date) -> str:
        """Write a date with the name of its month."""
        if self._locale is None:
            return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
        from babel.dates import format_date

        return format_date(moment, "long", locale=self._locale)

    @property
    def reads_decimals_by_a_point(self) -> bool:
        """Whether a decimal point is one: then a p-value leaves out the zero before it."""
        return not self._symbols or self._symbols[ord(".")] == "."

    @cached_property
    def _locale(self) -> Locale | None:
        if self.is_source:
            return None
        from babel import Locale

        return Locale.parse(self.code, sep="-")

    @cached_property
    def _symbols(self) -> dict[int, str]:
        if self._locale is None:
            return {}
        symbols = self._locale.number_symbols["latn"]
        return {ord("."): symbols["decimal"], ord(","): symbols["group"]}

    @cached_property
    def _messages(self) -> dict[str, tuple[Text, tuple[str, ...]]]:
        """The translations that can be used: the English they are of, and their forms, by key."""
        found: dict[str, tuple[Text, tuple[str, ...]]] = {}
        for file in reversed(self.files):
            for key, english, forms, fuzzy in entries(_catalogue(file)):
                if all(forms) and not fuzzy and not foreign_parts(english, forms):
                    found[key] = english, forms
        return found

    def _plural_form(self, count: float) -> int:
        # An untranslated file has no plural forms of its own; one that has says how to choose.
        from gettext import c2py

        return c2py(_catalogue(self.files[-1]).plural_expr)(int(count))


ENGLISH = Language(SOURCE)

_spoken: ContextVar[Language] = ContextVar("spoken", default=ENGLISH)


def spoken() -> Language:
    """Return the language that messages and numbers are in now."""
    return _spoken.get()


@contextmanager
def using_language(language: Language | str) -> Iterator[Language]:
    """Tell messages and numbers in ``language`` (or that of a code) inside a ``with`` block.

    >>> from workbench.interpretation import numbers
    >>> with using_language("fr"):
    ...     numbers.number(0.25)
    '0,25'
    """
    chosen = find_language(language) if isinstance(language, str) else language
    before = _spoken.set(chosen)
    try:
        yield chosen
    finally:
        _spoken.reset(before)


@cache
def find_language(code: str, folder: Path | None = None) -> Language:
    """Return the language of a code such as "fr" or "pt-BR".

    Parameters
    ----------
    folder
        A folder of more catalogues, ``CODE.po``, which count more than those of the package.

    Raises
    ------
    UnknownNameError
        There is no catalogue of it, or no such language.
    """
    code = code.replace("_", "-")
    folders = [PACKAGED] if folder is None else [folder, PACKAGED]
    names = dict.fromkeys((code, code.split("-")[0]))
    files = tuple(
        file for name in names for own in folders if (file := own / f"{name}.po").is_file()
    )
    if not files and code.split("-")[0] != SOURCE:
        known = sorted({SOURCE, *(file.stem for own in folders for file in own.glob("*.po"))})
        raise UnknownNameError(
            f"There is no language {code!r}: choose from {listed(known, 'or')}, or add its file "
            f"languages/{code}.po to the study's folder.{nearest(code, known)}"
        )
    if files:
        from babel import Locale, UnknownLocaleError

        try:
            Locale.parse(code, sep="-")
        except (ValueError, UnknownLocaleError):
            raise UnknownNameError(
                f"{code!r} is no code of a language; write one such as 'de' or 'pt-BR'."
            ) from None
    return Language(code, files)


def entries(catalogue: Catalog) -> Iterator[tuple[str, Text, tuple[str, ...], bool]]:
    """Yield every message of a catalogue: its key, the English, the translation's forms, fuzzy."""
    for message in catalogue:
        if message.id and message.context:
            english = message.id if isinstance(message.id, str) else Plural(*message.id)
            told = message.string or ""
            forms = (told,) if isinstance(told, str) else tuple(told)
            yield message.context, english, forms, message.fuzzy


def foreign_parts(english: Text, forms: tuple[str, ...]) -> bool:
    """Tell whether a translation lacks a part of the English or has one that is not there.

    A form that goes with a number may leave the number out.
    """
    wanted = parts_of(english if isinstance(english, str) else english.other)
    may_lack = {"count"} if len(forms) > 1 else set()
    return any(not wanted - may_lack <= parts_of(form) <= wanted for form in forms)


def parts_of(text: str) -> set[str]:
    """Return the names in braces in a message; what is no message has the part ``"{"``."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {"{"}


def untranslated(language: Language, messages: Mapping[str, Text]) -> list[str]:
    """Return the keys of ``messages`` that ``language`` has no usable translation of."""
    if language.is_source:
        return []
    found = language._messages
    return [key for key, english in messages.items() if found.get(key, ("",))[0] != english]


@cache
def _catalogue(file: Path) -> Catalog:
    from babel.messages.pofile import read_po

    with file.open("rb") as stream:
        return read_po(stream)
