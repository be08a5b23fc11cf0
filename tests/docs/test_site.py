"""The documentation builds without a warning, its links resolve, and it needs no other host."""

import os
import re
import subprocess
import sys
from importlib import import_module
from inspect import ismodule
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup

import workbench
from workbench.costly import keeping, once

ROOT = Path(__file__).resolve().parents[2]
FETCHED = {"script": "src", "link": "href", "img": "src", "source": "src", "iframe": "src"}


def built(folder: Path) -> Path:
    """Build the site with a published demo beside it, as `make docs` does."""
    published = folder / "published"
    (published / "demo").mkdir(parents=True)
    (published / "demo" / "index.html").write_text("<title>The demo</title>", encoding="utf-8")
    docs = folder / "docs"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"),
            *("--tag", "published", "--define", f"html_extra_path={published}"),
            *(str(ROOT / "docs"), str(docs)),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr
    return docs


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The built site, once for all processes that the tests run in."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "site"
    with keeping(folder / "kept"):
        return once("site", built, folder)


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, BeautifulSoup]:
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in site.rglob("*.html")
    }


def local(address: str) -> bool:
    return not re.match(r"[a-z]+:", address)


def resolves(address: str, path: Path, pages: dict[Path, BeautifulSoup]) -> bool:
    """Whether an address on the page at the path is that of a file, and of a place in it."""
    name, fragment = urldefrag(address)
    target = (path.parent / unquote(name)).resolve() if name else path
    if not target.is_file():
        return False
    return not fragment or pages[target].find(id=unquote(fragment)) is not None


def test_every_link_within_the_site_resolves(pages: dict[Path, BeautifulSoup]) -> None:
    broken = [
        (path.name, link["href"])
        for path, page in pages.items()
        for link in page.find_all("a", href=True)
        if local(link["href"]) and not resolves(link["href"], path, pages)
    ]
    assert not broken


def test_the_published_demo_is_one_link_away(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    page = pages[site / "published.html"]
    links = [link["href"] for link in page.select("article a[href^=demo]")]
    assert links == ["demo/index.html"]
    assert pages[site / links[0]].title.text == "The demo"


def test_nothing_is_fetched_from_another_host(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    for path, page in pages.items():
        for name, attribute in FETCHED.items():
            addresses = [tag[attribute] for tag in page.find_all(name) if tag.get(attribute)]
            assert all(map(local, addresses)), (path, addresses)
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"""(url\(\s*['"]?|@import\s+['"]?)(https?:)?//""", text), style


def test_pictures_say_what_they_show_and_are_there(
    pages: dict[Path, BeautifulSoup], site: Path
) -> None:
    drawn = pages[site / "gallery.html"].select("img.drawn")
    assert drawn
    for picture in drawn:
        assert picture["alt"]
        assert (site / picture["src"]).read_text(encoding="utf-8").lstrip().startswith("<?xml")


def test_formulas_are_drawn_by_the_browser(pages: dict[Path, BeautifulSoup], site: Path) -> None:
    page = pages[site / "methods" / "estimation.html"]
    assert page.find_all("math")
    assert not page.find_all("script", src=re.compile("mathjax", re.IGNORECASE))


def public(folder: str) -> list[str]:
    """Functions and classes that a folder of the package offers."""
    module = import_module(f"workbench.{folder}")
    return [name for name in module.__all__ if callable(getattr(module, name))]


def test_every_public_name_is_in_the_reference(
    pages: dict[Path, BeautifulSoup], site: Path
) -> None:
    folders = [name for name in workbench.__all__ if ismodule(getattr(workbench, name))]
    for folder in set(folders) - {"errors"}:
        page = pages[site / "reference" / f"{folder}.html"]
        missing = [
            name for name in public(folder) if not page.find(id=f"workbench.{folder}.{name}")
        ]
        assert not missing, folder
