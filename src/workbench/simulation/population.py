"""The true model a simulated study is drawn from, stated in a TOML file."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import StudyError, UnknownNameError
from workbench.text import nearest

Array = NDArray[np.float64]
DEMO_POPULATION = Path(__file__).with_name("demo_population.toml")


@dataclass(frozen=True)
class Scale:
    """Answer codes from ``low`` to ``high``, cut at ``thresholds``; or a number from records.

    With *z* what is measured, a number is ``mean`` + ``deviation`` · z; one whose ``shape`` is
    "skewed" is exp(``mean`` + ``deviation`` · z), and a "count" is Poisson with that rate for each
    case of the unit. A number has ``digits`` after the point.
    """

    low: float
    high: float
    missing: tuple[int, ...] = ()
    thresholds: tuple[float, ...] = ()
    mean: float = 0.0
    deviation: float = 1.0
    shape: str = "even"
    digits: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """One question: what it measures, how well (standardised loading), and on which scale.

    ``measure`` is what the codebook says of a number from records: its unit, target, shape.
    """

    construct: str
    wording: str
    scale: str
    loading: float
    ease: float
    reversed: bool = False
    measure: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SourcePlan:
    """One source of a simulated study.

    ``respondents`` is the range per unit and wave, ``fieldwork`` the month and day on which it
    begins and ends in every wave.
    """

    file: str
    rows: str
    respondents: tuple[int, int] = (1, 1)
    response_rate: tuple[float, float] | None = None
    fieldwork: tuple[str, str] | None = None


@dataclass(frozen=True)
class Channel:
    """A channel's share among clients and among those who answered, and its effect on service."""

    clients: float
    answered: float
    service: float


@dataclass(frozen=True)
class Covariate:
    """What is known of a respondent: ``values`` in ``shares``, going with a construct.

    ``slope`` is the correlation of what lies behind the values, in their order, with the
    respondent's own part of ``construct``.
    """

    construct: str
    values: tuple[str, ...]
    shares: tuple[float, ...]
    slope: float


@dataclass(frozen=True)
class Theme:
    """What a comment may be about: its ``sentences``, and the ``words`` of a codeframe.

    Those who stand low in ``construct`` write about it.
    """

    construct: str
    words: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Norm:
    """A score from 0 to 100 that somebody else published for a construct."""

    construct: str
    score: float
    source: str
    date: str


@dataclass(frozen=True)
class Shock:
    """What one wave did to some organisations, in standard deviations between units."""

    wave: str
    organisations: tuple[str, ...]
    constructs: Mapping[str, float]


@dataclass(frozen=True)
class Adoption:
    """What some organisations have adopted, each from the wave on that names it in ``waves``.

    ``constructs`` says by how many standard deviations between units it raises a construct itself;
    nothing of that is carried down the links. ``title``, ``outcomes`` and ``margin`` are those of
    study.toml.
    """

    title: str
    waves: Mapping[str, tuple[str, ...]]
    constructs: Mapping[str, float]
    outcomes: tuple[str, ...] = ()
    margin: float | None = None

    def wave(self, organisation: str) -> str:
        """The wave from which on an organisation has adopted, "" where it has not."""
        return next((wave for wave, own in self.waves.items() if organisation in own), "")


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
    item_share: float
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
    roles: Mapping[str, tuple[str, ...]]
    covariates: Mapping[str, Covariate] = field(default_factory=dict)
    themes: Mapping[str, Theme] = field(default_factory=dict)
    norms: tuple[Norm, ...] = ()
    comment_share: float = 0.0
    cases: tuple[int, int] | None = None
    drivers: Mapping[str, Any] = field(default_factory=dict)
    shock: Shock | None = None
    adoption: Adoption | None = None

    def larger(
        self, organisations: int, units: int, respondents: int, waves: int = 1
    ) -> "Population":
        """Return the same model for ``organisations`` alike, ``units`` each.

        There is no shock and no adoption, and respondents have neither covariates nor comments.

        Examples
        --------
        >>> from workbench.simulation import load_population
        >>> small = load_population().larger(organisations=2, units=3, respondents=4)
        >>> len(small.organisations), len(small.waves)
        (2, 1)
        """
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
            covariates={},
            themes={},
            norms=(),
            shock=None,
            adoption=None,
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
        """True correlations of the constructs between units.

        Examples
        --------
        >>> from workbench.simulation import load_population
        >>> names = ["people", "service", "trust"]
        >>> load_population().correlations.loc[names, names].round(2)
                 people  service  trust
        people     1.00     0.32   0.33
        service    0.32     1.00   0.63
        trust      0.33     0.63   1.00
        """
        names = list(self.constructs)
        return pd.DataFrame(implied_correlations(self.path_matrix)[0], names, names)

    def respondent_correlations(self, source: str) -> pd.DataFrame:
        """True correlations of one source's constructs over all its respondents, units mixed.

        R = ρ R_between + (1 − ρ) R_within with *ρ* the intraclass correlation; within a unit only
        the links inside the source are at work.
        """
        inside = [name for name, asked in self.constructs.items() if asked == source]
        if not inside:
            known = list(self.sources)
            raise UnknownNameError(
                f"The population has no source {source!r}.{nearest(source, known)} "
                f"It has {', '.join(known)}."
            )
        within = pd.DataFrame(
            implied_correlations(self.paths_within(source))[0],
            list(self.constructs),
            list(self.constructs),
        )
        share = self.intraclass_correlation
        return (share * self.correlations + (1 - share) * within).loc[inside, inside]

    def paths_within(self, source: str) -> Array:
        """The links inside one source as a matrix, all others 0."""
        inside = np.array([asked == source for asked in self.constructs.values()])
        return np.where(np.outer(inside, inside), self.path_matrix, 0.0)

    def source_of(self, pairs: Iterable[tuple[str, str]]) -> str | None:
        """Return the one source that all constructs of a chain are asked in, if there is one."""
        sources = {self.constructs[name] for pair in pairs for name in pair}
        return next(iter(sources)) if len(sources) == 1 else None

    def links(self, pairs: Iterable[tuple[str, str]], source: str | None = None) -> pd.Series:
        """True standardised links of a chain, given as (from, to) pairs.

        Each construct is regressed on those with a link to it, β = R_xx⁻¹ r_xy, in the true
        correlations between units, or between the respondents of ``source``. So a chain that
        leaves constructs out is told what it should find: *people → service* here is the whole
        path by way of retention, productivity, value and all the rest.

        Examples
        --------
        >>> chain = [("people", "service"), ("service", "trust"), ("people", "trust")]
        >>> load_population().links(chain).round(3).to_dict()
        {('people', 'service'): 0.321, ('service', 'trust'): 0.59, ('people', 'trust'): 0.137}
        """
        pairs = list(pairs)
        known = list(self.constructs)
        for name in (name for pair in pairs for name in pair):
            if name not in self.constructs:
                raise UnknownNameError(
                    f"The population has no construct {name!r}.{nearest(name, known)} "
                    f"It has {', '.join(known)}."
                )
        correlations = self.respondent_correlations(source) if source else self.correlations
        strength: dict[tuple[str, str], float] = {}
        for end in dict.fromkeys(end for _, end in pairs):
            starts = [start for start, other in pairs if other == end]
            slopes = np.linalg.solve(
                correlations.loc[starts, starts], correlations.loc[starts, end]
            )
            strength |= {
                (start, end): float(slope) for start, slope in zip(starts, slopes, strict=True)
            }
        return pd.Series([strength[pair] for pair in pairs], pd.MultiIndex.from_tuples(pairs))


def load_population(path: str | Path | None = None) -> Population:
    """Read a population model; without a path, that of the demo study.

    Parameters
    ----------
    path
        A TOML file like ``demo_population.toml``.

    Raises
    ------
    StudyError
        If the file is not TOML, lacks a part, or a link points backwards.

    Examples
    --------
    >>> from workbench.simulation import load_population
    >>> population = load_population()
    >>> len(population.organisations), population.waves
    (12, ('2022', '2023', '2024'))
    >>> round(float(population.links([("people", "service")]).iloc[0]), 2)
    0.32
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

    shock, adoption = stated.pop("shock", None), stated.pop("adoption", None)
    if adoption:
        adoption = tuples(adoption) | {"waves": tuples(adoption["waves"])}
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
                "roles": tuples(stated.pop("roles", {})),
                "covariates": {
                    k: Covariate(**tuples(v)) for k, v in stated.pop("covariates", {}).items()
                },
                "themes": {k: Theme(**tuples(v)) for k, v in stated.pop("themes", {}).items()},
                "norms": [Norm(**v) for v in stated.pop("norms", [])],
                "organisations": [Organisation(**tuples(v)) for v in stated["organisations"]],
            }
        ),
        shock=Shock(**tuples(shock)) if shock else None,
        adoption=Adoption(**adoption) if adoption else None,
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
    for item, stated in population.items.items():
        for what, name, known in (
            ("construct", stated.construct, names),
            ("scale", stated.scale, list(population.scales)),
        ):
            if name not in known:
                raise StudyError(
                    f"{file}: item {item} names the {what} {name!r}, which is not stated."
                    f"{nearest(name, known)}"
                )
    for role, constructs in population.roles.items():
        for name in constructs:
            if name not in names:
                raise StudyError(f"{file}: the role {role!r} names {name!r}.{nearest(name, names)}")
    named = {name: covariate.construct for name, covariate in population.covariates.items()}
    named |= {name: theme.construct for name, theme in population.themes.items()}
    for what, name in named.items():
        if name not in names:
            raise StudyError(
                f"{file}: {what!r} names the construct {name!r}, which is not stated."
                f"{nearest(name, names)}"
            )
    _require_known_places(population, file)
    if implied_correlations(population.path_matrix)[1].min() <= 0:
        raise StudyError(f"{file}: links into one construct explain more than all of its variance.")


def _require_known_places(population: Population, file: str) -> None:
    """Refuse organisations, waves and constructs that a shock or an adoption makes up."""
    organisations = [organisation.name for organisation in population.organisations]
    shock, adoption = population.shock, population.adoption
    known = {
        "organisation": organisations,
        "wave": list(population.waves),
        "construct": list(population.constructs),
    }
    named = [("shock", "organisation", name) for name in (shock.organisations if shock else ())]
    if adoption:
        adopters = [name for own in adoption.waves.values() for name in own]
        named += [("adoption", "organisation", name) for name in adopters]
        named += [("adoption", "wave", wave) for wave in adoption.waves]
        named += [("adoption", "construct", name) for name in adoption.constructs]
    for what, kind, name in named:
        if name not in known[kind]:
            raise StudyError(
                f"{file}: the {what} names the {kind} {name!r}, which is not stated."
                f"{nearest(name, known[kind])}"
            )


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
