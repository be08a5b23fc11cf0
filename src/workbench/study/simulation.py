"""Studies drawn from a stated population model.

A population is a recursive path model among constructs, held between units, with items that
measure the constructs on coarse scales. For organisation *o*, unit *u* and wave *t*

    d_out = √s · d_o + √(1 − s) · (√r · d_u + √(1 − r) · d_ut)          disturbances, N(0, 1)
    b_out = B_o b_out + Ψ_o^½ d_out + shock_ot                          between units, variance 1
    η_i   = √ρ · b_out + √(1 − ρ) · w_i                                 respondent i of the unit
    y*_ij = λ_j η_i + √(1 − λ_j²) e_ij + ease_j                         item j, cut at thresholds

with *s* the organisations' share of the variance between units, *r* the stability from wave to
wave and *ρ* the intraclass correlation of the construct. ``B_o`` holds the standardised links
(lower triangular: constructs are in causal order), drawn around the population's with standard
deviation ``link_spread``; ``Ψ_o`` makes every construct's variance 1. ``w_i`` follows the same
links, those inside one source only: an employee and a client are different people and share
nothing but the unit.

Every random stream is named (seed, source, item), so that one seed gives one study, byte for byte,
and an item added to the population leaves the others' answers as they were.
"""

import json
import tomllib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.exceptions import StudyError, UnknownNameError, nearest

Array = NDArray[np.float64]
DEMO_POPULATION = Path(__file__).with_name("demo_population.toml")
DEMO_SEED = 2  # of seeds 1 to 40, one whose draw lies near its population

# The chains whose true links the README of a simulated study states.
CHAINS: dict[str, tuple[tuple[str, str], ...]] = {
    "people → service → trust": (
        ("people", "service"),
        ("people", "trust"),
        ("service", "trust"),
    ),
    "service profit chain": (
        ("internal_quality", "people"),
        ("people", "retention"),
        ("people", "productivity"),
        ("retention", "value"),
        ("productivity", "value"),
        ("people", "value"),
        ("value", "service"),
        ("people", "service"),
        ("service", "loyalty"),
        ("loyalty", "results"),
    ),
    "leadership chain": (
        ("strategic_leadership", "operational_leadership"),
        ("strategic_leadership", "people"),
        ("operational_leadership", "people"),
        ("people", "service"),
        ("people", "trust"),
        ("service", "trust"),
    ),
}


@dataclass(frozen=True)
class Scale:
    """Answer codes from ``low`` to ``high``, cut at ``thresholds``; or a number from records."""

    low: float
    high: float
    missing: tuple[int, ...] = ()
    thresholds: tuple[float, ...] = ()
    mean: float = 0.0
    deviation: float = 1.0


@dataclass(frozen=True)
class Item:
    """One question: what it measures, how well (standardised loading), and on which scale."""

    construct: str
    wording: str
    scale: str
    loading: float
    ease: float
    reversed: bool = False


@dataclass(frozen=True)
class SourcePlan:
    """One source of a simulated study; ``respondents`` is the range per unit and wave."""

    file: str
    rows: str
    respondents: tuple[int, int] = (1, 1)
    response_rate: tuple[float, float] | None = None


@dataclass(frozen=True)
class Channel:
    """A channel's share among clients and among those who answered, and its effect on service."""

    clients: float
    answered: float
    service: float


@dataclass(frozen=True)
class Shock:
    """What one wave did to some organisations, in standard deviations between units."""

    wave: str
    organisations: tuple[str, ...]
    constructs: Mapping[str, float]


@dataclass(frozen=True)
class Organisation:
    """One organisation: its units, and what is peculiar to it."""

    name: str
    code: str
    type: str
    units: int
    respondents: int | None = None
    waves: tuple[str, ...] | None = None
    constant: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Population:
    """The true model a study is drawn from; the file format is that of demo_population.toml."""

    title: str
    chain: str
    minimum_count: int
    waves: tuple[str, ...]
    intraclass_correlation: float
    organisation_share: float
    stability: float
    link_spread: float
    blank_share: float
    dont_know_share: float
    sources: Mapping[str, SourcePlan]
    channels: Mapping[str, Channel]
    scales: Mapping[str, Scale]
    constructs: Mapping[str, str]
    strengths: Mapping[tuple[str, str], float]
    items: Mapping[str, Item]
    organisations: tuple[Organisation, ...]
    shock: Shock | None = None

    def larger(
        self, organisations: int, units: int, respondents: int, waves: int = 1
    ) -> "Population":
        """Return the same model for ``organisations`` alike, ``units`` each, without a shock."""
        return replace(
            self,
            title=f"{organisations:,} simulated organisations",
            waves=tuple(str(2024 - back) for back in reversed(range(waves))),
            sources={
                name: replace(plan, respondents=(respondents, respondents))
                if plan.rows == "respondents"
                else plan
                for name, plan in self.sources.items()
            },
            organisations=tuple(
                Organisation(
                    name=f"Organisation {number:0{len(str(organisations))}d}",
                    code=f"O{number}",
                    type="national" if number % 2 else "municipal",
                    units=units,
                )
                for number in range(1, organisations + 1)
            ),
            shock=None,
        )

    @cached_property
    def path_matrix(self) -> Array:
        """The links as a matrix (constructs × constructs), row = where a link ends."""
        names = list(self.constructs)
        matrix = np.zeros((len(names), len(names)))
        for (start, end), strength in self.strengths.items():
            matrix[names.index(end), names.index(start)] = strength
        return matrix

    @cached_property
    def correlations(self) -> pd.DataFrame:
        """True correlations of the constructs between units."""
        names = list(self.constructs)
        return pd.DataFrame(implied_correlations(self.path_matrix)[0], names, names)

    def links(self, pairs: Iterable[tuple[str, str]]) -> pd.Series:
        """True standardised links of a chain, given as (from, to) pairs.

        Each construct is regressed on those with a link to it, β = R_xx⁻¹ r_xy, in the true
        correlations between units. So a chain that leaves constructs out is told what it should
        find: *people → service* here is the whole path by way of retention, productivity and value.

        Examples
        --------
        >>> chain = [("people", "service"), ("service", "trust"), ("people", "trust")]
        >>> load_population().links(chain).round(3).to_dict()
        {('people', 'service'): 0.413, ('service', 'trust'): 0.55, ('people', 'trust'): 0.15}
        """
        pairs = list(pairs)
        known = list(self.constructs)
        for name in (name for pair in pairs for name in pair):
            if name not in self.constructs:
                raise UnknownNameError(
                    f"The population has no construct {name!r}.{nearest(name, known)} "
                    f"It has {', '.join(known)}."
                )
        strength: dict[tuple[str, str], float] = {}
        for end in dict.fromkeys(end for _, end in pairs):
            starts = [start for start, other in pairs if other == end]
            slopes = np.linalg.solve(
                self.correlations.loc[starts, starts], self.correlations.loc[starts, end]
            )
            strength |= {
                (start, end): float(slope) for start, slope in zip(starts, slopes, strict=True)
            }
        return pd.Series([strength[pair] for pair in pairs], pd.MultiIndex.from_tuples(pairs))


def load_population(path: str | Path | None = None) -> Population:
    """Read a population model; without a path, that of the demo study.

    Raises
    ------
    StudyError
        If the file is not TOML, lacks a part, or a link points backwards.
    """
    file = Path(path) if path else DEMO_POPULATION
    try:
        stated: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        population = _population(stated)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise StudyError(f"{file}: not a population model ({error}).") from error
    _require_coherence(population, str(file))
    return population


def _population(stated: dict[str, Any]) -> Population:
    def tuples(values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}

    shock = stated.pop("shock", None)
    return Population(
        **tuples(
            stated
            | {
                "sources": {k: SourcePlan(**tuples(v)) for k, v in stated["sources"].items()},
                "channels": {k: Channel(**v) for k, v in stated.pop("channels", {}).items()},
                "scales": {k: Scale(**tuples(v)) for k, v in stated["scales"].items()},
                "constructs": {k: v["source"] for k, v in stated["constructs"].items()},
                "strengths": {
                    (v["from"], v["to"]): float(v["strength"]) for v in stated.pop("links")
                },
                "items": {k: Item(**v) for k, v in stated["items"].items()},
                "organisations": [Organisation(**tuples(v)) for v in stated["organisations"]],
            }
        ),
        shock=Shock(**tuples(shock)) if shock else None,
    )


def _require_coherence(population: Population, file: str) -> None:
    names = list(population.constructs)
    for start, end in population.strengths:
        for name in (start, end):
            if name not in names:
                raise StudyError(f"{file}: a link names {name!r}.{nearest(name, names)}")
        if names.index(start) >= names.index(end):
            raise StudyError(
                f"{file}: the link {start} → {end} points backwards; "
                "list constructs in causal order."
            )
    if implied_correlations(population.path_matrix)[1].min() <= 0:
        raise StudyError(f"{file}: links into one construct explain more than all of its variance.")


def implied_correlations(paths: Array) -> tuple[Array, Array]:
    """Correlations and residual variances implied by standardised recursive paths.

    Parameters
    ----------
    paths
        Lower triangular, shape (…, C, C), row = where a link ends.

    Returns
    -------
    correlations (…, C, C) and residual variances (…, C), each construct's total variance being 1:
    r_jk = Σ_m β_jm r_mk for k before j, and ψ_j = 1 − β_j R β_j'.
    """
    size = paths.shape[-1]
    correlations = np.zeros(paths.shape)
    residual = np.ones(paths.shape[:-1])
    for j in range(size):
        slopes = paths[..., j, :j]
        row = np.einsum("...k,...km->...m", slopes, correlations[..., :j, :j])
        correlations[..., j, :j] = row
        correlations[..., :j, j] = row
        correlations[..., j, j] = 1.0
        residual[..., j] = 1.0 - np.sum(slopes * row, axis=-1)
    return correlations, residual


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
    draw = _Draw(population, seed)
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
    (folder / "README.md").write_text(_readme(population, seed), encoding="utf-8")
    (folder / "study.toml").write_text(_study_toml(population), encoding="utf-8")
    return folder


def _refuse_real_study(folder: Path) -> None:
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


class _Draw:
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

    def _identifiers(self, cell: NDArray[np.intp]) -> dict[str, Any]:
        organisations = [o.name for o in self.population.organisations]
        return {
            "organisation": pd.Categorical.from_codes(
                self.cells["organisation"].to_numpy()[cell], organisations
            ),
            "office": pd.Categorical.from_codes(
                self.cells["place"].to_numpy()[cell], list(pd.unique(self.cells["unit"]))
            ),
            "year": pd.Categorical.from_codes(
                self.cells["wave"].to_numpy()[cell], list(self.population.waves)
            ),
        }

    def _respondents(self, name: str) -> NDArray[np.int64]:
        low, high = self.population.sources[name].respondents
        drawn = self.stream(name, "respondents").integers(low, high, len(self.cells), endpoint=True)
        fixed = np.array([o.respondents or 0 for o in self.population.organisations])
        fixed = fixed[self.cells["organisation"]]
        return np.where(fixed > 0, fixed, drawn)

    def _invited(self, name: str, cell: NDArray[np.intp]) -> NDArray[np.int64]:
        low, high = self.population.sources[name].response_rate or (1.0, 1.0)
        rate = self.stream(name, "response rate").uniform(low, high, len(self.cells))
        return np.rint(np.bincount(cell) / rate).astype(np.int64)[cell]

    def _channel(self, name: str, count: int) -> pd.Categorical | None:
        channels = self.population.channels
        if not channels or self.population.constructs.get("service") != name:
            return None
        shares = np.cumsum([c.answered for c in channels.values()])
        drawn = np.searchsorted(shares / shares[-1], self.stream(name, "channel").random(count))
        return pd.Categorical.from_codes(drawn, list(channels))

    def _weight(self, name: str, channel: pd.Categorical) -> Array:
        ratio = np.array([c.clients / c.answered for c in self.population.channels.values()])
        noise = self.stream(name, "weight").lognormal(0.0, 0.1, len(channel))
        return np.round(ratio[channel.codes] * noise, 2)

    def _levels(self, name: str, cell: NDArray[np.intp], channel: pd.Categorical | None) -> Array:
        """Constructs of every respondent: the unit's part and their own, variance 1 in all."""
        inside = np.array([source == name for source in self.population.constructs.values()])
        paths = np.where(np.outer(inside, inside), self.population.path_matrix, 0.0)
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
        self, name: str, cell: NDArray[np.intp], levels: Array
    ) -> dict[str, pd.api.extensions.ExtensionArray]:
        return {
            item: self._answer(item, cell, levels[:, self.constructs.index(stated.construct)])
            for item, stated in self.population.items.items()
            if self.population.constructs[stated.construct] == name
        }

    def _answer(
        self, name: str, cell: NDArray[np.intp], level: Array
    ) -> pd.api.extensions.ExtensionArray:
        item = self.population.items[name]
        scale = self.population.scales[item.scale]
        error = self.stream(name, "error").standard_normal(len(level))
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


def _ids(source: str, count: int) -> list[str]:
    return [f"{source[0].upper()}{number:06d}" for number in range(1, count + 1)]


def _write_table(frame: pd.DataFrame, file: Path) -> None:
    if file.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        pq.write_table(table, file, compression="zstd")
    else:
        frame.to_csv(file, index=False, lineterminator="\n")


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
    peculiar = [line for o in population.organisations[:50] for line in _peculiarities(o)]
    shock = population.shock
    lines = [
        f"# {population.title}",
        "",
        "**These data are simulated.** No one was asked; the organisations do not exist. The files",
        f"were written by `workbench simulate` with seed {seed}, from the population stated here.",
        "",
        "## The population",
        "",
        "Standardised links between units, as the data are drawn:",
        "",
        _markdown(
            ["from", "to", "strength"],
            [(start, end, f"{value:.2f}") for (start, end), value in population.strengths.items()],
        ),
        "",
        "A chain that leaves constructs out should find these (regressions in the true",
        "correlations between units):",
        "",
        _markdown(
            ["chain", "from", "to", "strength"],
            [
                (chain, start, end, f"{value:.3f}")
                for chain, pairs in CHAINS.items()
                if {name for pair in pairs for name in pair} <= set(population.constructs)
                for (start, end), value in population.links(pairs).items()
            ],
        ),
        "",
        "- Employees and clients are different people and share the unit, nothing else. Inside a",
        "  source, respondents follow the same links around their unit.",
        f"- Intraclass correlation of a construct: {population.intraclass_correlation:g}. Of this",
        f"  variance between units, {population.organisation_share:.0%} lies between organisations.",
        f"- A unit's correlation with itself from one wave to the next: {population.stability:g}.",
        "- A link's strength varies over organisations with standard deviation",
        f"  {population.link_spread:g}; `truth.csv` has every organisation's own.",
        "- Means of a unit's respondents carry sampling error: links between plain means of",
        "  different sources come out weaker than the truth, by about a tenth here.",
        f'- Answers left out: {population.blank_share:.0%}; answered "don\'t know" or "does not',
        f'  apply" (8, 9, 99): {population.dont_know_share:.0%}; both wholly at random.',
        "",
        "## Items",
        "",
        _markdown(
            ["item", "construct", "scale", "loading", "ease", "reversed"],
            [
                (
                    name,
                    item.construct,
                    f"{population.scales[item.scale].low:g}–{population.scales[item.scale].high:g}",
                    f"{item.loading:.2f}",
                    f"{item.ease:+.2f}",
                    "yes" if item.reversed else "no",
                )
                for name, item in population.items.items()
            ],
        ),
        "",
        "## Peculiarities",
        "",
        f"- Groups under {population.minimum_count} respondents are not shown.",
        *peculiar,
    ]
    if shock:
        moved = ", ".join(f"{name} {size:+.1f}" for name, size in shock.constructs.items())
        lines += [
            f"- Shock in {shock.wave} at {', '.join(shock.organisations)}:",
            f"  {moved} (standard deviations between units, carried down the links).",
        ]
    if population.channels:
        lines += [
            "- Clients come by channel; the web is over-represented among those who answered, and",
            "  the sampling weight is the channel's share among clients over that among answers.",
        ]
    lines += ["", "## Files", ""]
    lines += [
        f"- `{plan.file}`: {name}, a row is a {plan.rows.removesuffix('s')}"
        for name, plan in population.sources.items()
    ]
    lines += [
        "- `codebook.csv`, `organisations.csv`, `study.toml`",
        "- `truth.csv`: the links of every organisation, as drawn",
    ]
    return "\n".join(lines) + "\n"


def _peculiarities(organisation: Organisation) -> list[str]:
    lines = []
    if organisation.respondents:
        lines.append(
            f"- {organisation.name}: {organisation.units} units with {organisation.respondents} "
            "respondents each, in each source and wave."
        )
    if organisation.waves:
        lines.append(f"- {organisation.name}: takes part in {', '.join(organisation.waves)} only.")
    for item, answer in (organisation.constant or {}).items():
        lines.append(f"- {organisation.name}: everyone answers {answer} to `{item}`.")
    return lines


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(
        "| " + " | ".join(cells) + " |" for cells in [header, ["---"] * len(header), *rows]
    )
