"""Studies that tests write: a folder with study.toml, codebook.csv and the sources' files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CHAIN = "citizens-first"


def write_study(
    folder: Path,
    answers: Mapping[str, pd.DataFrame],
    constructs: Mapping[str, Mapping[str, Sequence[str]]],
    *,
    chain: str = CHAIN,
    scale: tuple[int, int] = (1, 5),
    rows: Mapping[str, str] | None = None,
    keys: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Path:
    """Write a study and return its folder.

    ``answers`` are the sources' tables by name. ``constructs`` gives every source's constructs and
    their items, all on ``scale``. The rows of a source are respondents unless ``rows`` says units.
    ``keys`` names the columns ``organisation``, ``unit`` and ``wave`` where they have other names;
    a table without a wave column is a study without waves. ``settings`` are further keys of
    study.toml, above its tables.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keys, rows = {**(keys or {})}, {**(rows or {})}
    columns = {name: keys.get(name, name) for name in ("organisation", "unit", "wave")}
    first = next(iter(answers.values()))
    if columns["wave"] not in first:
        del columns["wave"]
    stated = {"title": "Test", "simulated": True, "chain": chain} | {**(settings or {})}
    lines = [f"{key} = {_toml(value)}" for key, value in stated.items()]
    lines += ["[columns]", *(f"{key} = {_toml(name)}" for key, name in columns.items())]
    asked = []
    for source, table in answers.items():
        table.to_csv(folder / f"{source}.csv", index=False)
        lines += [
            f"[sources.{source}]",
            f'file = "{source}.csv"',
            f"rows = {_toml(rows.get(source, 'respondents'))}",
        ]
        for construct, items in constructs[source].items():
            asked += [(item, source, construct, f"Question {item}", *scale) for item in items]
    (folder / "study.toml").write_text("\n".join(lines) + "\n")
    codebook = pd.DataFrame(
        asked, columns=["item", "source", "construct", "wording", "low", "high"]
    )
    codebook.to_csv(folder / "codebook.csv", index=False)
    return folder


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
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
