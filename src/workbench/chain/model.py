"""From a chain and a codebook to a structural equation model in lavaan's syntax.

Each construct is a latent variable measured by its items, the first of them the marker. A link
from ``a`` to ``b`` is the regression coefficient ``b_a_b``. Derived effects are defined parameters,
so that their errors come from the delta method:

``direct.a.b``, ``indirect.a.b``, ``total.a.b``
    sums over directed paths of the products of their coefficients (Bollen 1989, ch. 8). Where
    links run in a circle there are endlessly many paths; their sum is the element of
    (I − B)⁻¹ − I, written in closed form by Mason's (1956) rule: Σ_p g_p Δ_p / Δ over the paths p
    that visit no construct twice, with Δ = 1 − Σ loops + Σ products of two that share no construct
    − …, and Δ_p the same without the loops that touch p. It holds where the circle dies out, see
    :func:`workbench.chain.reciprocal.stability`;
``points.KIND.a.b``
    the same effect as *pass-through*: points of b's index per point of a's index. With items on
    0–100 and index = mean of the items, a change of the latent variable by one moves its index by
    the mean of its loadings, so the effect is multiplied by mean(loadings of b) / mean(loadings of
    a). The result does not depend on which item is the marker.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

from workbench.chain.catalogue import Chain
from workbench.sem.model.expressions import quoted_where_needed

KINDS = ("direct", "indirect", "total")


def model_syntax(chain: Chain, items: Mapping[str, Sequence[str]]) -> str:
    """Return the lavaan model of a chain.

    Parameters
    ----------
    chain
        A chain restricted to the constructs that are there.
    items
        The items of every construct of the chain.

    Examples
    --------
    >>> import workbench as wb
    >>> chain = wb.chain.ordering("service → trust")
    >>> items = {"service": ["s1", "s2"], "trust": ["t1", "t2"]}
    >>> print(wb.chain.model_syntax(chain, items).partition("# effects")[0].strip())
    # measurement
    service =~ s1 + l_service_2*s2
    trust =~ t1 + l_trust_2*t2
    # links
    trust ~ b_service_trust*service
    """
    lines = ["# measurement"]
    lines += [measurement(c.name, items[c.name]) for c in chain.constructs]
    lines += ["# links"]
    lines += [
        f"{target} ~ " + " + ".join(f"b_{source}_{target}*{source}" for source in sources)
        for target, sources in _sources(chain).items()
    ]
    if chain.covariances:
        lines += ["# disturbances that go together"]
        lines += [f"{first} ~~ {second}" for first, second in chain.covariances]
    lines += ["# effects", *effect_lines(chain, items)]
    return "\n".join(lines) + "\n"


def effect_lines(chain: Chain, items: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the derived effects of a chain whose links and loadings have the chain's labels."""
    lines = []
    for (source, target), effects in effect_expressions(chain).items():
        ratio = f"{mean_loading(target, items[target])} / {mean_loading(source, items[source])}"
        for kind, expression in effects.items():
            lines.append(f"{kind}.{source}.{target} := {expression}")
            lines.append(f"points.{kind}.{source}.{target} := ({expression}) * {ratio}")
    return lines


def effect_expressions(chain: Chain) -> dict[tuple[str, str], dict[str, str]]:
    """Return, for every ordered pair of connected constructs, its effects as expressions.

    Keys of the inner mapping are ``direct``, ``indirect``, ``total``, each only where it says
    something of its own: a pair with a direct link only has no ``indirect`` and no ``total``.
    """
    loops = _loops(chain)
    effects: dict[tuple[str, str], dict[str, str]] = {}
    for ends, kinds in effect_paths(chain).items():
        found = {kind: _sum_of_products(some) for kind, some in kinds.items()}
        every = kinds.get("total") or kinds.get("indirect") or kinds["direct"]
        if any(set(loop) & set(path) for loop in loops for path in every):
            total = _sum_over_circles(every, loops)
            found["indirect"] = f"{total} - {found['direct']}" if "direct" in kinds else total
            if "direct" in kinds:
                found["total"] = total
        effects[ends] = found
    return effects


def effect_paths(chain: Chain) -> dict[tuple[str, str], dict[str, list[tuple[str, ...]]]]:
    """Return, for every ordered pair of connected constructs, the directed paths of its effects.

    Keys of the inner mapping as in :func:`effect_expressions`; no path visits a construct twice.
    """
    order = [construct.name for construct in chain.constructs]
    effects: dict[tuple[str, str], dict[str, list[tuple[str, ...]]]] = {}
    for source in order:
        for target in order:
            paths = _paths(chain, source, target)
            direct: list[tuple[str, ...]] = [path for path in paths if len(path) == 2]
            indirect: list[tuple[str, ...]] = [path for path in paths if len(path) > 2]
            kinds = {"direct": direct, "indirect": indirect}
            if direct and indirect:
                kinds["total"] = [*direct, *indirect]
            found = {kind: some for kind, some in kinds.items() if some}
            if found:
                effects[source, target] = found
    return effects


def measurement(construct: str, items: Sequence[str]) -> str:
    """Return the line that measures a construct by its items, the first of them the marker."""
    quoted = [quoted_where_needed(item) for item in items]
    free = [f"{loading_label(construct, i)}*{item}" for i, item in enumerate(quoted[1:], start=2)]
    return f"{construct} =~ " + " + ".join([quoted[0], *free])


def loading_label(construct: str, position: int) -> str:
    """Return the label of an item's loading, items counted from 1."""
    return f"l_{construct}_{position}"


def mean_loading(construct: str, items: Sequence[str]) -> str:
    """Return a construct's mean loading as an expression of their labels; the first is 1."""
    loadings = ["1"] + [loading_label(construct, i) for i in range(2, len(items) + 1)]
    return f"(({' + '.join(loadings)}) / {len(items)})"


def _sources(chain: Chain) -> dict[str, list[str]]:
    sources: dict[str, list[str]] = {}
    for link in chain.links:
        sources.setdefault(link.target, []).append(link.source)
    return sources


def _paths(chain: Chain, source: str, target: str) -> list[tuple[str, ...]]:
    """Return every directed path from ``source`` to ``target``, shortest first."""
    found: list[tuple[str, ...]] = []
    grown: list[tuple[str, ...]] = [(source,)]
    while grown:
        paths, grown = grown, []
        for path in paths:
            for link in chain.links:
                if link.source == path[-1] and link.target not in path:
                    longer = (*path, link.target)
                    (found if link.target == target else grown).append(longer)
    return found


def _sum_of_products(paths: Sequence[Sequence[str]]) -> str:
    products = ["*".join(f"b_{a}_{b}" for a, b in pairwise(path)) for path in paths]
    return " + ".join(products)


def _loops(chain: Chain) -> list[tuple[str, ...]]:
    """Return every circle that visits no construct twice, each once, from its first construct."""
    order = [construct.name for construct in chain.constructs]
    after = [(link.source, link.target) for link in chain.links]
    return [
        path
        for i, start in enumerate(order)
        for last in order[i + 1 :]
        if (last, start) in after
        for path in _paths(chain, start, last)
        if all(order.index(name) >= i for name in path)
    ]


def _sum_over_circles(paths: Sequence[Sequence[str]], loops: Sequence[Sequence[str]]) -> str:
    """Return Mason's gain of the paths, in coefficients."""
    terms = []
    for path in paths:
        untouched = [loop for loop in loops if not set(loop) & set(path)]
        factor = f"*({_determinant(untouched)})" if untouched else ""
        terms.append(_sum_of_products([path]) + factor)
    return f"({' + '.join(terms)}) / ({_determinant(loops)})"


def _determinant(loops: Sequence[Sequence[str]]) -> str:
    text = "1"
    for size in range(1, len(loops) + 1):
        for chosen in combinations(loops, size):
            if len({name for loop in chosen for name in loop}) == sum(map(len, chosen)):
                gain = "*".join(_sum_of_products([(*loop, loop[0])]) for loop in chosen)
                text += f" {'-' if size % 2 else '+'} {gain}"
    return text
