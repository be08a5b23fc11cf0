"""How a model is fitted: the words of ``fit`` and its relatives, what follows from them, and which
do not go together.

``fit`` explains the words. They are listed once, as types, by which of the functions takes them.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from inspect import Parameter, signature
from typing import Any, TypedDict, TypeVar, get_type_hints

from workbench.errors import ModelError
from workbench.sem.estimation.objective import LEAST_SQUARES
from workbench.sem.model.expressions import canonical
from workbench.text import nearest

ORDINAL = ("WLSMV", "DWLS", "ULSMV", "WLS")
OF_ROWS = ("MLR", "MLF", "MLM", "MLMV", "MLMVS")
"""Maximum likelihood with errors or a test that need the rows."""
OF_COMPLETE_ROWS = ("MLM", "MLMV", "MLMVS")
ESTIMATORS = ("ML", *OF_ROWS, "ULS", "GLS", *ORDINAL)
ROTATIONS = ("geomin", "oblimin")
MISSING = ("listwise", "fiml", "pairwise")
ENGINES = ("workbench", "semopy")

_KNOWN = {
    "estimator": ESTIMATORS,
    "missing": MISSING,
    "bounds": (None, "standard"),
    "engine": (None, *ENGINES),
    "meanstructure": (None, True, False),
    "fixed_x": (None, True, False),
    "orthogonal": (True, False),
    "information": (None, "expected", "observed"),
    "likelihood": ("normal", "wishart"),
    "parameterization": ("delta", "theta"),
    "rotation": ROTATIONS,
}


class ModelOptions(TypedDict, total=False):
    """What every fit takes."""

    estimator: str
    std_lv: bool
    bounds: str | None
    fixed_x: bool | None
    orthogonal: bool
    information: str | None
    likelihood: str


class RowOptions(ModelOptions, total=False):
    """What a fit to rows takes."""

    missing: str
    cluster: str | None
    weights: str | None
    ordered: bool | Sequence[str]
    parameterization: str


class GroupOptions(RowOptions, total=False):
    """What a fit to the rows of several groups takes."""

    group: str | None
    group_equal: Sequence[str]
    group_partial: Sequence[str]


class FitOptions(GroupOptions, total=False):
    """What ``fit`` takes."""

    engine: str | None
    meanstructure: bool | None
    rotation: str


@dataclass(frozen=True)
class Options:
    """How a model is fitted, with what the words leave to a rule decided."""

    estimator: str = "ML"
    missing: str = "listwise"
    group: str | None = None
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    cluster: str | None = None
    weights: str | None = None
    std_lv: bool = False
    bounds: str | None = None
    engine: str = "workbench"
    meanstructure: bool | None = None
    fixed_x: bool = True
    orthogonal: bool = False
    growth: bool = False
    levels: bool = False
    information: str = "expected"
    likelihood: str = "normal"
    ordered: bool | tuple[str, ...] = False
    parameterization: str = "delta"
    rotation: str = "geomin"

    @classmethod
    def of(
        cls, words: dict[str, Any], kind: type, known_errors: bool = False, **further: Any
    ) -> "Options":
        """Decide what the words of a ``kind`` (such as ``FitOptions``) say.

        ``further`` is what the function itself says of these options.

        Raises
        ------
        ModelError
            A word or a value that is not known, or some that do not go together.
        """
        known = _words_of(kind)
        for word in words:
            if word not in known:
                raise ModelError(f"There is no option {word!r}.{nearest(word, known)}")
        for word, value in (words | further).items():
            _require_known(word, value)
        given = {word: value for word, value in (words | further).items() if value is not None}
        for word in ("group_equal", "group_partial"):
            if isinstance(given.get(word), str):
                raise ModelError(f"{word} is a list, for example [{given[word]!r}].")
            given[word] = tuple(given.get(word, ()))
            if given[word] and "group" not in given:
                raise ModelError(
                    f"{word} says what groups have in common; name their column by group=."
                )
        for word in ("group", "cluster", "weights"):
            if word in given:
                if not isinstance(given[word], Hashable):
                    raise ModelError(
                        f"{word}= is the name of one column, not {type(given[word]).__name__}; "
                        "make one column of several."
                    )
                given[word] = canonical(given[word])
        ordered = given.get("ordered", False)
        if not isinstance(ordered, bool):
            if isinstance(ordered, str):
                raise ModelError(f"ordered is True or a list of items, for example [{ordered!r}].")
            given["ordered"] = tuple(ordered) or False
        if ordered:
            given.setdefault("estimator", "WLSMV")
        options = cls(**given)
        least_squares = options.estimator in LEAST_SQUARES
        design = bool(options.cluster or options.weights)
        observed = options.missing == "fiml" or options.estimator == "MLR"
        observed |= design and not least_squares
        decided = {
            "information": "observed" if observed else "expected",
            # lavaan estimates the covariates' moments under least squares; where they have error
            # too.
            "fixed_x": not least_squares and not known_errors,
        }
        options = cls(**{**decided, **given})
        reason = next(_reasons_against(options, known_errors), None)
        if reason:
            raise ModelError(reason)
        return options

    @property
    def discrepancy(self) -> str:
        """The function that is minimised: ML, Wishart, ULS or GLS, or that of ordered items."""
        if self.estimator in ORDINAL:
            return self.estimator
        if self.estimator in LEAST_SQUARES:
            return self.estimator
        return "Wishart" if self.likelihood == "wishart" else "ML"

    @property
    def correction(self) -> str:
        """The family of robust errors and test: "", "satorra-bentler" or "yuan-bentler"."""
        # The units of two levels are part of the model.
        cluster = self.cluster is not None and not self.levels
        design = cluster or self.weights is not None
        if self.estimator in OF_COMPLETE_ROWS or (design and self.estimator in LEAST_SQUARES):
            return "satorra-bentler"
        return "yuan-bentler" if design or self.estimator == "MLR" else ""


@lru_cache(maxsize=8)
def _words_of(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _require_known(word: str, value: object) -> None:
    known = _KNOWN.get(word)
    if known is not None and value not in known:
        words = [str(option) for option in known]
        raise ModelError(
            f"{word}={value!r} is not known; choose from {', '.join(words)}."
            f"{nearest(str(value), words)}"
        )


Function = TypeVar("Function", bound=Callable[..., Any])


def takes(words: type) -> Callable[[Function], Function]:
    """Show the words of one of these types in a function's signature, in place of ``**options``,
    for its help and for completion."""
    defaults = {field.name: field.default for field in fields(Options)}
    # What is left to a rule.
    defaults |= {"information": None, "fixed_x": None, "engine": None}

    def shown(function: Function) -> Function:
        own = signature(function)
        kept = [p for p in own.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
        named = [
            Parameter(word, Parameter.KEYWORD_ONLY, default=defaults[word], annotation=kind)
            for word, kind in _words_of(words).items()
        ]
        function.__signature__ = own.replace(parameters=[*kept, *named])  # type: ignore[attr-defined]
        return function

    return shown


def _reasons_against(options: Options, known_errors: bool) -> Iterator[str]:
    """Say why options do not go together."""
    yield from _reasons_against_ordinal(options, known_errors)
    estimator, casewise = options.estimator, options.missing == "fiml"
    design, least_squares = bool(options.cluster or options.weights), estimator in LEAST_SQUARES
    if casewise and estimator not in ("ML", "MLR", "MLF"):
        yield (
            f"missing='fiml' maximises a likelihood, which {estimator} has not; "
            "choose estimator='MLR' or missing='listwise'."
        )
    if estimator in (*OF_COMPLETE_ROWS, "MLF") and design:
        yield f"{estimator} takes neither weights nor clusters; choose estimator='MLR'."
    if options.meanstructure is False:
        for why, holds in (
            ("missing='fiml' estimates", casewise),
            ("errors between clusters need", options.cluster),
            ("a growth curve model has", options.growth),
        ):
            if holds:
                yield f"{why} means as well; leave meanstructure=False out."
    if options.fixed_x and known_errors:
        yield (
            "Covariates whose values have known errors have no known moments to be held at; leave "
            "fixed_x=True out."
        )
    if options.information == "observed" and (
        estimator == "ULS" or (estimator == "GLS" and design)
    ):
        where = f"{estimator} with clusters or weights" if design else estimator
        yield (
            f"The errors of {where} are made of expected information; leave "
            "information='observed' out."
        )
    if options.likelihood == "wishart":
        if least_squares or casewise or design:
            yield (
                "likelihood='wishart' is that of the covariances of complete rows that count "
                "alike; fit by maximum likelihood without missing='fiml', clusters or weights, or "
                "leave it out."
            )
        if options.engine == "semopy":
            yield (
                "semopy's covariances have the divisor n, those of likelihood='wishart' n - 1; fit "
                "with engine='workbench'."
            )


def _reasons_against_ordinal(options: Options, known_errors: bool) -> Iterator[str]:
    """Say why options do not go together with ordered items, or need them."""
    estimator = options.estimator
    if not options.ordered:
        if estimator in ORDINAL:
            yield (
                f"{estimator} is for ordered items; say which are by ordered=True or "
                "ordered=[names], or choose estimator='MLR'."
            )
        if options.missing == "pairwise":
            yield "missing='pairwise' is for ordered items; choose missing='fiml'."
        if options.parameterization != "delta":
            yield "parameterization= is about ordered items; name them by ordered=."
        return
    if estimator not in ORDINAL:
        yield (
            f"{estimator} takes answers for numbers; with ordered items choose "
            f"estimator={', '.join(map(repr, ORDINAL[:-1]))} or {ORDINAL[-1]!r}."
        )
    if options.missing == "fiml":
        yield (
            "missing='fiml' maximises a likelihood, which ordered items do not have here; choose "
            "missing='pairwise' or 'listwise'."
        )
    if "residuals" in options.group_equal and options.parameterization == "delta":
        yield (
            "In the delta parameterization residual variances of ordered items follow from the "
            "others and cannot be set equal; choose parameterization='theta'."
        )
    for word in ("cluster", "weights", "bounds"):
        if getattr(options, word):
            yield f"{word}= is not offered with ordered items; leave it out or choose MLR."
    if options.growth:
        yield (
            "A growth curve of ordered items is not offered, for their intercepts and scales would "
            "have to be those of the curve; fit it to numbers."
        )
    if known_errors:
        yield "Known errors are those of numbers, not of ordered items; leave one of them out."
    if options.engine == "semopy":
        yield "semopy's estimates for ordered items fail; fit with engine='workbench'."
    if options.information == "observed":
        yield "The errors of ordered items are made of expected information; leave it out."
    if options.likelihood == "wishart":
        yield "likelihood='wishart' is of a likelihood, which least squares has not; leave it out."
    if options.meanstructure is False:
        yield "Thresholds of ordered items are means; leave meanstructure=False out."
