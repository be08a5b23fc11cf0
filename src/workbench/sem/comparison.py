"""Tests between fitted models: what :mod:`workbench.sem.inference.comparison` says of ``Fit``s."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from workbench.exceptions import ModelError
from workbench.sem.inference import assessment
from workbench.sem.inference import comparison as arrays
from workbench.sem.inference.comparison import Difference, Method, ModelTest
from workbench.sem.result import Fit

# Relative difference of the sample moments of the same data, which rounding and, where answers
# are missing, the search for them leave.
_SAME_DATA = 1e-3


def difference_test(
    narrow: Fit,
    wide: Fit,
    method: Method | None = None,
    names: tuple[str, str] = ("the narrow model", "the wide model"),
) -> Difference:
    """Test the constraints by which a narrow model differs from the wide one it is nested in.

    The likelihood ratio test, and for robust estimators that of Satorra and Bentler (2001); where
    its scaling factor comes out negative, the one of 2010, which cannot. ``method`` asks for one
    of ``"likelihood ratio"``, ``"satorra-bentler 2001"`` and ``"satorra-bentler 2010"``. ``names``
    are how messages call the two.

    Raises
    ------
    ModelError
        Models of different variables or data, with different estimators, or without a narrower
        one; ULS without a scaled test, whose statistic has no chi-square distribution.

    Checked against ``lavTestLRT(wide, narrow, method = …)``.
    """
    _require_same_data(narrow, wide, names)
    first, second = model_test(narrow, names[0]), model_test(wide, names[1])
    if method is not None and method != "satorra-bentler 2010":
        return arrays.difference_test(first, second, method)
    if method is None:
        found = arrays.difference_test(first, second)
        known = np.isfinite([first.chisq, second.chisq]).all()
        if found.method == "likelihood ratio" or np.isfinite(found.statistic) or not known:
            return found
    theta = arrays.theta_of_narrow_in_wide(wide.table, narrow.table, narrow.theta)
    mixed = None
    if second.scaling_factor is not None:
        found_at = assessment.corrected(wide.problem, wide.layout, theta, second.df)
        mixed = found_at.scaling_factor
    return arrays.difference_test(first, second, "satorra-bentler 2010", mixed)


def comparison_table(
    fits: Mapping[str, Fit] | Sequence[Fit], method: Method | None = None
) -> pd.DataFrame:
    """Nested models in a row, from the widest to the narrowest, each tested against the one before.

    Parameters
    ----------
    fits
        Fits by name; those of a list are called ``"model 1"``, ``"model 2"``, … as they come.

    Returns
    -------
    DataFrame
        ``model, df, chisq, chisq_diff, df_diff, pvalue, aic, bic, cfi, rmsea, srmr, cfi_diff,
        rmsea_diff`` (robust CFI and RMSEA where there are), like lavaan's ``anova()``.

    Raises
    ------
    ModelError
        As :func:`difference_test`.
    """
    if not isinstance(fits, Mapping):
        fits = {f"model {i}": own for i, own in enumerate(fits, start=1)}
    names = sorted(fits, key=lambda name: fits[name].problem.df)
    tests = [
        difference_test(fits[narrow], fits[wide], method, (narrow, wide))
        for wide, narrow in pairwise(names)
    ]
    models = [model_test(fits[name], name) for name in names]
    return arrays.comparison_table(models, tests, {name: fits[name].measures for name in names})


def wald_test(fit: Fit, constraints: Sequence[str]) -> Difference:
    """Wald test of hypotheses about labelled parameters, such as ``["a == b", "p*q == 0"]``.

    Statistic and p value are NaN where the fit has no standard errors; its warnings say why.

    Raises
    ------
    ModelError
        A hypothesis without ``==``, with an unknown label or that follows from the others.

    Checked against ``lavTestWald(fit, "a == b; …")``.
    """
    if isinstance(constraints, str):
        raise ModelError(f"The hypotheses are a list, for example [{constraints!r}].")
    return arrays.wald_test(fit.table, fit.theta, fit.vcov.to_numpy(), constraints)


def model_test(own: Fit, name: str) -> ModelTest:
    """What a comparison has to know about a fit."""
    measures = own.measures
    factor = measures.get("chisq.scaling.factor")
    return ModelTest(
        name,
        float(measures["chisq"]),
        int(measures["df"]),
        own.problem.n,
        None if factor is None else float(factor),
    )


def _require_same_data(narrow: Fit, wide: Fit, names: tuple[str, str]) -> None:
    """Raise where two fits are not of the same data by the same estimator."""
    first, second = names
    estimators = [(own.options.discrepancy, own.options.correction) for own in (narrow, wide)]
    if estimators[0] != estimators[1]:
        raise ModelError(
            f"{first!r} was fitted by {_how(narrow)} and {second!r} by {_how(wide)}; fit both in "
            "the same way."
        )
    if estimators[0] == ("ULS", ""):
        raise ModelError(
            "The difference of two ULS statistics has no known distribution; fit both with "
            "estimator='ML' or 'MLR'."
        )
    ours, theirs = narrow.layout.observed, wide.layout.observed
    if set(ours) != set(theirs):
        different = sorted(set(ours) ^ set(theirs))
        raise ModelError(
            f"{first!r} and {second!r} are about different variables ({', '.join(different)}), so "
            "neither can be nested in the other."
        )
    if narrow.problem.n != wide.problem.n:
        return  # said with the numbers of rows by the test itself
    order = [ours.index(name) for name in theirs]
    covariance = narrow.problem.moments.cov[:, order][:, :, order]
    other = wide.problem.moments.cov
    scale = np.sqrt(np.einsum("gi,gj->gij", *[np.diagonal(other, axis1=1, axis2=2)] * 2))
    if not (np.abs(covariance - other) <= _SAME_DATA * scale).all():
        raise ModelError(
            f"{first!r} and {second!r} were fitted to different data: the variances and "
            "covariances of their rows are not the same. Fit both to the same rows."
        )


def _how(own: Fit) -> str:
    options = own.options
    extra = [f"{kind}=" for kind in ("cluster", "weights") if getattr(options, kind)]
    return " with ".join([options.estimator, *([" and ".join(extra)] if extra else [])])
