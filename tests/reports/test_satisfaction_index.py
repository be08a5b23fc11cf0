"""The satisfaction index as its publisher tells it: over the waves, and among sectors."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from builders import write_study

import workbench as wb
from workbench.chain import ChainStudy
from workbench.figures import Fragment
from workbench.interpretation.languages import using_language
from workbench.reports.satisfaction import (
    SatisfactionFindings,
    among_sectors,
    over_waves,
    satisfaction_findings,
)

WEIGHTS = pd.Series({"s1": 0.6, "s2": 0.4})


def drawn(folder: Path, people: int) -> ChainStudy:
    """Six organisations, 60 points in 2023 and 54 in 2024; ports 10 points above towns."""
    rng = np.random.default_rng(4)
    rows = []
    for year, level in ((2023, 60), (2024, 54)):
        for number in range(6):
            for unit in range(6):
                mean = level + 10 * (number % 2) - 5 + rng.normal(0, 1)
                said = np.clip(mean + rng.normal(0, 5, (people, 3)), 0, 100).round()
                rows += [(f"O{number}", f"{number}.{unit}", year, *row) for row in said.tolist()]
    table = pd.DataFrame(rows, columns=["organisation", "unit", "wave", "s1", "s2", "a1"])
    asked = {"clients": {"service": ["s1", "s2"], "access": ["a1"]}}
    path = write_study(folder, {"clients": table}, asked, scale=(0, 100))
    kinds = [(f"O{number}", f"O{number}", "port" if number % 2 else "town") for number in range(6)]
    frame = pd.DataFrame(kinds, columns=["organisation", "name", "type"])
    frame.to_csv(path / "organisations.csv", index=False)
    (path / "norms.csv").write_text(
        "measure,score,source,date,type\nservice,70,Institute,2024,banks\n"
        "service,50,Institute,2024,railways\naccess,99,Institute,2024,banks\n"
    )
    return wb.open_study(path)


def found(study: ChainStudy) -> SatisfactionFindings:
    chain: object = SimpleNamespace(satisfaction_index="service")
    return satisfaction_findings(study, chain, WEIGHTS, "2024")


def text(parts: list[Fragment]) -> str:
    html = " ".join(str(part.html) for part in parts)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> ChainStudy:
    return drawn(tmp_path_factory.mktemp("index") / "towns", 10)


def test_points_percent_and_falls_are_told_with_every_question(towns: ChainStudy) -> None:
    with using_language("en"):
        told = text(over_waves(found(towns), towns))
    assert "Falls in a row: 1, of which clear: 1." in told
    percent = re.search(r"2024 5\d\.\d \(.*?\) −\d\.\d \(.*?\) −(\d+\.\d) Questions", told)
    assert percent is not None
    assert float(percent[1]) == pytest.approx(10, abs=1.5)
    assert re.search(r"Question s1 (59|60|61)\.\d (53|54|55)\.\d Question s2", told)


def test_the_index_has_its_place_among_sectors(towns: ChainStudy) -> None:
    with using_language("en"):
        told = text(among_sectors(found(towns), towns))
    assert "Published scores above the index of this study: 1 of 2." in told
    order = ["banks 70", "port 59", "All organisations 54", "railways 50", "town 49"]
    places = [told.find(one) for one in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "99" not in told  # of another measure


def test_questions_of_few_people_are_not_told_beside_their_index(tmp_path: Path) -> None:
    few = drawn(tmp_path / "few", 2)  # 72 people in a wave
    with using_language("en"):
        told = text(over_waves(found(few), few))
    assert "Question s1 [c] [c] Question s2 [c] [c]" in told
