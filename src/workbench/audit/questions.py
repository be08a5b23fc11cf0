"""What pages tell of a question's answers: shares, mean, number of people, and how rounded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.audit import vectors
from workbench.audit.reading import PEOPLE, Page, People, Table, decimals, numbers, people
from workbench.audit.vectors import Bounds

_RULE = re.compile(
    r"fewer than (\d+) people answered a question.{0,80}?rounded to the nearest (\d+)", re.DOTALL
)


@dataclass(frozen=True)
class Told:
    """One question as a page tells it.

    Attributes
    ----------
    page, table, row
        Where it stands; ``row`` is the wording.
    codes, shares
        The answers of the scale, and the share of each (0–1).
    tolerance
        How far a share may be from the one that is shown.
    n, mean
        The number of people and their mean, None where not told; ``mean_tolerance`` is as above.
    base
        Numbers of people were rounded to a multiple of this before shares were computed; 1 if not.
    """

    page: Page
    table: str
    row: str
    codes: tuple[int, ...]
    shares: tuple[float, ...]
    tolerance: float
    n: People | None = None
    mean: float | None = None
    mean_tolerance: float = 0.0
    base: int = 1

    @property
    def key(self) -> tuple[str, str, str]:
        """Whose answers to what these are, on whichever page."""
        return (self.page.organisation or self.page.name, self.page.wave, self.row)


def told(page: Page) -> Iterator[Told]:
    """Give the questions whose shares a page tells in a table."""
    for table in page.tables:
        codes = _codes(table)
        if not codes:
            continue
        for row in table.rows:
            cells = row[1 : 1 + len(codes)]
            written = [numbers(cell) for cell in cells]
            if not all(len(one) == 1 for one in written):
                continue
            n, mean = _beside(page, table, row[0])
            yield Told(
                page,
                table.caption,
                row[0],
                codes,
                tuple(float(one[0]) / 100 for one in written),
                half_a_digit(written[0][0]) / 100,
                n,
                float(mean) if mean else None,
                half_a_digit(mean),
                stated_base(page, n.least if n else 0),
            )


def stated_base(page: Page, n: int) -> int:
    """Return the multiple to which a page says it rounds numbers of ``n`` people; 1 if none."""
    stated = _RULE.search(page.text)
    return int(stated.group(2)) if stated and n < int(stated.group(1)) else 1


def behind(one: Told) -> Bounds | None:
    """Return the least and largest number of people who can have given each answer.

    None where no whole numbers have these shares.
    """
    of_each = [found for n in one.n.every if (found := behind_of(one, n))] if one.n else []
    return vectors.joined(of_each)


def behind_of(one: Told, n: int) -> Bounds | None:
    """Return the same if ``n`` people answered."""
    return vectors.of_published(
        one.codes, one.shares, one.tolerance, n, one.base, one.mean, one.mean_tolerance
    )


@dataclass(frozen=True)
class Index:
    """An index as an organisation's page tells it: n, a part of its range (0–1), its tolerance."""

    n: People
    part: float
    tolerance: float


def indices(page: Page) -> dict[str, Index]:
    """Return the indices of an organisation's page by construct, as finely as it tells them.

    From its cards, and from the drawing of its chain.
    """
    found = {}
    for card in page.root.find_all("dl"):
        title, value = card.find("dt"), card.find("dd", class_="wb-value")
        counted = re.search(rf"({PEOPLE}) answers?(?: from|,)", card.get_text(" "))
        written = numbers(value.get_text()) if value is not None else []
        n = people(counted.group(1)) if counted else None
        if title is None or not written or n is None:
            continue
        name = title.get_text().strip()
        drawn = re.search(rf"(?<!\w){re.escape(name)}: index (\d+(?:\.\d+)?)", page.text)
        finest = max(written[0], drawn.group(1) if drawn else "", key=decimals)
        found[name] = Index(n, float(finest) / 100, half_a_digit(finest) / 100)
    return found


def half_a_digit(number: str) -> float:
    """Return how far a number may be from the one that is written, with room for binary digits.

    >>> round(half_a_digit("12.3"), 6)
    0.05
    """
    return 0.5 * 10.0 ** -decimals(number) * (1 + 1e-9)


def _codes(table: Table) -> tuple[int, ...]:
    """Return the answers that head the columns, one after another; none in other tables."""
    heads = [re.match(r"(\d+)(?:\s|$)", heading) for heading in table.columns[1:]]
    codes = tuple(int(head.group(1)) for head in heads if head)
    runs = len(codes) > 1 and codes == tuple(range(codes[0], codes[0] + len(codes)))
    return codes if runs and all(heads[: len(codes)]) else ()


def _beside(page: Page, table: Table, row: str) -> tuple[People | None, str]:
    """Return n and mean of a question, from its own table or the one that it belongs to."""
    family = table.caption.removesuffix(": all shares")
    for other in sorted(page.tables, key=lambda one: one.caption != family):
        for cells in other.rows:
            if cells[0] != row or (_codes(other) and other is not table):
                continue
            at, mean_at = other.column("n", "Answers"), other.column("Mean")
            mean = (numbers(cells[mean_at]) or [""])[0] if mean_at is not None else ""
            said = re.search(rf"n = ({PEOPLE})", " ".join(cells))
            n = people(cells[at]) if at is not None else people(said.group(1)) if said else None
            if n is not None:
                return n, mean
    return None, ""
