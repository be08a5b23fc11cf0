"""A large text in passing: its encoding, its first lines, and whether it is as plain as it seems.

The text is read in pieces and never held. One that is not plain UTF-8 is written anew as such.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from mmap import ACCESS_READ, mmap
from pathlib import Path

from workbench.study.encodings import Decoded, likeliest, marked, unmarked

PIECE = 16_000_000
"""Bytes that are in memory at once."""
HEAD = 1_000_000
"""Bytes at the beginning that tell how a text is laid out."""
_BLANK_BESIDE_QUOTE = re.compile(rb'(?:[,;|\t\n]|\A) +"|" +(?:[,;|\t\r\n]|\Z)')


@dataclass(frozen=True)
class PlainText:
    """A text in UTF-8.

    Attributes
    ----------
    path
        Where it lies.
    encoding, guessed, example
        The encoding of the original; where it was guessed, the first words that are not ASCII.
    head
        Its first lines, whole ones.
    lines
        How many there are, without blank ones at the end.
    quotes
        Whether it has quotation marks.
    doubtful
        Whether two readers might not agree about its rows or cells: a line is blank, or a blank
        stands beside a quotation mark and a delimiter.
    """

    path: Path
    encoding: str
    guessed: bool = False
    example: str = ""
    head: str = ""
    lines: int = 0
    quotes: bool = False
    doubtful: bool = False


def plain_text(path: Path, encoding: str | None, folder: Path) -> PlainText | None:
    """Look through a text; None if it is not in the ``encoding`` that was asked for.

    Where that is not UTF-8, it is written to ``folder`` anew.
    """
    told = encoding or marked(_start(path))
    name = told or ("utf-8" if _is_in(path, "utf-8") else unmarked(_start(path)))
    if name is None:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            name = likeliest(content)
    inner_mark, lone = _signs(path)
    again = inner_mark or lone or codecs.lookup(name).name not in ("utf-8", "utf-8-sig")
    found = PlainText(path, name, guessed=told is None and name != "utf-8")
    if again:
        try:
            found = _written_anew(found, folder / "text.csv", lone)
        except UnicodeError:
            return None
    elif told is not None and not _is_in(path, name):
        return None
    return _looked_through(found)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _signs(path: Path) -> tuple[bool, bool]:
    """Whether a byte order mark stands inside a text, and whether returns alone end its lines.

    Some tools write a mark in the middle as well.
    """
    mark, returns, ends, carried = False, False, False, b""
    for piece in _pieces(path):
        content = carried + piece
        mark |= content.find(codecs.BOM_UTF8, 0 if carried else 1) >= 0
        returns |= b"\r" in piece
        ends |= b"\n" in piece
        carried = content[1 - len(codecs.BOM_UTF8) :]
    return mark, returns and not ends


def _whole_lines(path: Path) -> Iterator[bytes]:
    """The text in pieces that end with a line."""
    rest = b""
    for piece in _pieces(path):
        rest += piece
        end = rest.rfind(b"\n") + 1
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _is_in(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in _pieces(path):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _written_anew(text: PlainText, path: Path, lone_returns: bool) -> PlainText:
    """Write a text as UTF-8, without byte order marks and with other ends of lines for returns."""
    errors = "replace" if text.guessed else "strict"
    decoder = codecs.getincrementaldecoder(text.encoding)(errors)
    example = ""
    with path.open("w", encoding="utf-8", newline="") as file:
        for piece in chain(_pieces(text.path), [b""]):
            letters = decoder.decode(piece, final=not piece).replace("\ufeff", "")
            if text.guessed and not example:
                example = Decoded(letters, text.encoding).example
            file.write(letters.replace("\r", "\n") if lone_returns else letters)
    return replace(text, path=path, example=example)


def _looked_through(text: PlainText) -> PlainText:
    """Count the lines of a text in UTF-8, and look for what makes it doubtful."""
    head = _start(text.path)
    if len(head) == HEAD:
        head = head[: head.rfind(b"\n") + 1]
    lines, quotes, doubtful, ends = 0, False, False, b"\n"
    for whole in _whole_lines(text.path):
        content = ends + whole
        body = content.rstrip(b"\r\n")
        ends = content[len(body) :]
        lines += body.count(b"\n")
        doubtful |= b"\n\n" in body or b"\n\r\n" in body
        if b'"' in body:
            quotes = True
            # Two quotation marks stand for one in a text, or for an empty cell.
            near = b' "' in body or b'" ' in body
            doubtful |= near and bool(_BLANK_BESIDE_QUOTE.search(body.replace(b'""', b"")))
    return replace(
        text,
        head=head.decode("utf-8").replace("\ufeff", ""),
        lines=lines,
        quotes=quotes,
        doubtful=doubtful,
    )
