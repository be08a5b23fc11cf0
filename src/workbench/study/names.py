"""Names as people write them: of columns, organisations, units and waves."""

import re
import unicodedata
from collections.abc import Iterable

import numpy as np
import pandas as pd

# What programs write where there is no name: R, pandas, SPSS and Excel, or a hand. As it is
# written, so that the Thai province Nan stays one.
NO_NAME = (
    "", "NA", "N/A", "n/a", "#N/A", "<NA>", "NULL", "null", "#NULL!", "NaN", "nan", "NaT", "None",
    "none", "-", "–", ".",
)  # fmt: skip

_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“", "«": "»", "‘": "’"}


def tidy(name: object) -> str:
    """A column's name without what cannot be seen: blanks and quotes around it, line breaks.

    Letters are composed, and runs of blanks are one blank.

    >>> tidy(' "How easy\\nwas it?" ')
    'How easy was it?'
    """
    text = " ".join(unicodedata.normalize("NFC", str(name).replace("\ufeff", "")).split())
    while len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        text = text[1:-1].strip()
    return text


def is_no_name(names: pd.Series) -> np.ndarray:
    """Where a column of names says that there is none: blank, or a word of :data:`NO_NAME`."""
    return names.isna().to_numpy() | names.isin([*NO_NAME, " "]).to_numpy()


def without_accents(text: str) -> str:
    """The text in lower case and without accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sort key by which "District 9" comes before "District 10", and "Évry" before "Fès"."""
    parts = [part for part in re.split(r"(\d+)", without_accents(name)) if part]
    key = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]
    return key, name


def in_natural_order(names: Iterable[str]) -> list[str]:
    """The names sorted as people count."""
    return sorted(names, key=natural_key)


def folded(name: str) -> str:
    """What is left of a name without case, accents, blanks and signs, and with "&" as "and"."""
    spelled = re.sub(r"\s*[&+]\s*", " and ", without_accents(name))
    return re.sub(r"[\W_]+", "", spelled)
