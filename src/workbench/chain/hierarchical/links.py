r"""Links of many organisations from one model: the mean, its spread, and each organisation's.

The spread :math:`\tau` of each link between organisations is integrated over, never plugged in:
its marginal likelihood (:mod:`workbench.chain.hierarchical.integral`) is found along each link's
axis, nodes are laid at the quantiles of what that gives, and each node's weight is its likelihood
over the density that the nodes were laid by. At every node the common parameters and the
organisations' links are drawn from their distribution there.

Intervals and p-values come from these draws with :math:`\tau^2` exponential, its mean .08: nearly
flat where :math:`\tau` is small, which makes intervals of organisations cover what they should
whatever :math:`\tau` is (Morris & Tang 2011, Statistical Science 26, 271–287), and with little
weight on spreads that links do not have, which keeps them short where organisations are few. It
takes organisations to differ. Values come from the same draws with a prior that gives most weight
to organisations that hardly differ and the rest to any spread that links have, two half-normal
distributions (a spike and a slab: George & McCulloch 1993, JASA 88, 881–889): organisations that
do not differ get one value, and those that do keep their own. No one prior does both: one that
brings values near enough to each other where organisations do not differ makes intervals too
short where they do.

A strength is a link times the ratio of the source's and the target's standard deviation between
units within organisations, one ratio for all organisations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate
from scipy.stats import qmc

from workbench.chain.hierarchical.integral import (
    Around,
    Conditional,
    Problem,
    around,
    conditional,
    own_links,
    roughly,
)
from workbench.chain.hierarchical.likelihood import Rows
from workbench.chain.hierarchical.structure import Structure
from workbench.costly import contents, made
from workbench.progress import Progress, progress
from workbench.threads import one_thread

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Effect = tuple[tuple[int, ...], ...]

# Where τ is looked for first, in strengths; beyond the last the half of organisations' links would
# lie further than .6 from their mean.
_GRID = (0.0, 0.06, 0.14, 0.25, 0.45, 0.8)
_REFINED = 2
_SCANNED = len(_GRID) + 2 * _REFINED + 2  # likelihoods that it takes to scan a link's τ
# Intervals: τ² is exponential with mean 2 · .2².
_INTERVAL_SCALE = 0.2
# Values: half-normal priors of τ for organisations that hardly differ and for those that do.
_ALIKE, _ALIKE_SCALE, _APART_SCALE = 0.8, 0.02, 0.2
# Fewer rows than this (see ``HierarchicalLinks.rows``) say nothing of a link.
LEAST_ROWS = 20.0
_NODES = 10
_NODES_TOGETHER = 16
# At every node.
_DRAWS = 400
_BLOCK = 200
_EFFECTS_TOGETHER = 1000
# Where a construct's variance between units is not above its errors', this share of the total.
_LEAST_SHARE = 0.15
_MOST_CORRELATED = 0.9
_Z = 1.959964
# Prior standard deviations: logarithms of variances around their moments, links as strengths.
_LOG_VARIANCE = 1.5
_LINK = 2.0
_ATANH = 1.0
_OWN = 1.0
# Standard deviation between organisations of the logarithms of targets' residual variances.
RESIDUAL_SPREAD = 0.3


@dataclass(frozen=True)
class Estimate:
    """A number or an array of them with its 95 % interval."""

    value: Array
    lower: Array
    upper: Array


@dataclass(frozen=True, eq=False)
class HierarchicalLinks:
    """Effects (E) of every organisation (J), all as strengths; each is found when asked for.

    ``problem`` and ``effects`` are what was asked, ``unit`` (k,) what its constructs are measured
    in, and ``rows`` (L,) what the units are worth for each link: those beyond the first of every
    organisation, times the reliabilities of the link's two scores.
    """

    problem: Problem
    effects: Sequence[Effect]
    unit: Array
    start: Array  # θ of the common fit

    @cached_property
    def rows(self) -> Array:
        rows = self.problem.rows
        source, target = np.array(self.problem.structure.links).T
        # Constructs have variance 1 here, and a score that is not there an error without bound.
        reliability = np.average(
            1 / (1 + rows.errors.diagonal(axis1=1, axis2=2)), axis=0, weights=rows.copies
        )
        units = rows.copies.sum() - self.problem.organisations
        return np.asarray(units * reliability[source] * reliability[target])

    @cached_property
    def mean(self) -> Estimate:
        """The effect of the mean links (E,)."""
        return self._estimate([draw.links for draw in self._draws])

    @cached_property
    def pvalue(self) -> Array:
        """Twice the smaller share of draws on one side of 0 (E,)."""
        negative = [(_through(draw.links, self.effects) < 0).mean(axis=0) for draw in self._draws]
        below = self._nodes.wide @ negative
        least = 2 / (_DRAWS * len(self._draws))
        return np.maximum(2 * np.minimum(below, 1 - below), least)

    @cached_property
    def spread(self) -> Estimate:
        """The standard deviation of the effect between organisations (E,), its value the
        likeliest."""
        slopes = np.abs(self._slopes)
        spread = _spread(self._nodes.axes)
        return Estimate(*(np.sqrt(slopes**2 @ (self._ratio * tau) ** 2) for tau in spread))

    @cached_property
    def organisations(self) -> Estimate:
        """Each organisation's effect in the light of all others (J, E)."""
        # Organisations in blocks, and few of their effects at once: those of thousands would not
        # fit.
        blocks = []
        for block in _split(self.problem.organisations, _BLOCK):
            drawn = [draw.of_organisations(block) for draw in self._draws]
            blocks += [
                self._estimate([one[:, some] for one in drawn])
                for some in _split(len(block), max(1, _EFFECTS_TOGETHER // len(self.effects)))
            ]
        parts = ([getattr(block, field.name) for block in blocks] for field in fields(Estimate))
        return Estimate(*map(np.concatenate, parts))

    @cached_property
    def shrinkage(self) -> Array:
        """The share of the mean in it (J, E)."""
        scatters = [node.scatter.diagonal(axis1=1, axis2=2) for node in self._nodes.found]
        kept = self._average([scatter[:, : len(self._ratio)] for scatter in scatters])
        slopes = np.abs(self._slopes)
        return np.asarray(np.minimum(kept, 1.0) @ (slopes / slopes.sum(axis=1, keepdims=True)).T)

    @property
    def own(self) -> Estimate:
        """Each organisation's effect by its own units alone, the source's variance and the mean of
        residual variances taken from all (J, E)."""
        value, error = self._own
        return Estimate(value, value - _Z * error, value + _Z * error)

    @property
    def own_error(self) -> Array:
        """The standard error of ``own`` (J, E)."""
        return self._own[1]

    @cached_property
    def new(self) -> Estimate:
        """The effect in a further organisation (E,)."""
        return self._estimate([draw.new for draw in self._draws])

    @cached_property
    def deviation(self) -> Array:
        """Every construct's standard deviation between units of an organisation (k,), in the unit
        of its scores: a strength times sd(target) / sd(source) is in points of the one per point of
        the other."""
        return self.unit * self._average([draw.deviation.mean(axis=0) for draw in self._draws])

    @cached_property
    @one_thread
    def _nodes(self) -> "_Nodes":
        problem, count = self.problem, len(self.problem.structure.links)
        size = _NODES if count == 1 else _NODES_TOGETHER
        with progress("Links of organisations", _SCANNED * count + size) as looks:
            axes, known = _axes(problem, self.start, looks)
            spreads, density = _laid(axes, size)
            nodes: list[Conditional] = []
            for spread in looks.over(spreads):
                near = _nearest([known, *(node.around for node in nodes)], spread)
                nodes.append(conditional(problem, spread, near))
        evidence = np.array([node.evidence for node in nodes])
        wide, narrow = (
            _shares(evidence - np.log(density) + np.log(prior(spreads)).sum(axis=1))
            for prior in (_interval_prior, _value_prior)
        )
        return _Nodes(axes, nodes, wide, narrow)

    @cached_property
    def _draws(self) -> list["_Drawn"]:
        found = self._nodes.found
        return [_drawn(self.problem, node, number) for number, node in enumerate(found)]

    @cached_property
    def _ratio(self) -> Array:
        """sd(source) / sd(target) of every link (L,)."""
        return self._average([draw.ratio.mean(axis=0) for draw in self._draws])

    @cached_property
    def _slopes(self) -> Array:
        """Derivatives of the effects by the mean links (E, L)."""
        links = self._average([draw.links.mean(axis=0) for draw in self._draws])
        return _slopes(links, self.effects)

    @cached_property
    @one_thread
    def _own(self) -> tuple[Array, Array]:
        nodes = self._nodes
        theta = _common(self.problem, nodes.found, nodes.narrow)
        start = self._average([node.links for node in nodes.found])
        return _own(self.problem, theta, start, self._ratio, self.effects)

    def _average(self, values: list[Array]) -> Array:
        """The mean over nodes of their values (N, ...)."""
        return np.asarray(np.tensordot(self._nodes.narrow, np.array(values), axes=1))

    def _estimate(self, links: list[Array]) -> Estimate:
        """Effects of links drawn at every node (N, D, ..., L)."""
        values = np.array([_through(one, self.effects) for one in links])
        lower, upper = _quantiles(values, self._nodes.wide, (0.025, 0.975))
        return Estimate(self._average([one.mean(axis=0) for one in values]), lower, upper)


@one_thread
def hierarchical_links(
    rows: Rows, structure: Structure, effects: Sequence[Effect] = ()
) -> HierarchicalLinks:
    """Estimate the links of all organisations of ``rows``; see the module's text.

    Parameters
    ----------
    effects
        What is wanted, in links counted from 0: an effect is the sum over its paths of the
        products of their links. By default every link for itself.
    """
    effects = effects or [((number,),) for number in range(len(structure.links))]
    made("links of organisations", contents(rows), structure, effects)
    problem, theta, unit = standardised(rows, structure)
    return HierarchicalLinks(problem, effects, unit, theta)


@dataclass(frozen=True)
class _Nodes:
    """Nodes of τ (N), what was found at each, and their weights for intervals and for values."""

    axes: list["_Axis"]
    found: list[Conditional]
    wide: Array
    narrow: Array


@dataclass(frozen=True)
class _Axis:
    """The marginal likelihood of one link's τ: its logarithm on a fine grid of spreads."""

    spreads: Array
    evidence: Array


@dataclass(frozen=True)
class _Drawn:
    """Draws (D) at one node; links are strengths."""

    node: Conditional
    seed: int
    off: Array  # θ less its mean (D, L + q)
    deviation: Array  # of constructs (D, k)
    ratio: Array  # sd(source) / sd(target) (D, L)
    links: Array  # mean links (D, L)
    new: Array  # links of a further organisation (D, L)

    def of_organisations(self, block: Index) -> Array:
        """The links of some organisations (D, B, L)."""
        node = self.node
        count = len(node.spread)
        rng = np.random.default_rng([self.seed, int(block[0])])
        normal = rng.standard_normal((len(self.off), len(block), count))
        root = np.linalg.cholesky(node.scatter[block, :count, :count])
        shift = node.shift[block, :count] + np.einsum("jab,djb->dja", root, normal)
        shift += np.einsum("jlp,dp->djl", node.response[block, :count], self.off)
        return np.asarray(self.links[:, None] + self.ratio[:, None] * node.spread * shift)


def _through(links: Array, effects: Sequence[Effect]) -> Array:
    """Effects (..., E) of links (..., L)."""
    values = [sum(np.prod(links[..., list(path)], axis=-1) for path in paths) for paths in effects]
    return np.stack(values, axis=-1)


def _slopes(links: Array, effects: Sequence[Effect]) -> Array:
    """Derivatives of the effects by their links (..., E, L), at links (..., L)."""
    found = np.zeros((*links.shape[:-1], len(effects), links.shape[-1]))
    for number, paths in enumerate(effects):
        for path in paths:
            for link in path:
                others = [other for other in path if other != link]
                found[..., number, link] += np.prod(links[..., others], axis=-1)
    return found


def _own(
    problem: Problem, theta: Array, start: Array, ratio: Array, effects: Sequence[Effect]
) -> tuple[Array, Array]:
    """Every organisation's own effects and their errors (J, E), by the delta method."""
    links, covariance = own_links(problem, theta, start, _OWN)
    slopes = ratio * _slopes(ratio * links, effects)
    variance = np.einsum("jel,jlm,jem->je", slopes, covariance, slopes)
    return _through(ratio * links, effects), np.sqrt(variance)


def standardised(rows: Rows, structure: Structure) -> tuple[Problem, Array, Array]:
    """Return the problem with constructs of variance 1, its common fit's θ, and their units (k,).

    The units are those of the fit in which links do not differ between organisations.
    """
    count, k = len(structure.links), structure.constructs
    rows = rows.compressed()
    unit, theta = _moments(rows, structure)
    rows = rows.scaled(unit)
    deviation = np.concatenate(
        [
            np.full(count, _LINK),
            np.full(k, _LOG_VARIANCE),
            np.full(len(structure.covariances), _ATANH),
        ]
    )
    centre = np.concatenate([np.zeros(count), theta[count : count + k], theta[count + k :] * 0])
    problem = Problem(rows, structure, centre, deviation, RESIDUAL_SPREAD)
    none = np.zeros(count)
    theta = conditional(problem, none, around(problem, theta)).theta
    variance = _variances(problem, none, theta)
    source, target = np.array(structure.links).T
    theta = theta.copy()
    theta[:count] *= np.sqrt(variance[source] / variance[target])
    theta[count : count + k] -= np.log(variance)
    centre = centre.copy()
    centre[count : count + k] -= np.log(variance)
    scaled = replace(problem, rows=rows.scaled(np.sqrt(variance)), centre=centre)
    return scaled, theta, unit * np.sqrt(variance)


def _variances(problem: Problem, spread: Array, theta: Array) -> Array:
    """The constructs' variances (..., k) at θ (..., L + q), averaged over organisations.

    The mean of a lognormal variance is above its median.
    """
    count = len(spread)
    mean = theta.copy()
    mean[..., problem.structure.differing[count:]] += problem.residual_spread**2 / 2
    return problem.structure.common_variances(mean[..., :count], spread, mean[..., count:])


def _moments(rows: Rows, structure: Structure) -> tuple[Array, Array]:
    """Units (k,) and θ in them, by the covariance between units less the errors' mean."""
    count = len(structure.links)
    starts, place = rows.starts, rows.organisation
    used = rows.there
    counted = rows.copies[:, None] * used
    sums = np.add.reduceat(counted * rows.scores, starts)
    there = np.add.reduceat(counted, starts)
    middle = sums / np.where(there > 0, there, 1.0)
    gap = np.where(used, rows.scores - middle[place], 0.0)
    both = counted.T @ used
    freedom = np.maximum(both - (there > 0).sum(axis=0), 1.0)
    total = ((counted * gap).T @ gap + rows.scatter.sum(axis=0)) / freedom
    errors = np.where(used[:, :, None] & used[:, None, :], rows.errors, 0.0)
    error = np.tensordot(rows.copies, errors, axes=1)
    true = total - error / np.maximum(both, 1.0)
    floor = _LEAST_SHARE * total.diagonal()
    variance = np.maximum(true.diagonal(), floor)
    unit = np.sqrt(variance)
    correlation = np.clip(true / np.outer(unit, unit), -_MOST_CORRELATED, _MOST_CORRELATED)
    np.fill_diagonal(correlation, 1.0)
    values, vectors = np.linalg.eigh(correlation)
    correlation = (vectors * np.maximum(values, 1 - _MOST_CORRELATED)) @ vectors.T
    links = np.zeros(count)
    residual = correlation.diagonal().copy()
    for target in {target for _, target in structure.links}:
        own = [number for number, link in enumerate(structure.links) if link[1] == target]
        sources = [structure.links[number][0] for number in own]
        links[own] = np.linalg.solve(
            correlation[np.ix_(sources, sources)], correlation[sources, target]
        )
        residual[target] -= correlation[sources, target] @ links[own]
    pairs = np.array([np.arctanh(correlation[i, j]) * 0.5 for i, j in structure.covariances])
    log_variance = np.log(np.maximum(residual, 1 - _MOST_CORRELATED))
    while not structure.admits(np.concatenate([log_variance, pairs])):
        pairs /= 2
    return unit, np.concatenate([links, log_variance, pairs])


def _axes(problem: Problem, theta: Array, looks: Progress) -> tuple[list[_Axis], Around]:
    """Scan τ of every link, those of others at the likeliest found so far.

    Also returns the likelihoods around the mode at the likeliest of all.
    """
    spread = np.full(len(problem.structure.links), _GRID[1])
    near = around(problem, theta)
    axes = []
    for link in range(len(spread)):
        axis, near = _scanned(problem, near, spread, link)
        axes.append(axis)
        spread[link] = axis.spreads[np.argmax(axis.evidence)]
        looks.add(_SCANNED)
    return axes, near


def _scanned(problem: Problem, near: Around, spread: Array, link: int) -> tuple[_Axis, Around]:
    """The marginal likelihood of one link's τ, and what the likelihoods are at the likeliest."""
    found: dict[float, float] = {}
    known = [near]

    def moved(to: float) -> tuple[Array, Around]:
        tried = spread.copy()
        tried[link] = to
        return tried, _nearest(known, tried)

    wanted = list(_GRID)
    for _ in range(1 + _REFINED):
        for at in wanted:
            found[at], here = roughly(problem, *moved(at))
            known.append(here)
        places = sorted(found)
        best = places.index(max(places, key=lambda at: found[at]))
        sides = [places[other] for other in (best - 1, best + 1) if 0 <= other < len(places)]
        wanted = [(places[best] + side) / 2 for side in sides]
    fine = np.linspace(0.0, _GRID[-1], 721)
    # A function of τ², so flat at 0.
    curve = interpolate.CubicSpline(
        places, [found[at] for at in places], bc_type=((1, 0.0), "not-a-knot")
    )
    rough = curve(fine)
    # How far the rough values are off grows with τ².
    first = float(fine[np.argmax(rough)])
    second = first + _GRID[1] if first + _GRID[1] <= _GRID[-1] else first - _GRID[1]
    likeliest, other = (conditional(problem, *moved(at)) for at in (first, second))
    off = [one.evidence - float(curve(one.spread[link])) for one in (likeliest, other)]
    evidence = rough + (off[1] - off[0]) / (second**2 - first**2) * fine**2
    return _Axis(fine, evidence), likeliest.around


def _nearest(known: list[Around], spread: Array) -> Around:
    """What is known at the nearest τ."""
    return min(known, key=lambda one: float(((one.spread - spread) ** 2).sum()))


def _interval_prior(spread: Array) -> Array:
    """Densities of τ under the prior of intervals, up to a constant."""
    return np.asarray(spread * np.exp(-0.5 * (spread / _INTERVAL_SCALE) ** 2))


def _value_prior(spread: Array) -> Array:
    """Densities of τ under the prior of values, up to a constant."""
    alike, apart = (
        np.exp(-0.5 * (spread / scale) ** 2) / scale for scale in (_ALIKE_SCALE, _APART_SCALE)
    )
    return np.asarray(_ALIKE * alike + (1 - _ALIKE) * apart)


def _laid(axes: list[_Axis], size: int) -> tuple[Array, Array]:
    """Return ``size`` nodes of τ (N, L) and the density (N,) they are laid by.

    Along each axis this is half the density under the one prior and half that under the other;
    nodes are the middles of equal shares, the axes' shuffled against each other.
    """
    share = qmc.LatinHypercube(len(axes), scramble=False, rng=np.random.default_rng(0)).random(size)
    spreads, density = np.empty_like(share), np.ones(size)
    for number, axis in enumerate(axes):
        likelihood = np.exp(axis.evidence - axis.evidence.max())
        step = axis.spreads[1]
        wide = likelihood * _interval_prior(axis.spreads)
        narrow = likelihood * _value_prior(axis.spreads)
        both = (wide / wide.sum() + narrow / narrow.sum()) / (2 * step)
        cumulative = np.concatenate([[0.0], np.cumsum((both[1:] + both[:-1]) * step / 2)])
        spreads[:, number] = np.interp(share[:, number] * cumulative[-1], cumulative, axis.spreads)
        density *= np.interp(spreads[:, number], axis.spreads, both)
    return spreads, density


def _spread(axes: list[_Axis]) -> Array:
    """The likeliest τ, and the ends of what a likelihood ratio test does not reject (3, L)."""
    found = []
    for axis in axes:
        held = axis.spreads[axis.evidence > axis.evidence.max() - 0.5 * _Z**2]
        found.append((axis.spreads[np.argmax(axis.evidence)], held[0], held[-1]))
    return np.transpose(found)


def _drawn(problem: Problem, node: Conditional, number: int) -> _Drawn:
    """Draw the common parameters and a further organisation's links at a node."""
    rng = np.random.default_rng(number)
    count = len(node.spread)
    normal = rng.standard_normal((_DRAWS, len(node.theta)))
    off = _possible(problem, node, normal @ np.linalg.cholesky(node.covariance).T)
    theta = node.theta + off
    deviation = np.sqrt(_variances(problem, node.spread, theta))
    source, target = np.array(problem.structure.links).T
    ratio = deviation[:, source] / deviation[:, target]
    links = ratio * theta[:, :count]
    new = links + ratio * node.spread * rng.standard_normal(links.shape)
    return _Drawn(node, number, off, deviation, ratio, links, new)


def _common(problem: Problem, nodes: list[Conditional], weight: Array) -> Array:
    """θ averaged over nodes, or that of the weightiest where the average cannot be."""
    mean = weight @ np.array([node.theta for node in nodes])
    count = len(problem.structure.links)
    return mean if problem.structure.admits(mean[count:]) else nodes[int(weight.argmax())].theta


def _possible(problem: Problem, node: Conditional, off: Array) -> Array:
    """Draws of θ less its mean (D, L + q), those that cannot be in the place of others.

    Three correlations may be such that no covariance matrix has them all. Where there are few rows
    some draws have such ones, and a construct a negative variance.
    """
    variance = _variances(problem, node.spread, node.theta + off)
    there = variance.min(axis=1) > 0
    if there.all():
        return off
    kept = off[there] if there.any() else np.zeros_like(off[:1])
    return np.asarray(np.where(there[:, None], off, np.resize(kept, off.shape)))


def _split(count: int, size: int) -> list[Index]:
    """The numbers below ``count`` in parts of about one length, at most ``size``."""
    return np.array_split(np.arange(count), -(-count // size))


def _shares(logarithm: Array) -> Array:
    weight = np.exp(logarithm - logarithm.max())
    return np.asarray(weight / weight.sum())


def _quantiles(values: Array, weight: Array, wanted: tuple[float, ...]) -> list[Array]:
    """Quantiles over nodes and draws of values (N, draws, ...), nodes weighted (N,).

    The last bits of each draw become the number of its node, so that values alone are sorted,
    which takes a third of the time of finding their order; no digit that is read changes.
    """
    count, kinds = values.shape[0] * values.shape[1], values.shape[2:]
    # Each kind's draws side by side, which sort in half the time.
    flat = values.reshape(count, -1).T.copy()
    last = np.int64(2 ** (len(weight) - 1).bit_length() - 1)
    node = np.repeat(np.arange(len(weight)), values.shape[1])
    each = weight / values.shape[1]
    found = np.empty((len(wanted), len(flat)))
    for kind, (own, bits) in enumerate(zip(flat, flat.view(np.int64), strict=True)):
        bits &= ~last
        bits |= node
        own.sort()
        share = each[bits & last]
        at = np.searchsorted(np.cumsum(share) - share / 2, wanted)
        found[:, kind] = own[np.minimum(at, count - 1)]
    return list(found.reshape(len(wanted), *kinds))
