"""What rival models of the same data say of each other."""

from collections.abc import Sequence
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import BIC_GAP, SIGNIFICANCE
from workbench.interpretation.fit import Tested, statistic_in_words
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.text import capitalised


class Nested(StrEnum):
    """How a model fits beside a wider one that it is nested in."""

    WORSE = "worse"
    NO_WORSE = "no worse"


def nested(pvalue: float) -> Nested:
    """Judge the test of their difference."""
    return Nested.WORSE if pvalue < SIGNIFICANCE else Nested.NO_WORSE


def nested_in_words(model: str, wider: str, test: Tested) -> str:
    """How a model fits beside a wider one."""
    return say(
        f"rivals.nested.{nested(test.pvalue)}",
        model=capitalised(model),
        wider=wider,
        test=statistic_in_words(test),
    )


def disagreement_in_words(model: str, wider: str, pvalue: float, gap: float) -> str:
    """That BIC and the test of a model within a wider one choose differently, or "".

    ``gap`` is the wider model's BIC less that of the model. BIC adds log(n) for a parameter, where
    a test at 5 % asks for 3.84 of one: from 47 rows on it may keep a link out that the test keeps.
    """
    found = nested(pvalue)
    against = gap if found is Nested.WORSE else -gap
    if not against >= BIC_GAP:
        return ""
    told = {"model": model, "wider": wider, "gap": numbers.number(against, 1)}
    return say(f"rivals.bic disagrees.{found}", **told)


def equivalent_in_words(models: Sequence[str], *, saturated: bool) -> str:
    """That no data can distinguish some models; ``saturated`` ones link all constructs."""
    key = "saturated" if saturated else "equivalent"
    return say(f"rivals.alike.{key}", models=listed(models))


def untestable_in_words(model: str) -> str:
    """That a model links all constructs, so that no data can test it by itself."""
    return say("rivals.untestable", model=model)


def lowest_bic_in_words(model: str, gap: float) -> str:
    """Which model has the lowest BIC and by how much, or "" where that is next to nothing."""
    return say("rivals.bic", model=model, gap=numbers.number(gap, 1)) if gap >= BIC_GAP else ""


def unusable_rival_in_words(model: str, reason: str) -> str:
    """That a model cannot be compared, and why."""
    return say("rivals.unusable", model=capitalised(model), reason=reason)
