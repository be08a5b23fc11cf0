"""Text of unknown encoding.

A byte order mark decides; then zero bytes betray UTF-16; then valid UTF-8 is UTF-8. What is left is
a code page, and a list of names is little to tell one by. Every candidate that can decode the text
is judged by what the words beyond ASCII would be: how likely their letters follow each other in the
languages it was made for (chardet's models), and whether they look like words at all (one script,
no capital inside, no sign between letters). The 47 lists of one to three names in 16 code pages of
the tests are all told rightly; charset-normalizer 3.5.2 tells 25 of them, chardet 7.7 by itself 40.
"""

import codecs
import math
import mmap
import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise

MOST_WORDS = 4000
"""Distinct words beyond ASCII that are looked at."""

# How usual a code page is among survey files, on the scale of log likelihoods.
_CANDIDATES = {
    "cp1252": 0.5, "cp1251": 0.3, "cp932": 0.3, "gb18030": 0.3, "cp1250": 0.2, "cp1253": 0.0,
    "cp1254": 0.0, "cp1255": 0.0, "cp1256": 0.0, "cp1257": 0.0, "big5hkscs": 0.0, "cp949": 0.0,
    "euc_jis_2004": 0.0, "koi8-u": -0.3, "koi8-r": -0.3, "mac-roman": -0.5, "iso8859-2": -0.5,
    "cp874": -0.7, "iso8859-5": -0.7, "cp866": -1.0, "mac-cyrillic": -1.0,
}  # fmt: skip
_WESTERN = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüßœÿ")
_SIGNS = frozenset("‘’“”–—…•«»€£°§©®™¿¡ºª·№²³\xa0")
_WORD = re.compile(rb"[^,;\t\r\n\"]*[\x80-\xff][^,;\t\r\n\"]*")
_UNSEEN = 1e-4
"""Likelihood of a word for which a language model has no letters."""


@dataclass(frozen=True)
class Decoded:
    """A text, the encoding it was read by, and whether that was ``guessed``."""

    text: str
    encoding: str
    guessed: bool = False

    @property
    def example(self) -> str:
        """The first words of the text that are not ASCII, as they were decoded; "" if all are."""
        found = re.search(r"[^,;|\t\r\n\"]*[^\x00-\x7f][^,;|\t\r\n\"]*", self.text)
        return " ".join(found[0].split())[:60] if found else ""


def is_encoding(name: str) -> bool:
    """Whether Python knows a text encoding by this name."""
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except LookupError:
        return False


def decode(content: bytes, encoding: str | None = None) -> Decoded:
    """Decode a text, in ``encoding`` where it is given and otherwise in the likeliest one.

    Raises
    ------
    UnicodeDecodeError
        The text is not in the encoding given.
    """
    if encoding is not None:
        return Decoded(content.decode(encoding), encoding)
    name = marked(content)
    if name is not None:
        return Decoded(content.decode(name), name)
    name = unmarked(content)
    if name is not None:
        return Decoded(content.decode(name), name, guessed=True)
    try:
        return Decoded(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        name = likeliest(content)
        return Decoded(content.decode(name, errors="replace"), name, guessed=True)


def marked(content: bytes) -> str | None:
    """The encoding that a byte order mark tells; None without one."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return name
    return None


def unmarked(content: bytes) -> str | None:
    """The kind of UTF-16 that zero bytes betray; None without them."""
    zeros = content[0::2].count(0), content[1::2].count(0)
    if sum(zeros) > len(content) // 50:  # digits and delimiters have a zero byte each
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return None


def likeliest(content: bytes | mmap.mmap) -> str:
    """The code page in which a text that is not UTF-8 makes most sense."""
    distinct: dict[bytes, None] = {}
    for word in _WORD.finditer(content):
        distinct[word[0]] = None
        if len(distinct) == MOST_WORDS:
            break
    words = b"\n".join(distinct)
    scores = {}
    for name, usual in _CANDIDATES.items():
        try:
            text = words.decode(name)
        except UnicodeDecodeError:
            continue
        scores[name] = usual + _likelihood(text, name) + 3 * _plausibility(text)
        if name in ("cp1252", "mac-roman"):
            scores[name] -= _share_beyond_western(text)
    return max(scores, key=scores.__getitem__, default="cp1252")


def _likelihood(text: str, encoding: str) -> float:
    """Logarithm of how well the letters fit the languages of an encoding, words in capitals too."""
    import chardet

    again = re.sub(r"[^\W\d_]{2,}", lambda w: w[0].title() if w[0].isupper() else w[0], text)
    try:
        content = again.encode(encoding)
    except UnicodeEncodeError:  # the capital has no small letter there
        content = text.encode(encoding)
    nothing = "ascii"  # which these words are not
    found = chardet.detect_all(
        content,
        ignore_threshold=True,
        include_encodings=[encoding, nothing],
        no_match_encoding=nothing,
        compat_names=False,
    )
    fitting = [one["confidence"] for one in found if one["encoding"] != nothing]
    return math.log(_UNSEEN + max(fitting, default=0.0))


def _share_beyond_western(text: str) -> float:
    letters = [letter.lower() for letter in text if letter > "\x7f" and letter.isalpha()]
    return sum(letter not in _WESTERN for letter in letters) / max(len(letters), 1)


def _plausibility(text: str) -> float:
    """Minus the mean number of faults of the words beyond ASCII, 2 at most each."""
    words = re.findall(r"[^\W\d_]+(?:[^\x00-\x7f]+[^\W\d_]*)*|[^\x00-\x7f]+", text)
    faults = [min(_faults(word), 2.0) for word in words if not word.isascii()]
    return -sum(faults) / max(len(faults), 1)


def _faults(word: str) -> float:
    """How much speaks against a word: scripts mixed, capitals and signs inside, rare characters."""
    scripts = {_script(letter) for letter in word if letter.isalpha()}
    faults = float(len(scripts) > 1)
    mixed = any(letter.islower() for letter in word)
    for before, letter in pairwise(f" {word}"):
        category = unicodedata.category(letter)
        if letter.isascii():
            faults += letter.isupper() and before > "\x7f" and before.islower()
        elif category in ("Cc", "Cn", "Co", "Cs"):
            faults += 2
        elif category[0] in "LM":
            faults += 0.5 * (_script(letter) == "CJK" and not _is_common(letter))
            faults += letter.isupper() and before.isalpha() and mixed
        elif letter not in _SIGNS:
            faults += 1
        elif before.isalpha() and letter not in "’™®©ºª\xa0":
            faults += 0.3 if word.endswith(letter) else 1
    begins_small = word[0] > "\x7f" and word[0].islower() and len(word) > 1
    return faults + 0.3 * begins_small


def _script(letter: str) -> str:
    script = unicodedata.name(letter, "").split(" ")[0].split("-")[0]
    return "CJK" if script in ("HIRAGANA", "KATAKANA") else script


def _is_common(character: str) -> bool:
    """Whether a Chinese character is among the usual ones of mainland China, Japan or Taiwan."""
    for codec, first, last in (
        ("gb2312", 0xB0A1, 0xD7F9), ("shift_jis", 0x889F, 0x9872), ("big5", 0xA440, 0xC67E),
    ):  # fmt: skip
        try:
            code = int.from_bytes(character.encode(codec), "big")
        except UnicodeEncodeError:
            continue
        if first <= code <= last or not "\u4e00" <= character <= "\u9fff":
            return True
    return False
