"""200 hostile names, wordings, labels and files: shown as text, nothing runs, files included."""

import csv
import json
import random
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from builders import ITEMS, draw_answers, write_study

from workbench.batch.run import run_batch
from workbench.chain import ChainStudy, open_study
from workbench.publishing import printing
from workbench.publishing import publish as publishing

RUN = "document.documentElement.dataset.ran=1"

PAYLOADS = (
    "<script>{run}</script>", "</script><script>{run}</script>", "</title><script>{run}</script>",
    "</style><script>{run}</script>", '"><img src=x onerror={run}>', "' onmouseover='{run}",
    '" autofocus onfocus="{run}', "<svg/onload={run}>", "</svg><script>{run}</script>",
    "<img src=x onerror={run}>", "<details open ontoggle={run}>", "<iframe srcdoc='<script>'>",
    "<a href=javascript:{run}>go</a>", "javascript:{run}", "<base href=//example.org>",
    "<meta http-equiv=refresh content=0>", "<link rel=stylesheet href=//example.org>",
    "<form action=//example.org><button>", "<math><mi xlink:href='data:,x'>", "<plaintext>",
    "<xmp>", "<template>", "<noscript><p title='</noscript><img src=x onerror={run}>'>",
    "<!--", "-->", "<![CDATA[", "]]>", "<b>", "</td></tr></table><h1>", "&lt;b&gt;", "&#60;b&#62;",
    "&", '"', "'", "`{run}`", "\\", "*/{run}/*", "//{run}", "{{{{7*7}}}}", "{{%raw%}}", "${{7*7}}",
    "#{{7*7}}", "{{}}", "%s%n", "../../etc/passwd", "[x](javascript:{run})", "**bold**", "$x$",
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://example.org","x")', "+1+1", "-1+1",
    "@SUM(1+1)", "a;=1+1", "a;@SUM(1)", 'a","=1+1', "＝1+1", "－1", "=", "-", "\u202e=1+1",
    "null", "NaN", "N/A", "TRUE", "1e9", "0x10", "−1", "Ω≈ç√", "e\u0301", "\U0001f600",
)  # fmt: skip

SHOWN = """
import pandas as pd
import workbench as wb
from workbench import figures
from workbench.reports.pieces import Heading, Together
opened = wb.open_study(study)
names = list(opened.organisations["name"])
wordings = list(opened.codebook.frame["wording"])
title = wordings[0]
values = [(name, 0.1, 0.0, 0.2) for name in names]
rows = pd.DataFrame(values, columns=["label", "value", "lower", "upper"])
shares = {1: 0.2, 2: 0.3, 3: 0.5}
nodes = [figures.Node(str(at), name, 61.0) for at, name in enumerate(wordings[:3])]
asked = [figures.Question("q", name, shares, n=120, mean=2.6) for name in wordings]
Together([
    Heading(title),
    figures.Table(rows, title, labels={"value": title}, notes=[title]),
    figures.caterpillar(rows, alt=title, caption=title, heading=title, highlight=names[0]),
    figures.path_diagram(nodes, [figures.Link("0", "1", 0.1, 0, 0.2)], alt=title, caption=title),
    figures.response_shares(asked, alt=title, labels={1: title}),
    figures.Cards([figures.Card(title, "61", "59 to 63", title)]),
    figures.Notice(title, title=title),
])
"""


PROVENANCE = """
import workbench as wb
from workbench.reports.method import provenance
provenance(wb.open_study(study))
"""


def hostile() -> list[str]:
    """200 different texts, each payload as it is and then in the midst of other text."""
    drawn = random.Random(1)
    texts = [payload.format(run=RUN) for payload in PAYLOADS]
    while len(texts) < 200:
        one, other = drawn.sample(texts[: len(PAYLOADS)], 2)
        texts.append(f"{one}{drawn.choice(['', ' ', ';', '/'])}{other} {len(texts)}")
    return texts


def tame() -> list[str]:
    return [f"Text {number}" for number in range(200)]


FILE = "=1+1 <script>&'.csv"


def publish(folder: Path, texts: list[str]) -> ChainStudy:
    """Publish a study whose organisations, types, questions and title are called so."""
    codes = [chr(0x4E00 + number) for number in range(190)]
    answers = draw_answers([2026], organisations="".join(codes), units=2, people=6)
    items = [item for own in ITEMS.values() for item in own]
    wordings = dict(zip(items, texts[190:], strict=False))
    write_study(
        folder / "towns",
        {"clients": answers},
        {"clients": ITEMS},
        settings={"minimum_count": 10},
        items={item: {"wording": text} for item, text in wordings.items()},
        sources={"clients": {"file": FILE}},
    )
    (folder / "towns" / "clients.csv").rename(folder / "towns" / FILE)
    stated = folder / "towns" / "study.toml"
    title = f"title = {json.dumps(texts[197])}"
    stated.write_text(stated.read_text().replace('title = "Test"', title), encoding="utf-8")
    names = pd.DataFrame({"organisation": codes, "name": texts[:190], "type": texts[198]})
    names.to_csv(folder / "towns" / "organisations.csv", index=False)
    (folder / "notebooks").mkdir()
    for name, given in {
        "all": 'study = ""',
        "organisation": 'study = ""\norganisation = ""',
    }.items():
        first = nbformat.v4.new_code_cell(given, metadata={"tags": ["parameters"]})
        shown = [nbformat.v4.new_code_cell(cell) for cell in (SHOWN, PROVENANCE)]
        per = "organisation" if name == "organisation" else "study"
        content = nbformat.v4.new_notebook(
            cells=[first, *shown], metadata={"workbench": {"per": per}}
        )
        nbformat.write(content, folder / "notebooks" / f"{name}.ipynb")
    study, notebooks = open_study(folder / "towns"), folder / "notebooks"
    run_batch(study, folder / "pages", organisations=codes[:2], notebooks=notebooks, jobs=1)
    publishing.publish(study, folder / "pages", folder / "site", notebooks=notebooks)
    return study


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[ChainStudy, Path, Path]:
    """The study, its site, and the site of the same study with names that are harmless."""
    folder = tmp_path_factory.mktemp("hostile")
    study = publish(folder / "hostile", hostile())
    publish(folder / "tame", tame())
    return study, folder / "hostile" / "site", folder / "tame" / "site"


class Markup(HTMLParser):
    """What a page is made of: its elements with their attributes, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[tuple[str, ...]] = set()
        self.texts: list[str] = []
        self.other: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements |= {(tag, name) for name, _ in attrs} | {(tag,)}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    unknown_decl = handle_pi = handle_comment


def pages(site: Path) -> dict[str, Markup]:
    return {path.name: Markup(path.read_text("utf-8")) for path in sorted(site.glob("*.html"))}


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_there_are_200_different_texts(published: tuple[ChainStudy, Path, Path]) -> None:
    study = published[0]
    texts = {one_line(text) for text in hostile()}
    assert len(texts) == 200
    assert len({*study.organisations["name"]} & texts) > 180  # some words stand for no name
    assert {*study.codebook.frame["wording"]} < texts


def test_they_are_shown_as_text_and_make_no_element(
    published: tuple[ChainStudy, Path, Path],
) -> None:
    study, site, other = published
    found, harmless = pages(site), pages(other)
    assert found.keys() == harmless.keys()
    for name, page in found.items():
        # Columns of long texts are set wider, and hostile ones are longer.
        assert page.elements - {("col", "class")} <= harmless[name].elements, name
        assert page.other == harmless[name].other
    everything = one_line(" ".join(found["all.html"].texts))
    for text in [*study.organisations["name"], *study.codebook.frame["wording"], study.title, FILE]:
        assert one_line(text) in everything
    index = one_line(" ".join(found["index.html"].texts))
    for text in [*study.organisations["name"][:2], study.title]:
        assert one_line(text) in index


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_cell_of_a_file_is_a_formula(
    published: tuple[ChainStudy, Path, Path], separator: str
) -> None:
    read = 0
    for path in sorted(published[1].rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file, delimiter=separator):
                for cell in row:
                    read += 1
                    is_number = re.fullmatch(r"-?\d+(\.\d+)?(,.*)?", cell) is not None
                    assert is_number or cell.strip(' "')[:1] not in {*"=+-@\t\r\n＝＋－＠"}, cell
    assert read > 1000


@pytest.mark.skipif(not any(map(shutil.which, printing.PROGRAMS)), reason="there is no Chromium")
@pytest.mark.parametrize("name", ["index.html", "all.html"])
def test_nothing_runs_in_a_browser_even_without_the_pages_policy(
    published: tuple[ChainStudy, Path, Path], tmp_path: Path, name: str
) -> None:
    page = (published[1] / name).read_text("utf-8")
    policy = re.search('<meta http-equiv="Content-Security-Policy"[^>]*>', page)
    assert policy is not None
    control = f"<script>{RUN}</script>"
    for content, ran in (
        (page.replace(policy[0], ""), False),
        (page.replace(policy[0], control), True),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
        done = subprocess.run(
            [
                next(filter(None, map(shutil.which, printing.PROGRAMS))), *printing.OPTIONS[:7],
                "--no-sandbox", f"--user-data-dir={tmp_path / 'profile'}",
                "--virtual-time-budget=2000", "--dump-dom", (tmp_path / name).as_uri(),
            ],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        root = re.search("<html[^>]*>", done.stdout)
        assert root is not None
        assert ("data-ran" in root[0]) == ran
