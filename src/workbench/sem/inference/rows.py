"""A parameter table as arrays: what all results of one model share, made once per model.

Values, derivatives and standardised values are computed for a batch of theta at once, so that one
fit and a thousand are tabulated by the same code.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from workbench.sem.inference.standardised import MODEL_OPERATORS, Kind, Standardiser
from workbench.sem.model.effects import Definitions, label_rows, standard_errors, wald_columns
from workbench.sem.model.layout import Floats, Integers, Layout

ESTIMATE_COLUMNS = [
    "lhs", "op", "rhs", "label", "group", "est", "se", "z", "pvalue", "ci_lower", "ci_upper",
    "std_lv", "std_all",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a parameter table, for the layout made of it."""

    table: pd.DataFrame
    layout: Layout

    @cached_property
    def shown(self) -> Integers:
        """Positions of the rows that are parameters: those of the model and of ``:=``."""
        return np.flatnonzero(self.table["op"].isin([*MODEL_OPERATORS, ":="]))

    @cached_property
    def defined(self) -> Integers:
        """Positions of the ``:=`` rows."""
        return np.flatnonzero(self.table["op"] == ":=")

    @cached_property
    def definitions(self) -> Definitions:
        """What the ``:=`` rows say."""
        return Definitions.from_table(self.table)

    @cached_property
    def _standardisers(self) -> dict[Kind, Standardiser]:
        return {}

    def standardiser(self, kind: Kind) -> Standardiser:
        """How rows are standardised; ModelError for an unknown ``kind``."""
        if kind not in self._standardisers:
            self._standardisers[kind] = Standardiser(self.table, self.layout, kind)
        return self._standardisers[kind]

    @cached_property
    def _free(self) -> Integers:
        return self.table["free"].to_numpy(int)

    @cached_property
    def _fixed(self) -> Floats:
        return self.table["fixed"].to_numpy(float)

    @cached_property
    def _exogenous(self) -> Integers:
        return np.flatnonzero(self.table["exo"] == 1)

    @cached_property
    def _labels(self) -> dict[str, int]:
        return label_rows(self.table)

    @cached_property
    def _own(self) -> Floats:
        """(rows, k): 1 where a row is a free parameter."""
        return np.vstack([np.zeros(self.layout.n_free), np.eye(self.layout.n_free)])[self._free]

    @cached_property
    def _group_numbers(self) -> list[int]:
        """Groups from 1 of the rows shown; 0 for ``:=``."""
        return self.table["group"].to_numpy(int)[self.shown].tolist()

    @cached_property
    def _text(self) -> dict[str, Any]:
        """The columns of text of the rows shown, as pandas arrays."""
        return {
            name: self.table[name].array.take(self.shown) for name in ("lhs", "op", "rhs", "label")
        }

    def values(self, theta: Floats, exo: Floats | None = None) -> Floats:
        """Values (..., rows) at theta (..., k), NaN for ``==``, ``<`` and ``>``."""
        found = self._model_values(theta, exo)
        if self.defined.size:
            labels = {label: found[..., row] for label, row in self._labels.items()}
            found[..., self.defined] = self.definitions.values(labels)
        return found

    def _model_values(self, theta: Floats, exo: Floats | None = None) -> Floats:
        """Those of the model's own rows."""
        found = np.empty((*theta.shape[:-1], len(self._fixed)))
        found[:] = self._fixed
        free = self._free > 0
        found[..., free] = theta[..., self._free[free] - 1]
        if exo is not None:
            found[..., self._exogenous] = exo
        return found

    def jacobian(self, theta: Floats) -> Floats:
        """Derivatives (..., rows, k) of the values at theta (..., k)."""
        found = np.empty((*theta.shape[:-1], *self._own.shape))
        found[:] = self._own
        if self.defined.size:
            values = self._model_values(theta)
            labels = {label: values[..., row] for label, row in self._labels.items()}
            slopes = {label: found[..., row, :] for label, row in self._labels.items()}
            found[..., self.defined, :] = self.definitions.values_and_gradients(
                labels, slopes, self.layout.n_free
            )[1]
        return found

    def estimates(
        self, theta: Floats, vcov: Floats, exo: Floats | None, groups: Sequence[Hashable]
    ) -> pd.DataFrame:
        """The rows shown of one fit, or of B fits one after the other.

        Parameters
        ----------
        theta : (k,) or (B, k)
        vcov : (k, k) or (B, k, k)
        exo : moments of fixed exogenous covariates, one value per exogenous entry
        groups : the groups' own values

        Returns
        -------
        DataFrame with ``ESTIMATE_COLUMNS``.
        """
        est = self.values(theta, exo)[..., self.shown]
        se = standard_errors(self.jacobian(theta)[..., self.shown, :], vcov)
        numbers: dict[str, Floats] = {"est": est, "se": se, **wald_columns(est, se)}
        kinds: tuple[Kind, ...] = ("std_lv", "std_all")
        for kind in kinds:
            numbers[kind] = self.standardiser(kind).values(theta, exo)[..., self.shown]
        labels = dict(enumerate(groups, start=1))
        group = np.empty(len(self.shown), dtype=object)
        group[:] = [labels.get(number) for number in self._group_numbers]
        text = {**self._text, "group": group}
        if theta.ndim > 1:
            every = np.tile(np.arange(len(self.shown)), len(theta))
            text = {name: column.take(every) for name, column in text.items()}
        return pd.DataFrame({**text, **{name: column.ravel() for name, column in numbers.items()}})
