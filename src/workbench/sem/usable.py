"""Whether the numbers of a fit may be used: the one judgement that everything else goes by.

A fit whose search ended still says nothing where a variance came out negative, where latent
variables contradict each other or where there are no standard errors. Its numbers look like any
others, so whoever shows or passes on a number of a fit asks :func:`why_unusable` first.
"""

from collections.abc import Callable

from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.sem.inference.assessment import semidefinite
from workbench.sem.inference.standardised import total_covariance
from workbench.sem.result import Fit
from workbench.text import SHOWN

_MOST_NAMED = 3  # of what came out undetermined or impossible; the others are counted


def why_unusable(fit: Fit, named: Callable[[str], str] = str, errors: bool = True) -> str | None:
    """Return in a sentence why a fit's estimates may not be used, None if they may.

    They may not where the search did not end; where parameters are not identified, so that
    there are no standard errors; where a variance is negative, unless known errors explain it (see
    ``assessment.improper``), or a correlation beyond 1; and where the covariance matrix of the
    latent variables is not positive semidefinite in some group, which lavaan's
    ``lavInspect(fit, "post.check")`` looks at too. With no more rows than parameters that is named
    as the cause. Variables are called what ``named`` returns for their names. Where a fit's
    ``errors`` are not used, as where it only stands beside another in a test, it need have none.

    Parameters
    ----------
    fit
        The fit in question.
    named
        What a variable is called in the sentence; by default its name.
    errors
        Whether the fit must have standard errors.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> wb.sem.why_unusable(wb.open_study("data/demo").fit()) is None
    True
    >>> names = ["a", "b", "c"]
    >>> correlations = [[1, 0.9, 0.2], [0.9, 1, 0.6], [0.2, 0.6, 1]]
    >>> odd = pd.DataFrame(correlations, index=names, columns=names)
    >>> print(wb.sem.why_unusable(wb.sem.fit_moments("f =~ a + b + c", 200, odd, warn=False)))
    The model has no proper solution: the variance of b came out negative.
    """
    symptom = _symptom(fit, named, errors)
    if symptom is None:
        return None
    parameters = int(fit.problem.npar)
    if fit.nobs <= parameters:
        return say(
            f"unusable.few rows.{'one' if fit.nobs == 1 else 'some'}",
            rows=fit.nobs,
            parameters=parameters,
        )
    return symptom


def _symptom(fit: Fit, named: Callable[[str], str], errors: bool) -> str | None:
    if not fit.converged:
        return say("unusable.not converged")
    if errors and fit.unidentified:
        some = ", ".join(fit.unidentified.parameters[:_MOST_NAMED])
        return say("unusable.not identified", parameters=some)
    if fit.improper:
        ends = (map(named, name.split(" ~~ ")) for name in fit.improper.parameters)
        impossible = [_impossible(*pair) for pair in ends]
        return say("unusable.improper", impossible=listed(impossible, most=_MOST_NAMED))
    contradictory = _contradictory(fit)
    if contradictory:
        variables = listed(map(named, contradictory), most=SHOWN)
        return say("unusable.contradictory", variables=variables)
    return None


def _impossible(one: str, other: str) -> str:
    if one == other:
        return say("impossible.variance", variable=one)
    return say("impossible.correlation", one=one, other=other)


def _contradictory(fit: Fit) -> list[str]:
    """The latent variables, where their covariance matrix has a negative eigenvalue."""
    layout = fit.layout
    paths, residual, _ = layout.matrices(fit.theta, fit.problem.exo)
    _, total = total_covariance(paths, residual)
    observed = len(layout.observed)
    proper = all(map(semidefinite, total[:, observed:, observed:]))
    return [] if proper else list(layout.latent)
