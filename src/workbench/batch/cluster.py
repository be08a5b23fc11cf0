"""The same batch on other machines: an executor over a ``dask.distributed`` cluster.

Workers need this package, the study, the output folder and the user's cache folder (see
:mod:`workbench.batch.cache`) under the same paths; one report is made by a worker at a time, in a
process of its own.
"""

import logging
import math
import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from workbench.batch import processes
from workbench.errors import WorkbenchError
from workbench.extras import from_extra
from workbench.reports import provenance

CONNECT_SECONDS = 10

LOST_SECONDS = 30
"""How long a cluster may be without workers: one that starts anew needs some time."""

_one_at_a_time = threading.Lock()


class ClusterError(WorkbenchError):
    """The cluster cannot be used."""


class Cluster(Executor):
    """Runs functions on the workers of the scheduler at ``address``, as in ``tcp://host:8786``.

    The scheduler gives what a dead worker had in hand to another one, a limited number of times.

    Raises
    ------
    ClusterError
        No scheduler answers there, it has no workers, or one of them has other code of the
        workbench or other versions of what makes the numbers.
    MissingPackageError
        ``distributed`` is not installed.
    """

    def __init__(self, address: str) -> None:
        distributed = from_extra("distributed", "cluster")
        for name in ("distributed", "distributed.client", "tornado.application"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said here
        self._address = address
        self._left_at = math.inf
        try:
            self._client = distributed.Client(
                address, timeout=CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise ClusterError(f"No dask scheduler answers at {address}: {error}") from error
        self._executor = self._client.get_executor(pure=False)
        if not self.workers:
            self._client.close()
            raise ClusterError(
                f"The dask scheduler at {address} has no workers; start some with "
                f"`dask worker --nthreads 1 {address}`."
            )
        try:
            self._refuse_others()
        except ClusterError:
            self._client.close()
            raise

    @property
    def workers(self) -> int:
        """How many worker processes there are now."""
        return len(self._client.nthreads())

    def submit(self, function: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        return self._executor.submit(_run, _made_by(), function, *values, **named)

    def check(self) -> None:
        """Raise an error if nothing comes of what is running any more.

        Raises
        ------
        ClusterError
            The scheduler is gone, or there have been no workers for some time.
        """
        try:
            alive = self._client.status == "running" and self.workers > 0
        except (OSError, TimeoutError):
            alive = False
        if self._client.status != "running":
            raise self.lost()
        now = time.monotonic()
        self._left_at = math.inf if alive else min(self._left_at, now)
        if now - self._left_at >= LOST_SECONDS:
            raise ClusterError(
                f"All workers of the dask scheduler at {self._address} are gone: start some and "
                "run the batch again for the reports that are missing."
            )

    def lost(self) -> ClusterError:
        """Return the error that says that the scheduler is gone."""
        return ClusterError(
            f"The dask scheduler at {self._address} is gone: start it and its workers and run the "
            "batch again for the reports that are missing."
        )

    def _refuse_others(self) -> None:
        """Refuse workers whose reports would not be those of this machine."""
        for worker, found in self._client.run(_made_by, on_error="return").items():
            if not isinstance(found, dict):
                raise ClusterError(
                    f"The dask worker {worker} cannot run this workbench ({found}): install the "
                    "same there and start it again."
                )
            _refuse_other(worker, found, _made_by())

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def _made_by() -> dict[str, str]:
    """Return what the numbers of a report depend on besides the data, by name."""
    return provenance.versions() | {"workbench code": provenance.code()}


def _refuse_other(worker: str, found: dict[str, str], wanted: dict[str, str]) -> None:
    for name in sorted({*found, *wanted}):
        theirs, ours = found.get(name, "missing")[:12], wanted.get(name, "missing")[:12]
        if theirs != ours:
            raise ClusterError(
                f"The dask worker {worker} would make other reports: its {name} is {theirs}, here "
                f"it is {ours}; install the same there and start it again."
            )


def _run(wanted: dict[str, str], function: Callable[..., Any], *values: Any, **named: Any) -> Any:
    """Run a function on a worker, which may have joined when the others had been looked at."""
    _refuse_other("that was given this report", _made_by(), wanted)
    with _one_at_a_time:
        processes.prepare()
        # What a nanny starts may have no processes of its own; these are gone when it returns.
        multiprocessing.current_process().daemon = False
        return function(*values, **named)


def killed_worker(error: BaseException) -> bool:
    """Tell whether the scheduler gave up on a task under which too many workers had died."""
    return type(error).__name__ == "KilledWorker"
