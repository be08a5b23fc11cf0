"""One model in many groups: all estimated in one batched computation, each a ``Fit`` of its own."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.errors import ModelError, NotIdentifiedError
from workbench.figures.notebook import Part, Shown
from workbench.sem.estimation import information
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.estimation.moments import Moments
from workbench.sem.inference.rows import ESTIMATE_COLUMNS
from workbench.sem.model.layout import Floats
from workbench.sem.result import Fit


@dataclass(frozen=True, eq=False)
class Fits(Shown, Mapping[Hashable, Fit]):
    """The fits of every group, by the group's value (a tuple where ``by`` has several columns).

    Attributes
    ----------
    by
        The columns that make the groups.
    fits
        Group → fit, in order of first appearance.
    errors
        Group → why it could not be fitted.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> model = "service =~ service_1 + service_2 + service_3 + service_4"
    >>> fits = wb.sem.fit_many(model, clients, by="channel")
    >>> list(fits), fits.errors
    (['counter', 'web', 'mail', 'phone'], {})
    >>> fits.measures[["cfi", "srmr"]].round(2)
             cfi  srmr
    counter  1.0  0.00
    web      1.0  0.00
    mail     1.0  0.01
    phone    1.0  0.00
    >>> fits["web"].nobs
    5835
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
        options = problem.options
        plain = not options.correction and not problem.constraints and problem.ordinal is None
        plain &= options.estimator != "MLF" and options.missing == "listwise"
        if plain and options.information == "expected":
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
        theta = np.stack([fit.theta for fit in fits])
        moments = Moments(
            *(
                np.stack([getattr(f.problem.moments, name) for f in fits])
                for name in ("n", "cov", "mean")
            )
        )
        objective = objective_of(problem.layout, moments, problem.options.discrepancy)[0]
        unit = information.expected(objective, theta)
        vcov = self._inverses(unit) / objective.total[:, None, None]
        vcov[[not fit.converged for fit in fits]] = np.nan
        exo = getattr(objective, "exo", None)
        found = problem.rows.estimates(theta, vcov, exo, problem.groups)
        groups = [group if isinstance(group, tuple) else (group,) for group in self.fits]
        keys = pd.DataFrame(groups, columns=list(self.by))
        keys = keys.loc[keys.index.repeat(len(problem.rows.shown))].reset_index(drop=True)
        return pd.concat([keys, found], axis=1)

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

    def _parts(self) -> Iterator[Part]:
        yield repr(self)
        columns = ["df", "chisq", "pvalue", "cfi", "rmsea", "srmr"]
        rows = [
            [str(group), one.nobs, one.converged, *one.measures[columns]]
            for group, one in self.fits.items()
        ]
        yield "Fits", pd.DataFrame(rows, columns=["group", "n", "converged", *columns])
        if self.errors:
            reasons = [(str(group), str(error)) for group, error in self.errors.items()]
            yield "Not fitted", pd.DataFrame(reasons, columns=["group", "reason"])
