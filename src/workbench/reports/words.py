"""From numbers to plain sentences. Pure functions; every sentence holds where its numbers hold.

Findings are worded as association ("goes with"): a survey at one point in time cannot show that
a change in one thing would be followed by a change in another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.chain.effects import difference_in_words
from workbench.figures import format as fmt
from workbench.measurement.reliability import ENOUGH
from workbench.sem.inference.comparison import Difference
from workbench.text import counted, ordinal


@dataclass(frozen=True)
class Change:
    """The difference between two waves with its 95 % interval.

    ``direction`` is ``"up"``, ``"down"`` or ``""``, as decided over all organisations
    (:func:`workbench.benchmark.index_changes`).
    """

    difference: float
    lower: float
    upper: float
    direction: str
    since: str


def change_in_words(found: Change | None) -> str:
    """ "up 3.1 points since 2023 (0.4 to 5.8)", or that there is no clear change.

    A change without an interval, of one unit or the same in all, is told and not judged.
    """
    if found is None:
        return ""
    points = fmt.points(found.difference)
    if fmt.is_missing(found.lower):
        alone = "from one unit, or the same in all units"
        return f"{points} since {found.since}, {alone}: it cannot be tested"
    span = fmt.interval(found.lower, found.upper, 1)
    if not found.direction:
        return f"no clear change since {found.since} ({points}, interval {span})"
    size = fmt.points(abs(found.difference)).lstrip("+")
    return f"{found.direction} {size} since {found.since} (interval {span})"


def why_no_interval(units: int, error: float) -> str:
    """Why an index has no interval (:func:`workbench.measurement.indices`)."""
    if units == 1:
        return "one unit only"
    if fmt.is_missing(error):
        return "no differences"
    return f"only {counted(units, 'unit')}"


def index_in_words(row: Mapping[str, float], decimals: int, missing: str = "not shown") -> str:
    """An index with its interval, or why it has none; ``row`` is one of ``indices``."""
    if fmt.is_missing(row["index"]) or not fmt.is_missing(row["lower"]):
        return fmt.estimate(row["index"], row["lower"], row["upper"], decimals, missing=missing)
    why = why_no_interval(int(row["units"]), row["se"])
    return f"{fmt.number(row['index'], decimals)} ({why}: no interval)"


def change_in_brief(found: Change) -> str:
    """ "up 3.1 points since 2023", or that there is no clear change."""
    if fmt.is_missing(found.lower):
        return change_in_words(found).split(",")[0]
    if not found.direction:
        return f"no clear change since {found.since}"
    return change_in_words(found).split(" (")[0]


def position_in_words(lower: float, upper: float, ranked: int) -> str:
    """Where among the others, as a range: "probably between 3rd and 9th of 34".

    A range from the first to the last says nothing, so that is said.
    """
    if fmt.is_missing(lower) or fmt.is_missing(upper) or ranked < 2:
        return ""
    if round(lower) == round(upper):
        return f"{ordinal(lower)} of {ranked}"
    if round(lower) == 1 and round(upper) == ranked:
        return f"its place among the {ranked} cannot be told"
    return f"probably between {ordinal(lower)} and {ordinal(upper)} of {ranked}"


def strength_in_words(strength: float) -> str:
    """Name the size of a standardised link by Cohen's (1988) marks of .1, .3 and .5."""
    size = abs(strength)
    if size < 0.1:
        return "very weak"
    if size < 0.3:
        return "weak"
    if size < 0.5:
        return "moderate"
    return "strong"


def link_in_words(source: str, target: str, strength: float, lower: float, upper: float) -> str:
    """One link as a sentence: whether higher goes with higher, how strongly, how surely."""
    span = fmt.estimate(strength, lower, upper)
    if fmt.is_missing(strength) or fmt.is_missing(lower) or fmt.is_missing(upper):
        return f"The link between {source} and {target} could not be estimated."
    if lower <= 0 <= upper:
        return f"The data cannot tell whether {target} is higher where {source} is higher ({span})."
    direction = "higher" if strength > 0 else "lower"
    return (
        f"Where {source} is higher, {target} is {direction}: a {strength_in_words(strength)} link, "
        f"{span}."
    )


FEW_LINKS = 4
_STRENGTHS = ("strong", "moderate", "weak", "very weak")


def links_in_words(found: Sequence[tuple[str, str, float, float, float]]) -> str:
    """Links (source, target, strength, lower, upper): few as sentences, many sorted by strength."""
    if len(found) <= FEW_LINKS:
        return " ".join(link_in_words(*one) for one in found)
    by_size: dict[str, list[str]] = {size: [] for size in _STRENGTHS}
    unclear, missing = [], []
    for source, target, strength, lower, upper in found:
        name = f"{source} → {target}"
        told = f"{name} {fmt.estimate(strength, lower, upper)}"
        if any(fmt.is_missing(value) for value in (strength, lower, upper)):
            missing.append(name)
        elif lower <= 0 <= upper:
            unclear.append(told)
        else:
            by_size[strength_in_words(strength)].append(told)
    named = [(f"{size.capitalize()} links", told) for size, told in by_size.items()]
    named += [("Not clearly different from 0", unclear), ("Not estimated", missing)]
    paragraphs = [f"**{title}:** {'; '.join(told)}." for title, told in named if told]
    lead = "Where the first is higher the second is higher too; with a minus sign, it is lower."
    return "\n\n".join([lead, *paragraphs])


NOTHING_TO_TEST = (
    "The model fits any data perfectly (0 degrees of freedom), so its fit cannot be tested."
)


def fit_in_a_word(cfi: float, rmsea: float, srmr: float, df: float) -> str:
    """How well a model reproduces the data, by the marks of Hu & Bentler (1999).

    "well": CFI ≥ .95, RMSEA ≤ .06 and SRMR ≤ .08. "acceptably": CFI ≥ .90, RMSEA ≤ .08 and
    SRMR ≤ .10 (the looser marks of common use). Otherwise "poorly"; "nothing to test" without
    degrees of freedom.
    """
    if df == 0:
        return "nothing to test"
    if any(fmt.is_missing(value) for value in (cfi, rmsea, srmr)):
        return "not known"
    if cfi >= 0.95 and rmsea <= 0.06 and srmr <= 0.08:
        return "well"
    if cfi >= 0.90 and rmsea <= 0.08 and srmr <= 0.10:
        return "acceptably"
    return "poorly"


def fit_in_words(cfi: float, rmsea: float, srmr: float, df: float) -> str:
    """Say how well a model reproduces the data, as :func:`fit_in_a_word` with the numbers."""
    numbers = f"CFI {fmt.number(cfi, 3)}, RMSEA {fmt.number(rmsea, 3)}, SRMR {fmt.number(srmr, 3)}"
    how = fit_in_a_word(cfi, rmsea, srmr, df)
    if how == "nothing to test":
        return NOTHING_TO_TEST
    if how == "not known":
        return f"Not all measures of fit could be computed ({numbers})."
    if how != "poorly":
        return f"The model fits the data {how} ({numbers})."
    return (
        f"The model fits the data poorly ({numbers}): it misses something in the data, so "
        "interpret its links with caution."
    )


def fit_of(measures: Mapping[str, float]) -> dict[str, float]:
    """What :func:`fit_in_words` goes by, of :func:`workbench.sem.reported_measures`."""
    return {name: measures[name] for name in ("cfi", "rmsea", "srmr", "df")}


def model_in_words(measures: Mapping[str, float], test: Difference) -> str:
    """How well a model fits, of :func:`workbench.sem.reported_measures`, and its test."""
    fits = fit_in_words(**fit_of(measures))
    if measures["df"] == 0:
        return fits
    return f"{fits} Robust {difference_in_words(test)}."


def alpha_in_words(alpha: float, lower: float, upper: float, reason: str) -> str:
    """An alpha with its interval, or why there is none."""
    return fmt.estimate(alpha, lower, upper, missing=f"no estimate: {reason}")


def reliability_in_words(alpha: float) -> str:
    """Say what a reliability allows, .70 for groups and .90 for persons (Nunnally 1978)."""
    if fmt.is_missing(alpha):
        return "could not be estimated"
    if alpha >= 0.9:
        return "excellent"
    if alpha >= ENOUGH:
        return "good enough to compare groups"
    return "too low to rely on the score alone"
