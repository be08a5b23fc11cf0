"""Studies drawn from a stated population model.

A population is a recursive path model among constructs, held between units, with items that
measure the constructs on coarse scales. For organisation *o*, unit *u* and wave *t*

    d_out = √s · d_o + √(1 − s) · (√r · d_u + √(1 − r) · d_ut)          disturbances, N(0, 1)
    b_out = B_o b_out + Ψ_o^½ d_out + shock_ot                          between units, variance 1
            and, from the wave on in which o adopted something, what that adds
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

import zlib
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from workbench.errors import StudyError
from workbench.simulation.population import Array, Population, Scale, implied_correlations

Codes = NDArray[np.int64]


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
        drawn = _propagate(paths, np.sqrt(residual) * disturbances + self._shock())
        return drawn + self._adopted()

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

    def _adopted(self) -> Array:
        """What adoption adds to the constructs of every cell."""
        shift = np.zeros((len(self.cells), len(self.constructs)))
        adoption, waves = self.population.adoption, self.population.waves
        if adoption is None:
            return shift
        first = [adoption.wave(o.name) for o in self.population.organisations]
        since = np.array([waves.index(wave) if wave else len(waves) for wave in first])
        there = self.cells["wave"].to_numpy() >= since[self.cells["organisation"]]
        for construct, size in adoption.constructs.items():
            shift[there, self.constructs.index(construct)] = size
        return shift

    def source(self, name: str) -> pd.DataFrame:
        """One source as it would be published: identifiers, then answers."""
        plan = self.population.sources[name]
        if plan.rows == "units":
            cell = np.arange(len(self.cells))
            columns = self._identifiers(cell)
            if self.population.cases:
                columns["cases"] = self._cases()
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
            columns |= self._covariates(name, cell, levels)
            columns |= self._comments(name, levels)
        return pd.DataFrame(columns | self._answers(name, cell, levels))

    def _cases(self) -> Codes:
        """How many cases every unit settled, in every wave."""
        low, high = self.population.cases or (1, 1)
        return self.stream("cases").integers(low, high, len(self.cells), endpoint=True)

    def _covariates(self, name: str, cell: Codes, levels: Array) -> dict[str, Any]:
        """What is known of every respondent, cut from what goes with their own part."""
        share = self.population.intraclass_correlation
        own = (levels - np.sqrt(share) * self.between[cell]) / np.sqrt(1 - share)
        columns = {}
        for covariate, stated in self.population.covariates.items():
            if self.population.constructs[stated.construct] != name:
                continue
            noise = self.stream(name, covariate).standard_normal(len(cell))
            part = own[:, self.constructs.index(stated.construct)]
            behind = stated.slope * part + np.sqrt(1 - stated.slope**2) * noise
            cuts = norm.ppf(np.cumsum(stated.shares)[:-1])
            columns[covariate] = _categorical(np.searchsorted(cuts, behind), list(stated.values))
        return columns

    def _comments(self, name: str, levels: Array) -> dict[str, Any]:
        """A sentence about what a respondent is least happy with; most write nothing."""
        themes = [
            theme
            for theme in self.population.themes.values()
            if self.population.constructs[theme.construct] == name
        ]
        if not themes:
            return {}
        rng = self.stream(name, "comment")
        standing = levels[:, [self.constructs.index(theme.construct) for theme in themes]]
        about = np.argmin(standing + rng.standard_normal(standing.shape), axis=1)
        writes = rng.random(len(levels)) < self.population.comment_share
        which = rng.random(len(levels))
        comments = [
            themes[theme].sentences[int(lot * len(themes[theme].sentences))] if written else None
            for theme, lot, written in zip(about, which, writes, strict=True)
        ]
        return {"comment": pd.array(comments, dtype="string")}

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
            answer = np.clip(self._number(name, scale, latent), scale.low, scale.high)
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

    def _number(self, name: str, scale: Scale, latent: Array) -> Array:
        """A number from records, as :class:`Scale` describes it."""
        number = scale.mean + scale.deviation * latent
        if scale.shape == "count":
            rate = self._cases() * np.exp(number)
            number = self.stream(name, "count").poisson(rate).astype(float)
        elif scale.shape == "skewed":
            number = np.exp(number)
        return np.round(number, scale.digits)

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
    return pd.Categorical.from_codes(codes, pd.Index(names))


def _ids(source: str, count: int) -> list[str]:
    return [f"{source[0].upper()}{number:06d}" for number in range(1, count + 1)]
