"""A model with lines added and dropped: its fit, what is shown of it, and the code for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from workbench.chain.effects import strength_test
from workbench.errors import ModelError
from workbench.explorer.origins import Origin, repr_of
from workbench.sem import Fit
from workbench.sem.result import parameter_name

MOST = 8
"""How many of the largest residuals and modification indices are shown."""

WIDE = 88
"""Characters of a line of code from which its arguments are written one a line."""


@dataclass(frozen=True)
class Revised:
    """The model of an origin with lines ``added`` and ``dropped``.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.explorer import Revised, StudyOrigin
    >>> model = Revised(StudyOrigin(wb.open_study("data/demo"))).dropping("~", "trust", "people")
    >>> print(model.code)
    fit = study.fit(items=True).refit(drop="trust ~ people")
    fit
    >>> model.paths[["from", "to", "strength"]].round(2)
          from       to  strength
    0   people  service      0.33
    1  service    trust      0.60
    """

    origin: Origin
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    @cached_property
    def fit(self) -> Fit:
        """The model's fit.

        Raises
        ------
        WorkbenchError
            If it cannot be fitted, or does not converge.
        """
        fit = self.origin.fit
        if self.added or self.dropped:
            fit = fit.refit(add=self.added, drop=self.dropped, warn=False)
        if not fit.converged:
            raise ModelError(str(fit.warnings[-1]))
        return fit

    # --- changes -------------------------------------------------------------------------------

    def adding(self, op: str, lhs: str, rhs: str) -> "Revised":
        """Return the model with a parameter more, or an item more in a construct's score."""
        if self._averages(op, rhs):
            return replace(self, origin=self.origin.averaging(rhs, kept=True))
        line = _line(op, lhs, rhs)
        if line in self.dropped:
            return replace(self, dropped=_without(self.dropped, line))
        return replace(self, added=(*self.added, line))

    def dropping(self, op: str, lhs: str, rhs: str) -> "Revised":
        """Return the model with a parameter less, or an item less in a construct's score."""
        if self._averages(op, rhs):
            return replace(self, origin=self.origin.averaging(rhs, kept=False))
        line = _line(op, lhs, rhs)
        if line in self.added:
            return replace(self, added=_without(self.added, line))
        return replace(self, dropped=(*self.dropped, line))

    def _averages(self, op: str, item: str) -> bool:
        return op == "=~" and any(item in items for items in self.origin.averaged.values())

    def choosing(self, name: str, value: str) -> "Revised":
        """Return the model of another organisation or wave; or another chain or kind of rows,
        which is another model and has none of the lines."""
        origin = self.origin.choosing(name, value)
        if name in ("organisation", "wave"):
            return replace(self, origin=origin)
        return Revised(origin)

    # --- what is shown -------------------------------------------------------------------------

    @cached_property
    def measures(self) -> dict[str, float]:
        """Rows and parameters, and the measures of ``Fit.reported``."""
        return {"nobs": self.fit.nobs, "npar": len(self.fit.theta), **self.fit.reported}

    @cached_property
    def paths(self) -> pd.DataFrame:
        """Every path that the model does not fix at 0: ``from, to, group``, its ``strength`` and
        the 95 % interval ``lower, upper`` with ``pvalue``, as ``workbench.links`` gives them."""
        rows = self.fit.standardised()
        dropped = (rows["est_std"] == 0) & (rows["se"] == 0)
        rows = rows[(rows["op"] == "~") & ~dropped]
        tests = [
            strength_test(self.fit, *pair)
            for pair in rows[["est_std", "se"]].itertuples(index=False)
        ]
        found = rows[["rhs", "lhs", "group", "est_std"]].reset_index(drop=True)
        found.columns = pd.Index(["from", "to", "group", "strength"])
        return found.join(pd.DataFrame(tests, columns=["lower", "upper", "pvalue"]))

    @cached_property
    def residuals(self) -> pd.DataFrame:
        """The largest residual correlations: ``lhs, rhs, group, cor, z``."""
        rows = self.fit.residuals()
        rows = rows[(rows["op"] == "~~") & (rows["lhs"] != rows["rhs"])]
        order = rows["cor"].abs().round(6).sort_values(ascending=False, kind="stable")
        return rows.loc[order.index[:MOST], ["lhs", "rhs", "group", "cor", "z"]]

    @cached_property
    def offers(self) -> pd.DataFrame:
        """The parameters whose modification indices are largest: ``lhs, op, rhs, mi, sepc_all``."""
        rows = self.fit.modification_indices().drop_duplicates(["lhs", "op", "rhs"])
        return rows[["lhs", "op", "rhs", "mi", "sepc_all"]].dropna().head(MOST)

    def terms(self, op: str) -> list[tuple[str, str]]:
        """The parameters of one kind that the model has, ``lhs`` and ``rhs``: items ``=~``, paths
        ``~`` and covariances ``~~``."""
        return _terms(self.fit, op)

    @cached_property
    def items(self) -> Mapping[str, Mapping[str, bool]]:
        """For every latent variable its items, and whether the model or the score has them: those
        that it began with, and those that were added."""
        if self.origin.averaged:
            return self.origin.averaged
        now = set(self.terms("=~"))
        found: dict[str, dict[str, bool]] = {}
        for latent, item in [*_terms(self.origin.fit, "=~"), *self.terms("=~")]:
            found.setdefault(latent, {})[item] = (latent, item) in now
        return found

    @property
    def variables(self) -> list[str]:
        """Latent variables and items, of the model and of the one it began with."""
        layouts = self.origin.fit.layout, self.fit.layout
        latent = [name for one in layouts for name in one.latent]
        return list(dict.fromkeys([*latent, *(name for one in layouts for name in one.observed)]))

    # --- code ----------------------------------------------------------------------------------

    @property
    def code(self) -> str:
        """A notebook cell that makes the same fit, the study being ``study`` or the fit ``fit``."""
        origin = self.origin
        given = [
            f"{name}={_lines(lines)}"
            for name, lines in (("add", self.added), ("drop", self.dropped))
            if lines
        ]
        made = f"{origin.name} = {origin.code}"
        if given:
            made += _call(".refit", given, len(made))
        return "\n".join([*origin.setting, made, origin.name])


def _terms(fit: Fit, op: str) -> list[tuple[str, str]]:
    """The parameters of one kind that are free; of items also the marker, whose loading is 1."""
    rows = fit.problem.table[["op", "lhs", "rhs", "free", "fixed"]].itertuples(index=False)
    there = {
        (str(row.lhs), str(row.rhs)): None
        for row in rows
        if row.op == op and row.lhs != row.rhs and (row.free or (op == "=~" and row.fixed != 0))
    }
    return list(there)


def _call(function: str, arguments: list[str], before: int) -> str:
    """A call on one line, or with an argument a line where that would be too long."""
    short = f"{function}({', '.join(arguments)})"
    if before + len(short) <= WIDE:
        return short
    return f"{function}(\n" + "".join(f"    {one},\n" for one in arguments) + ")"


def _lines(lines: tuple[str, ...]) -> str:
    if len(lines) == 1:
        return repr_of(lines[0])
    return f"[{', '.join(map(repr_of, lines))}]"


def _line(op: str, lhs: str, rhs: str) -> str:
    """A parameter as it is written in a model; a covariance in the order of the alphabet."""
    if op == "~~":
        lhs, rhs = sorted((lhs, rhs))
    return parameter_name(lhs, op, rhs)


def _without(lines: Iterable[str], line: str) -> tuple[str, ...]:
    return tuple(one for one in lines if one != line)
