"""Pages in other languages are attacked as those in English are."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from workbench.audit import Rules
from workbench.audit.english import into_english, put_back
from workbench.audit.questions import indices
from workbench.audit.reading import read_page
from workbench.figures import Card, Cards, Prose, Table
from workbench.interpretation import numbers as fmt
from workbench.interpretation.languages import find_language, using_language
from workbench.interpretation.messages import MESSAGES, say
from workbench.interpretation.words import counted


def in_french(fragment: str) -> str:
    return f'<html lang="fr"><body>{fragment}</body></html>'


@pytest.mark.parametrize(
    "text", ["4 réponses", "n = 9", "Service : 9 personnes", "seulement 3\u00a0personnes"]
)
def test_a_french_sentence_that_counts_few_people_is_found(audit: Any, text: str) -> None:
    (found,) = audit(page=in_french(Prose(text).html))
    assert "fewer than the minimum of 10" in found.what


def test_a_french_card_and_table_are_read_by_their_places(audit: Any) -> None:
    with using_language("fr"):
        card = Cards([Card("Service", "64", details=[counted(3, "answer")])]).html
        rows = pd.DataFrame({"channel": ["web", "fax"], "n": [1120, 4]})
        labels = {"n": say("column.respondents")}
        table = Table(rows, "Canaux", labels=labels, formats={"n": fmt.count}).html
    found = audit(page=in_french(card + table))
    assert [(one.table, one.row, one.column) for one in found] == [
        ("", "3 answers", ""),
        ("Channels", "fax", "Respondents"),
    ]


@pytest.mark.parametrize("code", ["en", "de", "xx"])
def test_a_page_of_no_known_catalogue_stays_as_it_is(code: str) -> None:
    page = BeautifulSoup(f'<html lang="{code}"><p>4 réponses, 3,5</p></html>', "html.parser")
    put_back(page)
    assert page.get_text() == "4 réponses, 3,5"


def test_a_studys_own_catalogue_is_put_back_too(tmp_path: Path) -> None:
    (tmp_path / "de.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\n'
        'msgctxt "questions.n"\nmsgid "n = {n}"\nmsgstr "Anzahl {n}"\n',
        encoding="utf-8",
    )
    page = BeautifulSoup('<html lang="de"><p title="Anzahl 4">x</p></html>', "html.parser")
    put_back(page, tmp_path)
    assert page.p is not None
    assert page.p["title"] == "n = 4"


def test_numbers_and_messages_come_back_as_they_were() -> None:
    french, english = find_language("fr"), into_english(find_language("fr"))
    values = [0.25, -1234.5, 61.0, 1_000_000.0]
    texts = {key: text for key, text in MESSAGES.items() if isinstance(text, str)}
    plain = [key for key, text in texts.items() if "{" not in text and text == text.strip()]
    with using_language(french):
        told = [fmt.estimate(one, one - 1, one + 1, 1) for one in values]
        told += [fmt.percent(0.345, 1), fmt.people(64)]
        words = {say(key) for key in plain}
    expected = [fmt.estimate(one, one - 1, one + 1, 1) for one in values]
    expected += [fmt.percent(0.345, 1), fmt.people(64)]
    assert [english(one) for one in told] == expected
    back = {english(word) for word in words if word.strip()}
    assert len(back & {MESSAGES[key] for key in plain}) == len(back)


def test_a_french_card_tells_how_many_answers_are_behind_its_index() -> None:
    card = '<dl><dt>Service</dt><dd class="wb-value">64</dd><dd>112 réponses, clients</dd></dl>'
    page = read_page(f'<html lang="fr">{card}</html>', "a.html", Rules(10))
    assert indices(page)["Service"].n.least == 112
