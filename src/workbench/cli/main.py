"""The command line: ``workbench new``, ``check``, ``fit``, ``chains``, ``simulate``, ``batch``,
``report``, ``disclosure``, ``publish``, ``verify``, ``power``, ``messages``, ``doctor``.

Exit codes: 0 success, 1 failure, 2 usage error, 130 stopped by Ctrl-C. An error is one line on
standard error. Slow imports are inside the commands that need them, so that ``--help`` answers at
once.
"""

import sys
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from workbench.cli.batch import batch
from workbench.cli.check import chains, check
from workbench.cli.common import FAILURE, STOPPED, USAGE
from workbench.cli.disclosure import disclosure
from workbench.cli.doctor import doctor
from workbench.cli.fit import fit
from workbench.cli.messages import messages
from workbench.cli.new import new
from workbench.cli.power import power
from workbench.cli.publish import publish
from workbench.cli.report import report
from workbench.cli.simulate import simulate
from workbench.cli.start import heed_ctrl_c
from workbench.cli.surroundings import ignore_ctrl_c, leave_streams, prepare_streams
from workbench.cli.verify import verify

app = typer.Typer(
    name="workbench",
    help="People–service–trust workbench: from survey data to published reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from workbench import __version__

        typer.echo(f"workbench {__version__}")
        raise typer.Exit


@app.callback()
def _workbench(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """People–service–trust workbench: from survey data to published reports."""


for command in (
    new,
    check,
    fit,
    chains,
    simulate,
    batch,
    disclosure,
    publish,
    verify,
    power,
    messages,
    doctor,
):
    app.command()(command)
app.add_typer(report, name="report")


def _fail(message: str, code: int) -> int:
    if message:
        typer.echo(f"workbench: {' '.join(message.split())}", err=True)
    return code


def main() -> None:
    """Run the command line and exit with its code; errors show no traceback."""
    prepare_streams()
    try:
        heed_ctrl_c()
        code = _run()
    except KeyboardInterrupt:
        code = STOPPED
    if code == STOPPED:
        ignore_ctrl_c()
        _fail("Stopped.", code)
    leave_streams()
    sys.exit(code)


def _run() -> int:
    from workbench.errors import UnknownNameError, WorkbenchError

    try:
        code = app(standalone_mode=False)
    except UnknownNameError as error:
        return _fail(str(error), USAGE)
    except WorkbenchError as error:
        return _fail(str(error), FAILURE)
    except TyperException as error:
        return _fail(error.format_message(), error.exit_code)
    except Abort as error:
        # Typer takes the end of a file for Ctrl-D at a prompt, and there is no prompt here.
        if isinstance(error.__cause__, EOFError):
            return _fail(f"Unexpected EOFError: {error.__cause__}", FAILURE)
        return STOPPED
    except BrokenPipeError:
        return FAILURE
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        return _fail(f"{error.strerror or error}{place}", FAILURE)
    except Exception as error:
        return _fail(f"Unexpected {type(error).__name__}: {error}", FAILURE)
    return code if isinstance(code, int) else 0
