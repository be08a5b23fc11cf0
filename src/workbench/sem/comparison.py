"""Tests between fitted models: what :mod:`workbench.sem.inference.comparison` says of ``Fit``s."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from workbench.errors import ActiveConstraintError, ModelError
from workbench.sem.estimation.information import null_space
from workbench.sem.inference import assessment
from workbench.sem.inference import comparison as arrays
from workbench.sem.inference.comparison import Difference, Method, ModelTest, Restricted
from workbench.sem.inference.robust import moment_jacobian
from workbench.sem.model.layout import Floats, vech_index
from workbench.sem.result import Fit
from workbench.text import SHOWN, listed

# Relative difference of the sample moments of the same data, which rounding and, where answers
# are missing, the search for them leave.
_SAME_DATA = 1e-3


def difference_test(
    narrow: Fit,
    wide: Fit,
    method: Method | None = None,
    names: tuple[str, str] = ("the narrow model", "the wide model"),
    a_method: Literal["delta", "exact"] = "delta",
    scaled_shifted: bool = True,
) -> Difference:
    """Test the constraints by which a narrow model differs from the wide one it is nested in.

    The likelihood ratio test, and for robust estimators that of Satorra and Bentler (2001); where
    its scaling factor comes out negative, the one of 2010, which cannot; with ordered items and
    robust errors, MLMV and MLMVS, that of Satorra (2000). ``method`` asks for one
    of ``"likelihood ratio"``, ``"satorra-bentler 2001"``, ``"satorra-bentler 2010"`` and
    ``"satorra 2000"``. ``names`` are how messages call the two.

    Parameters
    ----------
    narrow, wide
        Two fits of the same rows, the first with the fewer free parameters.
    method, names
        See above.
    a_method
        How ``"satorra 2000"`` finds the restrictions: ``"delta"`` from what the two models can do
        to the moments, ``"exact"`` from the parameters that the narrow one fixes, holds equal or
        constrains, of which it may then have no others.
    scaled_shifted
        Give its statistic the mean and the variance of chi-square, or else the mean alone.
        lavaan's ``scaled.shifted = FALSE`` is also the mean alone for the estimators here, whatever
        its manual says.

    lavaan (0.6-14) stops at ``"delta"`` with a curved ``==``. Where answers are missing or rows
    have weights its scaling is not that of its own errors: half of 1 for normal data of which two
    fifths of some items are missing, where it is 1 here. Where the wide model holds parameters
    equal, its ``"delta"`` differs in the fourth digit, and its ``"exact"`` lets pass narrow models
    that free others, which are refused here.

    Returns
    -------
    Difference
        ``statistic``, ``df``, ``pvalue`` and the ``method`` used.

    Raises
    ------
    ModelError
        Models of different variables or data, fitted in different ways, or without a narrower one;
        ULS without a scaled test, whose statistic has no chi-square distribution.
    ActiveConstraintError
        An inequality of one of the two holds with equality: the difference then follows a mixture
        of chi-squares, whatever the degrees of freedom (see ``Constraints``).

    Checked against ``lavTestLRT(wide, narrow, method = …)``.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> wide = wb.sem.fit("trust =~ trust_1 + trust_2 + trust_3", clients, std_lv=True)
    >>> narrow = wb.sem.fit("trust =~ l*trust_1 + l*trust_2 + l*trust_3", clients, std_lv=True)
    >>> test = wb.sem.difference_test(narrow, wide)
    >>> test.method, int(test.df), bool(test.pvalue < 0.05)
    ('likelihood ratio', 2, True)
    """
    _require_same_data(narrow, wide, names)
    for own, name in zip((narrow, wide), names, strict=True):
        _require_no_limit(own, name)
    if a_method not in ("delta", "exact"):
        raise ModelError(f"a_method={a_method!r} is not known; choose 'delta' or 'exact'.")
    if wide.options.levels and method in ("satorra 2000", "satorra-bentler 2010"):
        raise ModelError(f"{method!r} is not offered with levels; leave method= out.")
    ordinal = wide.problem.ordinal
    if ordinal is not None and ordinal.robust:
        if method not in (None, "satorra 2000") or a_method != "delta":
            raise ModelError(
                "Models of ordered items are compared by method='satorra 2000' with "
                "a_method='delta'; leave both out."
            )
        method = "satorra 2000"
    if wide.options.estimator in ("MLMV", "MLMVS") and method is None:
        method = "satorra 2000"
    if method == "satorra 2000" and (wide.options.correction or ordinal is not None):
        first, second = _unscaled(narrow, names[0]), _unscaled(wide, names[1])
        restricted = _restricted(narrow, wide, names, a_method)
        return arrays.satorra_2000(first, second, restricted, scaled_shifted)
    first, second = model_test(narrow, names[0]), model_test(wide, names[1])
    if method is not None and method != "satorra-bentler 2010":
        return arrays.difference_test(first, second, method)
    if method is None:
        found = arrays.difference_test(first, second)
        known = np.isfinite([first.chisq, second.chisq]).all()
        known &= not wide.options.levels
        if found.method == "likelihood ratio" or np.isfinite(found.statistic) or not known:
            return found
    theta = arrays.theta_of_narrow_in_wide(wide.table, narrow.table, narrow.theta)
    mixed = None
    if second.scaling_factor is not None:
        found_at = assessment.corrected(wide.problem, wide.layout, theta, second.df)
        mixed = found_at.scaling_factor
    return arrays.difference_test(first, second, "satorra-bentler 2010", mixed)


def _restricted(narrow: Fit, wide: Fit, names: tuple[str, str], a_method: str) -> Restricted:
    """What a narrow model takes from a wide one."""
    ours, theirs = wide.problem, narrow.problem
    space = null_space(ours.constraints.equalities(wide.theta)[1], len(wide.theta))
    if a_method == "exact":
        found = arrays.restrictions_of_parameters(
            wide.table, narrow.table, wide.theta, theirs.constraints, space
        )
    else:
        kept = null_space(theirs.constraints.equalities(narrow.theta)[1], len(narrow.theta))
        found = arrays.restrictions_of_moments(
            _moment_slopes(wide, wide.layout.observed) @ space,
            _moment_slopes(narrow, wide.layout.observed) @ kept,
        )
    if len(found) != theirs.df - ours.df:
        raise ModelError(
            f"{names[0]!r} restricts {names[1]!r} in {len(found)} ways, but their degrees of "
            f"freedom differ by {theirs.df - ours.df}: the models are not nested."
        )
    if ours.ordinal is not None:
        at = ours.ordinal.at(wide.theta, ours.restrictions(wide.theta))
        return Restricted(found @ space.T, at.inverse, at.meat)
    robust = assessment.corrected(ours, wide.layout, wide.theta, ours.df)
    return Restricted(found @ space.T, robust.inverse, robust.meat)


def _moment_slopes(own: Fit, order: Sequence[str]) -> Floats:
    """Derivatives of all groups' moments, of variables in this order, (moments, k)."""
    if own.problem.ordinal is not None:
        if tuple(order) != own.layout.observed:
            raise ModelError(
                "Write the models of ordered items so that their variables come in one order: "
                f"{listed(order, most=SHOWN)} in one, {listed(own.layout.observed, most=SHOWN)} in "
                "the other."
            )
        jacobian = own.problem.ordinal.at(own.theta).jacobian
        return jacobian.reshape(-1, jacobian.shape[-1])
    sample, layout = own.problem.sample, own.layout
    assert sample is not None  # a fit with a scaled test
    slopes = moment_jacobian(layout, sample, own.theta, own.options.discrepancy)
    place = np.array([layout.observed.index(name) for name in order])
    p = len(place)
    number = np.empty((p, p), dtype=np.int64)
    lower, upper = vech_index(p)
    number[lower, upper] = number[upper, lower] = p + np.arange(len(lower))
    moved = np.concatenate([place, number[place[lower], place[upper]]])
    return slopes[:, moved].reshape(-1, slopes.shape[-1])


def comparison_table(
    fits: Mapping[str, Fit] | Sequence[Fit], method: Method | None = None
) -> pd.DataFrame:
    """Nested models in a row, from the widest to the narrowest, each tested against the one before.

    Parameters
    ----------
    fits
        Fits by name; those of a list are called ``"model 1"``, ``"model 2"``, … as they come.
    method
        As in :func:`difference_test`.

    Returns
    -------
    DataFrame
        ``model, df, chisq, chisq_diff, df_diff, pvalue, aic, bic, cfi, rmsea, srmr, cfi_diff,
        rmsea_diff`` (robust CFI and RMSEA where there are), like lavaan's ``anova()``.

    Raises
    ------
    ModelError
        As :func:`difference_test`.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> wide = wb.sem.fit("trust =~ trust_1 + a*trust_2 + b*trust_3", clients, std_lv=True)
    >>> equal = wb.sem.fit("trust =~ l*trust_1 + l*trust_2 + l*trust_3", clients, std_lv=True)
    >>> table = wb.sem.comparison_table({"free": wide, "equal loadings": equal})
    >>> table[["model", "df", "df_diff", "cfi"]].round(3)
                model  df  df_diff    cfi
    0            free   0      NaN  1.000
    1  equal loadings   2      2.0  0.994
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

    Parameters
    ----------
    fit
        A fit whose model has labels.
    constraints
        Hypotheses in those labels, each with ``==``; they are tested together.

    Returns
    -------
    Difference
        ``statistic``, ``df`` (one for each hypothesis) and ``pvalue``.

    Raises
    ------
    ModelError
        A hypothesis without ``==``, with an unknown label or that follows from the others.

    Checked against ``lavTestWald(fit, "a == b; …")``.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> fit = wb.sem.fit("service_1 ~ a*knowing_1 + b*courtesy_1", clients)
    >>> test = wb.sem.wald_test(fit, ["a == b"])
    >>> int(test.df), bool(test.pvalue < 0.05)
    (1, True)
    """
    if isinstance(constraints, str):
        raise ModelError(f"The hypotheses are a list, for example [{constraints!r}].")
    return arrays.wald_test(fit.table, fit.theta, fit.vcov.to_numpy(), constraints)


def model_test(own: Fit, name: str) -> ModelTest:
    """What a comparison has to know about a fit."""
    found = _unscaled(own, name)
    test = own.scaled_chi_square
    if test is None:
        return found
    if own.options.estimator in ("MLMV", "MLMVS"):
        test = assessment.scaled_by_mean(own.problem, own.layout, own.theta, own.chi_square)
    return replace(found, scaling_factor=test.scaling_factor if own.converged else np.nan)


def _unscaled(own: Fit, name: str) -> ModelTest:
    return ModelTest(name, own.chi_square.statistic, own.problem.df, own.problem.n)


def _require_same_data(narrow: Fit, wide: Fit, names: tuple[str, str]) -> None:
    """Raise where two fits are not of the same moments of the same data by the same estimator."""
    first, second = names
    if _ways(narrow) != _ways(wide):
        raise ModelError(
            f"{first!r} was fitted by {_how(narrow)} and {second!r} by {_how(wide)}; fit both in "
            "the same way."
        )
    if narrow.layout.mean_structure != wide.layout.mean_structure:
        raise ModelError(
            f"Only one of {first!r} and {second!r} has means; fit both with meanstructure=True."
        )
    if narrow.options.estimator == "DWLS":
        raise ModelError(
            "The difference of two DWLS statistics has no known distribution; fit both with "
            "estimator='WLSMV'."
        )
    if (narrow.options.discrepancy, narrow.options.correction) == ("ULS", ""):
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
    held = [{own.layout.observed[i] for i in own.problem.covariates} for own in (narrow, wide)]
    if held[0] != held[1]:
        raise ModelError(
            f"{first!r} and {second!r} do not hold the same covariates at their sample moments "
            f"({listed(sorted(held[0] ^ held[1]))}); fit both with fixed_x=False."
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


def _require_no_limit(own: Fit, name: str) -> None:
    """Raise where an inequality holds with equality."""
    constraints = own.problem.constraints
    active = [constraints.written[row] for row in constraints.active(own.theta)]
    if active:
        raise ActiveConstraintError(
            f"The estimates of {name!r} lie at the limit of {listed(active, most=SHOWN)}, where "
            "the difference has no chi-square distribution; compare AIC or BIC, or fit without "
            "the limit.",
            active,
        )


def _ways(own: Fit) -> tuple[str, str, str, str, bool]:
    """How a fit was made, as far as two must agree."""
    options = own.options
    ways = options.discrepancy, options.correction, options.information
    return *ways, options.missing if own.problem.ordinal is not None else "", options.levels


def _how(own: Fit) -> str:
    options = own.options
    extra = [f"information={options.information!r}"]
    extra += [f"{kind}=" for kind in ("cluster", "weights") if getattr(options, kind)]
    if options.likelihood == "wishart":
        extra.append("likelihood='wishart'")
    if options.levels:
        extra.append("levels")
    return f"{options.estimator} with {' and '.join(extra)}"
