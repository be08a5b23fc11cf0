"""Necessary condition analysis: is there no high outcome without a high condition?

"In every case of high client satisfaction we always also see high employee satisfaction" is a claim
that no regression tests: it says that the upper left corner of the scatter is empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal

import numpy as np
import pandas as pd

from workbench import figures
from workbench.chain import ChainStudy
from workbench.drivers.ceilings import (
    Floats,
    area_above_line,
    area_above_steps,
    effect_sizes,
    line_through_peers,
    permuted_effect_sizes,
    steps,
    without_error,
)
from workbench.drivers.exceptions import Exceptions, exceptions
from workbench.drivers.rows import ends_of, labels_of, unit_errors
from workbench.errors import DriversError
from workbench.figures.markup import together
from workbench.figures.necessity import necessity_scatter
from workbench.interpretation import (
    ErrorTaken,
    necessity_error_in_words,
    necessity_in_words,
    necessity_marks_in_words,
    needed_in_words,
)
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted
from workbench.measurement import indices
from workbench.study.definition import Cuts
from workbench.study.given import name_text

CEILINGS = ("CE-FDH", "CR-FDH")
PERMUTATIONS = 10_000


@dataclass(frozen=True, eq=False, repr=False)
class Necessity:
    """A necessary condition analysis of one condition for one outcome.

    Attributes
    ----------
    x, y
        Condition and outcome, complete pairs.
    x_label, y_label
        Their words.
    names
        What every point is called, for the outlier check.
    notes
        What was left out, and why.
    seed, permutations
        Of the permutation test.
    errors : (n, 2, 2)
        What is known of the errors of condition and outcome, case by case; None where nothing is.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.drivers.study_necessity(study, "people", "service", permutations=99)
    >>> found.frame["ceiling"].tolist()
    ['CE-FDH', 'CR-FDH']
    >>> round(found.best, 2)
    0.19
    """

    x: Floats
    y: Floats
    x_label: str
    y_label: str
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    permutations: int = PERMUTATIONS
    seed: int = 1
    errors: Floats | None = None

    def __repr__(self) -> str:
        return f"Necessity({self.x_label} for {self.y_label}: {len(self.x)} points)"

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The scope: lowest and highest x, lowest and highest y."""
        return (
            float(self.x.min()),
            float(self.x.max()),
            float(self.y.min()),
            float(self.y.max()),
        )

    @property
    def peers(self) -> pd.DataFrame:
        """The points at which the CE-FDH staircase rises: ``x``, ``y``."""
        found = steps(self.x, self.y[None])
        at = found.peer[0]
        return pd.DataFrame({"x": found.x[at], "y": found.height[0][at]})

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a ceiling.

        ``ceiling``, ``scope``, ``zone`` (empty area), ``effect`` (d), ``above`` (points above the
        ceiling), ``accuracy`` (percent of points on or below it), ``slope``, ``intercept``
        (CR-FDH), ``without_error`` (d of scores without error, see
        :func:`workbench.drivers.ceilings.without_error`; missing where no error is known, or
        nothing is left), ``pvalue`` with the half-width ``pvalue_error`` of its 95 % simulation
        interval.

        The p-value is (1 + number of permutations with an effect at least as large) / (1 + their
        number), the approximate permutation test of Dul, van der Laan & Kuik (2020,
        Organizational Research Methods, 23, 385–395): how often unrelated data look as necessary.
        """
        left, right, bottom, top = self.box
        found = steps(self.x, self.y[None])
        intercept, slope = line_through_peers(found)
        zones = [
            float(area_above_steps(found)[0]),
            float(area_above_line(intercept, slope, self.box)[0]),
        ]
        scope = (right - left) * (top - bottom)
        line = (float(intercept[0]), float(slope[0]))
        allowed = 1e-9 * (top - bottom)
        above = 0
        if np.isfinite(line[1]):
            above = int((self.y > line[0] + line[1] * self.x + allowed).sum())
        pvalue, error = self._test()
        return pd.DataFrame(
            {
                "ceiling": CEILINGS,
                "scope": scope,
                "zone": zones,
                "effect": [zone / scope for zone in zones],
                "without_error": self._without_error,
                "above": [0, above],
                "accuracy": [100.0, 100 * (1 - above / len(self.x))],
                "slope": [np.nan, line[1]],
                "intercept": [np.nan, line[0]],
                "pvalue": pvalue,
                "pvalue_error": error,
            }
        )

    @cached_property
    def _without_error(self) -> Floats:
        if self.errors is None or not self.errors.any():
            return np.full(len(CEILINGS), np.nan)
        found = without_error(np.column_stack([self.x, self.y]), self.errors)
        if found is None:
            return np.full(len(CEILINGS), np.nan)
        return effect_sizes(found[:, 0], found[None, :, 1])[0]

    def _test(self) -> tuple[Floats, Floats]:
        own = effect_sizes(self.x, self.y[None])[0]
        drawn = permuted_effect_sizes(self.x, self.y, self.permutations, self.seed)
        reached = (drawn >= own - 1e-12).sum(axis=0)
        pvalue = (1 + reached) / (1 + self.permutations)
        return pvalue, 1.96 * np.sqrt(pvalue * (1 - pvalue) / self.permutations)

    def effect(self, ceiling: str = "CE-FDH") -> float:
        """The effect size d of a ceiling as it is seen."""
        return float(self.frame.set_index("ceiling").at[ceiling, "effect"])

    @property
    def best(self) -> float:
        """The effect size d of CE-FDH without error where that is known, else as it is seen."""
        row = self.frame.iloc[0]
        return float(row["effect"] if np.isnan(row["without_error"]) else row["without_error"])

    @property
    def error_note(self) -> str:
        """What is done about the error of condition and outcome."""
        return necessity_error_in_words(self.error_taken)

    @property
    def error_taken(self) -> ErrorTaken:
        """Whether the effect size is corrected for the error of condition and outcome."""
        if self.errors is None or not self.errors.any():
            return ErrorTaken.UNKNOWN
        lost = bool(np.isnan(self._without_error).any())
        return ErrorTaken.TOO_LARGE if lost else ErrorTaken.CORRECTED

    def bottlenecks(self, levels: Sequence[float] = tuple(range(0, 101, 10))) -> pd.DataFrame:
        """The least condition that goes with each level of the outcome.

        Columns ``outcome`` (percent of its range), ``outcome_value``, then for each ceiling the
        condition needed, in percent of its range and (``… value``) in its own units. 0 says that
        any value of the condition will do (NN, not necessary); infinity, that the ceiling does
        not reach the level within the condition's range.

        Examples
        --------
        >>> import workbench as wb
        >>> found = wb.drivers.necessity([1, 2, 3, 4, 5], [1, 2, 2, 4, 5], permutations=9)
        >>> found.bottlenecks((0, 50, 100))[["outcome", "outcome_value", "CE-FDH"]]
           outcome  outcome_value  CE-FDH
        0      0.0            1.0     0.0
        1     50.0            3.0    75.0
        2    100.0            5.0   100.0
        """
        left, right, bottom, top = self.box
        asked = bottom + (top - bottom) * np.asarray(levels, dtype=float) / 100
        table = pd.DataFrame({"outcome": np.asarray(levels, dtype=float), "outcome_value": asked})
        for ceiling, needed in zip(CEILINGS, self._needed(asked), strict=True):
            needed = np.where(needed <= left, left, np.where(needed > right, np.inf, needed))
            table[ceiling] = 100 * (needed - left) / (right - left)
            table[f"{ceiling} value"] = needed
        return table

    def _needed(self, asked: Floats) -> tuple[Floats, Floats]:
        found = steps(self.x, self.y[None])
        allowed = 1e-9 * (self.box[3] - self.box[2])
        first = np.searchsorted(found.height[0], asked - allowed, side="left")
        stairs = found.x[np.minimum(first, len(found.x) - 1)]
        intercept, slope = (float(value[0]) for value in line_through_peers(found))
        if not np.isfinite(slope):
            return stairs, np.full(len(asked), self.box[0])
        line = (asked - intercept) / slope
        # What is beyond the right edge by rounding alone is on it.
        right = self.box[1]
        on_edge = np.isclose(line, right, rtol=0, atol=1e-9 * (right - self.box[0]))
        return stairs, np.where(on_edge, right, line)

    def bottlenecks_in_words(self) -> pd.DataFrame:
        """The bottleneck table as text: percent of the range, NN where not necessary."""
        table = self.bottlenecks()
        shown = pd.DataFrame({"outcome": [fmt.number(v, 0) for v in table["outcome"]]})
        for ceiling in CEILINGS:
            shown[ceiling] = [needed_in_words(value) for value in table[ceiling]]
        return shown

    @cached_property
    def outliers(self) -> pd.DataFrame:
        """The points whose removal changes the effect size most.

        ``name``, ``x``, ``y``, and for each ceiling the effect size without the point and its
        ``… change``, the largest change of either first. Only peers and points alone at an end of
        the scope can change anything, so only they are tried; none left out changes nothing.
        """
        tried = np.zeros(len(self.x), dtype=bool)
        for a, b in self.peers.itertuples(index=False):
            tried |= (self.x == a) & (self.y == b)
        for values in (self.x, self.y):
            for end in (values == values.min(), values == values.max()):
                if end.sum() == 1:
                    tried |= end
        own = effect_sizes(self.x, self.y[None])[0]
        rows = []
        for i in np.flatnonzero(tried):
            x, y = np.delete(self.x, i), np.delete(self.y, i)
            if np.ptp(x) == 0 or np.ptp(y) == 0:
                continue
            without = effect_sizes(x, y[None])[0]
            if np.abs(without - own).max() > 1e-12:
                at = (self.names[i], self.x[i], self.y[i])
                rows.append((*at, *without, *(without - own)))
        rows.sort(key=lambda row: -max(map(abs, row[-len(CEILINGS) :])))
        return pd.DataFrame(
            rows, columns=["name", "x", "y", *CEILINGS, *(f"{c} change" for c in CEILINGS)]
        )

    @property
    def words(self) -> str:
        """The finding in plain words, by the CE-FDH ceiling."""
        row = self.frame.iloc[0]
        return necessity_in_words(
            self.x_label, self.y_label, self.best, row["effect"], row["pvalue"]
        )

    def figure(self, caption: str = "") -> figures.Figure:
        """The scatter with both ceilings.

        Examples
        --------
        >>> import workbench as wb
        >>> found = wb.drivers.necessity([1, 2, 3, 4, 5], [1, 2, 2, 4, 5], permutations=9)
        >>> found.figure().svg.startswith("<svg")
        True
        """
        line, peers = self.frame.iloc[1], self.peers
        return necessity_scatter(
            self.x,
            self.y,
            peers["x"].to_list(),
            peers["y"].to_list(),
            None if fmt.is_missing(line["slope"]) else (line["intercept"], line["slope"]),
            x_label=self.x_label,
            y_label=self.y_label,
            alt=self.words,
            caption=caption
            or say("necessity question", condition=self.x_label, outcome=self.y_label),
        )

    def table(self) -> figures.Table:
        """Both ceilings' numbers."""
        return figures.Table(
            self.frame,
            caption=say("necessity of", condition=self.x_label, outcome=self.y_label),
            columns=[
                "ceiling",
                "effect",
                "without_error",
                "pvalue",
                "accuracy",
                "above",
                "scope",
                "zone",
            ],
            formats={
                "pvalue": fmt.p_value,
                "accuracy": _percentage,
                "above": fmt.count,
                "scope": partial(fmt.number, decimals=1),
                "zone": partial(fmt.number, decimals=1),
            },
            labels={
                "ceiling": say("column.ceiling"),
                "effect": say("column.effect size"),
                "without_error": say("column.corrected effect"),
                "pvalue": say("column.permutation"),
                "accuracy": say("column.points below"),
                "above": say("column.points above"),
                "scope": say("column.scope"),
                "zone": say("column.zone"),
            },
            notes=[
                necessity_marks_in_words(len(self.x)),
                self.error_note,
                *self.notes,
            ],
        )

    def bottleneck_table(self) -> figures.Table:
        """What of the condition goes with each level of the outcome."""
        return figures.Table(
            self.bottlenecks_in_words(),
            caption=say("necessity lowest", condition=self.x_label, outcome=self.y_label),
            labels={"outcome": say("necessity level", outcome=self.y_label)},
            notes=[say("needed.key")],
        )

    def _repr_html_(self) -> str:
        return together(self.figure().html, self.table().html, self.bottleneck_table().html)


def _percentage(value: float) -> str:
    return fmt.percent(value / 100, 1)


def necessity(
    x: Sequence[float] | pd.Series,
    y: Sequence[float] | pd.Series,
    x_label: str = "",
    y_label: str = "",
    names: Sequence[str] | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 1,
    errors: Floats | None = None,
) -> Necessity:
    """Analyse whether ``x`` is a necessary condition of ``y``.

    Pairs with a missing value are left out and counted in ``notes``. The scope is the range seen.

    Parameters
    ----------
    x, y : (n,)
        Condition and outcome; NaN where there is no value.
    x_label, y_label
        What sentences and figures call them.
    names
        What every point is called; by default its label in the index of ``x``, or its number.
    permutations, seed
        Of the permutation test.
    errors : (n, 2, 2)
        Covariances of the errors of x and y, where they are known.

    Raises
    ------
    DriversError
        If x and y differ in length, one of them does not vary, or fewer than three pairs are
        complete.

    Examples
    --------
    >>> import numpy as np
    >>> import workbench as wb
    >>> rng = np.random.default_rng(1)
    >>> engagement = rng.uniform(0, 100, 80)
    >>> satisfaction = engagement * rng.uniform(0, 1, 80)
    >>> found = wb.drivers.necessity(engagement, satisfaction, permutations=99)
    >>> round(found.effect("CE-FDH"), 2)
    0.52
    >>> found.bottlenecks((50, 90))[["outcome", "CE-FDH"]].round(0)
       outcome  CE-FDH
    0     50.0    49.0
    1     90.0    87.0
    """
    across, up = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    x_label = x_label or str(getattr(x, "name", None) or "the condition")
    y_label = y_label or str(getattr(y, "name", None) or "the outcome")
    if across.shape != up.shape or across.ndim != 1:
        raise DriversError(
            f"There are {across.size} values of {x_label} and {up.size} of {y_label}; give one "
            "of each for every case."
        )
    called = list(names) if names is not None else _names(x, len(across))
    complete = np.isfinite(across) & np.isfinite(up)
    left_out = int((~complete).sum())
    across, up = across[complete], up[complete]
    if len(across) < 3:
        cases = counted(len(across), "case")
        raise DriversError(say("ceiling.few cases", cases=cases, one=x_label, other=y_label))
    for label, values in ((x_label, across), (y_label, up)):
        if np.ptp(values) == 0:
            number, value = counted(len(values), "case"), fmt.general(values[0])
            raise DriversError(say("ceiling.constant", label=label, value=value, cases=number))
    notes = (say("left out.missing", count=left_out),)
    kept = tuple(name for name, there in zip(called, complete, strict=True) if there)
    known = None if errors is None else errors[complete]
    told = notes if left_out else ()
    return Necessity(across, up, x_label, y_label, kept, told, permutations, seed, known)


def _names(x: Sequence[float] | pd.Series, count: int) -> list[str]:
    if isinstance(x, pd.Series):
        return [str(name) for name in x.index]
    return [str(number) for number in range(1, count + 1)]


@dataclass(frozen=True, eq=False)
class Pairs:
    """A condition and an outcome side by side, unit by unit or organisation by organisation.

    ``frame``: ``organisation``, ``name`` (of the unit or organisation), ``condition`` and
    ``outcome`` (indices, 0–100), ``enough``, whether as many people answered as the study's
    minimum asks for, and of units ``condition_error``, ``outcome_error`` (variances) and
    ``shared_error`` (covariance), what is known of their errors. ``cuts`` are those that the study
    states.
    """

    frame: pd.DataFrame
    condition_label: str
    outcome_label: str
    level: str
    minimum_count: int
    cuts: Cuts | None = None

    def of(self, organisation: str) -> "Pairs":
        """Return those of one organisation."""
        own = self.frame["organisation"] == name_text(organisation)
        return replace(self, frame=self.frame[own])

    def __len__(self) -> int:
        return int(self.frame["enough"].sum())

    def exceptions(self) -> list[Exceptions]:
        """Count high outcomes without the condition among those that enough people answered for, by
        quarters and, where the study states any, by its own cuts.

        Raises
        ------
        DriversError
            As :func:`workbench.drivers.exceptions`.
        """
        kept = self.frame[self.frame["enough"]]
        every = [None] if self.cuts is None else [None, self.cuts]
        return [exceptions(kept["condition"], kept["outcome"], cut, self.level) for cut in every]

    def necessity(self, permutations: int = PERMUTATIONS, seed: int = 1) -> Necessity:
        """Analyse those that enough people answered for.

        Raises
        ------
        DriversError
            As :func:`necessity`.
        """
        kept = self.frame[self.frame["enough"]]
        found = necessity(
            kept["condition"],
            kept["outcome"],
            self.condition_label,
            self.outcome_label,
            list(kept["name"]),
            permutations,
            seed,
            _error_matrices(kept),
        )
        hidden = len(self.frame) - len(kept)
        if not hidden:
            return found
        what = counted(hidden, self.level)
        left_out = say("left out.few people", least=self.minimum_count, what=what)
        return replace(found, notes=(left_out, *found.notes))


_ERRORS = ["condition_error", "shared_error", "shared_error", "outcome_error"]


def _error_matrices(frame: pd.DataFrame) -> Floats | None:
    if not set(_ERRORS) <= set(frame):
        return None
    return frame[_ERRORS].to_numpy(float).reshape(-1, 2, 2)


def study_pairs(
    study: ChainStudy,
    condition: str = "",
    outcome: str = "",
    level: Literal["unit", "organisation"] = "unit",
    wave: str | int | None = None,
    at_hand: pd.DataFrame | None = None,
) -> Pairs:
    """Set two constructs side by side in all units or organisations of a study.

    Parameters
    ----------
    study, condition, outcome, level, wave
        As in :func:`study_necessity`.
    at_hand
        Indices by organisation, unit and wave, where they need not be computed again.

    Raises
    ------
    UnknownNameError
        If there is no such construct or wave.
    DriversError
        If the level is another.

    Examples
    --------
    >>> import workbench as wb
    >>> pairs = wb.drivers.study_pairs(wb.open_study("data/demo"), "people", "service")
    >>> pairs.frame[["organisation", "condition", "outcome"]].head(2).round(1)
            organisation  condition  outcome
    0  City of Eastbrook       78.5     70.1
    1  City of Eastbrook       67.7     64.8
    >>> found = pairs.of("Land Registry").necessity(permutations=99)
    >>> len(found.x)
    18
    """
    if level not in ("unit", "organisation"):
        raise DriversError(f"The level is {level!r}; choose 'unit' or 'organisation'.")
    wave = study.wave(wave)
    condition, outcome = ends_of(study, condition, outcome)
    labels = labels_of(study, (condition, outcome))
    keys = ["organisation", "unit"] if level == "unit" else ["organisation"]
    table = at_hand
    if table is None:
        table = indices(study, (condition, outcome), by=(*keys, "wave"))
    table = table[table["wave"] == wave]
    one, other = (_by_group(study, table, name, keys) for name in (condition, outcome))
    both = one.merge(other, on=keys, suffixes=("_one", "_other")).sort_values(keys)
    frame = pd.DataFrame(
        {
            "organisation": both["organisation"].to_numpy(),
            "name": both[keys[-1]].astype(str).to_numpy(),
            "condition": both["index_one"].to_numpy(float),
            "outcome": both["index_other"].to_numpy(float),
            "enough": (both["enough_one"] & both["enough_other"]).to_numpy(bool),
        }
    )
    if level == "unit":
        frame = frame.join(_errors(study, (condition, outcome), wave), on=["organisation", "name"])
    return Pairs(
        frame,
        labels[condition],
        labels[outcome],
        level,
        study.minimum_count,
        study.definition.necessity,
    )


def _errors(study: ChainStudy, names: tuple[str, str], wave: str) -> pd.DataFrame:
    """What is known of the errors of two indices, by organisation and unit."""
    keys, known = unit_errors(study, names, wave)
    table = pd.DataFrame(
        {
            "condition_error": known[:, 0, 0],
            "outcome_error": known[:, 1, 1],
            "shared_error": known[:, 0, 1],
        }
    )
    index = [keys["organisation"].to_numpy(), keys["unit"].astype(str).to_numpy()]
    return table.set_index(pd.MultiIndex.from_arrays(index))


def _by_group(
    study: ChainStudy, table: pd.DataFrame, construct: str, keys: list[str]
) -> pd.DataFrame:
    """The index of one construct by ``keys``, and whether enough people stand behind it."""
    people = study.sources[study.codebook.source_of(construct)].counts_people
    own = table.loc[table["construct"] == construct, [*keys, "index", "n"]]
    return own.assign(enough=own["n"] >= (study.minimum_count if people else 1))


def study_necessity(
    study: ChainStudy,
    condition: str = "",
    outcome: str = "",
    level: Literal["unit", "organisation"] = "unit",
    organisation: str | None = None,
    wave: str | int | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 1,
) -> Necessity:
    """Analyse whether a construct is necessary for another between units or organisations.

    The index of each (0–100) in every unit or organisation. Units with fewer respondents than the
    study's minimum are left out: a ceiling rests on single points, and what a handful of people
    say is neither firm enough for it nor fit to be shown.

    Parameters
    ----------
    study
        The study.
    condition, outcome
        Two constructs of the codebook; by default the first that ``study.toml`` names, or of its
        chain.
    level
        What a case is: ``"unit"`` or ``"organisation"``.
    organisation
        The units of one organisation; by default those of all.
    wave
        By default the latest.
    permutations, seed
        Of the permutation test.

    Raises
    ------
    UnknownNameError
        If there is no such construct, organisation or wave.
    DriversError
        If the level is another, or there are too few units, or one of the two does not vary.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.drivers.study_necessity(study, "people", "service", permutations=99)
    >>> found.frame[["ceiling", "effect", "accuracy"]].round(2)
      ceiling  effect  accuracy
    0  CE-FDH    0.17    100.00
    1  CR-FDH    0.17     96.88
    >>> print(found.words)
    The highest Service scores are missing where People scores are lowest: a medium effect, larger
    than expected by chance (d = 0.19 corrected for measurement error, 0.17 uncorrected, p = .020).
    This is consistent with a condition that is necessary in degree; it does not prove one, and does
    not say that there are no exceptions.
    """
    pairs = study_pairs(study, condition, outcome, level, wave)
    if organisation is not None:
        pairs = pairs.of(study.organisation(organisation))
    return pairs.necessity(permutations, seed)
