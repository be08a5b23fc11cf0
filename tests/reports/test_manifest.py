"""The manifest: what is written is what is read."""

from pathlib import Path

import pytest

from workbench.reports.manifest import FILE, Entry, Manifest


def test_a_manifest_survives_the_disk(tmp_path: Path) -> None:
    made = Manifest(
        "tiny",
        "Tiny",
        started="2026-03-01T10:00:00+00:00",
        reports={"organisation-a": Entry("organisation", "A", "a", key_numbers={"People": 61.0})},
    )
    made.write(tmp_path)
    assert Manifest.read(tmp_path) == made
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 99}'])
def test_a_manifest_of_another_kind_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    assert Manifest.read(tmp_path) is None


def test_closing_says_why_a_report_was_not_made() -> None:
    made = Manifest("tiny", "Tiny", reports={"a": Entry("a"), "b": Entry("b", status="ok")})
    made.close("Stopped.")
    assert made.reports["a"].error == "Stopped."
    assert made.reports["b"].error is None
    assert made.finished
