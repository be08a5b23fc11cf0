"""Questions that are hidden beside their index, held against all people that a page leaves open."""

from itertools import product

import numpy as np
import pytest

from workbench.interpretation import numbers
from workbench.reports.beside_indices import ShownIndex, hidden_beside
from workbench.reports.disclosure import Spread, blurred_together


def spread(*counts: int) -> Spread:
    given = np.array(counts, float)
    return Spread(np.arange(1.0, len(given) + 1), given / given.sum(), given)


def hidden(spreads: dict[str, Spread], index: float, people: int) -> list[str]:
    told = blurred_together(spreads, [list(spreads)])
    assert not any(isinstance(one, str) for one in told.values())
    found = hidden_beside(told, spreads, [ShownIndex(list(spreads), index, people)])
    return [item for item, one in found.items() if isinstance(one, str)]


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages tell how many people answered."""
    monkeypatch.setattr(numbers, "EXACT_FROM", 0)


@pytest.mark.usefixtures("exact")
def test_an_index_of_people_who_left_questions_out_hides_what_it_seems_to_tell() -> None:
    """Of ten people who answered each question eleven have an index. It is ten who have one on the
    page: whoever takes them for the same ten reads of 70 that 2, 2 and 6 people gave the answers
    of the first question, which is so, and of the second, which is not."""
    spreads = {"q1": spread(2, 2, 6), "q2": spread(3, 2, 5)}
    assert hidden(spreads, 70.0, 10) == ["q1", "q2"]
    assert hidden(spreads, 65.0, 10) == []


def test_ranges_of_people_leave_it_open() -> None:
    assert hidden({"q1": spread(3, 3, 6), "q2": spread(3, 2, 7)}, 62.5, 12) == []


def rounded(counts: np.ndarray) -> np.ndarray:
    return 3 * np.round(counts / 3)


def seems(spreads: dict[str, Spread], index: float, decimals: int) -> list[str]:
    """What whoever takes it that all answered finds by trying every number of people, of questions
    that as many answered: those that, rounded to three, have the published shares."""
    people = int(next(iter(spreads.values())).counts.sum())
    of_each = []
    for one in spreads.values():
        told = rounded(one.counts)
        published = np.round(100 * told / told.sum()) / 100
        every = [own for own in product(range(people + 1), repeat=3) if sum(own) == people]
        shares = [
            rounded(np.array(found)) / max(sum(rounded(np.array(found))), 1) for found in every
        ]
        near = [np.abs(one - published).max() <= 0.005 + 1e-9 for one in shares]
        of_each.append([found for found, fits in zip(every, near, strict=True) if fits])
    fitting = [
        found
        for found in product(*of_each)
        if abs(
            sum(np.dot(own, one.points) for own, one in zip(found, spreads.values(), strict=True))
            / (people * len(spreads))
            - round(index, decimals) / 100
        )
        <= 0.005 / 10**decimals + 1e-9
    ]
    single = []
    for at, item in enumerate(spreads):
        for answer in range(len(spreads[item].counts)):
            own = [found[at][answer] for found in fitting]
            if own and min(own) >= 1 and max(own) <= 2:
                single.append(item)
    return list(dict.fromkeys(single))


@pytest.mark.usefixtures("exact")
def test_it_is_what_trying_every_number_of_people_finds() -> None:
    """Indices that are not those of the answers, as where people left some of them out."""
    rng = np.random.default_rng(1)
    tried = 0
    for _ in range(60):
        n = int(rng.integers(10, 20))
        spreads = {name: spread(*rng.multinomial(n, [0.3, 0.2, 0.5])) for name in ("q1", "q2")}
        told = blurred_together(spreads, [list(spreads)])
        if any(isinstance(one, str) for one in told.values()):
            continue
        answers = sum(one.counts @ one.points for one in spreads.values())
        index = float(100 * answers / (2 * n) + rng.uniform(-8, 8))
        expected = {item for decimals in (0, 1) for item in seems(spreads, index, decimals)}
        assert set(hidden(spreads, index, n)) == expected
        tried += bool(expected)
    assert tried >= 3
