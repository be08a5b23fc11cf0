"""Whether constructs are measured well and are different things: AVE, Fornell–Larcker, HTMT.

References
----------
1. Jöreskog, K. G. (1971). Statistical analysis of sets of congeneric tests. Psychometrika, 36,
   109–133.
2. Raykov, T. (1997). Estimation of composite reliability for congeneric measures. Applied
   Psychological Measurement, 21, 173–184.
3. Fornell, C., & Larcker, D. F. (1981). Evaluating structural equation models with unobservable
   variables and measurement error. Journal of Marketing Research, 18, 39–50.
4. Henseler, J., Ringle, C. M., & Sarstedt, M. (2015). A new criterion for assessing discriminant
   validity in variance-based structural equation modeling. Journal of the Academy of Marketing
   Science, 43, 115–135.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import sem
from workbench.errors import MeasurementError, ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation.cutoffs import MODIFICATION_INDEX
from workbench.interpretation.messages import say
from workbench.linkage.means import KEYS
from workbench.measurement.answers import ItemAnswers, given_answers
from workbench.measurement.direction import marker_first
from workbench.progress import progress
from workbench.sem.model.expressions import quoted_where_needed

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

Array = NDArray[np.float64]

_CHUNK = 100


@dataclass(frozen=True)
class MeasurementModel(Shown):
    """The confirmatory factor model of some answers.

    Attributes
    ----------
    fit
        The fitted model: every construct a latent variable, all of them correlated.
    constructs
        ``construct``, ``items``, ``composite_reliability``, ``ave`` (average variance extracted).
    loadings
        ``construct``, ``item``, ``loading`` (completely standardised), ``lower``, ``upper``.
    fornell_larcker
        ``one``, ``other``, ``correlation``, ``lower``, ``upper``, ``root_ave_one``,
        ``root_ave_other``, ``holds``: both roots exceed the correlation's size.
    left_out
        Constructs that are not part of the model, with the sentence why.
    """

    fit: sem.Fit
    constructs: pd.DataFrame
    loadings: pd.DataFrame
    fornell_larcker: pd.DataFrame
    left_out: Mapping[str, str]

    def modification_indices(self, most: int = 5) -> pd.DataFrame:
        """The largest modification indices that would be significant at .001: what the model
        leaves out. Columns as :meth:`workbench.sem.Fit.modification_indices`.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> (clients,) = wb.measurement.answers_by_source(study, ["service", "trust"])
        >>> model = wb.measurement.measurement_model(clients)
        >>> len(model.modification_indices(most=3)) <= 3
        True
        """
        found = self.fit.modification_indices()
        found = found[found["mi"] > MODIFICATION_INDEX].sort_values(
            "mi", ascending=False, kind="stable"
        )
        return found.head(most).reset_index(drop=True)

    def _parts(self) -> Iterator[Part]:
        yield repr(self.fit)
        yield "Constructs", self.constructs
        yield "Standardised loadings", self.loadings
        yield "Fornell and Larcker's criterion", self.fornell_larcker
        yield from self.left_out.values()


def measurement_model(
    answers: "ItemAnswers | sem.Fit | IntoFrame",
    items: Mapping[str, Sequence[str]] | None = None,
    cluster: str | None = None,
) -> MeasurementModel:
    """Fit the measurement model of ``answers`` and assess it construct by construct.

    Maximum likelihood on every answer there is (FIML) with Huber–White errors, clustered in units
    where the rows are respondents; means of units with the known covariance of their sampling
    error, so that the model is of units and not of who happened to answer. With loadings λ and
    residual variances θ of a construct's items and φ its variance,

        composite reliability [1, 2] = (Σλ)² φ / ((Σλ)² φ + Σθ)         on the items' own scale,
        AVE [3] = mean of squared completely standardised loadings.

    Fornell and Larcker's criterion [3] asks that a construct's AVE exceed its squared correlation
    with every other construct: more of its items' variance is its own than it shares.

    Parameters
    ----------
    answers
        Answers of respondents or units (:func:`answers_by_source`, :func:`answers_of_units`), a
        data frame or a fit.
    items, cluster
        Of a data frame, as in :func:`given_answers`.

    Raises
    ------
    MeasurementError
        If no construct can be part of a model, or the model cannot be estimated.

    Checked against lavaan's ``cfa`` with semTools' ``compRelSEM`` and ``AVE``.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> (clients,) = wb.measurement.answers_by_source(study, ["service", "trust"])
    >>> model = wb.measurement.measurement_model(clients)
    >>> model.constructs[["construct", "composite_reliability", "ave"]].round(2)
      construct  composite_reliability   ave
    0   service                   0.83  0.55
    1     trust                   0.85  0.66
    """
    answers = given_answers(answers, items, cluster)
    measured, left_out = _modelled(answers)
    model = "\n".join(
        f"{quoted_where_needed(name)} =~ " + " + ".join(map(quoted_where_needed, items))
        for name, items in measured.items()
    )
    by_respondent = answers.level == "respondents"
    wanted = [item for items in measured.values() for item in items]
    keys = KEYS if answers.error is not None else []  # what known errors find their rows by
    rows = answers.frame[[*keys, *wanted]].assign(_unit=answers.cluster)
    units = rows["_unit"].nunique()
    clustered = by_respondent and 1 < units < len(rows)
    try:
        fit = sem.fit(
            model,
            rows,
            estimator="MLR",
            missing="fiml",
            cluster="_unit" if clustered else None,
            error=answers.error,
            warn=False,
        )
    except ModelError as error:
        raise MeasurementError(
            say("unmeasured.model", title=answers.title, reason=error)
        ) from error
    reason = sem.why_unusable(fit, answers.label)
    if reason:
        raise MeasurementError(say("unmeasured.model", title=answers.title, reason=reason))
    constructs = _constructs(fit, measured)
    standard = fit.standardised()
    loadings = standard[standard["op"] == "=~"].rename(
        columns={"lhs": "construct", "rhs": "item", "est_std": "loading"}
    )[["construct", "item", "loading", "ci_lower", "ci_upper"]]
    return MeasurementModel(
        fit,
        constructs,
        loadings.rename(columns={"ci_lower": "lower", "ci_upper": "upper"}).reset_index(drop=True),
        _fornell_larcker(standard, constructs),
        left_out,
    )


def _modelled(answers: ItemAnswers) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
    """The constructs that a model of these answers can hold, and why not the others."""
    measured: dict[str, Sequence[str]] = {}
    left_out: dict[str, str] = {}
    for construct, items in answers.items.items():
        try:
            answers.of(construct).require_varying()
        except MeasurementError as error:
            left_out[construct] = str(error)
            continue
        if len(items) < 2:
            left_out[construct] = say("model.one item", construct=answers.label(construct))
        else:
            measured[construct] = marker_first(items, answers.frame)
    if len(measured) == 1:
        construct, items = next(iter(measured.items()))
        if len(items) < 3:
            del measured[construct]
            left_out[construct] = say("model.two items", construct=answers.label(construct))
    if not measured:
        raise MeasurementError(" ".join(left_out.values()))
    return measured, left_out


def _constructs(fit: sem.Fit, measured: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    table = fit.estimates
    rows = []
    for construct, items in measured.items():
        own = table[(table["op"] == "=~") & (table["lhs"] == construct)]
        variance = table[(table["op"] == "~~") & (table["lhs"] == table["rhs"])].set_index("lhs")
        common = own["est"].sum() ** 2 * variance.at[construct, "est"]
        error = variance.loc[list(items), "est"].sum()
        rows.append(
            {
                "construct": construct,
                "items": len(items),
                "composite_reliability": common / (common + error),
                "ave": float((own["std_all"] ** 2).mean()),
            }
        )
    return pd.DataFrame(rows)


def _fornell_larcker(standard: pd.DataFrame, constructs: pd.DataFrame) -> pd.DataFrame:
    root = constructs.set_index("construct")["ave"] ** 0.5
    pairs = standard[
        (standard["op"] == "~~")
        & (standard["lhs"] != standard["rhs"])
        & standard["lhs"].isin(root.index)
        & standard["rhs"].isin(root.index)
    ]
    found = pd.DataFrame(
        {
            "one": pairs["lhs"],
            "other": pairs["rhs"],
            "correlation": pairs["est_std"],
            "lower": pairs["ci_lower"],
            "upper": pairs["ci_upper"],
            "root_ave_one": root.reindex(pairs["lhs"]).to_numpy(),
            "root_ave_other": root.reindex(pairs["rhs"]).to_numpy(),
        }
    ).reset_index(drop=True)
    least = found[["root_ave_one", "root_ave_other"]].min(axis=1)
    return found.assign(holds=least > found["correlation"].abs())


def htmt(
    answers: "ItemAnswers | sem.Fit | IntoFrame",
    items: Mapping[str, Sequence[str]] | None = None,
    cluster: str | None = None,
    replicates: int = 1000,
    seed: int = 2015,
) -> pd.DataFrame:
    """Heterotrait–monotrait ratio of every pair of constructs [4], with a 95 % interval.

    With r̄_ab the mean absolute correlation between items of a and items of b, and r̄_a that among
    the items of a,

        HTMT = r̄_ab / √(r̄_a r̄_b),

    an estimate of the correlation between the constructs. Correlations are over pairs of answers;
    the interval is the percentile interval over ``replicates`` bootstrap samples of units, so that
    respondents of one unit stay together.

    Parameters
    ----------
    answers
        Answers to two constructs or more (:func:`answers_by_source`), a data frame or a fit.
    items, cluster
        Of a data frame: the items of every construct, and the column of units that rows belong to
        (:func:`given_answers`).
    replicates, seed
        Bootstrap samples, and how they are drawn.

    Returns
    -------
    ``one``, ``other``, ``htmt``, ``lower``, ``upper``, ``reason`` (the sentence that stands where
    a ratio cannot be formed: a construct with one item, a constant item, items of one construct
    with negative correlations).

    Checked against ``semTools::htmt(htmt2 = FALSE)``.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> (clients,) = wb.measurement.answers_by_source(study, ["service", "trust"])
    >>> wb.measurement.htmt(clients, replicates=50)[["one", "other", "htmt"]].round(2)
           one  other  htmt
    0  service  trust  0.55
    >>> items = {"service": ["service_1", "service_2"], "trust": ["trust_1", "trust_2"]}
    >>> rows = study.answers("clients").head(2000)
    >>> wb.measurement.htmt(rows, items, replicates=50)[["one", "other", "htmt"]].round(1)
           one  other  htmt
    0  service  trust   0.6
    """
    answers = given_answers(answers, items, cluster)
    pairs = list(combinations(answers.items, 2))
    faults = {name: _htmt_fault(answers.of(name)) for name in answers.items}
    usable = [name for name in answers.items if not faults[name]]
    places = {
        name: [answers.all_items.index(item) for item in answers.items[name]] for name in usable
    }
    wanted = [place for name in usable for place in places[name]]
    ratios: dict[tuple[str, str], tuple[float, float, float]] = {}
    if len(usable) > 1:
        values = answers.frame[answers.all_items].to_numpy(dtype=float)[:, wanted]
        within = {
            name: [wanted.index(place) for place in members] for name, members in places.items()
        }
        sums = _pair_sums(values, answers.cluster)
        point = htmt_ratios(_correlations(sums.sum(axis=0)[None], values.shape[1]), within)
        drawn = _bootstrap(sums, values.shape[1], within, replicates, seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a pair without any ratio is NaN
            lower, upper = np.nanquantile(drawn, [0.025, 0.975], axis=0)
        if len(sums) < 2:
            lower = upper = np.full(lower.shape, np.nan)
        for place, pair in enumerate(combinations(usable, 2)):
            ratios[pair] = (point[0, place], lower[place], upper[place])
    nothing = (np.nan, np.nan, np.nan)
    rows = []
    for one, other in pairs:
        value, low, high = ratios.get((one, other), nothing)
        reason = faults[one] or faults[other]
        rows.append((one, other, value, low, high, reason))
    return pd.DataFrame(rows, columns=["one", "other", "htmt", "lower", "upper", "reason"])


def _htmt_fault(answers: ItemAnswers) -> str:
    """Why a construct can have no ratio, or nothing."""
    if len(answers.all_items) < 2:
        return say("ratio.one item", construct=answers.title)
    try:
        answers.require_varying()
    except MeasurementError as error:
        return str(error)
    among = (
        answers.frame[answers.all_items]
        .corr()
        .to_numpy()[np.triu_indices(len(answers.all_items), 1)]
    )
    if np.isnan(among).any():
        return say("ratio.few answers", construct=answers.title)
    if (among < 0).any():
        return say("ratio.negative", construct=answers.title)
    return ""


def htmt_ratios(correlation: Array, within: Mapping[str, Sequence[int]]) -> Array:
    """HTMT of all pairs of constructs for correlations (…, p, p); (…, pairs)."""
    size = np.abs(correlation)
    own = {}
    for name, items in within.items():
        one, other = np.triu_indices(len(items), 1)
        own[name] = size[..., np.take(items, one), np.take(items, other)].mean(axis=-1)
    found = [
        size[..., within[one], :][..., within[other]].mean(axis=(-2, -1))
        / np.sqrt(own[one] * own[other])
        for one, other in combinations(within, 2)
    ]
    return np.stack(found, axis=-1)


def _pair_sums(values: Array, cluster: NDArray[np.intp]) -> Array:
    """Per cluster, for every ordered pair of items answered together: n, Σx, Σx², Σxy.

    The shape is (clusters, 4 p²): correlations of any bootstrap sample of clusters are one matrix
    product away.
    """
    there = ~np.isnan(values)
    centred = np.where(there, values - np.nanmean(values, axis=0), 0.0)
    there = there.astype(float)
    order = np.argsort(cluster, kind="stable")
    start = np.flatnonzero(np.diff(cluster[order], prepend=-1))
    sums = []
    for left, right in ((there, there), (centred, there), (centred**2, there), (centred, centred)):
        products = left[order][:, :, None] * right[order][:, None, :]
        sums.append(np.add.reduceat(products.reshape(len(values), -1), start, axis=0))
    return np.hstack(sums)


def _correlations(sums: Array, items: int) -> Array:
    """Pairwise correlations (…, p, p) from sums (…, 4 p²)."""
    n, first, second, cross = np.moveaxis(sums.reshape(*sums.shape[:-1], 4, items, items), -3, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = first / n
        spread = np.sqrt(second / n - mean**2)
        covariance = cross / n - mean * np.swapaxes(mean, -1, -2)
        return covariance / (spread * np.swapaxes(spread, -1, -2))


def _bootstrap(
    sums: Array, items: int, within: Mapping[str, Sequence[int]], replicates: int, seed: int
) -> Array:
    random = np.random.default_rng(seed)
    clusters = len(sums)
    found = []
    with progress("Bootstrap samples", replicates) as samples:
        for first in range(0, replicates, _CHUNK):
            size = min(_CHUNK, replicates - first)
            drawn = random.integers(clusters, size=(size, clusters))
            drawn += clusters * np.arange(size)[:, None]
            counts = np.bincount(drawn.ravel(), minlength=size * clusters).reshape(size, clusters)
            found.append(htmt_ratios(_correlations(counts @ sums, items), within))
            samples.add(size)
    return np.concatenate(found)
