"""How far reports are that are being made, and how long the rest will take."""

import io
import time
from pathlib import Path

import pytest

from workbench.batch.manifest import Entry, Manifest
from workbench.batch.running import Running, being_made, forget, noted, seconds_left
from workbench.cli.progress import Bar, running_line
from workbench.text import duration


def test_a_note_is_there_as_long_as_the_report_is_being_made(tmp_path: Path) -> None:
    with noted(tmp_path, "chain-a", "chain", "Chain A") as note:
        (begun,) = being_made(tmp_path)
        assert (begun.stem, begun.section) == ("chain-a", "")
        note.at("The chain")
        (now,) = being_made(tmp_path)
        assert now.section == "The chain"
        assert now.began == begun.began
    assert not being_made(tmp_path)


def test_the_longest_running_report_comes_first(tmp_path: Path) -> None:
    with noted(tmp_path, "z", "chain", "Z"), noted(tmp_path, "a", "chain", "A"):
        assert [one.stem for one in being_made(tmp_path)] == ["z", "a"]


def test_notes_that_killed_processes_left_and_broken_ones_say_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "running"
    folder.mkdir(parents=True)
    (folder / "cut.json").write_text('{"stem": "cut", "na')
    (folder / "other.json").write_text('{"stem": "other"}')
    assert not being_made(tmp_path)
    forget(tmp_path)
    assert not folder.exists()


def entries() -> dict[str, Entry]:
    return {
        "made": Entry("chain", status="ok", seconds=6.0, expected=3.0),
        "stands": Entry("chain", status="skipped", seconds=50.0),
        "long": Entry("chain", expected=10.0),
        "short": Entry("chain", expected=1.0),
        "others": Entry("chain", seconds=9.0, expected=9.0),
    }


def test_the_time_left_goes_by_what_reports_of_this_run_took() -> None:
    """Those made took twice what they were expected to."""
    planned = ["made", "stands", "long", "short"]
    assert seconds_left(entries(), planned, [], 1) == pytest.approx(22.0)
    # The longest report cannot be shared between jobs.
    assert seconds_left(entries(), planned, [], 4) == pytest.approx(20.0)
    begun = [Running("long", "chain", "Long", time.time() - 15.0)]
    assert seconds_left(entries(), planned, begun, 1) == pytest.approx(7.0, abs=0.5)


def test_no_time_is_told_before_a_report_is_made() -> None:
    assert seconds_left(entries(), ["stands", "long"], [], 2) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (59, "59 s"), (125, "2 min 5 s"), (7385, "2 h 3 min")],
)
def test_a_duration_is_told_as_people_say_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_running_report_is_told_by_its_section() -> None:
    one = Running("s", "chain", "Customer value", time.time() - 12, "Organisation by organisation")
    told = "  12 s  chain: Customer value, at 'Organisation by organisation'"
    assert running_line(one) == told


def test_the_terminal_shows_every_running_report_and_the_time_left(tmp_path: Path) -> None:
    from rich.console import Console

    record = Manifest("study", "Study", planned=["made", "long", "short"], reports=entries())
    shown = Bar()
    shown._console = Console(file=io.StringIO(), force_terminal=True, width=100)
    shown.start(tmp_path, record)
    shown.report(record.reports["made"])
    try:
        with noted(tmp_path, "long", "chain", "Long one") as note:
            note.at("Method")
            with shown._console.capture() as captured:
                shown._console.print(shown._now())
    finally:
        shown.stop()
    text = captured.get()
    assert "1/3" in text
    assert "about 22 s left" in text
    assert "0 s  chain: Long one, at 'Method'" in text
