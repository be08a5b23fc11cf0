"""What a study says of drivers: the table ``[drivers]`` of ``study.toml``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.study.codebook import Codebook
from workbench.text import nearest

_KEYS = ("chain", "outcomes", "conditions", "drivers")

Fault = Callable[[str], None]


@dataclass(frozen=True)
class DriverChoice:
    """What reports tell of drivers; what is empty follows from the chains.

    Attributes
    ----------
    chain
        Which chain says what comes before an outcome, of the outcomes that it has anything before.
    outcomes
        The constructs whose drivers are told.
    conditions
        The constructs that may be necessary for the outcomes.
    by_outcome
        The drivers of an outcome, constructs or items; under "" those of all outcomes that are not
        named.
    """

    chain: str = ""
    outcomes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    by_outcome: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def drivers_of(self, outcome: str) -> list[str]:
        """Return the drivers that are named for an outcome, without itself; none if none are."""
        named = self.by_outcome.get(outcome, self.by_outcome.get("", ()))
        return [name for name in named if name != outcome]


def read_choice(table: Mapping[str, Any], fault: Fault) -> DriverChoice:
    """Return what a table ``[drivers]`` says, and tell every fault.

    Parameters
    ----------
    table
        ``drivers`` in it is a list, or a table with a list for each outcome.
    fault
        Is told what is wrong, in a sentence without its file.

    Examples
    --------
    >>> found = read_choice({"outcomes": ["service"], "drivers": {"service": ["speed"]}}, print)
    >>> found.drivers_of("service")
    ['speed']
    >>> read_choice({"outcomes": "service"}, print).outcomes
    key 'drivers.outcomes' is 'service'; write a list of names, as in ["service", "trust"]
    ()
    """
    for key in table:
        if key not in _KEYS:
            fault(
                f"key {'drivers.' + key!r} is not known; the keys here are {', '.join(_KEYS)}."
                f"{nearest(key, _KEYS)}"
            )
    chain = table.get("chain", "")
    if not isinstance(chain, str):
        fault(f"key 'drivers.chain' is {chain!r}; write the name of a chain in quotation marks")
        chain = ""
    named = table.get("drivers", {})
    by_outcome = named if isinstance(named, Mapping) else {"": named}
    return DriverChoice(
        chain,
        _names(table.get("outcomes", []), "outcomes", fault),
        _names(table.get("conditions", []), "conditions", fault),
        {
            outcome: _names(listed, f"drivers.{outcome}".removesuffix("."), fault)
            for outcome, listed in by_outcome.items()
        },
    )


def _names(listed: Any, key: str, fault: Fault) -> tuple[str, ...]:
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        fault(
            f"key {'drivers.' + key!r} is {listed!r}; write a list of names, as in "
            '["service", "trust"]'
        )
        return ()
    for name in dict.fromkeys(name for name in listed if listed.count(name) > 1):
        fault(f"key {'drivers.' + key!r} names {name!r} twice; name it once")
    return tuple(dict.fromkeys(listed))


def unknown_names(choice: DriverChoice, codebook: Codebook) -> list[str]:
    """What is named and not in the codebook, a sentence each without the file's name."""
    constructs = codebook.constructs
    either = [*constructs, *codebook.frame["item"]]
    asked = [
        ("outcomes", choice.outcomes, constructs),
        ("conditions", choice.conditions, constructs),
        ("drivers", [outcome for outcome in choice.by_outcome if outcome], constructs),
        *(
            (f"drivers.{outcome}".removesuffix("."), names, either)
            for outcome, names in choice.by_outcome.items()
        ),
    ]
    return [
        f"key {'drivers.' + key!r} names {name!r}, which is no construct"
        f"{' or item' if known is either else ''} of the codebook; correct one of the two."
        f"{nearest(name, known)}"
        for key, names, known in asked
        for name in names
        if name not in known
    ]
