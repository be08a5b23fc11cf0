"""What organisations' estimates say together."""

import math
from collections.abc import Mapping

from workbench.interpretation import numbers
from workbench.interpretation.messages import say


def pooled_in_words(summary: Mapping[str, float], narrow: bool) -> str:
    """Tell the mean over organisations, how much they differ, and where another one would be.

    Parameters
    ----------
    summary
        The row of :attr:`workbench.benchmark.Pooled.summary`.
    narrow
        Whether the interval of the mean is narrower than without differences between organisations.
    """
    organisations, without = int(summary["organisations"]), int(summary["without_estimate"])
    if organisations == 0:
        return say("pooled.none")
    decimals = _decimals(summary["se"])

    def span(prefix: str = "") -> str:
        return numbers.interval(summary[f"{prefix}lower"], summary[f"{prefix}upper"], decimals)

    estimate = numbers.number(summary["estimate"], decimals)
    if organisations == 1:
        return say("pooled.one", estimate=estimate, span=span())
    told = [
        say(
            "pooled.several",
            organisations=organisations,
            estimate=estimate,
            span=span(),
            tau=numbers.number(summary["tau"], decimals),
            tau_span=span("tau_"),
            i2=numbers.number(summary["i2"], 0),
            prediction=span("prediction_"),
        )
    ]
    if organisations == 2:
        told.append(say("pooled.two"))
    if narrow:
        told.append(say("pooled.narrow"))
    if without:
        told.append(say(f"pooled.without.{'one' if without == 1 else 'some'}", without=without))
    return " ".join(told)


def _decimals(error: float) -> int:
    """As many decimals as show two digits of the error, at most 4."""
    return min(max(1 - math.floor(math.log10(error)), 0), 4) if error > 0 else 2
