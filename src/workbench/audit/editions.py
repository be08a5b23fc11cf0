"""What a few people answered who were added, or left, between two editions of the same pages."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.audit.findings import Finding
from workbench.audit.questions import Told, behind, told
from workbench.audit.reading import Page
from workbench.audit.rules import Rules


def differences(pages: Sequence[Page], earlier: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give the questions for which the difference of two editions tells a few people's answers."""
    before = {one.key: one for page in earlier for one in told(page)}
    for page in pages:
        for one in told(page):
            was = before.get(one.key)
            if was is None or was.codes != one.codes:
                continue
            changed = _changed(was, one, rules)
            if changed is None:
                continue
            answers = ", ".join(
                f"{abs(number)} × {code}"
                for code, number in zip(one.codes, changed.tolist(), strict=True)
                if number
            )
            verb = "were added" if changed.sum() > 0 else "left"
            people = abs(int(changed.sum()))
            yield Finding(
                one.page.name, one.table, one.row, "n",
                f"With the earlier edition it tells what the {people} people answered who {verb}: "
                f"{answers}.",
                "Leave the group as in the earlier edition until more have answered.",
            )  # fmt: skip


def _changed(was: Told, now: Told, rules: Rules) -> NDArray[np.int64] | None:
    """Return how many more gave each answer, None unless whole numbers of few people say so."""
    counts = [_counts(one) for one in (was, now)]
    if counts[0] is None or counts[1] is None:
        return None
    change = counts[1] - counts[0]
    more = int(change.sum())
    if not 0 < abs(more) < rules.minimum_count:
        return None
    return change if (change * np.sign(more) >= 0).all() else None


def _counts(one: Told) -> NDArray[np.int64] | None:
    """Return the only numbers of people that can be behind published shares, None if many can."""
    bounds = behind(one)
    return bounds[0] if bounds is not None and (bounds[0] == bounds[1]).all() else None
