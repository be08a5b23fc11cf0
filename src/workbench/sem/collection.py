"""One model in many groups: all estimated in one batched computation, each a ``Fit`` of its own."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.exceptions import ModelError, NotIdentifiedError
from workbench.sem import information
from workbench.sem.effects import defined_jacobian, with_wald_columns
from workbench.sem.fiml import objective_of
from workbench.sem.layout import Floats
from workbench.sem.moments import Moments
from workbench.sem.result import ESTIMATE_COLUMNS, Fit
from workbench.sem.standardised import MODEL_OPERATORS, Standardiser


@dataclass(frozen=True, eq=False)
class Fits(Mapping[Hashable, Fit]):
    """The fits of every group, by the group's value (a tuple where ``by`` has several columns).

    Attributes
    ----------
    by
        The columns that make the groups.
    fits
        Group → fit, in order of first appearance.
    errors
        Group → why it could not be fitted.
    """

    by: tuple[str, ...]
    fits: dict[Hashable, Fit]
    errors: dict[Hashable, ModelError]

    def __getitem__(self, group: Hashable) -> Fit:
        if group in self.errors:
            raise self.errors[group]
        return self.fits[group]

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self.fits)

    def __len__(self) -> int:
        return len(self.fits)

    @property
    def converged(self) -> pd.Series:
        """Group → converged; False for groups that could not be fitted."""
        state = {group: fit.converged for group, fit in self.fits.items()}
        state |= dict.fromkeys(self.errors, False)
        return pd.Series(state, dtype=bool, name="converged")

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """Every parameter of every group: columns ``by``, then those of ``Fit.estimates``."""
        if not self.fits:
            return pd.DataFrame(columns=[*self.by, *ESTIMATE_COLUMNS])
        first = next(iter(self.fits.values()))
        problem = first.problem
        plain = not problem.options.correction and not problem.constraints
        if plain and problem.options.missing == "listwise":
            return self._estimates_at_once()
        return pd.concat(
            [self._with_keys(fit.estimates, group) for group, fit in self.fits.items()],
            ignore_index=True,
        )

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Fit measures, one row per group."""
        return pd.DataFrame({group: fit.measures for group, fit in self.fits.items()}).T

    def _with_keys(self, frame: pd.DataFrame, group: Hashable) -> pd.DataFrame:
        values = group if isinstance(group, tuple) else (group,)
        keys = pd.DataFrame(
            {name: [value] * len(frame) for name, value in zip(self.by, values, strict=True)}
        )
        return pd.concat([keys, frame.reset_index(drop=True)], axis=1)

    def _estimates_at_once(self) -> pd.DataFrame:
        """As the single fits give it, for maximum likelihood and least squares on complete rows."""
        fits = list(self.fits.values())
        problem = fits[0].problem
        table, layout = problem.table, problem.layout
        theta = np.stack([fit.theta for fit in fits])
        moments = Moments(
            *(
                np.stack([getattr(f.problem.moments, name) for f in fits])
                for name in ("n", "cov", "mean")
            )
        )
        objective = objective_of(layout, moments, problem.options.discrepancy)[0]
        total = objective.total
        vcov = self._inverses(information.expected(objective, theta)) / total[:, None, None]
        vcov[[not fit.converged for fit in fits]] = np.nan
        exo = getattr(objective, "exo", None)
        free = table["free"].to_numpy(int)
        est = np.tile(table["fixed"].to_numpy(float), (len(fits), 1))
        est[:, free > 0] = theta[:, free[free > 0] - 1]
        if exo is not None:
            est[:, np.flatnonzero(table["exo"] == 1)] = exo
        se = np.zeros_like(est)
        with np.errstate(invalid="ignore"):
            errors = np.sqrt(np.diagonal(vcov, axis1=-2, axis2=-1))
            se[:, free > 0] = errors[:, free[free > 0] - 1]
            defined = np.flatnonzero(table["op"] == ":=")
            if defined.size:
                for i in range(len(fits)):
                    est[i, defined], jacobian = defined_jacobian(table, theta[i])
                    se[i, defined] = np.sqrt(np.diag(jacobian @ vcov[i] @ jacobian.T))
        shown = np.flatnonzero(table["op"].isin([*MODEL_OPERATORS, ":="]))
        keys = pd.DataFrame(
            [group if isinstance(group, tuple) else (group,) for group in self.fits],
            columns=list(self.by),
        )
        found = keys.loc[keys.index.repeat(len(shown))].reset_index(drop=True)
        for name in ("lhs", "op", "rhs", "label"):
            found[name] = np.tile(table[name].to_numpy()[shown], len(fits))
        found["group"] = None
        found["est"], found["se"] = est[:, shown].ravel(), se[:, shown].ravel()
        found = with_wald_columns(found)
        for kind in ("std_lv", "std_all"):
            values = Standardiser(table, layout, kind).values(theta, exo)
            found[kind] = values[:, shown].ravel()
        return found[[*self.by, *ESTIMATE_COLUMNS]]

    @staticmethod
    def _inverses(matrices: Floats) -> Floats:
        found = np.full_like(matrices, np.nan)
        for i, matrix in enumerate(matrices):
            try:
                found[i] = information.inverse(matrix)
            except NotIdentifiedError:
                continue
        return found

    def __repr__(self) -> str:
        converged = int(self.converged.sum())
        return (
            f"{len(self.fits) + len(self.errors)} groups by {', '.join(self.by)}: "
            f"{converged} converged, {len(self.fits) - converged} did not, "
            f"{len(self.errors)} could not be fitted"
        )
