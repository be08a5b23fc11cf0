"""The table [publisher] of study.toml, and what pages make of it."""

import base64
from pathlib import Path

import pytest

from workbench.study.publisher import Publisher, contrast, read_publisher

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
WHOLE = {
    "body": "Ministry of  Public Service",
    "logo": "logo.png",
    "colour": "#7A1F3D",
    "colour_dark": "#f0a0b8",
    "contact": "survey@example.org",
    "fr": {"body": "Ministère de la Fonction publique"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logo.png").write_bytes(PNG)
    (tmp_path / "large.png").write_bytes(PNG + bytes(20_000))
    (tmp_path / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "page.png").write_text("<html>")
    (tmp_path / "notes.txt").write_text("x")
    return tmp_path


def read(table: dict[str, object], folder: Path) -> tuple[Publisher | None, list[str]]:
    faults: list[str] = []
    return read_publisher(table, folder, faults.append), faults


def test_a_publisher_is_read_whole(folder: Path) -> None:
    found, faults = read(WHOLE, folder)
    assert faults == []
    assert found is not None
    assert found.body == "Ministry of Public Service"
    assert found.colour == "#7a1f3d"
    assert found.logo == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert list(found.told) == ["body", "logo", "colour", "colour_dark", "contact"]


def test_another_language_has_its_own_words_and_the_rest_of_the_first(folder: Path) -> None:
    found, _ = read(WHOLE, folder)
    assert found is not None
    french = found.in_language("fr-CA")
    assert (french.body, french.contact) == (WHOLE["fr"]["body"], "survey@example.org")  # type: ignore[index]
    assert found.in_language("de").body == found.body


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"logo": "none.png"}, "key 'publisher.logo' is 'none.png', and there is no such file"),
        ({"logo": "../logo.png"}, "there is no such file in the study's folder"),
        ({"logo": "page.png"}, "which is no picture; use .svg, .png"),
        ({"logo": "notes.txt"}, "which is no picture"),
        ({"logo": "large.png"}, "bytes; every page holds it, so make it 16,000 at most"),
        ({"colour": "red"}, "key 'publisher.colour' is 'red'; write a colour such as"),
        ({"colour": "#6699cc"}, "contrast to white is 2.3; choose a darker colour, 4.5 at least"),
        ({"colour_dark": "#17405f"}, "contrast to the dark page is 1.6; choose a lighter colour"),
        ({"colur": "#17405f"}, "key 'publisher.colur' is not known"),
        ({"contact": 5}, "key 'publisher.contact' is 5; write a text in quotation marks"),
        ({"fr": {"colour": "#eeeeee"}}, "key 'publisher.fr.colour' is '#eeeeee'"),
    ],
)
def test_every_fault_is_told(part: dict[str, object], told: str, folder: Path) -> None:
    _, faults = read({"body": "Ministry", **part}, folder)
    (fault,) = faults
    assert told in fault


def test_a_publisher_has_a_name(folder: Path) -> None:
    found, faults = read({"contact": "survey@example.org"}, folder)
    assert found is None
    assert faults == ["key 'publisher.body' is missing; name the body that publishes the pages"]


def test_contrast_is_that_of_the_norm() -> None:
    """Against values that the norm's own examples give: black on white, and its limit."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#777777", "#ffffff") < 4.5
