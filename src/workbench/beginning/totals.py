"""Rows of a published table that sum up others: a benchmark, a median, all organisations."""

import re
from dataclasses import replace

import numpy as np

from workbench.beginning.export import Export
from workbench.beginning.roles import Roles
from workbench.beginning.vocabulary import plain
from workbench.text import counted, listed

_TOTAL = re.compile(
    r"(?:grand |sub ?)?totals?(?: .*)?|overall(?: (?:score|result|mean|average|total)s?)?"
    r"|ensemble(?: .*)?|tou(?:te)?s les .*"
    r"|all (?:\w+ )?(?:respondents|employees|staff|organi[sz]ations|agencies|departments|servants"
    r"|participants|units|schools|hospitals|councils|offices)(?: .*)?"
    r"|(?:.* )?(?:benchmark|median|average|mean score|moyenne|mediane)(?: .*)?"
)


def without_totals(export: Export, roles: Roles) -> Export:
    """The export without rows whose organisation is called a total, where rows are units."""
    column = roles.get("organisation")
    if roles.rows != "units" or column is None:
        return export
    names = export.names(column)
    called = [name for name in names.dropna().unique() if is_total(name)]
    rows = names.isin(called).to_numpy()
    if not called or rows.all():
        return export
    told = (
        f"{export.path.name}: {counted(int(np.sum(rows)), 'row')} of {listed(called, most=3)} "
        "left out, as totals are no organisations."
    )
    return replace(
        export,
        frame=export.frame[~rows],
        said=(*export.said, told),
        changed=(*export.changed, "rows of totals are left out"),
    )


def is_total(name: str) -> bool:
    """Whether an organisation is called as a sum of others.

    >>> is_total("Civil Service benchmark (median)"), is_total("All Saints School")
    (True, False)
    """
    return bool(_TOTAL.fullmatch(re.sub(r"[()\[\]:,–-]", " ", plain(name)).strip()))
