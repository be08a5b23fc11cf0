"""The codeframe for what people wrote, and the examples that may be published."""

from pathlib import Path

import pandas as pd
import pytest
from builders import write_study

import workbench as wb
from workbench.errors import StudyError
from workbench.study import Study
from workbench.study.themes import coded


def frame(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["theme", "words", "language"])


WORDS = [
    ("fee", "The fee is high", True),
    ("fee", "FEE!", True),
    ("fee", "fees", False),  # a whole word
    ("fee", "coffee", False),
    ("wait*", "waiting, waited", True),
    ("wait*", "await", False),  # by its beginning
    ("*line", "I went online", True),
    ("log in", "I could not log  in.", True),  # one after the other
    ("log in", "the log was in", False),
    ("reponse*", "Aucune réponse", True),  # accents do not matter
    ("c++", "c++ is no word of ours", True),  # signs are signs
    ("queue|slow", "so slow", True),
]


@pytest.mark.parametrize(("words", "text", "found"), WORDS)
def test_words_are_found_as_stated(words: str, text: str, found: bool) -> None:
    table = coded(pd.Series([text]), frame(("theme", words, "")))
    assert table["theme"].tolist() == [found]


def test_words_of_a_language_count_in_its_answers_alone() -> None:
    texts = pd.Series(["le pain", "such a pain", "queue"])
    languages = pd.Series(["French", "English", "English"])
    codeframe = frame(("trouble", "pain", "English"), ("trouble", "queue", ""))
    assert coded(texts, codeframe, languages)["trouble"].tolist() == [False, True, True]
    assert coded(texts, codeframe)["trouble"].tolist() == [False, False, True]


def study(folder: Path, **more: object) -> Study:
    answers = pd.DataFrame(
        {
            "organisation": "A",
            "unit": ["a", "a", "b", "b"],
            "s1": [1, 2, 3, 4],
            "a1": [2, 3, 4, 5],
            "comment": ["Slow", "-", None, "Rude staff"],
            "language": ["en", "en", "fr", "fr"],
        }
    )
    about = {"text": "comment"} | more
    write_study(
        folder,
        {"clients": answers},
        {"clients": {"service": ["s1"], "access": ["a1"]}},
        sources={"clients": about},
    )
    (folder / "themes.csv").write_text("theme,words\nwaiting,slow*\nstaff,staff\n")
    return wb.open_study(folder)


def test_texts_are_kept_as_written_and_words_for_nothing_are_none(tmp_path: Path) -> None:
    found = study(tmp_path / "one")
    assert found.answers("clients")["text"].tolist() == ["Slow", "", "", "Rude staff"]
    assert found.themes["theme"].tolist() == ["waiting", "staff"]


def test_only_what_is_marked_may_be_published(tmp_path: Path) -> None:
    found = study(tmp_path / "one")
    (found.path / "quotes.csv").write_text(
        "theme,quote,publishable\nstaff,They were rude.,yes\nwaiting,Mr Smith was slow.,no\n"
    )
    assert found.quotes.to_dict("records") == [{"theme": "staff", "quote": "They were rude."}]


FAULTS = {
    ("themes.csv", "theme,words\nwaiting,slow||wait\n"): (
        "error: themes.csv, column 'words': Row 2: the words 'slow||wait' of 'waiting' have one "
        "without a letter. Write words parted by |, such as wait*|queue*."
    ),
    ("themes.csv", "theme,words\n,slow\n"): (
        "error: themes.csv, column 'theme': Row 2: the theme has no name. Name what its words are "
        "about."
    ),
    ("themes.csv", "theme,words,language\nwaiting,slow,en\n"): (
        "error: themes.csv, column 'language': Words are of a language, and no covariate "
        "'language' says who wrote in which. Name it as covariates = [\"language\"] in study.toml, "
        "or leave the column out."
    ),
    ("quotes.csv", "theme,quote,publishable\nwaitin,So slow.,yes\n"): (
        "error: quotes.csv, column 'theme': Row 2: themes.csv has no theme 'waitin'. Correct or "
        "remove the row. Did you mean 'waiting'?"
    ),
    ("quotes.csv", "theme,quote,publishable\nwaiting,So slow.,perhaps\n"): (
        "error: quotes.csv, column 'publishable': Row 2: publishable is 'perhaps'. Write yes or no."
    ),
}


@pytest.mark.parametrize(("file", "content"), FAULTS)
def test_check_tells_every_fault_with_its_place(tmp_path: Path, file: str, content: str) -> None:
    found = study(tmp_path / "one")
    (found.path / file).write_text(content)
    told = [str(problem) for problem in found.check() if problem.file == file]
    assert told == [FAULTS[file, content]]
    with pytest.raises(StudyError, match=rf"^{file}"):
        _ = found.themes, found.quotes


def test_a_codeframe_without_texts_is_told(little: Study) -> None:
    (little.path / "themes.csv").write_text("theme,words\nwaiting,slow\n")
    (told,) = [str(found) for found in little.check() if found.file == "themes.csv"]
    assert told == (
        "error: themes.csv: No source of study.toml names a column of answers in people's own "
        'words. Write text = "comment" in [sources.NAME], or remove the file.'
    )


def test_texts_of_units_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"'sources.clients.text' is for rows = \"respondents\""):
        study(tmp_path / "one", rows="units")


def test_check_names_themes_that_no_answer_has(tmp_path: Path) -> None:
    opened = study(tmp_path / "study")
    file = tmp_path / "study" / "themes.csv"
    file.write_text("theme,words\npace,slow\nprice,fee*\nprice,dear\nparking,park*\n")
    (note,) = [one for one in opened.check() if one.file == "themes.csv"]
    assert str(note) == (
        "note: themes.csv, column 'words': Themes 'price' and 'parking' matched no answer. Write "
        "the words that people use, such as wait* for waiting and waited."
    )
    file.write_text("theme,words\npace,slow\n")
    assert not [one for one in opened.check() if one.file == "themes.csv"]
