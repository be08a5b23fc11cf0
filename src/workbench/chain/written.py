"""A model written by hand, in the constructs and items of a study."""

from collections.abc import Mapping, Sequence

from workbench.chain.catalogue import Chain, Construct, Link
from workbench.chain.model import effect_lines, measurement
from workbench.errors import ModelError
from workbench.sem.model.syntax import parse
from workbench.study.codebook import Codebook
from workbench.text import nearest


def chain_of_model(model: str, codebook: Codebook) -> Chain:
    """Return the constructs a model speaks of, by name or by an item, and its links among them.

    Raises
    ------
    ModelSyntaxError
        If the model cannot be read.
    ModelError
        If it speaks of something that is neither in the codebook nor measured by the model.
    """
    names = _variables(model)
    construct_of = dict(zip(codebook.frame["item"], codebook.frame["construct"], strict=True))
    measured = _measured(model)
    found: dict[str, None] = {}
    for name in names:
        if name in codebook.constructs:
            found[name] = None
        elif name in construct_of:
            found[construct_of[name]] = None
        elif name not in measured:
            known = [*codebook.constructs, *construct_of]
            raise ModelError(
                f"{name!r} is neither a construct nor an item of the codebook, and the model does "
                f"not measure it (=~).{nearest(name, known)}"
            )
    links = [
        Link(one.rhs, one.lhs, "+")
        for one in parse(model).relations
        if one.op == "~" and {one.lhs, one.rhs} <= set(found)
    ]
    return Chain(
        name="model",
        title="model",
        citation="",
        summary="",
        constructs=tuple(Construct(name, name, "") for name in found),
        links=tuple(links),
    )


def speaks_of_items(model: str, codebook: Codebook) -> bool:
    """Whether a model names an item of the codebook."""
    return bool(set(_variables(model)).intersection(codebook.frame["item"]))


def completed(model: str, chain: Chain, items: Mapping[str, Sequence[str]]) -> str:
    """Return the model with what a chain's model has and it leaves out.

    That is the measurement of constructs that it names, and, where it measures none of them itself
    and labels no link, the labels of links and the effects made of them.
    """
    own, names = _measured(model), _variables(model)
    lines = [measurement(name, items[name]) for name in names if name in items and name not in own]
    lines.append(model.strip())
    ends = [(link.source, link.target) for link in chain.links]
    labelled = any(
        one.modifiers.label or one.modifiers.fixed
        for one in parse(model).relations
        if one.op == "~" and (one.rhs, one.lhs) in ends
    )
    if ends and not labelled and not own.intersection(items):
        lines += [f"{target} ~ b_{source}_{target}*{source}" for source, target in ends]
        lines += effect_lines(chain, items)
    return "\n".join(lines) + "\n"


def _variables(model: str) -> list[str]:
    relations = parse(model).relations
    return list(dict.fromkeys(name for one in relations for name in (one.lhs, one.rhs) if name))


def _measured(model: str) -> set[str]:
    return {one.lhs for one in parse(model).relations if one.op == "=~"}
