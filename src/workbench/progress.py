"""How far a long computation has come: a bar in a terminal and in a notebook.

A bar appears once a computation has taken two seconds, and is gone when the computation ends,
however it ends. Nothing is shown where nobody watches: in a log, a batch, a worker or a test.
Nothing is ever printed to standard output.

In a terminal the bar is rich's, on standard error. In a notebook it is an element of HTML that
IPython changes in its place: rich and tqdm need ipywidgets there, which not everyone has, and the
widget that they leave is dead when the notebook is opened again.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import current_thread, main_thread
from time import monotonic
from typing import Any, Protocol, TypeVar

from workbench.figures.markup import element
from workbench.text import duration

T = TypeVar("T")

PATIENCE = 2.0
"""Seconds without a bar."""

REFRESHED = 0.2
"""Seconds between two looks of a bar."""


class Bar(Protocol):
    """Where progress is shown."""

    def show(self, progress: "Progress") -> None:
        """Show what has been reached by now."""

    def remove(self) -> None:
        """Take away what was shown, if anything was."""


class Progress:
    """How far a computation has come.

    Attributes
    ----------
    doing
        What is counted, for example "Bootstrap replicates".
    total
        How much there is to do; None where nobody knows.
    done
        How much of it is done.
    """

    def __init__(self, doing: str, total: int | None, bar: Bar | None) -> None:
        self.doing, self.total, self.done = doing, total, 0
        self._bar, self._began = bar, monotonic()
        self._next = self._began + PATIENCE

    def add(self, count: int = 1) -> None:
        """Count what has been done since the last time; where more is done than was expected, that
        is the total."""
        self.done += count
        if self.total is not None:
            self.total = max(self.total, self.done)
        now = monotonic()
        if self._bar is not None and now >= self._next:
            self._next = now + REFRESHED
            self._bar.show(self)

    def over(self, items: Iterable[T], worth: Callable[[T], int] = lambda _: 1) -> Iterator[T]:
        """Give items one after the other, and count each when the next is asked for.

        >>> progress = Progress("Rows", 5, None)
        >>> sum(map(sum, progress.over([(1, 2, 3), (4, 5)], len))), progress.words
        (15, 'Rows: 100%')
        """
        for item in items:
            yield item
            self.add(worth(item))

    @property
    def words(self) -> str:
        """How far it is, and how long it will still take.

        >>> Progress("Rows", None, None).words, Progress("Replicates", 200, None).words
        ('Rows: 0', 'Replicates: 0%')
        """
        if self.total is None:
            return f"{self.doing}: {self.done:,}"
        told = f"{self.doing}: {100 * self.done // max(self.total, 1)}%"
        if not 0 < self.done < self.total:
            return told
        left = (monotonic() - self._began) * (self.total - self.done) / self.done
        return f"{told}, about {duration(left)} left"


_open: ContextVar[Progress | None] = ContextVar("progress", default=None)


@contextmanager
def progress(doing: str, total: int | None = None) -> Iterator[Progress]:
    """Show how far a computation has come, for as long as it runs.

    A computation that is part of another one shows no bar of its own; if both do the same thing,
    what it does counts for the other.

    Parameters
    ----------
    doing
        What is counted, in the plural.
    total
        How much there is to do, as far as is known.

    Examples
    --------
    >>> with progress("Simulated studies", 100) as whole:
    ...     with progress("Simulated studies", 40) as part:
    ...         part.add(40)
    ...     with progress("Links") as other:
    ...         other.add()
    ...     whole.done
    40
    """
    outer = _open.get()
    if outer is not None:
        yield outer if outer.doing == doing else Progress(doing, total, None)
        return
    bar = bar_here()
    own = Progress(doing, total, bar)
    token = _open.set(own)
    try:
        yield own
    finally:
        _open.reset(token)
        if bar is not None:
            bar.remove()


def bar_here() -> Bar | None:
    """Return a bar for the notebook or terminal that this runs in, None if it runs in neither."""
    if current_thread() is not main_thread():
        return None
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is not None:
        return NotebookBar()
    return TerminalBar() if sys.stderr is not None and sys.stderr.isatty() else None


class TerminalBar:
    """A line on standard error, below warnings that come meanwhile."""

    def __init__(self) -> None:
        self._live: Any = None

    def show(self, progress: Progress) -> None:
        from rich.console import Console
        from rich.live import Live

        if self._live is None:
            # Drawn when work is counted, without a thread that would take time from it.
            self._live = Live(
                console=Console(stderr=True),
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
            )
            self._live.start()
        self._live.update(_line(progress), refresh=True)

    def remove(self) -> None:
        if self._live is not None:
            self._live.stop()


def _line(progress: Progress) -> Any:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    line = Table.grid(padding=(0, 1))
    total = None if progress.total is None else float(progress.total)
    line.add_row(ProgressBar(total, progress.done, width=40), Text(progress.words, no_wrap=True))
    return line


class NotebookBar:
    """An output of the cell, which is empty once the computation has ended."""

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, progress: Progress) -> None:
        from IPython.display import display

        known = progress.total is not None
        bar = element("progress", value=progress.done if known else None, max=progress.total)
        words = progress.words
        shown = {"text/html": element("label", bar, " ", words), "text/plain": words}
        if self._handle is None:
            self._handle = display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)

    def remove(self) -> None:
        if self._handle is not None:
            self._handle.update({"text/html": "", "text/plain": ""}, raw=True)
