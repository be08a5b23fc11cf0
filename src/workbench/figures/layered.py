"""Layered drawing of a directed graph: pure geometry, no markup.

Nodes are put in layers by the longest path from the sources; a link that would close a cycle (one
of a reciprocal pair) is turned round for the layering and drawn with its head at the other end.
Links that skip layers run along tracks outside the nodes, so no curve ever crosses a node. Labels
are placed greedily; where two would touch, the room between the layers grows until they do not.

Everything is in main (from layer to layer) and cross (within a layer) coordinates; the caller turns
them into x and y. The method is a small form of Sugiyama, Tagawa and Toda (1981), IEEE Transactions
on Systems, Man, and Cybernetics 11(2), 109–125.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Point = tuple[float, float]
_ALONG = (0.5, *(0.5 + side * step / 100 for step in range(4, 36, 4) for side in (-1, 1)))
_MARGIN = 3.0
_FAN = 0.12  # room added for every link beyond two between neighbouring layers


@dataclass(frozen=True)
class Box:
    """A rectangle by its least corner and its size, in main and cross units."""

    main: float
    cross: float
    length: float
    breadth: float

    def overlaps(self, other: "Box", margin: float = 0.0) -> bool:
        return (
            self.main < other.main + other.length + margin
            and other.main < self.main + self.length + margin
            and self.cross < other.cross + other.breadth + margin
            and other.cross < self.cross + self.breadth + margin
        )

    def contains(self, point: Point) -> bool:
        return (
            self.main <= point[0] <= self.main + self.length
            and self.cross <= point[1] <= self.cross + self.breadth
        )


@dataclass(frozen=True)
class Sizes:
    """Lengths along main and breadths along cross of nodes, labels and the room between them."""

    node_length: float
    node_breadth: float
    label_length: float
    label_breadth: float
    gap: float
    node_gap: float


@dataclass(frozen=True)
class Route:
    """A drawn link: cubic Bézier control points (1 + 3k of them), its label box, and its head.

    The curve runs from the earlier to the later layer; ``turned``: the head is at its start.
    """

    curve: tuple[Point, ...]
    label: Box
    turned: bool


@dataclass(frozen=True)
class Drawing:
    nodes: Mapping[str, Box]
    routes: tuple[Route, ...]
    extent: Box


def layering(
    names: Sequence[str], links: Sequence[tuple[str, str]]
) -> tuple[dict[str, int], list[bool]]:
    """Layer of every node, and for every link whether it was turned round to break a cycle."""
    after: dict[str, list[str]] = {name: [] for name in names}
    turned = []
    for source, target in links:
        backwards = _reaches(after, target, source)
        turned.append(backwards)
        start, end = (target, source) if backwards else (source, target)
        after[start].append(end)
    layer = dict.fromkeys(names, 0)
    for _ in names:
        for name in names:
            for follower in after[name]:
                layer[follower] = max(layer[follower], layer[name] + 1)
    preceded = {follower for followers in after.values() for follower in followers}
    for name in names:
        if name not in preceded and after[name]:
            layer[name] = min(layer[follower] for follower in after[name]) - 1
    return layer, turned


def _reaches(after: Mapping[str, Sequence[str]], start: str, goal: str) -> bool:
    seen: list[str] = []
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.append(name)
            waiting.extend(after[name])
    return False


def draw(
    names: Sequence[str],
    links: Sequence[tuple[str, str]],
    sizes: Sizes,
    after: Mapping[str, float] | None = None,
) -> Drawing:
    """Place nodes, curves and labels.

    ``after`` is room kept free beyond a node's far cross side (indicators hang there).
    """
    layer, turned = layering(names, links)
    columns = _ordered(names, links, layer)
    extra = dict(after or {})
    gaps = [sizes.gap] * (len(columns) - 1)
    for k in range(len(gaps)):
        between = sum({layer[s], layer[t]} == {k, k + 1} for s, t in links)
        gaps[k] *= 1 + _FAN * max(between - 2, 0)
    for _ in range(12):
        drawing = _placed(columns, links, layer, turned, sizes, gaps, extra)
        labels = [route.label for route in drawing.routes]
        if not any(
            box.overlaps(other) for index, box in enumerate(labels) for other in labels[:index]
        ):
            break
        gaps = [1.2 * gap for gap in gaps]
    return drawing


def _ordered(
    names: Sequence[str], links: Sequence[tuple[str, str]], layer: Mapping[str, int]
) -> list[list[str]]:
    columns = [[n for n in names if layer[n] == k] for k in range(max(layer.values()) + 1)]
    neighbours: dict[str, list[str]] = {name: [] for name in names}
    for source, target in links:
        neighbours[source].append(target)
        neighbours[target].append(source)
    for sweep in range(4):
        order = columns if sweep % 2 == 0 else columns[::-1]
        place = {n: i - (len(column) - 1) / 2 for column in columns for i, n in enumerate(column)}
        for column in order:
            centre = {
                n: sum(place[m] for m in neighbours[n]) / len(neighbours[n])
                if neighbours[n]
                else place[n]
                for n in column
            }
            column.sort(key=lambda n: centre[n])
            place |= {n: i - (len(column) - 1) / 2 for i, n in enumerate(column)}
    return columns


def _placed(
    columns: Sequence[Sequence[str]],
    links: Sequence[tuple[str, str]],
    layer: Mapping[str, int],
    turned: Sequence[bool],
    sizes: Sizes,
    gaps: Sequence[float],
    extra: Mapping[str, float],
) -> Drawing:
    nodes: dict[str, Box] = {}
    near = [0.0] * len(columns)
    far = [0.0] * len(columns)
    main = 0.0
    for k, column in enumerate(columns):
        breadths = [sizes.node_breadth + extra.get(n, 0.0) for n in column]
        hanging = extra.get(column[0], 0.0) if len(column) == 1 else 0.0
        cross = -(sum(breadths) - hanging + sizes.node_gap * (len(column) - 1)) / 2
        near[k] = cross
        for name, breadth in zip(column, breadths, strict=True):
            nodes[name] = Box(main, cross, sizes.node_length, sizes.node_breadth)
            cross += breadth + sizes.node_gap
        far[k] = cross - sizes.node_gap
        main += sizes.node_length + (gaps[k] if k < len(gaps) else 0.0)

    ends = [(t, s) if back else (s, t) for (s, t), back in zip(links, turned, strict=True)]
    skipping = [i for i, (s, t) in enumerate(ends) if layer[t] - layer[s] > 1]
    skipping.sort(key=lambda i: (layer[ends[i][1]] - layer[ends[i][0]], i))
    tracks: dict[int, tuple[float, int]] = {}
    for i in skipping:
        between = range(layer[ends[i][0]] + 1, layer[ends[i][1]])
        below = max(far[k] for k in between)
        above = -min(near[k] for k in between)
        side = 1 if below <= above else -1
        level = (min(below, above)) + sizes.node_gap / 2 + sizes.label_breadth / 2
        tracks[i] = (side * level, side)
        for k in between:
            if side > 0:
                far[k] = level + sizes.label_breadth / 2
            else:
                near[k] = -(level + sizes.label_breadth / 2)

    starts = _ports(ends, nodes, tracks, sizes, at_start=True)
    stops = _ports(ends, nodes, tracks, sizes, at_start=False)
    curves: list[tuple[Point, ...]] = []
    for i, (source, target) in enumerate(ends):
        first = (nodes[source].main + sizes.node_length, starts[i])
        last = (nodes[target].main, stops[i])
        if i in tracks:
            level = tracks[i][0]
            enter = first[0] + gaps[layer[source]]
            leave = last[0] - gaps[layer[target] - 1]
            stretch = (leave - enter) / 3
            run = ((enter + stretch, level), (leave - stretch, level), (leave, level))
            curves.append((*_bend(first, (enter, level)), *run, *_bend((leave, level), last)[1:]))
        else:
            curves.append(_bend(first, last))

    labels = _labels(curves, tracks, sizes)
    routes = tuple(
        Route(curve, label, back) for curve, label, back in zip(curves, labels, turned, strict=True)
    )
    boxes = [*nodes.values(), *labels]
    left = min(box.main for box in boxes)
    low = min(box.cross for box in boxes)
    right = max(box.main + box.length for box in boxes)
    high = max(
        [box.cross + box.breadth for box in labels]
        + [box.cross + box.breadth + extra.get(name, 0.0) for name, box in nodes.items()]
    )
    return Drawing(nodes, routes, Box(left, low, right - left, high - low))


def _ports(
    ends: Sequence[tuple[str, str]],
    nodes: Mapping[str, Box],
    tracks: Mapping[int, tuple[float, int]],
    sizes: Sizes,
    *,
    at_start: bool,
) -> dict[int, float]:
    """Cross coordinate where each link touches its node: neighbours spread about the middle,
    links with a track at the outer corner on the track's side."""
    ports: dict[int, float] = {}
    for name, box in nodes.items():
        mine = [i for i, pair in enumerate(ends) if pair[0 if at_start else 1] == name]
        straight = [i for i in mine if i not in tracks]
        straight.sort(key=lambda i: (nodes[ends[i][1 if at_start else 0]].cross, i))
        middle = box.cross + sizes.node_breadth / 2
        room = sizes.node_breadth - (36 if len(straight) < len(mine) else 18)
        step = min(sizes.label_breadth + _MARGIN, room / max(len(straight) - 1, 1))
        for rank, i in enumerate(straight):
            ports[i] = middle + (rank - (len(straight) - 1) / 2) * step
        for side in (1, -1):
            outer = [i for i in mine if i in tracks and tracks[i][1] == side]
            for rank, i in enumerate(outer):
                ports[i] = middle + side * (sizes.node_breadth / 2 - 8 - 5 * min(rank, 2))
    return ports


def _bend(first: Point, last: Point) -> tuple[Point, Point, Point, Point]:
    half = (first[0] + last[0]) / 2
    return first, (half, first[1]), (half, last[1]), last


def at(curve: Sequence[Point], t: float) -> Point:
    """Point of a single cubic Bézier at parameter ``t``."""
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    return (
        sum(w * p[0] for w, p in zip(weights, curve, strict=True)),
        sum(w * p[1] for w, p in zip(weights, curve, strict=True)),
    )


def sampled(curve: Sequence[Point], steps: int = 16) -> list[Point]:
    """Points along a chain of cubic Béziers."""
    return [
        at(curve[start : start + 4], step / steps)
        for start in range(0, len(curve) - 1, 3)
        for step in range(steps + 1)
    ]


def _labels(
    curves: Sequence[Sequence[Point]], tracks: Mapping[int, tuple[float, int]], sizes: Sizes
) -> list[Box]:
    paths = [sampled(curve) for curve in curves]
    placed: dict[int, Box] = {}
    for i in sorted(range(len(curves)), key=lambda i: i not in tracks):
        curve = curves[i]
        if i in tracks:
            options = [((curve[3][0] + curve[6][0]) / 2, tracks[i][0])]
        else:
            spare = max((curve[3][0] - curve[0][0] - sizes.label_length) / 2 - 16, 0)
            middle = (curve[0][0] + curve[3][0]) / 2
            options = [
                point
                for point in (at(curve, t) for t in _ALONG)
                if abs(point[0] - middle) <= spare + 1e-6
            ]
        best: tuple[float, Box] | None = None
        for main, cross in options:
            box = Box(
                main - sizes.label_length / 2,
                cross - sizes.label_breadth / 2,
                sizes.label_length,
                sizes.label_breadth,
            )
            cost = 100.0 * sum(box.overlaps(other) for other in placed.values())
            cost += sum(
                any(box.contains(point) for point in path)
                for other, path in enumerate(paths)
                if other != i
            )
            if best is None or cost < best[0]:
                best = cost, box
        assert best is not None
        placed[i] = best[1]
    return [placed[i] for i in range(len(curves))]
