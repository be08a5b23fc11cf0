"""Whether links differ between kinds of organisation, between channels or between kinds of people.

Links are those within organisations: what sets organisations apart, or the channels of one, is no
part of them (:mod:`workbench.chain.within`). Units are compared by their scores
(:meth:`workbench.chain.ChainData.scored`), which a few units can carry; each group's scores have
the errors that its own items show. Respondents are compared by their items, with equal loadings,
so that a point of a construct is the same in every group (metric invariance).

The chain is fitted to all groups at once, once with links of each group's own and once with equal
links. The test of the difference, on as many degrees of freedom as links were set equal, says
whether any link is moderated; a Wald test for each link says which. Where rows are clustered both
are F tests (:func:`workbench.chain.effects.nested_test`, ``by_clusters``). What is tested is points
per point (pass-through). A standardised strength also depends on how far units or people of a group
differ among themselves, so that strengths can differ where the links do not.

Whether a point is the same in every group shows in the model of items, or else in the answers of
the respondents (:func:`workbench.measurement.comparability`).

References
----------
1. Satorra, A. (2000). Scaled and adjusted restricted tests in multi-sample analysis of moment
   structures. In Innovations in multivariate statistical analysis (pp. 233–247).
2. Cheung, G. W., & Rensvold, R. B. (2002). Evaluating goodness-of-fit indexes for testing
   measurement invariance. Structural Equation Modeling, 9, 233–255.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import sem
from workbench.chain.catalogue import Chain
from workbench.chain.controls import covariates_of
from workbench.chain.effects import (
    by_clusters,
    effective_clusters,
    fisher_test,
    nested_test,
    t_test,
)
from workbench.chain.model import loading_label, mean_loading
from workbench.chain.study import ChainData, ChainStudy
from workbench.costly import once
from workbench.errors import ChainError, MeasurementError
from workbench.figures.display import results_table
from workbench.figures.markup import element, together
from workbench.figures.paper.face import drawn
from workbench.figures.paper.lines import Slopes
from workbench.interpretation import (
    InvarianceLevel,
    Moderated,
    Yardstick,
    by_in_words,
    differing_link_in_words,
    moderated,
    moderated_in_words,
    yardstick_of_all_in_words,
    yardsticks_in_words,
)
from workbench.interpretation.cutoffs import SIGNIFICANCE
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.linkage.means import KEYS
from workbench.measurement import answers_by_source, comparability
from workbench.measurement.answers import ItemAnswers
from workbench.sem import Fit, wald_test, why_unusable
from workbench.sem.inference.comparison import Difference
from workbench.sem.model.expressions import quoted_where_needed
from workbench.study.level import Level
from workbench.study.small_groups import shown_parts
from workbench.text import nearest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BY = ("type", "channel")
LEAST_ORGANISATIONS = 3
"""Of a type: errors of whole organisations from two have one degree of freedom, and t of 12.7."""
_OF_ITEMS: dict[str, tuple[str, ...]] = {
    "loadings free": (),
    "loadings equal": ("loadings",),
    "links equal": ("loadings", "links"),
}
# Of one score a construct, whose loading is 1 in every group.
_OF_SCORES: dict[str, tuple[str, ...]] = {
    "links free": ("loadings",),
    "links equal": ("loadings", "links"),
}


@dataclass(frozen=True)
class Moderation:
    """Links by group.

    Attributes
    ----------
    links
        ``from``, ``to``, ``group``, ``n`` (rows used), ``strength`` (standardised within the group)
        with ``se``, ``lower``, ``upper``; ``pass_through`` with ``pass_through_lower`` and
        ``pass_through_upper``, as in :func:`workbench.chain.links`.
    tests
        ``from``, ``to``, ``wald``, ``df``, ``pvalue``: that a link is equal in all groups.
    moderated
        The test that all links are equal in all groups.
    fits
        The models of items ``loadings free``, ``loadings equal`` and ``links equal``, or of scores
        ``links free`` and ``links equal``.
    labels
        What sentences call the constructs.
    cfi_fall
        Of items, by how much CFI falls with equal loadings; None of scores.
    measured
        Of scores, what respondents' answers tell of every construct: whether a point means the same
        in all groups.
    left_out, notes
        Why groups are left out, and what else a reader should know, one sentence each.
    """

    by: str
    links: pd.DataFrame
    tests: pd.DataFrame
    moderated: Difference
    fits: Mapping[str, Fit]
    labels: Mapping[str, str]
    cfi_fall: float | None = None
    measured: Mapping[str, Yardstick] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def table(self) -> pd.DataFrame:
        """How well the models fit, one row each.

        ``model``, ``chisq``, ``df``, ``cfi``, ``rmsea``, ``srmr``, ``aic``, ``bic`` and the test
        against the model before (``chisq_diff``, ``df_diff``, ``pvalue``).
        """
        return _models(self.fits)

    @property
    def differing(self) -> pd.DataFrame:
        """The rows of ``tests`` below .05 after Bonferroni's correction for their number."""
        return self.tests[self.tests["pvalue"] < SIGNIFICANCE / len(self.tests)]

    @property
    def words(self) -> tuple[str, ...]:
        """What follows, one sentence each."""
        told = (self._measured_in_words(), *self._links_in_words(), *self.left_out, *self.notes)
        return tuple(filter(None, told))

    def draw_slopes(self, source: str, target: str, ax: "Axes | None" = None) -> "Axes":
        """Simple slopes: how a link runs in every group, with its 95 % interval.

        Parameters
        ----------
        source, target
            The constructs of the link.
        ax
            Matplotlib's axes; by default those of a new figure.

        Raises
        ------
        ChainError
            If the chain has no such link.

        Examples
        --------
        >>> import workbench as wb
        >>> found = wb.chain.moderation(wb.open_study("data/demo"), by="type")
        >>> ax = found.draw_slopes("people", "service")
        >>> ax.get_legend_handles_labels()[1]
        ['municipal (0.24)', 'national (0.37)']
        """
        own = self.links[(self.links["from"] == source) & (self.links["to"] == target)]
        if own.empty:
            there = self.links[["from", "to"]].drop_duplicates().itertuples(index=False)
            raise ChainError(
                f"There is no link {source} → {target}; the links are "
                f"{', '.join(f'{a} → {b}' for a, b in there)}."
            )
        named = [say("slopes.axis", construct=self.labels[name]) for name in (source, target)]
        strengths = own[["strength", "lower", "upper"]].to_numpy(float)
        return drawn(Slopes(tuple(map(str, own["group"])), strengths, *named), ax)

    def _measured_in_words(self) -> str:
        if self.cfi_fall is not None:
            return yardstick_of_all_in_words(self.by, self.cfi_fall)
        found: dict[Yardstick, list[str]] = {verdict: [] for verdict in Yardstick}
        for construct, verdict in self.measured.items():
            found[verdict].append(self.labels[construct])
        return yardsticks_in_words(self.by, found)

    def _links_in_words(self) -> list[str]:
        told = [moderated_in_words(self.by, self.moderated)]
        if moderated(self.moderated) is Moderated.NOT_SHOWN:
            return told
        for a, b in zip(self.differing["from"], self.differing["to"], strict=True):
            own = self.links[(self.links["from"] == a) & (self.links["to"] == b)]
            own = own.sort_values("pass_through")
            ends = [(float(own["pass_through"].iloc[at]), own["group"].iloc[at]) for at in (0, -1)]
            link = (self.labels[a], self.labels[b])
            told.append(differing_link_in_words(link, len(self.tests), *ends))
        return told if len(told) > 1 else [*told, say("moderated link.none")]

    def _repr_html_(self) -> str:
        tables = (
            results_table(self.links, f"Links by {self.by}"),
            results_table(self.tests, "Tests that a link is equal in all groups"),
            results_table(self.table, "Models of all groups"),
        )
        said = (element("p", sentence) for sentence in self.words)
        return together(*(table.html for table in tables), *said)


def moderation(
    study: ChainStudy,
    by: str = "type",
    chain: str | Chain | None = None,
    wave: str | int | None = None,
) -> Moderation:
    """Test whether a chain's links differ by organisation ``"type"``, ``"channel"`` or covariate.

    A type of fewer than three organisations is left out, as is a group with no more rows than the
    model has parameters; ``words`` say so.

    Parameters
    ----------
    study
        The study.
    by
        ``"type"`` of organisation, ``"channel"``, or a covariate of the respondents.
    chain, wave
        By default the study's chain, and the latest wave.

    Raises
    ------
    ChainError
        If the study names no types or channels, fewer than two groups can be compared, or a chain
        between units is asked for by channel or covariate: units are the same in every channel, so
        that the groups would not be independent.

    Examples
    --------
    >>> import workbench as wb
    >>> found = wb.chain.moderation(wb.open_study("data/demo"), by="type")
    >>> found.links[["from", "to", "group", "strength"]].round(2)
          from       to      group  strength
    0   people  service  municipal      0.24
    1   people  service   national      0.37
    2  service    trust  municipal      0.64
    3  service    trust   national      0.52
    4   people    trust  municipal      0.12
    5   people    trust   national      0.09
    >>> found.tests[["from", "to", "df"]]
          from       to  df
    0   people  service   1
    1  service    trust   1
    2   people    trust   1
    """
    known = [*BY, *(name for own in covariates_of(study).values() for name in own)]
    if by not in known:
        raise ChainError(
            f"Links can be compared by {listed(known, 'or')}, not by {by!r}.{nearest(by, known)}"
        )
    return moderation_of(study, study.chain_data(chain, wave), by, wave)


def moderation_of(
    study: ChainStudy, data: ChainData, by: str, wave: str | int | None = None
) -> Moderation:
    """As :func:`moderation`, of a chain's rows that are at hand, those of the ``study`` and wave.

    Raises
    ------
    ChainError
        As :func:`moderation`, but that ``by`` is one of what links can be compared by.
    """
    group = _groups(study, data, by, study.wave(wave))
    names = sorted(group.dropna().unique())
    if len(names) < 2:
        raise ChainError(
            f"{study.name!r} has one {by} only ({', '.join(map(str, names)) or 'none'}), so there "
            "is nothing to compare."
        )
    parts = {name: replace(data, frame=data.frame[group == name]).for_links() for name in names}
    called = study.organisations.set_index("organisation")["name"]
    reasons = {name: _why_left_out(name, part, by, called) for name, part in parts.items()}
    if by != "type":
        reasons |= _too_few_people(data, parts, reasons, study.minimum_count, by)
    kept = {name: part for name, part in parts.items() if reasons[name] is None}
    left_out = [reason for reason in reasons.values() if reason is not None]
    if len(kept) < 2:
        raise ChainError(f"Links cannot be compared by {by}. {' '.join(left_out)}")
    found = compare_groups(_together(kept), by)
    notes = [
        say("group.note", group=name, note=note)
        for name, part in kept.items()
        for note in part.notes
    ]
    found = replace(found, left_out=tuple(left_out), notes=tuple(notes))
    if data.level == "units":
        types = {
            organisation: name
            for name, part in kept.items()
            for organisation in part.frame["organisation"].unique()
        }
        measured = _measured_alike(study, data, by, types, study.wave(wave))
        found = replace(found, measured=measured)
    return found


def _together(parts: Mapping[str, ChainData]) -> ChainData:
    """The rows of all groups, with the column ``group`` and clusters numbered over all."""
    first = next(iter(parts.values()))
    frame = pd.concat([part.frame.assign(group=name) for name, part in parts.items()])
    frame = frame.reset_index(drop=True)
    if first.level == "units":
        frame = frame.assign(cluster=frame["organisation"])
    known = [part.error for part in parts.values() if part.error is not None]
    error = None
    if known:
        matrices = np.concatenate([one.matrices for one in known])
        error = sem.ErrorCovariance(known[0].items, matrices, frame[KEYS])
    return replace(first, frame=frame, error=error, notes=())


def compare_groups(data: ChainData, by: str = "group") -> Moderation:
    """Do the same on a chain's rows with a column ``group``, as they are.

    Rows that are not independent have a column ``cluster``, respondents one of ``weight`` as well.
    Parameters are kept where proper solutions are (``bounds="standard"``): in a small group a
    variance may run off otherwise, and the search with it.
    """
    chain, frame = data.chain, data.modelled
    groups = sorted(frame["group"].unique())
    for group in groups:
        reason = _too_few(group, _answered(data, frame["group"] == group), data, by)
        if reason:
            raise ChainError(f"{reason} Compare fewer groups or a smaller chain.")
    of_scores = all(len(items) == 1 for items in data.items.values())
    fits: dict[str, Fit] = {}
    models = _OF_SCORES if of_scores else _OF_ITEMS
    free_links = list(models)[-2]
    for name, equal in models.items():
        model = group_syntax(chain, data.measured, len(groups), equal, data.given)
        fits[name] = (
            sem.fit_same_rows(model, next(iter(fits.values())), warn=False)
            if fits
            else sem.fit(
                model,
                frame,
                estimator="MLR",
                missing="fiml",
                group="group",
                cluster="cluster" if "cluster" in frame else None,
                weights="weight" if data.level == "respondents" else None,
                bounds="standard",
                error=data.error,
                warn=False,
            )
        )
        if "person" in frame and len(fits) == 1:  # the others are of the same rows
            fits[name] = fits[name].crossed_with(frame["person"])
        # Of others than those with links of each group's own only how well they fit is told.
        reason = why_unusable(fits[name], chain.label, errors=name == free_links)
        if reason:
            raise ChainError(f"{chain.name!r} could not be fitted by {by} ({name}). {reason}")
    free = fits[free_links]
    tests = _link_tests(chain, free, len(groups))
    links = _group_links(chain, free)
    labels = {construct.name: construct.label for construct in chain.constructs}
    fall = None if of_scores else fits["loadings free"].cfi - fits["loadings equal"].cfi
    test = nested_test(fits["links equal"], free)
    return Moderation(by, links, tests, test, fits, labels, fall)


def group_syntax(
    chain: Chain,
    items: Mapping[str, Sequence[str]],
    groups: int,
    equal: Sequence[str] = (),
    given: Sequence[str] = (),
) -> str:
    """Return the chain's model for several groups; ``equal`` of "loadings" and "links" are tied.

    ``given`` are lines that the chain does not say, as in :class:`ChainData`.
    Where loadings are equal and links are not, ``points.FROM.TO.GROUP`` is the pass-through of a
    link in a group (numbered from 1), see :mod:`workbench.chain.model`.
    """
    numbers = range(1, groups + 1)
    lines = []
    for construct in chain.constructs:
        first, *others = map(quoted_where_needed, items[construct.name])
        labels = [loading_label(construct.name, i) for i in range(2, len(others) + 2)]
        tied = [f"c({', '.join([label] * groups)})*" for label in labels]
        factors = tied if "loadings" in equal else [""] * len(others)
        terms = [factor + item for factor, item in zip(factors, others, strict=True)]
        lines.append(f"{construct.name} =~ " + " + ".join([first, *terms]))
    for link in chain.links:
        own = [1] * groups if "links" in equal else numbers
        labels = [_label(link.source, link.target, g) for g in own]
        lines.append(f"{link.target} ~ c({', '.join(labels)})*{link.source}")
    lines += [f"{first} ~~ {second}" for first, second in chain.covariances]
    lines += given
    if "loadings" in equal and "links" not in equal:
        for link in chain.links:
            ends = link.target, link.source
            ratio = " / ".join(mean_loading(name, items[name]) for name in ends)
            lines += [
                f"points.{link.source}.{link.target}.{g} := "
                f"{_label(link.source, link.target, g)} * {ratio}"
                for g in numbers
            ]
    return "\n".join(lines) + "\n"


def _label(source: str, target: str, group: int) -> str:
    return f"b_{source}_{target}_{group}"


def _groups(study: ChainStudy, data: ChainData, by: str, wave: str) -> pd.Series:
    if by == "type":
        types = study.organisations.set_index("organisation")["type"]
        if types.replace("", np.nan).nunique() < 2:
            raise ChainError(
                f"{study.name!r} does not give types of organisations; add a column 'type' "
                "to organisations.csv."
            )
        return data.frame["organisation"].map(types.replace("", np.nan))
    if data.level == "units":
        raise ChainError(
            f"The links of {data.chain.name!r} are between units, and a unit serves by every "
            f"channel and all kinds of people; by {by_in_words(by)} only a chain can be compared "
            "that one source of respondents was asked in full, such as 'citizens-first'."
        )
    source = study.codebook.source_of(data.chain.constructs[0].name)
    answers = study.answers(source)
    if by not in answers:
        if by != "channel":
            raise ChainError(f"The source {source!r} has no covariate {by!r}.")
        raise ChainError(
            f"The source {source!r} does not say by which channel its respondents came; name the "
            'column as channel = "…" in study.toml.'
        )
    known = answers.loc[answers["wave"] == wave, by].reset_index(drop=True)
    return known.where(known != "")


def _why_left_out(group: str, part: ChainData, by: str, called: pd.Series) -> str | None:
    """Why a group cannot be compared with others, in a sentence; None if it can."""
    names = [str(called[key]) for key in part.frame["organisation"].unique()]
    if by == "type" and len(names) < LEAST_ORGANISATIONS:
        return say("group.one type", group=group, organisations=listed(names))
    too_few = _too_few(group, _answered(part), part, by)
    return say("group.left out", reason=too_few) if too_few else None


def _too_few_people(
    data: ChainData,
    parts: Mapping[str, ChainData],
    reasons: Mapping[str, str | None],
    least: int,
    by: str,
) -> dict[str, str]:
    """Which groups would be groups too small to be shown, or leave one: they would be told with
    their number of respondents."""
    told = [name for name in parts if reasons[name] is None]
    people = [_answered(parts[name]) for name in told]
    shown = shown_parts(people, least, _answered(data.for_links()) - sum(people))
    return {
        name: say("group.few people", by=by_in_words(by), group=name, least=least)
        for name, is_shown in zip(told, shown, strict=True)
        if not is_shown
    }


def _answered(data: ChainData, of: pd.Series | None = None) -> int:
    """How many rows, of those marked in ``of``, have an answer; the others are not fitted."""
    items = [item for names in data.items.values() for item in names]
    answered = data.frame[items].notna().any(axis=1)
    return int((answered if of is None else answered & of).sum())


def _too_few(group: str, rows: int, data: ChainData, by: str) -> str | None:
    # The order of items, and so their answers, plays no part.
    model = group_syntax(data.chain, data.items, 1, given=data.given)
    parameters = _free_parameters(model)
    if rows > parameters:
        return None
    return say(
        "group.few rows",
        by=by_in_words(by),
        group=group,
        level=data.level.many,
        parameters=parameters,
        chain=data.chain.name,
    )


@lru_cache(maxsize=16)
def _free_parameters(model: str) -> int:
    return int((sem.parameter_table(model, mean_structure=True)["free"] > 0).sum())


def _measured_alike(
    study: ChainStudy, data: ChainData, by: str, types: Mapping[str, str], wave: str
) -> dict[str, Yardstick]:
    """Whether a point of each construct is the same in every type, as respondents' answers tell.

    Between units the chain's model is of scores, in which loadings are not told apart. ``types``
    are those of the organisations compared.
    """
    labels = {construct.name: construct.label for construct in data.chain.constructs}
    found: dict[str, Yardstick] = {}
    for answers in answers_by_source(study, [*labels], wave, labels):
        frame = answers.frame.assign(**{by: answers.frame["organisation"].map(types)})
        grouped = replace(answers, frame=frame)
        for construct in answers.items:
            found[construct] = _metric(grouped, construct, by)
    return found


def _metric(answers: ItemAnswers, construct: str, by: str) -> Yardstick:
    """Whether loadings are equal in all groups of respondents."""
    if answers.level == "units":
        return Yardstick.UNTESTED
    # Chains share constructs, so nothing that depends on the chain is handed on.
    items = answers.items[construct]
    columns = {name: answers.frame[name].to_numpy() for name in (by, *items)}
    return once("same points in all groups", _metric_of, columns, construct, by)


def _metric_of(columns: dict[str, NDArray[Any]], construct: str, by: str) -> Yardstick:
    items = [name for name in columns if name != by]
    answers = ItemAnswers("", Level("respondents"), {construct: items}, pd.DataFrame(columns))
    try:
        found = comparability(answers, construct, by)
    except MeasurementError:
        return Yardstick.UNTESTED
    if found.level is None:
        return Yardstick.UNTESTED
    alike = found.level is not InvarianceLevel.CONFIGURAL
    return Yardstick.ALIKE if alike else Yardstick.DIFFERENT


def _link_tests(chain: Chain, fit: Fit, groups: int) -> pd.DataFrame:
    rows = []
    for link in chain.links:
        first = _label(link.source, link.target, 1)
        equal = [f"{first} == {_label(link.source, link.target, g)}" for g in range(2, groups + 1)]
        found = by_clusters(wald_test(fit, equal), fit)
        rows.append((link.source, link.target, found.statistic, found.df, found.pvalue))
    return pd.DataFrame(rows, columns=["from", "to", "wald", "df", "pvalue"])


def _group_links(chain: Chain, fit: Fit) -> pd.DataFrame:
    standardised = fit.standardised("std_all").query("op == '~'")
    strengths = _by(standardised, ["rhs", "lhs", "group"], ["est_std", "se"])
    points = _by(fit.estimates.query("op == ':='"), ["lhs"], ["est", "se"])
    test = fisher_test if fit.problem.known_errors else t_test
    rows = []
    for link in chain.links:
        for number, group in enumerate(fit.problem.groups, start=1):
            df = _freedom_of(fit, number)
            strength, error = strengths[link.source, link.target, group]
            through, through_error = points[f"points.{link.source}.{link.target}.{number}",]
            rows.append(
                [
                    *(link.source, link.target, group, len(fit.index[number - 1])),
                    *(strength, error, *test(strength, error, df)[:2]),
                    *(through, *t_test(through, through_error, df)[:2]),
                ]
            )
    columns = ["from", "to", "group", "n", "strength", "se", "lower", "upper"]
    columns += ["pass_through", "pass_through_lower", "pass_through_upper"]
    return pd.DataFrame(rows, columns=columns)


def _by(
    table: pd.DataFrame, keys: Sequence[str], values: Sequence[str]
) -> dict[tuple[Any, ...], tuple[float, ...]]:
    """The values of every row by its keys."""
    rows = zip(*(table[name] for name in [*keys, *values]), strict=True)
    return {row[: len(keys)]: row[len(keys) :] for row in rows}


def _freedom_of(fit: Fit, group: int) -> float:
    """Degrees of freedom of the errors of one group's own links, see ``freedom``."""
    sample = fit.problem.sample
    if sample is None or sample.clusters is None:
        return np.inf
    return effective_clusters(sample.clusters[group - 1]) - 1


def _models(fits: Mapping[str, Fit]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    before = None
    for name, fit in fits.items():
        told = fit.reported
        row: dict[str, object] = {"model": name, "chisq": told["chisq"], "df": fit.problem.df}
        row |= {key: told[key] for key in ("aic", "bic", "cfi", "rmsea", "srmr")}
        row |= {"chisq_diff": np.nan, "df_diff": np.nan, "pvalue": np.nan}
        if before is not None:
            found = nested_test(fit, before)
            row |= {"chisq_diff": found.statistic, "df_diff": found.df, "pvalue": found.pvalue}
        rows.append(row)
        before = fit
    return pd.DataFrame(rows)
