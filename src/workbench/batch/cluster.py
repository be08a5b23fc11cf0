"""The same batch on other machines: an executor over a ``dask.distributed`` cluster.

Workers need this package, the study, the output folder and the user's cache folder (see
:mod:`workbench.batch.cache`) under the same paths; one report is made by a worker at a time, in a
process of its own.
"""

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from workbench.errors import WorkbenchError
from workbench.extras import from_extra

CONNECT_SECONDS = 10

_one_at_a_time = threading.Lock()


class ClusterError(WorkbenchError):
    """The cluster cannot be used."""


class Cluster(Executor):
    """Runs functions on the workers of the scheduler at ``address``, as in ``tcp://host:8786``.

    The scheduler gives what a dead worker had in hand to another one, a limited number of times.

    Raises
    ------
    ClusterError
        No scheduler answers there, or it has no workers.
    MissingPackageError
        ``distributed`` is not installed.
    """

    def __init__(self, address: str) -> None:
        distributed = from_extra("distributed", "cluster")
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

    @property
    def workers(self) -> int:
        """How many worker processes there are now."""
        return len(self._client.nthreads())

    def submit(self, function: Callable[..., Any], /, *values: Any, **named: Any) -> Future[Any]:
        return self._executor.submit(_run, function, *values, **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def _run(function: Callable[..., Any], *values: Any, **named: Any) -> Any:
    with _one_at_a_time:
        # What a nanny starts may have no processes of its own; these are gone when it returns.
        multiprocessing.current_process().daemon = False
        return function(*values, **named)


def killed_worker(error: BaseException) -> bool:
    """Tell whether the scheduler gave up on a task under which too many workers had died."""
    return type(error).__name__ == "KilledWorker"
