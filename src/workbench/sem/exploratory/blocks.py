"""Exploratory blocks in a model's text: the model that is fitted, and the rotated one.

``efa("name")*f1 + efa("name")*f2 =~ x1 + x2 + x3 + …`` makes f1 and f2 a block: every item may load
on both. The model that is fitted has uncorrelated factors of variance 1, the second of which has
no loading on the first item, the third none on the first two, …; the rotated one has all loadings
and correlations.
"""

from collections.abc import Iterator
from dataclasses import replace

from workbench.errors import ModelError
from workbench.sem.model.syntax import Block, ModelSyntax, Modifiers, Relation
from workbench.sem.model.writing import written
from workbench.text import listed

FREE = Modifiers(fixed=(float("nan"),))
ZERO = Modifiers(fixed=(0.0,))
ONE = Modifiers(fixed=(1.0,))


def items_of(syntax: ModelSyntax, block: Block) -> tuple[str, ...]:
    """The items of a block.

    Raises
    ------
    ModelError
        Its factors have other items each, some of its loadings are not free, its variances or
        correlations are written, or there are too few items.
    """
    own: dict[str, list[str]] = {factor: [] for factor in block.factors}
    for relation in syntax.relations:
        if relation.op == "=~" and relation.lhs in own:
            own[relation.lhs].append(relation.rhs)
            if relation.modifiers != Modifiers():
                raise ModelError(
                    f"Every loading of the block {block.name!r} is free; leave out what stands "
                    f"before {relation.rhs!r}."
                )
        if relation.op == "~~" and {relation.lhs, relation.rhs} <= set(own):
            raise ModelError(
                f"Variances of the block {block.name!r} are 1 and its correlations free; leave "
                f"out {relation.lhs} ~~ {relation.rhs}."
            )
    first, *others = own.values()
    for factor, items in zip(block.factors[1:], others, strict=True):
        if set(items) != set(first):
            raise ModelError(
                f"Factors of a block have the same items, but {block.factors[0]!r} and {factor!r} "
                f"differ in {listed(sorted(set(first) ^ set(items)))}."
            )
    if len(first) <= len(own):
        raise ModelError(
            f"The block {block.name!r} has {len(own)} factors and {len(first)} items; it needs "
            "more items than factors."
        )
    return tuple(first)


def fitted_text(syntax: ModelSyntax) -> str:
    """The model with uncorrelated factors in every block."""
    return _text(syntax, turned=False)


def rotated_text(syntax: ModelSyntax) -> str:
    """The model with all loadings and correlations in every block."""
    return _text(syntax, turned=True)


def _text(syntax: ModelSyntax, *, turned: bool) -> str:
    place: dict[tuple[str, str], bool] = {}
    relations: list[Relation] = []
    for block in syntax.blocks:
        items = items_of(syntax, block)
        for number, factor in enumerate(block.factors):
            place |= {(factor, item): turned or i >= number for i, item in enumerate(items)}
    for relation in syntax.relations:
        free = place.get((relation.lhs, relation.rhs)) if relation.op == "=~" else None
        if free is None:
            relations.append(relation)
        else:
            relations.append(replace(relation, modifiers=FREE if free else ZERO))
    for block in syntax.blocks:
        relations += _among(block, FREE if turned else ZERO)
    return written(relations, syntax.definitions)


def _among(block: Block, correlation: Modifiers) -> Iterator[Relation]:
    for i, factor in enumerate(block.factors):
        yield Relation(factor, "~~", factor, ONE)
        for other in block.factors[i + 1 :]:
            yield Relation(factor, "~~", other, correlation)
