"""What lies beside the pages, where links lead, and paths of the machine."""

from pathlib import Path

import pytest

from workbench.audit import AuditError, Rules, audited

RULES = Rules(10)


def write(folder: Path, *names: str, page: str = "<h1>Reports</h1>") -> Path:
    (folder / "index.html").write_text(page)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("1")
    return folder


def test_pages_style_pictures_and_tables_may_be_published(tmp_path: Path) -> None:
    write(tmp_path, "style.css", "pictures/logo.svg", "provenance.json", ".workbench")
    write(tmp_path, "numbers.csv", "numbers.csv-metadata.json", page='<a href="numbers.csv">n</a>')
    assert audited(tmp_path, RULES) == []


def test_anything_else_is_named_once_for_its_folder_and_kind(tmp_path: Path) -> None:
    write(tmp_path, "manifest.json", "notebooks/a.ipynb", "notebooks/b.ipynb", ".work/lock")
    found = audited(tmp_path, RULES)
    assert [one.page for one in found] == [".work/", "manifest.json", "notebooks/"]
    assert found[2].what == "2 files (.ipynb) are no page, style, picture or CSV."


def test_a_link_to_such_a_file_is_named(tmp_path: Path) -> None:
    links = '<a href="notebooks/a.ipynb?x=1">run</a><a href="a.html#b">A</a><a href="#b">b</a>'
    (found,) = audited(write(tmp_path, page=links + '<a href="https://x.org/f.json">x</a>'), RULES)
    assert found.page == "index.html"
    assert "notebooks/a.ipynb" in found.what


@pytest.mark.parametrize(
    "page",
    [
        "<p>Made from /home/ann/survey/clients.csv.</p>",
        '<p title="C:\\Users\\ann\\clients.csv">Clients</p>',
        "<!-- file:///srv/answers.parquet --><p>Clients</p>",
        "<table><tr><td>/tmp/answers</td></tr></table>",
    ],
)
def test_a_path_of_the_machine_is_named(tmp_path: Path, page: str) -> None:
    (found,) = audited(write(tmp_path, page=page), RULES)
    assert "path" in found.what


def test_a_path_in_a_record_is_named(tmp_path: Path) -> None:
    (write(tmp_path) / "provenance.json").write_text('{"data": "/home/ann/clients.csv"}')
    (found,) = audited(tmp_path, RULES)
    assert (found.page, "/home/ann" in found.what) == ("provenance.json", True)


def test_a_path_in_a_link_of_a_print_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "a.pdf").write_bytes(b"%PDF stream D:\\x /tmp/x endstream")
    assert audited(tmp_path, RULES) == []
    (tmp_path / "b.pdf").write_bytes(b"%PDF /URI (file:///srv/site/index.html)")
    (found,) = audited(tmp_path, RULES)
    assert (found.page, "/srv/site/index.html" in found.what) == ("b.pdf", True)


@pytest.mark.parametrize("text", ["and/or", "5/work", "https://example.org/data/x", "a / b"])
def test_other_strokes_are_no_paths(tmp_path: Path, text: str) -> None:
    assert audited(write(tmp_path, page=f"<p>{text}</p>"), RULES) == []


def test_a_folder_without_pages_is_no_clean_one(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="holds no pages"):
        audited(tmp_path, RULES)
    with pytest.raises(AuditError, match="There is no folder"):
        audited(tmp_path / "none", RULES)
