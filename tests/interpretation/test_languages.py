"""Languages: catalogues, plurals, numbers, and English for want of a translation."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from workbench.drivers.importance import _refuse_alike
from workbench.errors import DriversError, UnknownNameError
from workbench.interpretation import numbers as fmt
from workbench.interpretation.languages import (
    ENGLISH,
    Plural,
    find_language,
    foreign_parts,
    spoken,
    untranslated,
    using_language,
)
from workbench.interpretation.messages import MESSAGES, say
from workbench.interpretation.words import counted, listed
from workbench.study.level import Level

HEAD = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);\\n"
"""

POLISH = f"""{HEAD}
msgctxt "count.unit"
msgid "{{count}} unit"
msgid_plural "{{count}} units"
msgstr[0] "{{count}} jednostka"
msgstr[1] "{{count}} jednostki"
msgstr[2] "{{count}} jednostek"

msgctxt "list.and"
msgid "{{names}} and {{last}}"
msgstr "{{names}} i {{last}}"

msgctxt "list.or"
msgid "{{names}} or {{last}}"
msgstr "{{names}} lub {{someone}}"

#, fuzzy
msgctxt "list.none"
msgid "none"
msgstr "nic"

msgctxt "size.weak"
msgid "feeble"
msgstr "słaby"
"""


@pytest.fixture
def polish(tmp_path: Path) -> Path:
    (tmp_path / "pl.po").write_text(POLISH, encoding="utf-8")
    return tmp_path


def test_english_is_spoken_unless_another_language_is_asked_for() -> None:
    assert spoken() is ENGLISH
    with using_language("fr") as french:
        assert spoken() is french
        with using_language("en"):
            assert fmt.number(1234.5, 1) == "1,234.5"
        assert spoken() is french
    assert spoken() is ENGLISH


def test_numbers_are_written_as_the_language_does() -> None:
    with using_language("fr"):
        assert fmt.number(-1234.5, 1) == "\u22121\u202f234,5"
        assert fmt.general(0.3) == "0,3"
        assert fmt.p_value(0.0004) == "p < 0,001"
        assert fmt.fraction(0.7) == "0,70"


def test_dates_are_written_as_the_language_does() -> None:
    assert fmt.day("2026-03-31T12:00:00+00:00") == "31 March 2026"
    with using_language("fr"):
        assert fmt.day("2026-03-31") == "31 mars 2026"


def test_plurals_follow_the_rules_of_the_catalogue(polish: Path) -> None:
    with using_language(find_language("pl", polish)):
        told = [counted(number, "unit") for number in (1, 2, 5, 22)]
    assert told == ["1 jednostka", "2 jednostki", "5 jednostek", "22 jednostki"]


def test_what_cannot_be_used_is_told_in_english(polish: Path) -> None:
    """A translation with another part, a fuzzy one, one of another English, and none."""
    with using_language(find_language("pl", polish)):
        assert listed(["a", "b"]) == "a i b"
        assert listed(["a", "b"], "or") == "a or b"
        assert listed([]) == "none"
        assert say("size.weak") == "weak"


def test_a_studys_own_catalogue_counts_more_than_the_packages(tmp_path: Path) -> None:
    text = 'msgctxt "size.weak"\nmsgid "weak"\nmsgstr "ténu"\n'
    (tmp_path / "fr.po").write_text(HEAD + text, encoding="utf-8")
    with using_language(find_language("fr", tmp_path)):
        assert say("size.weak") == "ténu"


def test_every_message_is_told_in_french() -> None:
    assert untranslated(find_language("fr"), MESSAGES) == []


def test_a_region_has_its_languages_catalogue() -> None:
    with using_language("fr-CA"):
        assert fmt.number(1234.5, 1) == "1\u00a0234,5"


def test_directions() -> None:
    assert (ENGLISH.direction, find_language("fr").direction) == ("ltr", "ltr")


def test_a_right_to_left_language(tmp_path: Path) -> None:
    (tmp_path / "ar.po").write_text(HEAD, encoding="utf-8")
    assert find_language("ar", tmp_path).direction == "rtl"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("fe", "There is no language 'fe': choose from en or fr, or add its file"),
        ("qqq", "'qqq' is no code of a language"),
    ],
)
def test_an_unknown_language_is_refused(code: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "qqq.po").write_text(HEAD, encoding="utf-8")
    folder = tmp_path if code == "qqq" else None
    with pytest.raises(UnknownNameError, match=told):
        find_language(code, folder)


@pytest.mark.parametrize(
    ("forms", "foreign"),
    [
        (("{count} unités de {name}",), False),
        (("une unité de {name}", "{count} unités de {name}"), False),
        (("{count} unités",), True),
        (("{count} unités de {nom}",), True),
        (("{count} unités de {name.__class__}",), True),
        (("{count} unités de {name",), True),
    ],
)
def test_parts_of_a_translation_are_those_of_the_english(
    forms: tuple[str, ...], foreign: bool
) -> None:
    english = Plural("{count} unit of {name}", "{count} units of {name}")
    assert foreign_parts(english, forms) is foreign


def test_a_reason_that_is_raised_is_said_in_the_language_that_is_spoken() -> None:
    """Two drivers that go together perfectly, once their errors are taken off."""
    rows = SimpleNamespace(
        outcome="trust",
        drivers=["service"],
        labels={"trust": "Confiance", "service": "Service"},
        level=Level.UNITS,
    )
    cov = np.array([[1.0, 1.2], [1.2, 1.0]])
    with using_language("fr"), pytest.raises(DriversError) as no:
        _refuse_alike(rows, cov, np.ones(2))
    assert str(no.value).startswith(
        "Après correction de l’erreur de mesure, la corrélation de « Confiance » et « Service »"
    )
    with pytest.raises(DriversError, match=r"correlation of Confiance and Service would be 1\.20"):
        _refuse_alike(rows, cov, np.ones(2))
