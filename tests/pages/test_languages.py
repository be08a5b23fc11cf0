"""Pages in other languages: nothing on them is English but names, symbols and the study's words.

A language is made up whose translations are the English in letters of another kind. On a page in
it, whatever stands in plain letters did not come from a catalogue.
"""

import re
from pathlib import Path
from shutil import copytree

import pytest
from babel import Locale
from babel.messages import Catalog
from babel.messages.pofile import write_po
from bs4 import BeautifulSoup, NavigableString
from reading import assert_reads_as_before

import workbench as wb
from workbench.audit import Rules, audited
from workbench.audit.reading import numbers, read_page
from workbench.batch.run import run_batch
from workbench.interpretation.languages import Plural
from workbench.interpretation.words import capitalised
from workbench.reports.translations import messages_to_translate
from workbench.study.files import study_files

ONE = {"organisations": ["Harbour Office"]}
TOLD = re.compile(r"aria-label|title|alt|placeholder|summary")
WORD = re.compile(r"(?<![\w&])[A-Za-z]{2,}(?![\w])")
WIDE = {ord("A") + n: 0xFF21 + n for n in range(26)} | {ord("a") + n: 0xFF41 + n for n in range(26)}
"""Letters of full width."""

SYMBOLS = frozenset(["CFI", "RMSEA", "SRMR", "AIC", "BIC", "CE", "CR", "FDH", "NN", "HTMT", "ICC"])
PROGRAMS = frozenset(
    re.findall(
        "[a-z]+",
        "babel jinja matplotlib nbconvert numpy pandas papermill pingouin python scipy seaborn "
        "semopy statsmodels workbench",
    )
)


def wide(text: str) -> str:
    """A message in other letters, its parts as they are."""
    return "".join(
        part if part.startswith("{") else part.translate(WIDE)
        for part in re.split(r"(\{[^}]*\})", text)
    )


def made_up(file: Path) -> None:
    """Write the file of a language in which every message is translated."""
    catalogue = Catalog(locale="eo")
    for key, english in messages_to_translate().items():
        if isinstance(english, Plural):
            catalogue.add(tuple(english), tuple(map(wide, english)), context=key)
        else:
            catalogue.add(english, wide(english), context=key)
    file.parent.mkdir()
    with file.open("wb") as stream:
        write_po(stream, catalogue)


def texts(page: str) -> str:
    """What a reader sees or hears of a page, in one text."""
    root = BeautifulSoup(page, "html.parser")
    for unread in root(["style", "script"]):
        unread.decompose()
    told = [str(text) for text in root.find_all(string=True) if type(text) is NavigableString]
    told += [
        value
        for element in root.find_all(True)
        for name, value in element.attrs.items()
        if TOLD.fullmatch(name)
    ]
    return "\n".join(told)


@pytest.fixture(scope="module")
def foreign(towns: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of the towns in a language that is made up."""
    folder = tmp_path_factory.mktemp("foreign")
    copytree(towns / "towns", folder / "towns")
    made_up(folder / "towns" / "languages" / "eo.po")
    study = wb.open_study(folder / "towns", "eo")
    manifest = run_batch(study, folder / "eo", jobs=1, **ONE)
    assert {entry.status for entry in manifest.reports.values()} == {"ok"}
    return folder / "eo"


def test_nothing_on_pages_is_english_but_names_and_symbols(foreign: Path, towns: Path) -> None:
    study = wb.open_study(towns / "towns")
    names = [*study.organisations["name"], study.title, study.name]
    names += [*study.sources, *map(capitalised, study.sources)]
    names += [*study.codebook.frame["wording"], *study.codebook.frame["item"]]
    names += [chain.citation for chain in study.chains().values()]
    names += [rate.citation for chain in study.chains().values() for rate in chain.rates]
    names += [*study_files(wb.open_study(foreign.parent / "towns"))]
    names += [*study.norms["source"], *study.norms["type"], *study.themes["theme"]]
    names += [*study.quotes["quote"], *study.sources["clients"].covariates]
    names += [*study.answers("clients")["classe"].unique()]
    names += Locale("eo").months["format"]["wide"].values()
    known = SYMBOLS | PROGRAMS | set(WORD.findall(" ".join(names)))
    left = {
        path.name: sorted(set(WORD.findall(texts(path.read_text(encoding="utf-8")))) - known)
        for path in foreign.glob("*.html")
    }
    assert len(left) > 6
    assert {name: words for name, words in left.items() if words} == {}


def test_pages_say_what_language_they_are_in(foreign: Path) -> None:
    for path in foreign.glob("*.html"):
        assert '<html lang="eo" dir="ltr">' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["chain", "organisation"])
def test_a_french_page_reads_as_before(
    name: str, french: Path, request: pytest.FixtureRequest
) -> None:
    (page,) = (french / "fr").glob(f"{name}*.html")
    update = request.config.getoption("--update-pages")
    assert_reads_as_before(page, Path(__file__).with_name(f"{name}.fr.txt"), update=update)


def test_an_attack_reads_a_french_page_as_the_english_one(french: Path, towns: Path) -> None:
    """The same numbers in the same places; what heads a column may be a label of the chain."""
    rules = Rules.of(wb.open_study(french / "towns", "fr"))

    def read(path: Path) -> list[list[list[str]]]:
        page = read_page(path.read_text(encoding="utf-8"), path.name, rules)
        return [
            [[one.removeprefix("0") for one in numbers(cell)] for cell in row]
            for table in page.tables
            for row in table.rows
        ]

    for page in (french / "fr").glob("*-*.html"):
        assert read(page) == read(towns / "out" / page.name)
    assert audited(french / "fr", rules) == []


def test_what_was_asked_is_marked_with_its_language(french: Path, towns: Path) -> None:
    (page,) = (french / "fr").glob("organisation*.html")
    root = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    quoted = {one.get_text().strip() for one in root.find_all(lang="en")}
    assert {"Towns", "Question people_1", "Question trust_3"} <= quoted
    assert "Confiance" not in quoted
    (english,) = (towns / "out").glob("organisation*.html")
    assert english.read_text(encoding="utf-8").count(' lang="') == 1
