"""What ``workbench doctor`` looks at, one function for each, and what it says of it."""

import os
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from workbench.text import counted

if TYPE_CHECKING:
    import pandas as pd

PACKAGE = "people-service-trust-workbench"

LEAST_PYTHON = (3, 11)

LEAST_MEMORY = 1e9
"""Bytes with which two reports can be made at once."""

MODEL = """
service =~ service_1 + service_2 + service_3
trust =~ trust_1 + trust_2 + trust_3
trust ~ service
"""

EXPECTED = {
    "rows": 353,
    "chi-square": 4.98592,
    "service → trust": 1.606334,
    "its standard error": 0.164910,
    "standardised": 0.628136,
}
"""The trial fit's numbers as lavaan has them (``tests/reference/cli/doctor.R``)."""

NEAR = 1e-4
"""Share of a number by which the trial fit may be off."""


@dataclass(frozen=True)
class Finding:
    """What was found of one thing.

    Attributes
    ----------
    about, found
        The thing, and its version, place or size.
    problem, remedy
        A sentence on what is not right and one on what to do; "" where all is well.
    needed
        Whether every study needs it.
    """

    about: str
    found: str
    problem: str = ""
    remedy: str = ""
    needed: bool = True


def examined() -> Iterator[Finding]:
    """Examine everything, one thing after the other."""
    yield python(sys.version_info[:3])
    yield from packages(_wanted(), _installed)
    yield linear_algebra()
    yield machine()
    yield cache()
    yield printing()
    yield trial()


def python(found: tuple[int, ...]) -> Finding:
    """The version of Python.

    >>> python((3, 9, 1)).problem
    'Python 3.9.1 is older than 3.11.'
    """
    told = ".".join(map(str, found))
    least = ".".join(map(str, LEAST_PYTHON))
    if found >= LEAST_PYTHON:
        return Finding("Python", f"{told} on {platform.platform(terse=True)}")
    remedy = f"Install Python {least} or later and make a new environment with it."
    return Finding("Python", told, f"Python {told} is older than {least}.", remedy)


def _wanted() -> list[str]:
    with suppress(PackageNotFoundError):
        return requires(PACKAGE) or []
    return []


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def packages(wanted: list[str], installed: Callable[[str], str | None]) -> Iterator[Finding]:
    """The packages that the workbench or one of its extras needs, at least so new.

    Parameters
    ----------
    wanted
        As the package's metadata has them: ``numpy>=2.4``, ``duckdb>=2.0; extra == "large"``.
    installed
        Gives a package's version, None of one that is not installed.

    >>> _, found = packages(['duckdb>=2.0; extra == "large"'], {}.get)
    >>> found.found, found.needed
    ('not installed', False)
    >>> found.remedy
    "Install it with `pip install 'people-service-trust-workbench[large]'`."
    """
    own = installed(PACKAGE)
    if own:
        yield Finding("workbench", own)
    else:
        problem = "The workbench is not installed, so that nobody knows what it needs."
        remedy = "Run `pip install .` in its folder."
        yield Finding("workbench", "not installed", problem, remedy)
    for line in wanted:
        asked = _REQUIREMENT.match(line)
        if asked is None:
            continue
        name, least, extra = asked.group("name"), asked.group("least"), asked.group("extra")
        needed, about = not extra, f"{asked.group('name')} ({extra})" if extra else name
        target = f"'{PACKAGE}[{extra}]'" if extra else PACKAGE
        found = installed(name)
        if found is None:
            what = f"The extra {extra!r} of the workbench" if extra else "The workbench"
            problem = f"{what} needs {name}, which is not installed."
            remedy = f"Install it with `pip install {target}`."
            yield Finding(about, "not installed", problem, remedy, needed)
        elif least and _release(found) < _release(least):
            problem = f"{name} {found} is older than {least}."
            remedy = f"Install a newer one with `pip install --upgrade '{name}>={least}'`."
            yield Finding(about, found, problem, remedy, needed)
        else:
            yield Finding(about, found, needed=needed)


_REQUIREMENT = re.compile(
    r"(?P<name>[\w.-]+)(?:\[[^]]*\])?\s*(?:>=(?P<least>[\d.]+))?[^;]*"
    r"(?:;.*extra == [\"'](?P<extra>[\w-]+)[\"'])?"
)


def _release(told: str) -> tuple[int, ...]:
    """The numbers a version begins with, without zeros at the end.

    >>> _release("2.10.0rc1"), _release("2.10") > _release("2.9.1")
    ((2, 10), True)
    """
    numbers = [int(part) for part in re.findall(r"\d+", re.match(r"[\d.]*", told)[0])]  # type: ignore[index]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def linear_algebra() -> Finding:
    """The BLAS that numpy uses, and its threads."""
    try:
        import numpy  # noqa: F401
        import scipy.linalg  # noqa: F401
        from threadpoolctl import threadpool_info

        found = {
            f"{one['internal_api']} {one['version']}, {counted(one['num_threads'], 'thread')}"
            for one in threadpool_info()
            if one["user_api"] == "blas"
        }
    except Exception as error:
        remedy = "Install numpy and scipy again, from the same place."
        return Finding("BLAS", "not found", f"Linear algebra does not work: {_told(error)}", remedy)
    return Finding("BLAS", "; ".join(sorted(found)) or "one that does not tell its name")


def machine() -> Finding:
    """The cores and the memory that this process may use."""
    from workbench.batch.memory import available
    from workbench.batch.run import cores

    return of_machine(cores(), available())


def of_machine(cores: int, memory: int) -> Finding:
    """What cores and bytes of memory are enough for, 0 bytes where the machine does not say.

    >>> of_machine(2, 8_000_000_000).found
    '2 cores, 8.0 GB of memory'
    """
    size = f"{memory / 1e9:.1f} GB" if memory else "unknown size"
    told = f"{counted(cores, 'core')}, {size} of memory" if memory else counted(cores, "core")
    if not 0 < memory < LEAST_MEMORY:
        return Finding("Machine", told, needed=False)
    problem = f"{size} of memory are too few to make two reports at once."
    return Finding("Machine", told, problem, "Make them by `workbench batch --jobs 1`.", False)


def cache() -> Finding:
    """The folder in which a batch keeps what the next one can use."""
    from workbench.batch.cache import ours

    return of_cache(ours())


def of_cache(folder: Path) -> Finding:
    """Whether a cache folder can be written to, or made where it is not there."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Finding("Cache folder", f"{folder}, writable", needed=False)
    problem = f"{there} cannot be written to, so that each batch makes every report again."
    remedy = "Give yourself the right to, or name another folder by XDG_CACHE_HOME."
    return Finding("Cache folder", f"{folder}, not writable", problem, remedy, False)


def printing() -> Finding:
    """Chromium, which prints pages as PDF."""
    from workbench.publishing.printing import chromium

    program = chromium()
    if program:
        return Finding("Chromium", program, needed=False)
    problem = "`workbench publish --pdf` needs Chromium, which is not installed."
    remedy = "Install Chromium or Chrome so that its command is found."
    return Finding("Chromium", "not found", problem, remedy, False)


def trial() -> Finding:
    """A small simulated study is drawn, read and fitted; lavaan's numbers must come of it."""
    try:
        found = trial_fit()
    except Exception as error:
        problem = f"A model cannot be fitted: {_told(error)}"
        return Finding("Trial fit", "failed", problem, "Mend what stands above, or install anew.")
    return of_trial(found)


def of_trial(found: Mapping[str, float]) -> Finding:
    """Compare the numbers of the trial fit with those expected."""
    off = [
        f"{name} is {found[name]:.6g} and not {value:.6g}"
        for name, value in EXPECTED.items()
        if not abs(found[name] - value) <= NEAR * abs(value)
    ]
    told = f"{found['rows']:.0f} simulated clients"
    if not off:
        return Finding("Trial fit", f"{told}, as expected")
    problem = f"A model of simulated clients has other numbers than it should: {', '.join(off)}."
    remedy = "Install the locked versions of `requirements.lock`; numbers of reports may be wrong."
    return Finding("Trial fit", f"{told}, not as expected", problem, remedy)


def trial_fit() -> dict[str, float]:
    """Return the numbers of the trial fit, by their names in :data:`EXPECTED`."""
    from workbench import sem

    with TemporaryDirectory() as folder:
        fit = sem.fit(MODEL, trial_clients(Path(folder)))
    link = fit.estimates.set_index("op").loc["~"]
    values = (fit.nobs, fit.measures["chisq"], link["est"], link["se"], link["std_all"])
    return dict(zip(EXPECTED, map(float, values), strict=True))


def trial_clients(folder: Path) -> "pd.DataFrame":
    """Return the clients of the trial's study, which is written to ``folder``."""
    from workbench import open_study, simulation

    population = simulation.load_population().larger(organisations=6, units=10, respondents=12)
    return open_study(simulation.simulate(folder, seed=1, population=population)).answers("clients")


def _told(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".") + "."
