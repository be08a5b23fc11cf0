"""The manifest: what is written is what is read."""

from pathlib import Path

import pytest

from workbench.batch import manifest
from workbench.batch.manifest import FILE, JOURNAL, Entry, Manifest


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


def many(count: int) -> Manifest:
    numbers = {"People": {"value": 61.2, "lower": 58.0, "upper": 64.0}}
    entry = Entry("organisation", inputs={"data": "0" * 64}, key_numbers=numbers)
    return Manifest("many", "Many", reports={f"organisation-{i}": entry for i in range(count)})


def test_a_report_is_kept_the_moment_it_is_made(tmp_path: Path) -> None:
    made = many(500)
    made.write(tmp_path)
    for number in range(20):
        made.record(tmp_path, f"organisation-{number}", Entry("organisation", status="ok"))
        assert Manifest.read(tmp_path) == made


def test_a_line_cut_off_by_a_crash_is_no_entry(tmp_path: Path) -> None:
    made = many(2)
    made.write(tmp_path)
    with (tmp_path / JOURNAL).open("a") as journal:
        journal.write('{"stem": "organisation-0", "name": "orga')
    assert Manifest.read(tmp_path) == made


def test_writing_takes_a_small_share_of_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, written = [0.0], []

    def write(path: Path, content: str) -> None:
        written.append(path)
        now[0] += 1.0

    monkeypatch.setattr(manifest, "write_atomically", write)
    monkeypatch.setattr(manifest.time, "monotonic", lambda: now[0])
    made = many(3)
    for _ in range(100):
        now[0] += 1.0
        made.record(tmp_path, "organisation-0", Entry("organisation", status="ok"))
    assert 4 <= len(written) <= 6
