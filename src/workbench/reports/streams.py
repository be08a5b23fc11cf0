"""What a kernel does with what cells print."""

from ipykernel.iostream import OutStream


class SparingStream(OutStream):
    """ipykernel's own stream, which waits for its thread only where something was printed.

    A kernel flushes both streams several times a cell, and most cells of a report print nothing.
    """

    def flush(self) -> None:
        if self._flush_pending:
            super().flush()
