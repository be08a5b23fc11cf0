"""Fixtures that more than one folder of tests uses."""

import os

# Tests run side by side: with a thread for every core in each process they wait for each other, and
# linear algebra takes up to thirteen times as long. Set before NumPy is there, for workers too.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import re  # noqa: E402
import shutil  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from html.parser import HTMLParser  # noqa: E402
from itertools import pairwise  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

import matplotlib  # noqa: E402
import nyc_schools  # noqa: E402
import pandas as pd  # noqa: E402
import pytest  # noqa: E402
from builders import write_study  # noqa: E402

from workbench import chain  # noqa: E402
from workbench.study import Study, open_study  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "data" / "demo"
NYC_STUDY = ROOT / "data" / "nyc-schools"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NYC_RAW = (NYC_STUDY / "raw", ROOT.parent / "shared" / "data" / "nyc-schools-2015")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-pages", action="store_true", help="write the texts of pages in tests/pages anew"
    )


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Batches of the tests keep what they keep apart from the user's; fonts need no new search."""
    os.environ["MPLCONFIGDIR"] = matplotlib.get_cachedir()
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def demo() -> chain.ChainStudy:
    """The demo, opened once; a test that changes a study opens its own."""
    return chain.open_study(DEMO)


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Cut every study into parts of some organisations each."""

    def into(size: int) -> None:
        def parts(study: chain.ChainStudy) -> list[chain.ChainStudy]:
            names = list(study.organisations["organisation"])
            return [study._part(names[at : at + size]) for at in range(0, len(names), size)]

        monkeypatch.setattr(chain.ChainStudy, "parts", parts)

    return into


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium without a window; a test is skipped where there is none, but fails in CI.

    It ends with its module: while it runs no other event loop can, such as a notebook's.
    """
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        message = f"There is no browser; install one of {', '.join(BROWSERS)}."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright  # which few tests need

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def nyc_raw() -> Path:
    """The folder with the published files of the 2015 NYC School Survey."""
    for folder in NYC_RAW:
        if (folder / nyc_schools.QUESTIONS).is_file():
            return folder
    message = (
        f"The published NYC files are not here; {NYC_STUDY / 'README.md'} says how to get them."
    )
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def nyc_study(nyc_raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study data/nyc-schools, prepared from the published files in a folder of its own."""
    folder = tmp_path_factory.mktemp("prepared") / "nyc-schools"
    folder.mkdir()
    for name in ("study.toml", "codebook.csv", "organisations.csv"):
        shutil.copy(NYC_STUDY / name, folder)
    study = open_study(folder)
    nyc_schools.prepare(nyc_raw, folder, study.codebook)
    return study


@pytest.fixture
def little(tmp_path: Path) -> Study:
    """Two units of one organisation in two sources, a third unit in the second source only."""
    clients = pd.DataFrame(
        [
            ("A", "u1", 1, 1, 5),
            ("A", "u1", 3, 5, 1),
            ("A", "u1", 1, 9, ""),
            ("A", "u2", 1, 3, 9),
            ("A", "u2", 1, 4, 2),
        ],
        columns=["organisation", "unit", "weight", "s1", "s2"],
    )
    records = pd.DataFrame(
        [("A", "u1", 80), ("A", "u2", ""), ("A", "u3", 60)], columns=["organisation", "unit", "r1"]
    )
    write_study(
        tmp_path,
        {"clients": clients, "records": records},
        {"clients": {"service": ["s1", "s2"]}, "records": {"results": ["r1"]}},
        chain="public-sector-service-value-chain",
        settings={"title": "Little", "minimum_count": 1},
        sources={"clients": {"weight": "weight"}, "records": {"rows": "units"}},
        items={
            "s1": {"wording": "Good?", "missing": "9"},
            "s2": {"wording": "Bad?", "missing": "9", "reversed": "yes"},
            "r1": {"wording": "On time", "low": 0, "high": 100},
        },
    )
    return open_study(tmp_path)


class Page(HTMLParser):
    """What the checks need of a page."""

    VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta", "wbr"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not (tag == "svg" and "svg" in self.open):  # a drawing within one is part of it
            self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def assert_sound(text: str) -> None:
    """Assert what holds for every page the workbench makes."""
    page = Page(text)
    assert not page.faults
    assert not page.open
    assert page.named("html")[0]["lang"] == "en"
    assert len(page.named("main")) == len(page.named("h1")) == 1
    assert text.partition("</head>")[0].count("<title>") == 1
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in page.named("a"):
        target = link["href"] or ""
        assert not target.startswith("#") or target[1:] in ids
    assert text.count("<table") == len(re.findall(r"<table[^>]*>\s*<caption", text))
    assert all(image.get("alt") for image in page.named("img"))
    for drawing in page.named("svg"):
        assert drawing.keys() & {"aria-label", "aria-labelledby", "aria-hidden"}
    for _, attributes in page.tags:
        for name in ("src", "srcset", "data", "action", "poster"):
            assert (attributes.get(name) or "data:").startswith("data:")
    assert not re.search(r"url\(\s*['\"]?(?!data:)|@import|<link\b|<iframe|<object|<base\b", text)
    assert "https://" not in re.sub(r'<a [^>]*href="[^"]*"', "", text)


@pytest.fixture
def check_page() -> Callable[[str], None]:
    """The checks that every page the workbench makes has to pass."""
    return assert_sound
