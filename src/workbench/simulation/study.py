"""Files of a simulated study: its answers, its codebook, and what is true of them."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.chain import chains
from workbench.errors import StudyError
from workbench.files import replacing, write_atomically
from workbench.simulation.draw import Draw
from workbench.simulation.population import Population, load_population
from workbench.study.measures import COLUMNS as MEASURE_COLUMNS

README_TEMPLATE = Path(__file__).with_name("readme.md.jinja")
DEMO_SEED = 113  # of seeds 1 to 160, one whose draw lies near its population in every wave


def simulate(path: str | Path, seed: int = DEMO_SEED, population: Population | None = None) -> Path:
    """Write a whole study, drawn from ``population`` (the demo's by default), into ``path``.

    Files: study.toml, codebook.csv, organisations.csv, scorecard.csv, one per source, README.md
    with the true values, and truth.csv with every organisation's own links. The same seed gives the
    same bytes.

    Parameters
    ----------
    path
        The folder to write to; it is made where there is none.
    seed
        One seed gives one study.
    population
        By default that of the demo (:func:`load_population`).

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    StudyError
        If ``path`` holds a study that does not call itself simulated; it is left as it is.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import workbench as wb
    >>> from workbench.simulation import load_population
    >>> small = load_population().larger(organisations=2, units=3, respondents=4)
    >>> with TemporaryDirectory() as folder:
    ...     study = wb.open_study(wb.simulate(folder, seed=1, population=small))
    ...     print(study.simulated, study.answers("employees").shape)
    True (24, 41)
    """
    population = population or load_population()
    folder = Path(path)
    _refuse_real_study(folder)
    folder.mkdir(parents=True, exist_ok=True)
    draw = Draw(population, seed)
    for source, plan in population.sources.items():
        _write_table(draw.source(source), folder / plan.file)
    _write_table(draw.truth(), folder / "truth.csv")
    _write_table(_codebook(population), folder / "codebook.csv")
    _write_table(_organisations(population), folder / "organisations.csv")
    if population.roles:
        responsible = [(name, role) for role, own in population.roles.items() for name in own]
        _write_table(
            pd.DataFrame(responsible, columns=["driver", "role"]), folder / "scorecard.csv"
        )
    if population.norms:
        norms = pd.DataFrame(population.norms).rename(columns={"construct": "measure"})
        _write_table(norms, folder / "norms.csv")
    if population.themes:
        words = [(name, "|".join(theme.words)) for name, theme in population.themes.items()]
        _write_table(pd.DataFrame(words, columns=["theme", "words"]), folder / "themes.csv")
        quotes = [(name, theme.sentences[0], "yes") for name, theme in population.themes.items()]
        columns = ["theme", "quote", "publishable"]
        _write_table(pd.DataFrame(quotes, columns=columns), folder / "quotes.csv")
    write_atomically(folder / "README.md", _readme(population, seed))
    write_atomically(folder / "study.toml", _study_toml(population))
    return folder


def _refuse_real_study(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise StudyError(f"{folder} is a file; name a folder to write the study to.")
    definition = folder / "study.toml"
    if not definition.exists():
        return
    try:
        simulated = tomllib.loads(definition.read_text(encoding="utf-8")).get("simulated", False)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        simulated = False
    if simulated is not True:
        raise StudyError(
            f"{folder} holds a study that is not simulated; name another folder to write to."
        )


def links_of_chains(population: Population) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the links (from, to) of every chain of the catalogue that the population can run.

    A chain with a feedback loop is left out: a regression does not find its links.
    """
    known = set(population.constructs)
    runnable = [
        chain.restricted_to(known)
        for chain in chains().values()
        if not chain.circle and not chain.missing(known)
    ]
    return {
        chain.name: tuple((link.source, link.target) for link in chain.links) for chain in runnable
    }


def _write_table(frame: pd.DataFrame, file: Path) -> None:
    with replacing(file) as beside:
        if file.suffix == ".parquet":
            import pyarrow as pa
            import pyarrow.parquet as pq

            table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
            pq.write_table(table, beside, compression="zstd")
        else:
            frame.to_csv(beside, index=False, lineterminator="\n")


def _codebook(population: Population) -> pd.DataFrame:
    told = MEASURE_COLUMNS if any(item.measure for item in population.items.values()) else ()
    return pd.DataFrame(
        [
            {
                "item": name,
                "source": population.constructs[item.construct],
                "construct": item.construct,
                "wording": item.wording,
                "low": f"{scale.low:g}",
                "high": f"{scale.high:g}",
                "reversed": "yes" if item.reversed else "no",
                "missing": " ".join(map(str, scale.missing)),
                "labels": "|".join(f"{code}={words}" for code, words in scale.labels.items()),
                **{column: item.measure.get(column, "") for column in told},
            }
            for name, item in population.items.items()
            for scale in [population.scales[item.scale]]
        ]
    )


def _organisations(population: Population) -> pd.DataFrame:
    listed = pd.DataFrame(
        [(o.name, o.name, o.type) for o in population.organisations],
        columns=["organisation", "name", "type"],
    )
    if population.adoption:
        listed["adopted"] = [population.adoption.wave(name) for name in listed["organisation"]]
    return listed


def _study_toml(population: Population) -> str:
    lines = [
        f"title = {_quoted(population.title)}",
        "simulated = true",
        f"chain = {_quoted(population.chain)}",
        f"minimum_count = {population.minimum_count}",
        "",
        "[columns]",
        'organisation = "organisation"',
        'unit = "office"',
        'wave = "year"',
    ]
    of_source = population.constructs.__getitem__
    for name, plan in population.sources.items():
        lines += ["", f"[sources.{name}]", f"file = {_quoted(plan.file)}"]
        lines += [f"rows = {_quoted(plan.rows)}"]
        if plan.rows == "respondents":
            lines += ['id = "id"']
        if plan.fieldwork:
            days = (
                f"{wave} = [{', '.join(f'{wave}-{day}' for day in plan.fieldwork)}]"
                for wave in population.waves
            )
            lines += [f"fieldwork = {{ {', '.join(days)} }}"]
        if plan.response_rate:
            lines += ['invited = "invited"']
        if population.channels and population.constructs.get("service") == name:
            lines += ['weight = "weight"', 'channel = "channel"']
        known = [k for k, c in population.covariates.items() if of_source(c.construct) == name]
        if known:
            lines += [f"covariates = [{', '.join(map(_quoted, known))}]"]
        if any(of_source(theme.construct) == name for theme in population.themes.values()):
            lines += ['text = "comment"']
    if population.adoption:
        stated = population.adoption
        lines += ["", "[adoption]", f"title = {_quoted(stated.title)}"]
        if stated.outcomes:
            lines += [f"outcomes = [{', '.join(map(_quoted, stated.outcomes))}]"]
        if stated.margin is not None:
            lines += [f"margin = {stated.margin:g}"]
    return "\n".join([*lines, *_drivers_toml(population.drivers)]) + "\n"


def _drivers_toml(stated: Mapping[str, Any]) -> list[str]:
    """The table of study.toml that says what reports tell of drivers, as the population has it."""
    tables = {"drivers": {k: v for k, v in stated.items() if not isinstance(v, Mapping)}}
    tables |= {f"drivers.{k}": dict(v) for k, v in stated.items() if isinstance(v, Mapping)}
    lines = []
    for name, table in tables.items():
        if table:
            lines += ["", f"[{name}]"]
            lines += [
                f"{key} = {json.dumps(told, ensure_ascii=False)}" for key, told in table.items()
            ]
    return lines


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _readme(population: Population, seed: int) -> str:
    from jinja2 import Environment, StrictUndefined

    template = Environment(trim_blocks=True, undefined=StrictUndefined).from_string(
        README_TEMPLATE.read_text(encoding="utf-8")
    )
    stated = {
        (name, population.source_of(pairs) or "units"): list(
            zip(pairs, population.links(pairs, population.source_of(pairs)), strict=True)
        )
        for name, pairs in links_of_chains(population).items()
    }
    return template.render(population=population, seed=seed, chains=stated) + "\n"
