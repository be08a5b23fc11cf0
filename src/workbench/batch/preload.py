"""What every report needs, imported once: processes are forked from the one that has done so."""

import gc
from contextlib import suppress
from importlib import import_module

from workbench.extras import hidden

_MODULES = (
    "IPython.core.application",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.crashhandler",
    "IPython.core.logger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "mistune.plugins.def_list",
    "mistune.plugins.task_lists",
    "mistune.plugins.url",
    "nbformat",
    "pandas.core.reshape.reshape",
    "pandas.io.formats.string",
    "papermill",
    "pyarrow.parquet",
    "scipy.stats",
    "workbench.batch.engine",
    "workbench.batch.report",
    "workbench.batch.sharing",
    "workbench.reports.pages.benchmark",
    "workbench.reports.pages.chain",
    "workbench.reports.pages.drivers",
    "workbench.reports.pages.measurement",
    "workbench.reports.pages.organisation",
    "workbench.reports.pages.technical",
    "workbench.reports.pages.trends",
    "workbench.reports.rendering",
)


def _warm_up() -> None:
    """Look up what every report would look up first."""
    from nbformat.v4 import new_notebook

    from workbench.chain import chains
    from workbench.reports import provenance
    from workbench.reports.rendering import render
    from workbench.sem.model.syntax import parse

    provenance.versions()
    provenance.code()
    chains()
    parse("trust ~ service")
    render(new_notebook())


# Of what is imported here nothing is ever let go.
gc.disable()
# What checks notebooks imports it where it is there. It takes a second to make a grammar of web
# addresses, of which no notebook's schema speaks.
with hidden("rfc3987_syntax"):
    for _module in _MODULES:
        # What cannot be imported here shows its error where it is used.
        with suppress(Exception):
            import_module(_module)
with suppress(Exception):
    _warm_up()
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
gc.enable()
