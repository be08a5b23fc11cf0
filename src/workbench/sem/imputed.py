"""One model fitted to several imputations of the same rows."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from workbench.errors import DataError, DataWarning, ModelError, WorkbenchWarning
from workbench.figures.markup import element, plain_table, together
from workbench.interpretation.numbers import number, p_value
from workbench.sem.fitting import fit
from workbench.sem.inference.imputation import PooledTest, d2, d4, pooled
from workbench.sem.options import FitOptions, takes
from workbench.sem.result import Fit, parameter_name
from workbench.tables import as_pandas
from workbench.text import listed

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

_KEYS = ["lhs", "op", "rhs", "label", "group"]


@dataclass(frozen=True, eq=False)
class Imputed:
    """A model over imputations.

    Attributes
    ----------
    fits
        The fit of every imputation.
    stacked
        The fit of all imputations as one data set, from which the likelihood ratio test comes;
        None for robust estimators, whose tests are pooled from those of the imputations.

    Examples
    --------
    >>> import numpy as np
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients").head(500)
    >>> items = clients[["trust_1", "trust_2", "trust_3"]]
    >>> rng = np.random.default_rng(1)
    >>> draws = [clients["trust_2"].dropna().sample(500, replace=True, random_state=rng)
    ...          for _ in range(5)]
    >>> frames = [items.assign(trust_2=items["trust_2"].fillna(draw.set_axis(items.index))).dropna()
    ...           for draw in draws]
    >>> found = wb.sem.fit_imputed("trust =~ trust_1 + trust_2 + trust_3", frames)
    >>> found
    5 imputations of 401 rows (ML): 0 degrees of freedom, so there is nothing to test
    """

    fits: tuple[Fit, ...]
    stacked: Fit | None

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """Every parameter by Rubin's rules.

        Columns ``lhs, op, rhs, label, group, est, se, t, df, pvalue, ci_lower, ci_upper, fmi``;
        ``fmi`` is the share of the variance that missing answers cause. Those of ``:=`` are pooled
        as they are.
        """
        tables = [one.estimates for one in self._converged]
        values, errors = (
            np.stack([table[name].to_numpy(float) for table in tables]) for name in ("est", "se")
        )
        return tables[0][_KEYS].assign(**pooled(values, errors))

    @cached_property
    def test(self) -> PooledTest | None:
        """The test of the model; None without degrees of freedom."""
        return _pooled_test(self, None)

    def compare(self, other: "Imputed") -> PooledTest:
        """Test the constraints by which one of two models is nested in the other.

        Parameters
        ----------
        other
            Another model of the same imputations by the same estimator.

        Raises
        ------
        ModelError
            For other numbers of imputations or rows, no narrower one of the two, or robust
            estimators, for which only the tests of imputations can be compared.
        """
        if (len(self.fits), self.nobs) != (len(other.fits), other.nobs):
            raise ModelError(
                f"The models are of {len(self.fits)} imputations of {self.nobs} rows and of "
                f"{len(other.fits)} of {other.nobs}; fit both to the same."
            )
        narrow, wide = sorted((self, other), key=lambda one: -one.df)
        if narrow.df == wide.df:
            raise ModelError(
                f"Both models have {wide.df} degrees of freedom, so neither is nested in the other."
            )
        if narrow.stacked is None or wide.stacked is None:
            raise ModelError(
                "The difference of robust statistics over imputations has no test here; fit both "
                "with estimator='ML'."
            )
        found = _pooled_test(narrow, wide)
        assert found is not None  # there are degrees of freedom
        return found

    @property
    def nobs(self) -> int:
        """Rows of each imputation."""
        return self.fits[0].nobs

    @property
    def df(self) -> int:
        """Degrees of freedom of the model."""
        return self.fits[0].problem.df

    @property
    def _converged(self) -> list[Fit]:
        return [one for one in self.fits if one.converged]

    @property
    def warnings(self) -> list[WorkbenchWarning]:
        """What a reader should know first: imputations left out, and what each fit warns of."""
        found: list[WorkbenchWarning] = []
        failed = [i for i, one in enumerate(self.fits, start=1) if not one.converged]
        if failed:
            found.append(
                DataWarning(
                    f"The model did not converge on imputation {listed(failed)} of "
                    f"{len(self.fits)}; estimates and test are those of the others."
                )
            )
        told = {str(warning): warning for one in self._converged for warning in one.warnings}
        return [*found, *told.values()]

    def __repr__(self) -> str:
        what = (
            f"{len(self.fits)} imputations of {self.nobs} rows ({self.fits[0].options.estimator})"
        )
        test = self.test
        if test is None:
            return f"{what}: 0 degrees of freedom, so there is nothing to test"
        return (
            f"{what}: F {test.statistic:.3f} on {test.df} and {test.df2:.1f} df "
            f"({test.method}), p = {test.pvalue:.3f}"
        )

    def _repr_html_(self) -> str:
        rows = (
            [
                parameter_name(row.lhs, row.op, row.rhs),
                *(number(getattr(row, name), 3) for name in ("est", "se", "t")),
                number(row.df, 1),
                p_value(row.pvalue),
                number(row.ci_lower, 3),
                number(row.ci_upper, 3),
                number(row.fmi, 2),
            ]
            for row in self.estimates.itertuples(index=False)
        )
        heads = ["Parameter", "Estimate", "Std.Err", "t", "df", "p", "ci.lower", "ci.upper", "FMI"]
        table = plain_table("Pooled estimates", heads, rows)
        told = [element("p", str(warning)) for warning in self.warnings]
        return together(element("p", element("strong", repr(self))), *told, table)


@takes(FitOptions)
def fit_imputed(
    model: str,
    frames: "Sequence[IntoFrame]",
    *,
    warn: bool = True,
    **options: Unpack[FitOptions],
) -> Imputed:
    """Fit a model to multiple imputations of the same rows.

    Estimates and errors by Rubin's rules (1987). The test is D4 of Chan and Meng (2022), a
    likelihood ratio test that also needs the fit to all imputations as one data set; for robust
    estimators and least squares D2 of Li, Meng, Raghunathan and Rubin (1991), from the statistics
    of the imputations.

    Parameters
    ----------
    model
        As in :func:`fit`.
    frames
        Two data frames or more, one an imputation, with the same rows.
    warn, options
        As in :func:`fit`.

    Returns
    -------
    Imputed
        Pooled estimates, the test, and every single fit.

    Raises
    ------
    DataError
        Fewer than two frames, or frames of different numbers of rows.
    ModelError
        As :func:`fit`; or the model converges on fewer than two imputations.

    Checked against ``semTools::sem.mi`` (estimates, D2), D4 by hand from lavaan's fits.

    Examples
    --------
    >>> import numpy as np
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients").head(500)
    >>> rng = np.random.default_rng(1)
    >>> draws = [clients["trust_1"].dropna().sample(500, replace=True, random_state=rng)
    ...          for _ in range(5)]
    >>> frames = [clients.assign(trust_1=clients["trust_1"].fillna(draw.set_axis(clients.index)))
    ...           for draw in draws]
    >>> found = wb.sem.fit_imputed("trust_1 ~ service_1", frames)
    >>> found.estimates[["lhs", "op", "rhs", "est", "se"]].head(1).round(1)
           lhs op        rhs  est   se
    0  trust_1  ~  service_1  0.8  0.1
    """
    given = [frames] if hasattr(frames, "columns") else list(frames)
    tables = [as_pandas(frame) for frame in given]
    sizes = sorted({len(table) for table in tables})
    if len(tables) < 2:
        raise DataError(
            f"{len(tables)} imputation was given; give a list of two data frames or more, or use "
            "fit(model, data)."
        )
    if len(sizes) > 1:
        raise DataError(
            f"The imputations have {listed(sizes)} rows; give the same rows in each of them."
        )
    fits = tuple(fit(model, table, warn=False, **options) for table in tables)
    used = sum(one.converged for one in fits)
    if used < 2:
        raise ModelError(
            f"The model converges on {used} of {len(fits)} imputations, and two are needed; "
            f"{next(one.message for one in fits if not one.converged)}"
        )
    likelihood = fits[0].options.discrepancy == "ML" and not fits[0].options.correction
    stacked = None
    if likelihood:
        kept = [table for table, one in zip(tables, fits, strict=True) if one.converged]
        stacked = fit(model, pd.concat(kept, ignore_index=True), warn=False, **options)
    found = Imputed(fits, stacked)
    for warning in found.warnings if warn else ():
        if not isinstance(warning, DataWarning):
            warnings.warn(warning, stacklevel=2)
    return found


def _pooled_test(narrow: Imputed, wide: Imputed | None) -> PooledTest | None:
    """Test a model against another one, or against the saturated model."""
    k = narrow.df - (wide.df if wide else 0)
    if k == 0:
        return None
    pairs = [
        (one, other)
        for one, other in zip(narrow.fits, wide.fits if wide else narrow.fits, strict=True)
        if one.converged and other.converged
    ]
    if narrow.stacked is None:
        return d2(np.array([one.reported["chisq"] for one, _ in pairs]), k)

    def statistic(one: Fit, other: Fit | None) -> float:
        return one.chi_square.statistic - (other.chi_square.statistic if other else 0.0)

    each = np.array([statistic(one, other if wide else None) for one, other in pairs])
    stacked = statistic(narrow.stacked, wide.stacked if wide else None)
    return d4(each, stacked / len(narrow._converged), k)
