"""Progress of a batch: a bar in a terminal, lines in a log."""

import sys
from typing import Any

import typer

OUTCOMES = {
    "ok": "made",
    "skipped": "up to date",
    "failed": "FAILED",
    "timeout": "TIME LIMIT",
    "pending": "not made",
}


def line(entry: Any) -> str:
    """Return the outcome of a report as one line."""
    told = f"{OUTCOMES[entry.status]:<10} {entry.name}: {entry.title}"
    if entry.status != "skipped" and entry.seconds is not None:
        told += f" ({entry.seconds:.1f} s)"
    if entry.error:
        told += f"\n           {entry.error}"
    if entry.html and not entry.succeeded:
        told += f"\n           The page of {entry.made} stays."
    return told


class Lines:
    """Shows progress as plain lines, for a log."""

    def start(self, total: int) -> None:
        self._total = total
        self._done = 0

    def report(self, entry: Any) -> None:
        self._done += 1
        width = len(str(self._total))
        typer.echo(f"[{self._done:>{width}}/{self._total}] {line(entry)}")

    def message(self, text: str) -> None:
        typer.echo(text, err=True)

    def stop(self) -> None:
        pass


class Bar:
    """Shows progress as a bar with the time left, and lists failures above it."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("Reports"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("time left"),
            TimeRemainingColumn(),
        )

    def start(self, total: int) -> None:
        self._task = self._bar.add_task("reports", total=total)
        self._bar.start()

    def report(self, entry: Any) -> None:
        if not entry.succeeded:
            self._bar.console.print(line(entry), markup=False, highlight=False)
        self._bar.advance(self._task)

    def message(self, text: str) -> None:
        self._bar.console.print(text, markup=False, highlight=False)

    def stop(self) -> None:
        self._bar.stop()


def progress() -> Lines | Bar:
    """Return a bar for a terminal and lines for a log."""
    return Bar() if sys.stdout.isatty() else Lines()
