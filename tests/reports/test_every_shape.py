"""Every page comes for every shape of study, or says in a sentence why a part cannot."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from builders import write_chain, write_study

from workbench import reports
from workbench.chain import ChainStudy, open_study
from workbench.reports.keynumbers import KeyNumbers
from workbench.reports.shared import compute

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@dataclass(frozen=True)
class Shape:
    """A study to be made: constructs in a row, each going with the one before it."""

    chain: str = "public-sector-service-value-chain"
    sources: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"employees": ("people",), "clients": ("service", "trust")}
    )
    rows: str = "respondents"
    units: tuple[int, ...] = (6, 6, 6)
    people: int = 6
    items: int = 2
    waves: tuple[str, ...] = ()
    link: float = 1.0
    own_chain: tuple[str, ...] = ()
    constant: str = ""
    unreadable: str = ""
    quoted: bool = False

    def write(self, folder: Path) -> Path:
        """Write the study, the same for the same shape."""
        rng = np.random.default_rng(1)
        answers: dict[str, pd.DataFrame] = {}
        asked: dict[str, dict[str, list[str]]] = {}
        places = [(org, unit) for org, units in enumerate(self.units) for unit in range(units)]
        level = rng.normal(size=(len(self.waves) or 1, len(places)))
        for source, constructs in self.sources.items():
            asked[source] = {}
            cells: dict[str, list[float]] = {}
            keys: list[tuple[str, str, str]] = []
            for construct in constructs:
                level = self.link * level + rng.normal(scale=0.7, size=level.shape)
                mark = "'\"" if self.quoted else "_"
                names = [f"{construct}{mark}{i + 1}" for i in range(self.items)]
                asked[source][construct] = names
                cells |= {name: [] for name in names}
                keys = []
                for (wave, place), mean in np.ndenumerate(level):
                    org, unit = places[place]
                    for _ in range(self.people if self.rows == "respondents" else 1):
                        person = mean + rng.normal(scale=0.5)
                        keys.append(((*self.waves, "")[wave], f"Town {org + 1}", f"u{org}-{unit}"))
                        for name in names:
                            answer = np.clip(np.round(3 + person + rng.normal(scale=0.6)), 1, 5)
                            cells[name].append(3 if name == self.constant else answer)
            frame = pd.DataFrame(keys, columns=["wave", "org", "office"]).assign(**cells)
            if not self.waves:
                frame = frame.drop(columns="wave")
            if source == self.unreadable:
                frame = frame.assign(**{name: [f"{v}?" for v in cells[name]] for name in cells})
            answers[source] = frame
        write_study(
            folder,
            answers,
            asked,
            chain=self.chain,
            keys={"organisation": "org", "unit": "office"},
            settings={"simulated": False},
            sources={source: {"rows": self.rows} for source in self.sources},
        )
        if self.own_chain:
            write_chain(folder, self.chain, *pairwise(self.own_chain))
        return folder


OWN = ("calm", "pace", "pride")
SHAPES = {
    "employees only, one item": Shape(
        "drivers-of-engagement", {"staff": ("recognition", "people")}, items=1
    ),
    "clients only, two waves of units": Shape(
        "citizens-first",
        {"clients": ("access", "service", "trust")},
        rows="units",
        waves=("June 2021", "March 2022"),
        units=(5, 5, 5),
    ),
    "a chain of one's own, one alone has links": Shape(
        "ours", {"a": OWN[:1], "b": OWN[1:]}, own_chain=OWN, units=(20, 1, 1), people=12
    ),
    "one organisation, quotes in names": Shape(units=(20,), quoted=True, items=1),
    "one unit each, too few people": Shape(units=(1,) * 8, waves=("2023", "2024")),
    "nothing explained": Shape(
        "ours", {"a": OWN}, own_chain=OWN, link=0.0, units=(3, 3), people=12
    ),
    "a source set aside, an item all equal": Shape(unreadable="employees", constant="trust_1"),
    "all set aside": Shape("ours", {"a": OWN}, own_chain=OWN, unreadable="a"),
}
SAYS = {
    "employees only, one item": ("drivers", "headline", "The drivers together account for"),
    "clients only, two waves of units": ("organisation", "trend", "March 2022"),
    "a chain of one's own, one alone has links": (
        "organisation",
        "what_if",
        "Where Pace is 5 points higher, Pride is",
    ),
    "one organisation, quotes in names": (
        "organisation",
        "findings",
        "This is so across the units of this organisation.",
    ),
    "one unit each, too few people": (
        "organisation",
        "findings",
        "fewer than 10 people in employees answered",
    ),
    "nothing explained": ("organisation", "priorities", "explain almost none of the differences"),
    "a source set aside, an item all equal": (
        "organisation",
        "cards",
        "[x]",
    ),
    "all set aside": ("benchmark", "links_table", "could not be estimated"),
}


NOWHERE = {
    "drivers scorecard",
    "drivers records",
    "benchmark types",
    "benchmark norms",
    "benchmark themes",
    "benchmark segments",
    "organisation norms",
    "organisation records",
    "organisation themes",
    "chain held_equal",
    "drivers channels",
    "organisation channels",
    "chain satisfaction_index",
    "chain circle",
    "chain moderation",
    "trends growth",
    "trends again",
    "trends adopters",
}
"""Sections that need what none of the shapes has."""
UNESTIMATED = {
    "one unit each, too few people",
    "nothing explained",
    "a source set aside, an item all equal",
    "all set aside",
}
OF_TWO_WAVES = {"clients only, two waves of units", "one unit each, too few people"}
LEFT_OUT = {
    "technical uncorrected": {
        "employees only, one item",
        "clients only, two waves of units",
        *UNESTIMATED,
    },
    "organisation picture": {"one unit each, too few people", "all set aside"},
    "organisation positive": {
        "clients only, two waves of units",
        "one unit each, too few people",
        "all set aside",
    },
    "drivers other_outcomes": {"employees only, one item"},
    "chain two_levels": set(SHAPES) - {"employees only, one item"},
    "chain pass_through": set(SHAPES) - {"one organisation, quotes in names"},
    "chain exclusion": {"employees only, one item", *UNESTIMATED},
    "chain expected_signs": UNESTIMATED,
    "chain between_organisations": {
        "one organisation, quotes in names",
        "one unit each, too few people",
        "all set aside",
    },
    **{
        f"trends {section}": set(SHAPES) - OF_TWO_WAVES
        for section in (
            *("trends", "changes_table", "latent_means", "links", "panel", "change_with_change"),
            "method",
        )
    },
}
"""Further sections that say nothing, with the shapes that give them nothing to say."""


def text_of(html: str) -> str:
    return re.sub(r"<[^>]*>", " ", html).strip()


def sections(page: str) -> Iterator[str]:
    """The methods of its report that a notebook calls, in their order."""
    notebook = json.loads((NOTEBOOKS / f"{page}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            yield from re.findall(r"^report\.(\w+)\(.*\)$", "".join(cell["source"]), re.MULTILINE)


def shown(report: Any, page: str) -> dict[str, str]:
    """What every section of a page shows."""
    parts = {name: getattr(report, name)() for name in sections(page)}
    numbers = parts.pop("key_numbers")
    assert isinstance(numbers, KeyNumbers)
    assert numbers.numbers or page == "technical"  # whose card is its name
    return {name: part.html for name, part in parts.items()}


def pages(study: ChainStudy) -> dict[str, Any]:
    """Every report of a study, that of an organisation for its last one."""
    shared = compute(study)
    last = study.organisations["organisation"].iloc[-1]
    return {
        "benchmark": reports.benchmark_report(study, shared=shared),
        "technical": reports.technical_report(study, shared=shared),
        "organisation": reports.organisation_report(study, last, shared=shared),
        "drivers": reports.drivers_report(study, shared=shared),
        "chain": reports.chain_report(study),
        "measurement": reports.measurement_report(study),
        "trends": reports.trends_report(study),
    }


# Where units are said to have too few answers for their sampling error, pages say so too.
@pytest.mark.filterwarnings("ignore:.*no unit has two answers:workbench.errors.DataWarning")
@pytest.mark.parametrize("name", SHAPES)
def test_every_page_comes_and_says_so_where_a_part_cannot(name: str, tmp_path: Path) -> None:
    found = {
        (page, section): html
        for page, report in pages(open_study(SHAPES[name].write(tmp_path / "study"))).items()
        for section, html in shown(report, page).items()
    }
    left_out = {f"{page} {part}" for (page, part), html in found.items() if not text_of(html)}
    assert left_out == NOWHERE | {place for place in LEFT_OUT if name in LEFT_OUT[place]}
    for place, html in found.items():
        words = text_of(html)
        assert not re.search(r"\b(nan|inf|None)\b", words), place
        assert str(tmp_path) not in html, place
        weights = r"\bweighted[ ,](?!by)|with their weights"  # which none of the shapes has
        assert not re.search(weights, words), place
    page, section, words = SAYS[name]
    assert words in found[page, section]
