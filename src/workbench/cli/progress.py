"""Progress of a batch: a bar in a terminal, lines in a log."""

import sys
from pathlib import Path
from typing import Any

import typer

from workbench.text import duration

OUTCOMES = {
    "ok": "made",
    "skipped": "up to date",
    "failed": "FAILED",
    "timeout": "TIME LIMIT",
    "pending": "not made",
}

_LOOKS_A_SECOND = 2


def line(entry: Any, store: Path) -> str:
    """Return the outcome of a report as one line, of one that failed what there is to look at.

    ``store`` is the folder of the record.
    """
    told = f"{OUTCOMES[entry.status]:<10} {entry.name}: {entry.title}"
    if entry.status != "skipped" and entry.seconds is not None:
        told += f" ({entry.seconds:.1f} s)"
    if entry.error:
        told += f"\n           {entry.error}"
    if entry.notebook and not entry.succeeded and (store / entry.notebook).is_file():
        told += f"\n           Its notebook as far as it came: {store / entry.notebook}"
    if entry.html and not entry.succeeded:
        told += f"\n           The page of {entry.made} stays."
    return told


def running_line(one: Any) -> str:
    """Return how far a report is that is being made, as one line."""
    section = f", at {one.section!r}" if one.section else ""
    return f"{one.seconds:4.0f} s  {one.name}: {one.title}{section}"


def time_left(record: Any, running: Any) -> str:
    """Return how long a batch will still take, in words; "" before its first report."""
    from workbench.batch.running import seconds_left

    left = seconds_left(record.reports, record.planned, running, record.jobs)
    return "" if left is None else f"about {duration(left)} left"


class Lines:
    """Shows progress as plain lines, for a log."""

    def start(self, store: Path, record: Any) -> None:
        self._store = store
        self._total = len(record.planned)
        self._done = 0

    def report(self, entry: Any) -> None:
        self._done += 1
        width = len(str(self._total))
        typer.echo(f"[{self._done:>{width}}/{self._total}] {line(entry, self._store)}")

    def message(self, text: str) -> None:
        typer.echo(text, err=True)

    def stop(self) -> None:
        pass


class Bar:
    """Shows progress as a bar with the time left and a line for every report that is being made,
    and lists failures above it."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console()
        self._live: Any = None

    def start(self, store: Path, record: Any) -> None:
        from rich.live import Live

        self._store, self._record, self._done = store, record, 0
        self._live = Live(
            console=self._console, get_renderable=self._now, refresh_per_second=_LOOKS_A_SECOND
        )
        self._live.start()

    def report(self, entry: Any) -> None:
        self._done += 1
        if not entry.succeeded:
            self.message(line(entry, self._store))

    def message(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)

    def stop(self) -> None:
        if self._live is not None:
            self._live.stop()

    def _now(self) -> Any:
        """What the terminal shows at this moment."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        from workbench.batch.running import being_made

        running, total = being_made(self._store), len(self._record.planned)
        bar = Table.grid(padding=(0, 1))
        bar.add_row(
            "Reports",
            ProgressBar(total or 1, self._done, width=40),
            f"{self._done}/{total}",
            time_left(self._record, running) if self._done < total else "",
        )
        lines = [Text(f"  {running_line(one)}", no_wrap=True) for one in running]
        return Group(bar, *lines)


def progress() -> Lines | Bar:
    """Return a bar for a terminal and lines for a log."""
    return Bar() if sys.stdout.isatty() else Lines()
