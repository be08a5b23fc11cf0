"""Bars of long computations: what they count, where they are shown, and being stopped."""

import io
import re
import sys
import threading
from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

import workbench as wb
from workbench import progress as module
from workbench.chain import power
from workbench.progress import NotebookBar, Progress, TerminalBar, bar_here, progress


class Recording:
    """A bar that keeps what it is shown, and interrupts if it is told to."""

    def __init__(self, interrupting=False):
        self.shown, self.removed, self.interrupting = [], 0, interrupting

    def show(self, progress):
        self.shown.append((progress.doing, progress.done, progress.total))
        if self.interrupting:
            raise KeyboardInterrupt

    def remove(self):
        self.removed += 1


@pytest.fixture
def watch(monkeypatch):
    """Show all that is counted from now on by a bar, which is returned."""
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    monkeypatch.setattr(module, "REFRESHED", 0.0)

    def begin(interrupting=False):
        bar = Recording(interrupting)
        monkeypatch.setattr(module, "bar_here", lambda: bar)
        return bar

    return begin


@pytest.fixture(scope="module")
def study():
    return wb.open_study("data/demo")


@pytest.fixture(scope="module")
def rows(study):
    return study.answers("clients").head(3000)


@pytest.fixture(scope="module")
def fit(rows):
    return wb.sem.fit("trust_1 ~ a*service_1; courtesy_1 ~ b*trust_1", rows)


TRUST = "trust =~ trust_1 + trust_2 + trust_3"
ITEMS = {"service": ["service_1", "service_2"], "trust": ["trust_1", "trust_2"]}
CLIENTS = "data/demo/clients.parquet"
CHANNELS = "counter", "phone", "web"


def long_computations(study, rows, fit):
    """Computations by name, with what they count and how much; numbers that they end with."""
    data, names = study.chain_data(), study.organisations["organisation"]
    drivers = ["service_2", "service_3"]
    return {
        "bootstrap": (
            lambda: fit.bootstrap(300).replicates,
            ("Bootstrap replicates", 300),
        ),
        "invariance": (
            lambda: wb.sem.invariance(TRUST, rows, group="channel").table["chisq"],
            ("Levels of invariance", 4),
        ),
        "importance": (
            lambda: wb.drivers.importance(study, "service", replicates=300).frame["weight"],
            ("Bootstrap samples", 300),
        ),
        "priorities": (
            lambda: wb.drivers.priority_map(
                study, "service_1", drivers, by=["channel"], replicates=50
            ).frame["importance"],
            ("Channels", rows["channel"].nunique()),
        ),
        "htmt": (
            lambda: wb.measurement.htmt(rows, ITEMS, replicates=300)["upper"],
            ("Bootstrap samples", 300),
        ),
        "moments": (
            lambda: wb.linkage.streamed_moments(CLIENTS, ["trust_1"], by=("year",)).mean,
            ("Rows", len(pd.read_parquet(CLIENTS))),
        ),
        "links": (
            lambda: wb.chain.organisation_links(data, names).pooled["strength"],
            # Of every link τ is tried at 6 values, at 2 pairs between them and by 2 fits.
            ("Links of organisations", 12 * len(data.chain.links) + 16),
        ),
        "power": (
            lambda: np.array([wb.chain.study_power(study, size=0.4).power]),
            ("Simulated studies", 8 + 4 * 4),  # four rules, of which three are always expected
        ),
    }


@pytest.mark.parametrize(
    "name",
    ["bootstrap", "invariance", "importance", "priorities", "htmt", "moments", "links", "power"],
)
def test_a_computation_counts_its_work_and_can_be_stopped(
    name, study, rows, fit, watch, monkeypatch
):
    monkeypatch.setattr(power, "ANALYSED", 8)
    compute, (doing, total) = long_computations(study, rows, fit)[name]
    stopped = watch(interrupting=True)
    with pytest.raises(KeyboardInterrupt):
        compute()
    assert len(stopped.shown) == stopped.removed == 1
    bar = watch()
    after = np.asarray(compute(), float)
    assert bar.removed >= 1
    ends = {what: (done, known) for what, done, known in bar.shown}
    assert doing in ends
    done, known = ends[doing]
    assert done == known >= total
    assert known == pytest.approx(total, abs=1 if doing == "Bootstrap samples" else 0)
    monkeypatch.setattr(module, "bar_here", lambda: None)
    np.testing.assert_array_equal(after, np.asarray(compute(), float))


def test_nothing_is_shown_before_the_patience_is_over(watch, monkeypatch):
    bar = watch()
    monkeypatch.setattr(module, "PATIENCE", 2.0)
    clock = iter([10.0, 11.9, 12.1, 12.2, 12.4])
    monkeypatch.setattr(module, "monotonic", lambda: next(clock))
    monkeypatch.setattr(module, "REFRESHED", 0.2)
    with progress("Steps", 4) as steps:
        for _ in range(4):
            steps.add()
    assert [done for _, done, _ in bar.shown] == [2, 4]
    assert bar.removed == 1


def test_what_is_left_is_told_by_the_pace_so_far(monkeypatch):
    clock = iter([0.0, 10.0, 10.0])
    monkeypatch.setattr(module, "monotonic", lambda: next(clock))
    steps = Progress("Steps", 400, None)
    steps.add(100)
    assert steps.words == "Steps: 25%, about 30 s left"


def test_a_part_shows_no_bar_of_its_own(watch):
    bar = watch()
    with progress("Whole", 2) as whole:
        with progress("Part", 7) as part:
            part.add(7)
        whole.add()
        with progress("Whole", 1) as more:
            more.add(2)
    assert bar.shown == [("Whole", 1, 2), ("Whole", 3, 3)]
    assert bar.removed == 1


def test_no_bar_where_nobody_watches(monkeypatch):
    terminal = SimpleNamespace(isatty=lambda: True)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert bar_here() is None
    monkeypatch.setattr(sys, "stderr", terminal)
    assert isinstance(bar_here(), TerminalBar)
    found = []
    thread = threading.Thread(target=lambda: found.append(bar_here()))
    thread.start()
    thread.join()
    assert found == [None]


def test_a_terminal_shows_a_bar_and_takes_it_away(monkeypatch, capsys):
    written = io.StringIO()
    monkeypatch.setattr(written, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    bar = TerminalBar()
    steps = Progress("Steps", 4, bar)
    bar.show(steps)
    assert "Steps: 0%" in written.getvalue()
    bar.remove()
    assert written.getvalue().endswith("\x1b[2K")  # the line is cleared
    assert "\x1b[?25h" in written.getvalue()  # and the cursor is there again
    assert capsys.readouterr().out == ""


CELL = """
from workbench import progress as module
module.PATIENCE = module.REFRESHED = 0.0
{keep}
with module.progress("Steps", 4) as steps:
    steps.add()
    print(isinstance(steps._bar, module.NotebookBar))
"""


def test_a_notebook_shows_a_bar_and_takes_it_away():
    keep = "module.NotebookBar.remove = lambda self: None"
    cells = [nbformat.v4.new_code_cell(CELL.format(keep=one)) for one in ("", keep)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    gone, kept = ({one.output_type: one for one in cell.outputs} for cell in notebook.cells)
    assert gone["stream"].text == kept["stream"].text == "True\n"
    assert {*gone, *kept} == {"stream", "display_data"}
    assert set(gone["display_data"].data.values()) == {""}
    html = kept["display_data"].data["text/html"]
    assert re.fullmatch(
        r'<label><progress value="1" max="4"></progress> Steps: 25%, about \d+ s left</label>', html
    )


def test_a_bar_without_a_total_says_how_much_is_done(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    steps = Progress("Rows", None, None)
    steps.add(1_200_000)
    NotebookBar().show(steps)
    assert shown[0]["text/plain"] == "Rows: 1,200,000"
    assert "<progress></progress>" in shown[0]["text/html"]
