"""Counts and lists of names, in the language that is spoken.

For errors, which programs tell in English, :mod:`workbench.text` has the same.
"""

from collections.abc import Iterable
from typing import Literal

from workbench.interpretation import numbers
from workbench.interpretation.languages import spoken
from workbench.interpretation.messages import say
from workbench.text import capitalised as capitalised


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, one of the messages ``count.…``.

    >>> counted(1, "unit"), counted(1204, "unit")
    ('1 unit', '1,204 units')
    """
    return say(f"count.{noun}", count=int(number))


def counted_people(number: int, noun: Literal["answer", "respondent"]) -> str:
    """Return a number of people with its noun, see :func:`workbench.interpretation.numbers.people`.

    >>> counted_people(1204, "answer"), counted_people(64, "respondent")
    ('1,204 answers', '60 to 69 respondents')
    """
    if number >= numbers.EXACT_FROM:
        return counted(number, noun)
    return say(f"people.{noun}", people=numbers.people(number))


def listed(
    names: Iterable[object],
    last: Literal["and", "or", "and of"] = "and",
    most: int | None = None,
) -> str:
    """Return names as a sentence lists them, at most the first ``most``; "none" if there are none.

    >>> listed(["a"]), listed(["a", "b", "c"]), listed(["a", "b"], "or")
    ('a', 'a, b and c', 'a or b')
    >>> listed(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    told = [str(name) for name in names]
    if most is not None and len(told) > most:
        told[most:] = [say("names.more", count=len(told) - most)]
    if not told:
        return say("list.none")
    if len(told) == 1:
        return told[0]
    return say(f"list.{last}", names=say("list.comma").join(told[:-1]), last=told[-1])


def ordinal(number: float) -> str:
    """Return the place that a number stands for, rounded to a whole one.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 21.2)]
    ['1st', '2nd', '3rd', '4th', '11th', '21st']
    """
    whole = round(number)
    return say(f"number.ordinal.{spoken().ordinal_form(whole)}", number=whole)
