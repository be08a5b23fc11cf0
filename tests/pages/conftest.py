"""A small study and its pages, for all tests of what pages say."""

from datetime import date
from pathlib import Path
from shutil import copytree

import numpy as np
import pandas as pd
import pytest
from builders import write_study

import workbench as wb
from workbench.batch.run import run_batch

PAGES = ["benchmark", "chain", "drivers", "measurement", "organisation", "technical", "trends"]
SHOWN = "Harbour Office"
UNITS = {SHOWN: 14, "Land Registry": 12, "Public Library": 12, "Tax Office": 12, "Zoo": 1}
"""How many units each organisation has, of ten people; of the last four people, too few to show."""
CONSTRUCTS = {"employees": ["people"], "clients": ["service", "trust"]}
WAVES = ["2025", "2026"]


def draw() -> dict[str, pd.DataFrame]:
    """Answers to three questions a construct on 1–5, by source.

    What units have in common lasts in part from one wave to the next and goes from people to
    service to trust; every question has a part of its own in each unit.
    """
    rng = np.random.default_rng(5)
    places = [
        (name, f"{name[0]}{unit + 1}") for name, units in UNITS.items() for unit in range(units)
    ]
    shape = len(WAVES), len(places)
    lasting = rng.normal(0, 0.4, shape[1])
    level = {"people": lasting + rng.normal(0, 0.4, shape)}
    level["service"] = 0.6 * level["people"] + 0.3 * lasting + rng.normal(0, 0.4, shape)
    level["trust"] = 0.7 * level["service"] + rng.normal(0, 0.3, shape)
    tables = {}
    for source, constructs in CONSTRUCTS.items():
        own = {name: rng.normal(0, 0.25, (*shape, 3)) for name in constructs}
        rows = []
        for wave, place in np.ndindex(shape):
            organisation, unit = places[place]
            for _ in range(4 if organisation == "Zoo" else 10):
                row = {"organisation": organisation, "unit": unit, "wave": WAVES[wave]}
                person = rng.normal(0, 0.5)
                if source == "clients":
                    known = len(rows) % 7
                    row |= {"classe": "plus" if known < 3 else "moins", "remarque": WROTE[known]}
                for name in constructs:
                    mean = 3.2 + 0.3 * wave + level[name][wave, place] + own[name][wave, place]
                    answers = np.clip(np.rint(mean + person + rng.normal(0, 0.7, 3)), 1, 5)
                    row |= dict(zip(questions(name), answers.astype(int), strict=True))
                rows.append(row)
        tables[source] = pd.DataFrame(rows)
    return tables


WROTE = ["Attente interminable", "Trop cher", "", "", "Une attente, et cher", "", "Rien"]
"""What clients wrote, one after the other."""

THEMES = "theme,words\nattente,attente*\nprix,cher*\n"
QUOTES = "theme,quote,publishable\nattente,Une heure d’attente.,yes\nprix,Trop cher.,no\n"

NORMS = """measure,score,source,date,type
service,66,Institut Villes,2025-11-30,
service,58,Institut Villes,2025-11-30,ports
trust_1,61.5,Forum 21,2024,
"""


def questions(construct: str) -> list[str]:
    return [f"{construct}_{number}" for number in (1, 2, 3)]


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study whose batch made a page of each kind, in its folder "out"."""
    asked = {
        source: {name: questions(name) for name in constructs}
        for source, constructs in CONSTRUCTS.items()
    }
    chain = "public-sector-service-value-chain"
    settings = {"title": "Towns", "minimum_count": 10}
    fieldwork = {wave: [date(int(wave), 5, 6), date(int(wave), 5, 31)] for wave in WAVES}
    folder = tmp_path_factory.mktemp("pages")
    path = write_study(
        folder / "towns",
        draw(),
        asked,
        chain=chain,
        settings=settings,
        sources={"clients": {"fieldwork": fieldwork, "text": "remarque", "covariates": ["classe"]}},
    )
    for name, content in {"norms": NORMS, "themes": THEMES, "quotes": QUOTES}.items():
        (path / f"{name}.csv").write_text(content, encoding="utf-8")
    manifest = run_batch(wb.open_study(path), folder / "out", organisations=[SHOWN], jobs=1)
    made = manifest.reports.values()
    assert sorted(entry.name for entry in made) == PAGES
    assert {entry.status for entry in made} == {"ok"}
    return folder


PUBLISHER = """
[publisher]
body = "Ministry of Towns"
colour = "#5b2245"
colour_dark = "#e7b3d3"
contact = "towns@example.org"
"""


@pytest.fixture(scope="session")
def french(towns: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in French, by a publisher, in its folder "fr"."""
    folder = tmp_path_factory.mktemp("french")
    copytree(towns / "towns", folder / "towns")
    with (folder / "towns" / "study.toml").open("a", encoding="utf-8") as file:
        file.write(PUBLISHER)
    study = wb.open_study(folder / "towns", "fr")
    manifest = run_batch(study, folder / "fr", organisations=[SHOWN], jobs=1)
    assert {entry.status for entry in manifest.reports.values()} == {"ok"}
    return folder
