"""A page as the text that a reader sees."""

import re
from difflib import unified_diff
from html.parser import HTMLParser
from pathlib import Path

BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address aside blockquote body caption dd details div dl dt figcaption figure footer form "
        "h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody thead tr ul",
    )
)
UNSEEN = frozenset(("head", "script", "style", "template"))
VOID = frozenset(("br", "col", "hr", "img", "input", "link", "meta", "wbr"))

CHANGING = {
    r"(?<=^Data as of )\d+ [A-Z][a-z]+ \d{4}|(?<=^Données au )\d+ \S+ \d{4}": "(day)",
    r"ommit [0-9a-f]{12}\+?": "ommit (commit)",
    r"(?<=\()[0-9a-f]{10}\+?(?=\))": "commit",
    r"\| [0-9a-f]{16}$": "| (hash)",
    r"(?<=[a-z] )\d+(\.\d+){2}(?=[,. ])": "(version)",
}
"""What differs between two runs of the same program, and the name that stands for it."""

SENTENCE = re.compile(r"(?<=[a-z)%\d]\.) (?=[A-Z0-9][A-Za-z0-9]*\b(?!\.))")
"""The space between two sentences; initials of authors are none."""


def as_read(page: str) -> str:
    """The text of a page, a sentence a line.

    A heading has its level in number signs before it. The cells of a row have bars between them.
    A drawing is its title and description, in brackets; what is drawn for wide screens and again
    for narrow ones is told once, and what is hidden from those who listen is left out.
    """
    text = "\n".join(_Reader(page).lines) + "\n"
    for pattern, name in CHANGING.items():
        text = re.sub(pattern, name, text, flags=re.MULTILINE)
    return SENTENCE.sub("\n", text)


def assert_reads_as_before(page: Path, file: Path, *, update: bool) -> None:
    """Hold a page against the text in ``file``, which ``update`` writes anew."""
    now = as_read(page.read_text(encoding="utf-8"))
    if update:
        file.write_text(now, encoding="utf-8")
    before = file.read_text(encoding="utf-8")
    difference = unified_diff(
        before.splitlines(), now.splitlines(), "before", "now", n=1, lineterm=""
    )
    assert now == before, "\n".join([f"{page.name} reads differently:", *difference])


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.unseen = 0  # how many elements are open where something began that is not read
        self.feed(page)
        self.close()

    def end_line(self) -> None:
        line = re.sub(r"\s+", " ", "".join(self.words)).strip(" |")
        if line.replace("#", ""):
            self.lines.append(line)
        self.words = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self.handle_startendtag(tag, attrs)
            return
        self.open.append(tag)
        about = dict(attrs)
        classes = (about.get("class") or "").split()
        if not self.unseen and (
            tag in UNSEEN or about.get("aria-hidden") == "true" or "wb-narrow" in classes
        ):
            self.unseen = len(self.open)
        if self.unseen:
            return
        self.between(tag)
        if re.fullmatch("h[1-6]", tag):
            self.words.append("#" * int(tag[1]) + " ")
        if tag == "svg" and self.open.count("svg") == 1:
            self.words += ["[", f"{about['aria-label']} " if "aria-label" in about else ""]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self.unseen:
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if not self.unseen:
            if tag == "svg" and self.open.count("svg") == 1:
                self.words = ["".join(self.words).rstrip(), "]"]
            if tag not in ("td", "th"):
                self.between(tag)
            self.words.append(" " if tag in ("title", "desc") else "")
        self.open.pop()
        if len(self.open) < self.unseen:
            self.unseen = 0

    def between(self, tag: str) -> None:
        """Begin a new line at a block, a new cell in a row."""
        if tag in ("td", "th"):
            self.words.append(" | ")
        elif tag == "tr" or (tag in BLOCKS | {"svg"} and "tr" not in self.open):
            self.end_line()
        elif tag in BLOCKS:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.unseen and ("svg" not in self.open or self.open[-1] in ("title", "desc")):
            self.words.append(data)
