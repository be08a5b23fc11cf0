"""Studies drawn from a stated population model.

A population is a recursive path model among constructs, held between units, with items that
measure the constructs on coarse scales. For organisation *o*, unit *u* and wave *t*

    d_out = √s · d_o + √(1 − s) · (√r · d_u + √(1 − r) · d_ut)          disturbances, N(0, 1)
    b_out = B_o b_out + Ψ_o^½ d_out + shock_ot                          between units, variance 1
    η_i   = √ρ · b_out + √(1 − ρ) · w_i                                 respondent i of the unit
    e_ij  = √κ · u_j + √(1 − κ) · v_ij                                  item j's own, N(0, 1)
    y*_ij = λ_j η_i + √(1 − λ_j²) e_ij + ease_j                         item j, cut at thresholds

with *s* the organisations' share of the variance between units, *r* the stability from wave to
wave, *ρ* the intraclass correlation of the construct and *κ* that of what is an item's own. ``B_o``
holds the standardised links (lower triangular: constructs are in causal order), drawn around the
population's with standard deviation ``link_spread``; ``Ψ_o`` makes every construct's variance 1.
``w_i`` follows the same links, those inside one source only: an employee and a client are different
people and share nothing but the unit.

Every random stream is named (seed, source, item), so that one seed gives one study, byte for byte,
and an item added to the population leaves the others' answers as they were.
"""

import json
import tomllib
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import StudyError
from workbench.files import replacing, write_atomically
from workbench.simulation.population import (
    Array,
    Population,
    implied_correlations,
    load_population,
)

Codes = NDArray[np.int64]
README_TEMPLATE = Path(__file__).with_name("readme.md.jinja")
DEMO_SEED = 113  # of seeds 1 to 160, one whose draw lies near its population in every wave

# The chains whose true links the README of a simulated study states, those without a circle.
CHAINS: dict[str, tuple[tuple[str, str], ...]] = {
    "public-sector-service-value-chain": (
        ("people", "service"),
        ("service", "trust"),
        ("people", "trust"),
    ),
    "service-profit-chain": (
        ("internal_quality", "people"),
        ("people", "retention"),
        ("people", "productivity"),
        ("retention", "value"),
        ("productivity", "value"),
        ("value", "service"),
        ("service", "loyalty"),
        ("loyalty", "results"),
    ),
    "leadership-chain": (
        ("strategic_leadership", "operational_leadership"),
        ("operational_leadership", "people"),
        ("people", "service"),
        ("service", "trust"),
        ("people", "trust"),
    ),
    "citizens-first": (
        ("access", "service"),
        ("timeliness", "service"),
        ("knowledge", "service"),
        ("courtesy", "service"),
        ("fairness", "service"),
        ("outcome", "service"),
        ("service", "reputation"),
        ("reputation", "trust"),
        ("service", "trust"),
    ),
    "customer-satisfaction-index": (
        ("expectations", "quality"),
        ("process", "quality"),
        ("information", "quality"),
        ("customer_service", "quality"),
        ("website", "quality"),
        ("expectations", "service"),
        ("quality", "service"),
        ("service", "complaints"),
        ("service", "trust"),
        ("complaints", "trust"),
    ),
    "customer-satisfaction-index-private": (
        ("expectations", "quality"),
        ("process", "quality"),
        ("information", "quality"),
        ("customer_service", "quality"),
        ("website", "quality"),
        ("expectations", "value"),
        ("quality", "value"),
        ("expectations", "service"),
        ("quality", "service"),
        ("value", "service"),
        ("service", "complaints"),
        ("service", "loyalty"),
        ("complaints", "loyalty"),
    ),
    "customer-service-index": (
        ("strategic_leadership", "people"),
        ("strategic_leadership", "insight"),
        ("collaborative_leadership", "co_creation"),
        ("political_leadership", "simpler_processes"),
        ("insight", "service"),
        ("co_creation", "service"),
        ("simpler_processes", "service"),
        ("people", "service"),
        ("service", "trust"),
    ),
    "customer-value": (
        ("process", "quality"),
        ("information", "quality"),
        ("customer_service", "quality"),
        ("website", "quality"),
        ("quality", "value"),
        ("price", "value"),
        ("value", "trust"),
        ("quality", "trust"),
    ),
    "drivers-of-engagement": (
        ("strategic_leadership", "people"),
        ("operational_leadership", "people"),
        ("internal_quality", "people"),
        ("recognition", "people"),
        ("development", "people"),
        ("collaboration", "people"),
        ("people", "retention"),
    ),
    "extended-value-chain": (
        ("people", "service"),
        ("innovation", "service"),
        ("collaboration", "service"),
        ("service", "trust"),
        ("people", "trust"),
        ("innovation", "trust"),
        ("collaboration", "trust"),
    ),
}


def simulate(path: str | Path, seed: int = DEMO_SEED, population: Population | None = None) -> Path:
    """Write a whole study, drawn from ``population`` (the demo's by default), into ``path``.

    Files: study.toml, codebook.csv, organisations.csv, one per source, README.md with the true
    values, and truth.csv with every organisation's own links. The same seed gives the same bytes.

    Raises
    ------
    StudyError
        If ``path`` holds a study that does not call itself simulated; it is left as it is.
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
    _write_table(
        pd.DataFrame(
            [(o.name, o.name, o.type) for o in population.organisations],
            columns=["organisation", "name", "type"],
        ),
        folder / "organisations.csv",
    )
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


class Draw:
    """One study drawn from a population: cells (organisation × unit × wave), then people."""

    def __init__(self, population: Population, seed: int):
        self.population = population
        self.seed = seed
        self.constructs = list(population.constructs)
        self.cells = self._cells()
        self.paths = self._paths_by_organisation()
        self.between = self._between()

    def stream(self, *names: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32("/".join(names).encode())])

    def _cells(self) -> pd.DataFrame:
        waves = self.population.waves
        rows = [
            (number, f"{organisation.code}-{unit:02d}", waves.index(wave))
            for number, organisation in enumerate(self.population.organisations)
            for unit in range(1, organisation.units + 1)
            for wave in (organisation.waves or waves)
        ]
        cells = pd.DataFrame(rows, columns=["organisation", "unit", "wave"])
        cells["place"] = pd.factorize(cells["unit"])[0]
        return cells

    def _paths_by_organisation(self) -> Array:
        mean = self.population.path_matrix
        paths = np.repeat(mean[None], len(self.population.organisations), axis=0)
        for start, end in self.population.strengths:
            spread = self.stream("link", start, end).standard_normal(len(paths))
            at = self.constructs.index(end), self.constructs.index(start)
            paths[:, *at] += self.population.link_spread * spread
        if implied_correlations(paths)[1].min() <= 0:
            raise StudyError(
                f"With link_spread = {self.population.link_spread:g} the links of one organisation "
                "explain more than all of a construct's variance; lower it."
            )
        return paths

    def _between(self) -> Array:
        """Constructs of every cell (cells × constructs), variance 1 between units."""
        population, cells = self.population, self.cells
        share, stability = population.organisation_share, population.stability
        organisation, place = cells["organisation"].to_numpy(), cells["place"].to_numpy()
        disturbances = np.empty((len(cells), len(self.constructs)))
        for j, construct in enumerate(self.constructs):
            rng = self.stream("between", construct)
            of_organisation = rng.standard_normal(len(population.organisations))[organisation]
            lasting = rng.standard_normal(place.max() + 1)[place]
            passing = rng.standard_normal(len(cells))
            disturbances[:, j] = np.sqrt(share) * of_organisation + np.sqrt(1 - share) * (
                np.sqrt(stability) * lasting + np.sqrt(1 - stability) * passing
            )
        paths = self.paths[organisation]
        residual = implied_correlations(self.paths)[1][organisation]
        return _propagate(paths, np.sqrt(residual) * disturbances + self._shock())

    def _shock(self) -> Array:
        shift = np.zeros((len(self.cells), len(self.constructs)))
        shock = self.population.shock
        if shock is None:
            return shift
        names = np.array([o.name for o in self.population.organisations])
        hit = np.isin(names, shock.organisations)[self.cells["organisation"]]
        hit &= self.cells["wave"].to_numpy() == self.population.waves.index(shock.wave)
        for construct, size in shock.constructs.items():
            shift[hit, self.constructs.index(construct)] = size
        return shift

    def source(self, name: str) -> pd.DataFrame:
        """One source as it would be published: identifiers, then answers."""
        plan = self.population.sources[name]
        if plan.rows == "units":
            cell = np.arange(len(self.cells))
            columns = self._identifiers(cell)
            levels = self.between
        else:
            cell = np.repeat(np.arange(len(self.cells)), self._respondents(name))
            columns = {"id": _ids(name, len(cell))} | self._identifiers(cell)
            channel = self._channel(name, len(cell))
            if channel is not None:
                columns |= {"channel": channel, "weight": self._weight(name, channel)}
            if plan.response_rate:
                columns["invited"] = self._invited(name, cell)
            levels = self._levels(name, cell, channel)
        return pd.DataFrame(columns | self._answers(name, cell, levels))

    def _identifiers(self, cell: Codes) -> dict[str, Any]:
        organisations = [o.name for o in self.population.organisations]
        return {
            "organisation": _categorical(
                self.cells["organisation"].to_numpy()[cell], organisations
            ),
            "office": _categorical(
                self.cells["place"].to_numpy()[cell], list(pd.unique(self.cells["unit"]))
            ),
            "year": _categorical(self.cells["wave"].to_numpy()[cell], list(self.population.waves)),
        }

    def _respondents(self, name: str) -> Codes:
        low, high = self.population.sources[name].respondents
        drawn = self.stream(name, "respondents").integers(low, high, len(self.cells), endpoint=True)
        fixed = np.array([o.respondents or 0 for o in self.population.organisations])
        fixed = fixed[self.cells["organisation"]]
        return np.where(fixed > 0, fixed, drawn)

    def _invited(self, name: str, cell: Codes) -> Codes:
        low, high = self.population.sources[name].response_rate or (1.0, 1.0)
        rate = self.stream(name, "response rate").uniform(low, high, len(self.cells))
        return np.rint(np.bincount(cell) / rate).astype(np.int64)[cell]

    def _channel(self, name: str, count: int) -> pd.Categorical | None:
        channels = self.population.channels
        if not channels or self.population.constructs.get("service") != name:
            return None
        shares = np.cumsum([c.answered for c in channels.values()])
        drawn = np.searchsorted(shares / shares[-1], self.stream(name, "channel").random(count))
        return _categorical(drawn, list(channels))

    def _weight(self, name: str, channel: pd.Categorical) -> Array:
        ratio = np.array([c.clients / c.answered for c in self.population.channels.values()])
        noise = self.stream(name, "weight").lognormal(0.0, 0.1, len(channel))
        return np.round(ratio[channel.codes] * noise, 2)

    def _levels(self, name: str, cell: Codes, channel: pd.Categorical | None) -> Array:
        """Constructs of every respondent: the unit's part and their own, variance 1 in all."""
        inside = np.array([source == name for source in self.population.constructs.values()])
        paths = self.population.paths_within(name)
        own = np.zeros((len(cell), len(self.constructs)))
        for j in np.flatnonzero(inside):
            own[:, j] = self.stream(name, "within", self.constructs[j]).standard_normal(len(cell))
        own *= np.sqrt(implied_correlations(paths)[1])
        if channel is not None:
            effect = np.array([c.service for c in self.population.channels.values()])
            own[:, self.constructs.index("service")] += effect[channel.codes]
        share = self.population.intraclass_correlation
        return np.sqrt(share) * self.between[cell] + np.sqrt(1 - share) * _propagate(paths, own)

    def _answers(
        self, name: str, cell: Codes, levels: Array
    ) -> dict[str, pd.api.extensions.ExtensionArray]:
        return {
            item: self._answer(item, cell, levels[:, self.constructs.index(stated.construct)])
            for item, stated in self.population.items.items()
            if self.population.constructs[stated.construct] == name
        }

    def _answer(self, name: str, cell: Codes, level: Array) -> pd.api.extensions.ExtensionArray:
        item = self.population.items[name]
        scale = self.population.scales[item.scale]
        share = self.population.item_share
        of_unit = self.stream(name, "unit").standard_normal(len(self.cells))[cell]
        own = self.stream(name, "error").standard_normal(len(level))
        error = np.sqrt(share) * of_unit + np.sqrt(1 - share) * own
        latent = item.loading * level + np.sqrt(1 - item.loading**2) * error + item.ease
        if scale.thresholds:
            answer = scale.low + np.searchsorted(scale.thresholds, latent)
        else:
            answer = np.round(scale.mean + scale.deviation * latent, 1)
            answer = np.clip(answer, scale.low, scale.high)
        if item.reversed:
            answer = scale.low + scale.high - answer
        for number, organisation in enumerate(self.population.organisations):
            if organisation.constant and name in organisation.constant:
                there = self.cells["organisation"].to_numpy()[cell] == number
                answer[there] = organisation.constant[name]
        lot = self.stream(name, "missing").random(len(level))
        blank = lot < self.population.blank_share
        if not scale.thresholds:
            return pd.array(np.where(blank, np.nan, answer), dtype="Float64")
        if scale.missing:
            share = self.population.dont_know_share / len(scale.missing)
            for place, code in enumerate(scale.missing):
                start = self.population.blank_share + place * share
                answer[(lot >= start) & (lot < start + share)] = code
        return pd.arrays.IntegerArray(answer.astype(np.int8), blank)

    def truth(self) -> pd.DataFrame:
        """Every organisation's own links, as drawn."""
        return pd.DataFrame(
            [
                (organisation.name, start, end, round(float(self.paths[o, *at]), 4))
                for o, organisation in enumerate(self.population.organisations)
                for start, end in self.population.strengths
                for at in [(self.constructs.index(end), self.constructs.index(start))]
            ],
            columns=["organisation", "from", "to", "strength"],
        )


def _propagate(paths: Array, disturbances: Array) -> Array:
    """Solve η = B η + d for recursive B (…, C, C), disturbances (n, C)."""
    levels = disturbances.copy()
    for j in range(1, levels.shape[1]):
        levels[:, j] += np.einsum("...k,...k->...", paths[..., j, :j], levels[:, :j])
    return levels


def _categorical(codes: Codes, names: list[str]) -> "pd.Categorical[Any]":
    return pd.Categorical.from_codes(codes, pd.Index(names))  # type: ignore[call-overload]


def _ids(source: str, count: int) -> list[str]:
    return [f"{source[0].upper()}{number:06d}" for number in range(1, count + 1)]


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
            }
            for name, item in population.items.items()
            for scale in [population.scales[item.scale]]
        ]
    )


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
    for name, plan in population.sources.items():
        lines += ["", f"[sources.{name}]", f"file = {_quoted(plan.file)}"]
        lines += [f"rows = {_quoted(plan.rows)}"]
        if plan.rows == "respondents":
            lines += ['id = "id"']
        if plan.response_rate:
            lines += ['invited = "invited"']
        if population.channels and population.constructs.get("service") == name:
            lines += ['weight = "weight"', 'channel = "channel"']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _readme(population: Population, seed: int) -> str:
    from jinja2 import Environment, StrictUndefined

    template = Environment(trim_blocks=True, undefined=StrictUndefined).from_string(
        README_TEMPLATE.read_text(encoding="utf-8")
    )
    chains = {
        (title, population.source_of(pairs) or "units"): list(
            zip(pairs, population.links(pairs, population.source_of(pairs)), strict=True)
        )
        for title, pairs in CHAINS.items()
        if {name for pair in pairs for name in pair} <= set(population.constructs)
    }
    return template.render(population=population, seed=seed, chains=chains) + "\n"
