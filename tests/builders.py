"""Studies that tests write: a folder with study.toml, codebook.csv and the sources' files."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from workbench.chain.catalogue import find_chain
from workbench.errors import UnknownNameError
from workbench.figures import Question, response_shares
from workbench.interpretation.languages import ENGLISH
from workbench.text import nearest

CHAIN = "citizens-first"


def write_study(
    folder: Path,
    answers: Mapping[str, pd.DataFrame],
    constructs: Mapping[str, Mapping[str, Sequence[str]]],
    *,
    chain: str = CHAIN,
    scale: tuple[float, float] = (1, 5),
    keys: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    sources: Mapping[str, Mapping[str, Any]] | None = None,
    items: Mapping[str, Mapping[str, Any]] | None = None,
) -> Path:
    """Write a study and return its folder.

    ``answers`` are the sources' tables by name. ``constructs`` gives every source's constructs and
    their items, all on ``scale``. ``keys`` names the columns ``organisation``, ``unit`` and
    ``wave`` where they have other names; a table without a wave column is a study without waves.
    ``settings`` are further keys of study.toml, above its tables. ``sources`` are further keys of a
    source: its rows are respondents unless ``rows`` says units. ``items`` are the cells of the
    codebook in which an item is unlike the others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keys, sources, items = dict(keys or {}), dict(sources or {}), dict(items or {})
    columns = {name: keys.get(name, name) for name in ("organisation", "unit", "wave")}
    if columns["wave"] not in next(iter(answers.values())):
        del columns["wave"]
    stated = {"title": "Test", "simulated": True, "chain": chain} | dict(settings or {})
    lines = [*_keys(stated), "[columns]", *_keys(columns)]
    asked = []
    for source, table in answers.items():
        table.to_csv(folder / f"{source}.csv", index=False)
        about = {"file": f"{source}.csv", "rows": "respondents"} | dict(sources.get(source, {}))
        lines += [f"[sources.{source}]", *_keys(about)]
        for construct, own in constructs[source].items():
            for item in own:
                row = {"item": item, "source": source, "construct": construct}
                row |= {"wording": f"Question {item}", "low": scale[0], "high": scale[1]}
                asked.append(row | dict(items.get(item, {})))
    (folder / "study.toml").write_text("\n".join(lines) + "\n")
    pd.DataFrame(asked).to_csv(folder / "codebook.csv", index=False)
    return folder


def write_chain(
    folder: Path, name: str, *pairs: tuple[str, str], settings: Mapping[str, Any] | None = None
) -> Path:
    """Write a chain of a study's own, one link a pair (from, to), and return its file.

    A construct's label is its name, capitalised. ``settings`` are further keys, above the tables.
    """
    stated = {"title": name, "citation": "A test."} | dict(settings or {})
    lines = [*_keys(stated)]
    for construct in dict.fromkeys(one for pair in pairs for one in pair):
        about = {"label": construct.capitalize(), "meaning": f"What is called {construct}"}
        lines += [f"[constructs.{construct}]", *_keys(about)]
    for source, target in pairs:
        lines += ["[[links]]", *_keys({"from": source, "to": target, "expected": "+"})]
    (folder / "chains").mkdir(parents=True, exist_ok=True)
    file = folder / "chains" / f"{name}.toml"
    file.write_text("\n".join(lines) + "\n")
    return file


def _keys(about: Mapping[str, object]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in about.items()]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_keys(value))} }}"
    if isinstance(value, date):
        return value.isoformat()
    return f'"{value}"' if isinstance(value, str) else str(value)


ITEMS = {"access": ["a1", "a2"], "service": ["s1", "s2"], "trust": ["t1", "t2", "t3"]}
"""The questions of :func:`draw_answers`, by construct."""


def draw_answers(
    waves: Sequence[str | int], *, organisations: str = "ABC", units: int = 6, people: int = 6
) -> pd.DataFrame:
    """Draw clients' answers to :data:`ITEMS` on 1–5, 0.3 higher in every wave than in the last.

    Answers of a unit and of a person have something in common, so that every model runs.
    """
    rng = np.random.default_rng(1)
    items = [item for own in ITEMS.values() for item in own]
    rows = []
    for place, wave in enumerate(waves):
        for organisation in organisations:
            for number in range(units):
                unit, level = f"{organisation}{number}", rng.normal(3 + 0.3 * place, 0.6)
                for _ in range(people):
                    values = level + rng.normal(0, 0.5) + rng.normal(0, 0.6, len(items))
                    answers = np.clip(np.rint(values), 1, 5).astype(int)
                    key = {"organisation": organisation, "unit": unit, "wave": wave}
                    rows.append(key | dict(zip(items, answers, strict=True)))
    return pd.DataFrame(rows)


def asked(*counts: int, n: int = 0, wording: str = "Was it quick?") -> str:
    """The figure of a question by the number of people who gave each answer, from 1.

    ``n`` is the number of people that it tells, by default theirs.
    """
    shares = {code: count / sum(counts) for code, count in enumerate(counts, start=1)}
    mean = sum(code * share for code, share in shares.items())
    question = Question("q1", wording, shares, n or sum(counts), mean)
    return response_shares([question], alt="Service", caption="Service").html


TINY_CONSTRUCTS = ["access", "service", "trust"]
TINY_ORGANISATIONS = ["Évora Water", 'Parks <b>&"/ Trees', "Transit"]


def tiny_study(folder: Path) -> Any:
    """A stand-in with what a batch asks of a study; its one source is a file of a few bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text('title = "Tiny"\n')
    (folder / "clients.csv").write_text("organisation,q1\nTransit,3\n")

    def organisation(name: str) -> str:
        if name not in TINY_ORGANISATIONS:
            raise UnknownNameError(
                f"There is no organisation {name!r}.{nearest(name, TINY_ORGANISATIONS)}"
            )
        return name

    return SimpleNamespace(
        path=folder,
        name="tiny",
        title="Tiny towns 2026",
        simulated=True,
        sources={"clients": SimpleNamespace(files=(Path("clients.csv"),))},
        language=ENGLISH,
        publisher={},
        definition=SimpleNamespace(language="en"),
        organisations=pd.DataFrame(
            {"organisation": TINY_ORGANISATIONS, "name": TINY_ORGANISATIONS}
        ),
        waves=["2025", "2026"],
        organisation=organisation,
        chain="citizens-first",
        runnable_chain=lambda: find_chain("citizens-first").restricted_to(TINY_CONSTRUCTS),
    )
