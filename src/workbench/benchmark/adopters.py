r"""Adopters against others: what changed in organisations that adopted something, beside the rest.

Organisations adopt at different waves, and what goes with adoption may grow. Regression with
effects of organisations and waves then compares late adopters with early ones, whose own growth it
takes off, and may even turn the sign. So effects are made of comparisons that are each clean [1].
With :math:`Y_{ot}` the index of organisation o at wave t, each organisation counting the same, the
effect in those that adopted at wave g is, at wave t,

.. math::

    ATT(g, t) = \overline{Y_t - Y_{g-1}}\,\Big|_{adopted\ at\ g}
              - \overline{Y_t - Y_{g-1}}\,\Big|_{not\ adopted\ by\ max(t,\, g-1)} .

Told are means of these over the adopters: by waves since adoption, e = t − g; over all waves since
it (of each adopter, then of all); and the change from the first wave after it to the last, by which
it is said to last. Effects with e < −1 are differences in how both changed *before*: there should
be none. With n_k organisations of each wave of adoption k ("never" being one) an effect is
:math:`\sum_k c_k' \bar Y_k`, and its error that of CR2 with organisations as clusters [2], which
here is

.. math::

    se^2 = \sum_k \frac{c_k' S_k c_k}{n_k}, \qquad
    \nu = \frac{(\sum_k a_k)^2}{\sum_k a_k^2 / (n_k - 1)}, \quad a_k = \frac{c_k' c_k}{n_k},

with :math:`S_k` the covariance over waves within k. A wave at which one organisation alone adopted
has no spread of its own: it takes that of the others, pooled. Adopters chose to adopt; the
comparison says what went with it, not that it was the reason.

Two changes are called equal within a stated margin by two one-sided tests [3]: the 90 % interval of
their difference lies within ± the margin.

References
----------
1. Callaway, B., & Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods.
   Journal of Econometrics, 225, 200–230.
2. Bell, R. M., & McCaffrey, D. F. (2002). Bias reduction in standard errors for linear regression
   with multi-stage samples. Survey Methodology, 28, 169–181.
3. Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the power
   approach for assessing the equivalence of average bioavailability. Journal of Pharmacokinetics
   and Biopharmaceutics, 15, 657–680.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench.chain.effects import t_test
from workbench.errors import BenchmarkError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import AdoptionEffect, Before, adoption_in_words
from workbench.interpretation.cutoffs import SIGNIFICANCE
from workbench.interpretation.messages import say
from workbench.measurement import OverWaves, indices_over_waves
from workbench.study import Study

Array = NDArray[np.float64]
Index = NDArray[np.int64]

NEVER = -1
LEAST = 2
"""So many adopters, and so many others at any wave: one organisation has no spread."""

EFFECT_COLUMNS = [
    "construct", "estimate", "se", "df", "lower", "upper", "pvalue", "equal_lower", "equal_upper",
    "before", "before_pvalue", "lasting", "lasting_lower", "lasting_upper", "adopters", "others",
    "left_out", "reason", "sentence",
]  # fmt: skip
EVENT_COLUMNS = ["since", "estimate", "se", "df", "lower", "upper", "pvalue", "adopters"]


@dataclass(frozen=True, eq=False)
class Cohorts:
    """Organisations by their wave of adoption.

    Attributes
    ----------
    first : (K,)
        The wave from which on they have adopted, numbered from 0, in order; ``NEVER`` last.
    size : (K,)
        How many organisations.
    mean : (K, T)
        Their mean index at every wave.
    spread : (K, T, T)
        The covariance over waves S_k; of a single organisation that of the others, pooled.
    pooled
        Degrees of freedom of the pooled covariance.
    """

    first: Index
    size: Index
    mean: Array
    spread: Array
    pooled: int

    @classmethod
    def of(cls, values: Array, first: Index) -> "Cohorts":
        """Of indices (O, T) without holes, and every organisation's wave of adoption (O,)."""
        order = np.unique(first)
        order = np.append(order[order != NEVER], order[order == NEVER])
        own = [values[first == k] for k in order]
        size = np.array([len(rows) for rows in own])
        gaps = [rows - rows.mean(axis=0) for rows in own]
        pooled = int((size - 1).sum())
        together = sum(gap.T @ gap for gap in gaps) / max(pooled, 1)
        spread = [gap.T @ gap / (len(gap) - 1) if len(gap) > 1 else together for gap in gaps]
        mean = np.array([rows.mean(axis=0) for rows in own])
        return cls(order, size, mean, np.array(spread), pooled)

    def comparison(self, cohort: int, base: int, wave: int) -> Array | None:
        """The weights (K, T) of an adopting cohort's change from one wave to another, less that of
        those who have adopted by neither; None where these are fewer than two."""
        others = (self.first == NEVER) | (self.first > max(base, wave))
        others[cohort] = False
        if self.size[others].sum() < LEAST:
            return None
        weights = np.zeros(self.mean.shape)
        weights[cohort, wave] += 1
        weights[cohort, base] -= 1
        share = np.where(others, self.size, 0) / self.size[others].sum()
        weights[:, wave] -= share
        weights[:, base] += share
        return weights

    def estimate(self, weights: Array) -> tuple[float, float, float]:
        """The sum over cohorts of weights (K, T) times means, its error and degrees of freedom."""
        value = float((weights * self.mean).sum())
        part = np.einsum("kt,kts,ks->k", weights, self.spread, weights) / self.size
        plain = (weights**2).sum(axis=1) / self.size
        single = self.size == 1
        terms = [*(plain[~single] ** 2 / (self.size[~single] - 1))]
        if single.any():
            terms.append(plain[single].sum() ** 2 / max(self.pooled, 1))
        return value, float(np.sqrt(part.sum())), float(plain.sum() ** 2 / sum(terms))


@dataclass(frozen=True)
class Contrast:
    """Weights (K, T) of an effect, and of how many adopters it is."""

    weights: Array
    adopters: int


def contrasts_since(cohorts: Cohorts) -> dict[int, Contrast]:
    """Return the effects by waves since adoption e = t − g, without e = −1, which is 0."""
    found: dict[int, list[tuple[int, Array]]] = {}
    for k, g in enumerate(cohorts.first):
        for t in range(cohorts.mean.shape[1]) if g > 0 else ():
            weights = None if t == g - 1 else cohorts.comparison(k, int(g) - 1, t)
            if weights is not None:
                found.setdefault(t - int(g), []).append((int(cohorts.size[k]), weights))
    return {since: _mean(parts) for since, parts in sorted(found.items())}


def contrast_over_all(cohorts: Cohorts) -> Contrast | None:
    """Return the mean effect since adoption, of each adopter over its waves and then of all."""
    parts = []
    for k, g in enumerate(cohorts.first):
        since = range(int(g), cohorts.mean.shape[1]) if g > 0 else ()
        effects = (cohorts.comparison(k, int(g) - 1, t) for t in since)
        own = [weights for weights in effects if weights is not None]
        if own:
            parts.append((int(cohorts.size[k]), np.mean(own, axis=0)))
    return _mean(parts) if parts else None


def contrast_of_lasting(cohorts: Cohorts) -> Contrast | None:
    """Return the change from the first wave after adoption to the last, less that of others."""
    last = cohorts.mean.shape[1] - 1
    parts = [
        (int(cohorts.size[k]), weights)
        for k, g in enumerate(cohorts.first)
        if 0 < g < last and (weights := cohorts.comparison(k, int(g), last)) is not None
    ]
    return _mean(parts) if parts else None


def _mean(parts: Sequence[tuple[int, Array]]) -> Contrast:
    """The mean of effects over the adopters that they tell of."""
    sizes = np.array([size for size, _ in parts])
    weights = np.average([own for _, own in parts], axis=0, weights=sizes)
    return Contrast(weights, int(sizes.sum()))


@dataclass(frozen=True)
class Adopters(Shown):
    """Adopters against others.

    Attributes
    ----------
    title
        What was adopted, "" where the study does not say.
    waves
        The study's waves.
    adopters
        How many organisations adopted, by the wave from which on they have.
    never
        How many have not adopted.
    margin
        Within how many points two changes are called equal; None where the study does not say.
    effects
        A row per construct: ``construct``; the mean effect since adoption in points with ``se``,
        ``df``, ``lower``, ``upper`` (95 %), ``pvalue``; ``equal_lower``, ``equal_upper`` (90 %);
        ``before`` (:class:`workbench.interpretation.Before`) with ``before_pvalue`` (the smallest
        of the differences before adoption, Bonferroni); ``lasting``, ``lasting_lower``,
        ``lasting_upper`` (90 %), the change of the effect from the first wave after adoption to the
        last; ``adopters``; ``others``, those that never adopted; ``left_out``, organisations that
        have no index in every wave of the construct or no wave before adoption; ``reason`` why
        there is nothing, and a ``sentence``.
    events
        Effects by waves since adoption: ``construct``, ``since``, ``estimate``, ``se``, ``df``,
        ``lower``, ``upper``, ``pvalue``, and of how many ``adopters`` it is; −1, the wave that the
        others are compared with, is 0 and has no error.
    """

    title: str
    waves: tuple[str, ...]
    adopters: "pd.Series[int]"
    never: int
    margin: float | None
    effects: pd.DataFrame
    events: pd.DataFrame

    @property
    def words(self) -> str:
        """What goes with adoption, construct by construct."""
        return "\n\n".join(self.effects["sentence"])

    def _parts(self) -> Iterator[Part]:
        yield self.words
        yield "Effects of adoption", self.effects.drop(columns="sentence")
        yield "By waves since adoption", self.events


def adopters(
    study: Study,
    constructs: Sequence[str] | None = None,
    indices: OverWaves | None = None,
    named: Callable[[str], str] = str,
) -> Adopters:
    """Compare organisations that adopted something with the others, over the waves.

    See the module for the method. A construct is compared over the waves in which it was asked.
    Organisations that have no index in all of these, or no wave before adoption, are left out.

    Parameters
    ----------
    study
        The study; ``organisations.csv`` says who adopted when (:attr:`Study.adopted`).
    constructs
        By default the outcomes that ``[adoption]`` in study.toml names, or all constructs.
    indices
        The indices over the waves, by default :func:`workbench.measurement.indices_over_waves`.
    named
        What constructs are called in sentences.

    Raises
    ------
    StudyError
        If the waves of adoption are not right.
    BenchmarkError
        If nobody says who adopted, or with one wave.

    Checked against R: ``lm`` of organisations and cohorts by waves with ``clubSandwich``'s CR2 and
    ``linear_contrast``.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.benchmark.adopters(wb.open_study("data/demo"), ["openness", "trust"])
    >>> found.effects[["construct", "estimate", "lower", "upper", "before"]].round(1)
      construct  estimate  lower  upper before
    0  openness       9.3    5.1   13.5  alike
    1     trust      -0.4   -5.5    4.8  alike
    """
    adopted, about = study.adopted, study.definition.adoption
    if adopted is None:
        raise BenchmarkError(
            f"{study.name}: organisations.csv has no column {about.column!r}, so nobody knows who "
            "adopted; add it with the first wave after adoption, empty for never."
        )
    if len(study.waves) < 2:
        raise BenchmarkError(f"{study.name}: a change needs two waves.")
    if constructs is None:
        constructs = about.outcomes or study.codebook.constructs
    table = (indices_over_waves(study, constructs) if indices is None else indices).table
    effects, events = [], []
    for construct in constructs:
        own = table[(table["construct"] == construct) & (table["organisation"] != "")]
        wide = own.pivot(index="organisation", columns="wave", values="index")
        wide = wide.reindex(adopted.index, columns=study.waves).dropna(axis="columns", how="all")
        first = _first(adopted, study.waves, list(wide.columns))
        compared = (first != 0) & wide.notna().all(axis="columns").to_numpy()
        cohorts = Cohorts.of(wide[compared].to_numpy(float), first[compared])
        effect, since = _told(cohorts, about.margin, named(construct))
        effects.append(effect | {"construct": construct, "left_out": int((~compared).sum())})
        events.append(since.assign(construct=construct))
    counts = adopted[adopted != ""].value_counts()
    return Adopters(
        about.title,
        tuple(study.waves),
        counts.reindex([wave for wave in study.waves if wave in counts.index]),
        int((adopted == "").sum()),
        about.margin,
        pd.DataFrame(effects)[EFFECT_COLUMNS],
        pd.concat(events, ignore_index=True)[["construct", *EVENT_COLUMNS]],
    )


def _first(adopted: "pd.Series[str]", waves: Sequence[str], asked: Sequence[str]) -> Index:
    """Every organisation's first wave after adoption among those asked, numbered from 0; ``NEVER``
    where it has not adopted by the last of them."""
    place = {wave: number for number, wave in enumerate(waves)}
    at = np.array([place[wave] for wave in asked])
    first = [int((at < place[wave]).sum()) if wave else NEVER for wave in adopted]
    return np.array([NEVER if number == len(asked) else number for number in first], dtype=np.int64)


def _told(
    cohorts: Cohorts, margin: float | None, label: str
) -> tuple[dict[str, object], pd.DataFrame]:
    """The effects of one construct, and those by waves since adoption."""
    treated = int(cohorts.size[cohorts.first != NEVER].sum())
    others = int(cohorts.size[cohorts.first == NEVER].sum())
    found: dict[str, object] = dict.fromkeys(EFFECT_COLUMNS, np.nan)
    found |= {"adopters": treated, "others": others, "before": Before.NONE, "reason": ""}
    overall = contrast_over_all(cohorts) if cohorts.pooled and treated >= LEAST else None
    if overall is None:
        found["reason"] = say("adoption.too few", construct=label, least=LEAST)
        return found | {"sentence": found["reason"]}, pd.DataFrame(columns=EVENT_COLUMNS)
    since = _since(cohorts)
    earlier = since.loc[since["since"] < -1, "pvalue"].to_numpy(float)
    value, error, df = cohorts.estimate(overall.weights)
    lower, upper, pvalue = t_test(value, error, df)
    half = stats.t.ppf(1 - SIGNIFICANCE, df) * error
    found |= {
        "estimate": value, "se": error, "df": df, "lower": lower, "upper": upper,
        "pvalue": pvalue, "equal_lower": value - half, "equal_upper": value + half,
        "adopters": overall.adopters,
    }  # fmt: skip
    if len(earlier):
        smallest = min(1.0, len(earlier) * float(earlier.min()))
        found["before_pvalue"] = smallest
        found["before"] = Before.APART if smallest < SIGNIFICANCE else Before.ALIKE
    lasting = contrast_of_lasting(cohorts)
    if lasting is not None:
        value, error, df = cohorts.estimate(lasting.weights)
        half = stats.t.ppf(1 - SIGNIFICANCE, df) * error
        found |= {"lasting": value, "lasting_lower": value - half, "lasting_upper": value + half}
    effect = AdoptionEffect.of(found, margin)
    return found | {"sentence": adoption_in_words(label, effect)}, since


def _since(cohorts: Cohorts) -> pd.DataFrame:
    rows: list[tuple[float, ...]] = []
    for since, contrast in contrasts_since(cohorts).items():
        value, error, df = cohorts.estimate(contrast.weights)
        rows.append((since, value, error, df, *t_test(value, error, df), contrast.adopters))
    zero = (-1, 0.0, *(np.nan,) * 5, max(row[-1] for row in rows))
    table = pd.DataFrame([*rows, zero], columns=EVENT_COLUMNS)
    return table.astype({"since": int}).sort_values("since", ignore_index=True)
