"""How likely a study is to detect a link."""

from dataclasses import dataclass

from workbench.interpretation import numbers
from workbench.interpretation.messages import say


@dataclass(frozen=True)
class LinkPower:
    """The power of a study's design for one link; what the numbers are stands in ``Power``."""

    source: str
    target: str
    size: float
    units: int
    organisations: int
    respondents: tuple[float, float]
    spread: float
    power: float
    needed: int | None
    most_units: int
    target_power: float


def power_in_words(found: LinkPower) -> str:
    """In how many studies like this the link would be detected, and how many units that takes."""
    several = found.organisations > 1
    each = _respondents_each(found.respondents)
    counts = {
        "units": numbers.count(found.units),
        "organisations": numbers.count(found.organisations),
    }
    design = say(f"power.design.{'several' if several else 'one'}", each=each, **counts)
    told = [
        say(
            f"power.{'within' if several else 'plain'}",
            share=_share(found.power, first=True),
            design=design,
            source=found.source,
            target=found.target,
            size=numbers.number(found.size),
        ),
        say("power.detects"),
    ]
    if several:
        told.append(say("power.spread", spread=numbers.number(found.spread)))
    needed = found.most_units if found.needed is None else found.needed
    told.append(
        say(
            f"power.needed.{'beyond' if found.needed is None else 'units'}"
            f"{'.in organisations' if several else ''}",
            power=numbers.percent(found.target_power),
            units=numbers.count(needed),
        )
    )
    return " ".join(told)


def close_fit_in_words(df: int, power: float, units: int, needed: int, target: float) -> str:
    """The power of a chain's test of close fit."""
    return say(
        "power.close fit",
        df=df,
        power=_share(power),
        units=numbers.count(units),
        needed=numbers.count(needed),
        target=numbers.percent(target),
    )


def _respondents_each(respondents: tuple[float, float]) -> str:
    low, high = (numbers.number(number, 0) for number in sorted(respondents))
    if high == "1":
        return say("power.one row")
    return say(f"power.respondents.{'same' if low == high else 'range'}", low=low, high=high)


def _share(power: float, *, first: bool = False) -> str:
    """A power in percent, which may be a sentence's first word; no simulation finds certainty."""
    if power <= 0.99:
        return numbers.percent(power)
    return say(f"power.nearly all{'.first' if first else ''}")
