"""Where the command begins: it can be stopped in one line before it is there.

What the command line is made of takes a moment to import. Ctrl-C would end that in a traceback.
"""

import os
import signal
from contextlib import suppress
from types import FrameType

_STOPPED = 130


def main() -> None:
    """Import the command line and run it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    from workbench.cli import main as command_line

    command_line.main()


def heed_ctrl_c() -> None:
    """Let Ctrl-C be the error that the command line expects from now on."""
    if signal.getsignal(signal.SIGINT) is _stop:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _stop(number: int, frame: FrameType | None) -> None:
    """End at once, as there is nothing to put in order yet."""
    with suppress(OSError):
        os.write(2, b"workbench: Stopped.\n")
    os._exit(_STOPPED)
