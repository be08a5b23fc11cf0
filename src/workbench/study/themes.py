"""What people wrote in their own words, by a codeframe of the study's: ``themes.csv``.

Columns ``theme`` and ``words``, parted by ``|``; a theme may stand in several rows. A word counts
where it stands whole; ``wait*`` stands for every word that begins so, ``log in`` for these words
one after the other. Case and accents do not matter. Where there is a column ``language``, its words
count in the answers of those alone whose covariate ``language`` has that value; rows without one
count in all. An answer may have several themes.

``quotes.csv`` has answers that somebody has read and may publish: ``theme``, ``quote`` and
``publishable``, yes or no.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.study.definition import Source
from workbench.study.lists import ListFile, refuse_faults
from workbench.study.names import without_accents
from workbench.study.packed import Lean
from workbench.study.problems import Problem, Severity
from workbench.text import listed, nearest

FILE_NAME = "themes.csv"
QUOTES_FILE = "quotes.csv"
LANGUAGE = "language"
_LIST = ListFile(FILE_NAME, ("theme", "words"), (LANGUAGE,))
_QUOTES = ListFile(QUOTES_FILE, ("theme", "quote", "publishable"))
_ANSWERS = {"yes": True, "no": False}


def read_themes(folder: Path, sources: Mapping[str, Source]) -> pd.DataFrame:
    """Return the codeframe of the study in ``folder``: ``theme``, ``words``, ``language``.

    Raises
    ------
    StudyError
        With every fault of the file, one sentence each.
    """
    table, problems = themes_problems(folder, sources)
    refuse_faults(problems)
    return pd.DataFrame(columns=["theme", "words", LANGUAGE]) if table is None else table


def read_quotes(folder: Path, themes: Sequence[str]) -> pd.DataFrame:
    """Return the quotes that may be published: ``theme``, ``quote``.

    Raises
    ------
    StudyError
        With every fault of the file, one sentence each.
    """
    table, problems = quotes_problems(folder, themes)
    refuse_faults(problems)
    if table is None:
        return pd.DataFrame(columns=["theme", "quote"])
    return table.loc[table["publishable"].map(_ANSWERS), ["theme", "quote"]]


def themes_problems(
    folder: Path, sources: Mapping[str, Source]
) -> tuple[pd.DataFrame | None, list[Problem]]:
    """Return the codeframe, None where none can be read, and its problems."""
    table, problems = _LIST.read(folder)
    if table is None:
        return None, problems
    written = [source for source in sources.values() if source.text is not None]
    if not written:
        what = "no source of study.toml names a column of answers in people's own words."
        advice = 'Write text = "comment" in [sources.NAME], or remove the file.'
        problems.append(_LIST.error("", what.capitalize(), advice))
    known = all(LANGUAGE in source.covariates for source in written)
    if (table[LANGUAGE] != "").any() and not known:
        what = "Words are of a language, and no covariate 'language' says who wrote in which."
        advice = 'Name it as covariates = ["language"] in study.toml, or leave the column out.'
        problems.append(_LIST.error(LANGUAGE, what, advice))
    for row in table.itertuples():
        if not row.theme:
            advice = "Name what its words are about."
            problems.append(_LIST.error("theme", "the theme has no name.", advice, row.Index))
        elif not all(re.search(r"\w", word) for word in str(row.words).split("|")):
            what = f"the words {row.words!r} of {row.theme!r} have one without a letter."
            advice = "Write words parted by |, such as wait*|queue*."
            problems.append(_LIST.error("words", what, advice, row.Index))
    return table.drop_duplicates().reset_index(drop=True), problems


def quotes_problems(
    folder: Path, themes: Sequence[str]
) -> tuple[pd.DataFrame | None, list[Problem]]:
    """Return the quotes that somebody has read, None where none can be read, and their problems."""
    table, problems = _QUOTES.read(folder)
    if table is None:
        return None, problems
    for row in table.itertuples():
        if row.theme not in themes:
            what = f"{FILE_NAME} has no theme {row.theme!r}."
            advice = f"Correct or remove the row.{nearest(str(row.theme), themes)}"
            problems.append(_QUOTES.error("theme", what, advice, row.Index))
        if not row.quote:
            advice = "Write it, or remove the row."
            problems.append(_QUOTES.error("quote", "the quote is empty.", advice, row.Index))
        if row.publishable not in _ANSWERS:
            what = f"publishable is {row.publishable!r}."
            problems.append(_QUOTES.error("publishable", what, "Write yes or no.", row.Index))
    return table.reset_index(drop=True), problems


def unmatched_problems(
    codeframe: pd.DataFrame, answers: Sequence[pd.DataFrame | Lean]
) -> list[Problem]:
    """Return a note on the themes that no answer of any source has; none where nobody wrote."""
    columns = [[name for name in ("text", LANGUAGE) if name in own] for own in answers]
    written = [
        texts[texts["text"] != ""]
        for own, names in zip(answers, columns, strict=True)
        if "text" in names
        for texts in [own[names]]
    ]
    found = [coded(own["text"], codeframe, own.get(LANGUAGE)).any() for own in written if len(own)]
    if not found:
        return []
    matched = pd.concat(found, axis=1).any(axis=1)
    silent = list(matched.index[~matched])
    if not silent:
        return []
    names = listed([repr(theme) for theme in silent], most=5)
    cause = f"{'Theme' if len(silent) == 1 else 'Themes'} {names} matched no answer."
    advice = "Write the words that people use, such as wait* for waiting and waited."
    return [Problem(Severity.NOTE, FILE_NAME, "words", cause, advice, len(silent))]


def coded(
    texts: pd.Series, codeframe: pd.DataFrame, languages: pd.Series | None = None
) -> pd.DataFrame:
    """Return which themes every text has.

    Parameters
    ----------
    texts
        "" where nobody wrote anything.
    codeframe
        ``theme``, ``words`` and ``language``, as :func:`read_themes` gives it.
    languages
        In which language each text is; without it words of a language count nowhere.

    Returns
    -------
    DataFrame of bool
        On the rows of ``texts``, one column a theme in the order of the codeframe.

    Examples
    --------
    >>> import pandas as pd
    >>> from workbench.study.themes import coded
    >>> codeframe = pd.DataFrame(
    ...     {"theme": ["waiting", "price"], "words": ["wait*|queue", "fee*"], "language": ""}
    ... )
    >>> texts = pd.Series(["The WAITING and the fees!", "Queues", "Nice coffee", ""])
    >>> coded(texts, codeframe).astype(int).to_numpy().tolist()
    [[1, 1], [0, 0], [0, 0], [0, 0]]
    """
    code, distinct = pd.factorize(texts)
    plain = pd.Series([without_accents(str(text)) for text in distinct], dtype="str")
    found = {theme: np.zeros(len(texts), dtype=bool) for theme in dict.fromkeys(codeframe["theme"])}
    for row in codeframe.itertuples():
        here: NDArray[np.bool_] = plain.str.contains(_pattern(str(row.words))).to_numpy(bool)[code]
        if row.language:
            here = here & (False if languages is None else (languages == row.language).to_numpy())
        found[row.theme] |= here
    return pd.DataFrame(found, index=texts.index)


def _pattern(words: str) -> re.Pattern[str]:
    """What finds any of the words, each whole or by its beginning."""
    each = [
        r"\s+".join(
            r"\w*".join(map(re.escape, part.split("*"))) for part in without_accents(word).split()
        )
        for word in words.split("|")
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)")
