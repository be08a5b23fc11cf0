"""Whether a construct is measured in the same way in every organisation or wave.

References
----------
1. Byrne, B. M., Shavelson, R. J., & Muthén, B. (1989). Testing for the equivalence of factor
   covariance and mean structures: the issue of partial measurement invariance. Psychological
   Bulletin, 105, 456–466.
2. Sörbom, D. (1989). Model modification. Psychometrika, 54, 371–384.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from workbench import sem
from workbench.errors import MeasurementError, ModelError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import (
    Comparable,
    InvarianceLevel,
    comparable,
    comparable_in_words,
)
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted
from workbench.measurement.answers import ItemAnswers
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.model.expressions import quoted_where_needed
from workbench.sem.model.layout import Layout

_OPERATOR = {"metric": "=~", "scalar": "~1"}
_LEAST_ROWS = 100
_NOUN = {"=~": "loading", "~1": "intercept"}


@dataclass(frozen=True)
class Comparability(Shown):
    """Invariance of one construct across organisations or waves.

    Attributes
    ----------
    construct, label, by
        What is compared, what sentences call it, and the column of the groups.
    groups
        The groups compared.
    left_out
        ``group`` and ``reason``: groups that cannot be part of it.
    full
        Models with everything equal (see :func:`workbench.sem.invariance`).
    proposal
        What to free, in this order: ``item``, ``parameter`` (loading or intercept), ``statistic``,
        ``df``, ``pvalue`` of the score test that picked it. Empty where nothing needs freeing.
    partial
        The models with the proposal freed; None without one.
    """

    construct: str
    label: str
    by: str
    groups: tuple[str, ...]
    left_out: pd.DataFrame
    full: sem.Invariance
    proposal: pd.DataFrame
    partial: sem.Invariance | None

    @property
    def level(self) -> InvarianceLevel | None:
        """The level that holds in full."""
        return self.full.holds

    @property
    def comparable(self) -> Comparable:
        """What of the construct can be compared."""
        return comparable(self.level, None if self.partial is None else self.partial.holds)

    @property
    def words(self) -> str:
        """What the level means for comparing this construct's index."""
        return comparable_in_words(
            self.label,
            self.by,
            len(self.groups),
            len(self.left_out),
            self.comparable,
            list(dict.fromkeys(self.proposal["item"])),
        )

    def _parts(self) -> Iterator[Part]:
        yield self.words
        yield "Measurement invariance", self.full.table
        if len(self.proposal):
            yield "Proposed to be free", self.proposal


def comparability(answers: ItemAnswers, construct: str, by: str) -> Comparability:
    """Test invariance of ``construct`` across the groups of the column ``by``.

    Normal-theory maximum likelihood on rows with all items answered, latent variance 1 for
    identification so that every loading can be tested. That respondents of one unit are alike is
    not allowed for: a level is judged by changes of fit measures (see ``sem.invariance``), not by
    the chi-square test. Groups of fewer than 100 complete rows are left out; the limit is a choice
    made here, for estimates that hold still and for speed with dozens of groups. Where the metric
    or scalar level fails, the item whose release the score test asks for most is freed (an item
    with its own loading gets its own intercept as well), and the models are fitted again, as long
    as two items stay equal [1].

    Parameters
    ----------
    answers
        Answers to the construct's questions (:func:`answers_by_source`).
    construct
        The construct.
    by
        A column of ``answers.frame``, such as ``"wave"`` or ``"organisation"``.

    Raises
    ------
    MeasurementError
        With fewer than three items, fewer than two groups with enough rows, or where the models
        cannot be estimated.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> waves = wb.study.ALL_WAVES
    >>> (clients,) = wb.measurement.answers_by_source(study, ["trust"], wave=waves)
    >>> found = wb.measurement.comparability(clients, "trust", by="wave")
    >>> found.groups, str(found.level)
    (('2022', '2023', '2024'), 'strict')
    >>> print(found.words)
    The questions about trust work in the same way in all 3 waves, so their indices can be compared.
    """
    items, own = list(answers.items[construct]), answers.of(construct)
    if len(items) < 3:
        raise MeasurementError(
            say("unmeasured.comparability", title=own.title, items=counted(len(items), "item"))
        )
    groups, left_out = _groups(own, by)
    if len(groups) < 2:
        raise MeasurementError(
            say(
                "unmeasured.groups",
                groups=say(f"groups.{by}"),
                least=_LEAST_ROWS,
                title=own.title,
            )
        )
    rows = own.frame[items].assign(group=own.frame[by])
    rows = rows[rows["group"].isin(groups)]
    name = quoted_where_needed(construct)

    def fitted(freed: Sequence[str]) -> sem.Invariance:
        try:
            return sem.invariance(
                f"{name} =~ " + " + ".join(map(quoted_where_needed, items)),
                rows,
                "group",
                group_partial=freed,
                std_lv=True,
                warn=False,
            )
        except ModelError as error:
            raise MeasurementError(
                say("unmeasured.alike", title=own.title, by=say(f"by.{by}"), reason=error)
            ) from error

    full = found = fitted(())
    steps: list[dict[str, object]] = []
    freed: list[str] = []
    while len({step["item"] for step in steps}) <= len(items) - 2:
        operator = _failing(found)
        if operator is None:
            break
        level = "metric" if operator == "=~" else "scalar"
        tests = score_tests(found.fits[level], operator)
        if tests.empty or len({*tests["item"]}) <= 2:
            break
        best = tests.iloc[0]
        steps.append({"item": best["item"], "parameter": _NOUN[operator], **best[1:]})
        item = quoted_where_needed(str(best["item"]))
        freed += [f"{name} =~ {item}"] if operator == "=~" else []
        freed += [f"{item} ~ 1"]
        found = fitted(freed)
    return Comparability(
        construct,
        own.title,
        by,
        tuple(groups),
        left_out,
        full,
        pd.DataFrame(steps, columns=["item", "parameter", "statistic", "df", "pvalue"]),
        found if steps else None,
    )


def _failing(found: sem.Invariance) -> str | None:
    """The operator of the parameters whose equality does not hold, if scalar is not reached."""
    for reached, level, operator in (("configural", "metric", "=~"), ("metric", "scalar", "~1")):
        if found.holds == reached and level in found.fits and found.fits[level].converged:
            return operator
    return None


def _groups(answers: ItemAnswers, by: str) -> tuple[list[str], pd.DataFrame]:
    """Groups with rows enough and no constant item, and why not the others."""
    items = answers.all_items
    groups, left_out = [], []
    for group, rows in answers.frame.groupby(by, sort=True):
        answered = int(rows[items].notna().all(axis=1).sum())
        constant = [item for item in items if rows[item].nunique() < 2]
        if answered < _LEAST_ROWS:
            reason = say("left out.few rows", least=_LEAST_ROWS)
        elif constant:
            reason = say("left out.constant items", items=", ".join(constant))
        else:
            groups.append(str(group))
            continue
        left_out.append((str(group), reason))
    return groups, pd.DataFrame(left_out, columns=["group", "reason"])


def score_tests(fit: sem.Fit, operator: str) -> pd.DataFrame:
    """Which equal loadings (``"=~"``) or intercepts (``"~1"``) the data would rather have free.

    With g and I gradient and unit information of the model in which every group has its own
    parameters, at the estimates θ = K θ_equal, and R the directions that free one item,

        X² = N g_R' (I_RR − I_RK I_KK⁻¹ I_KR)⁻¹ g_R,   df = groups − 1,

    Sörbom's score test [2]. Rows ``item, statistic, df, pvalue``, largest statistic first.

    Checked against ``lavTestScore`` of lavaan 0.6-14.

    Parameters
    ----------
    fit
        A fit of several groups with these parameters equal, the latent variance 1.
    operator
        ``"=~"`` for loadings, ``"~1"`` for intercepts.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> clients = clients[clients["channel"].isin(["phone", "web"])]
    >>> model = "trust =~ trust_1 + trust_2 + trust_3"
    >>> equal = wb.sem.fit(model, clients, group="channel", group_equal=["loadings"], std_lv=True)
    >>> wb.measurement.score_tests(equal, "=~")[["item", "df"]]
          item  df
    0  trust_1   1
    1  trust_3   1
    2  trust_2   1
    """
    table = fit.table.reset_index(drop=True)
    free = table["free"].to_numpy(dtype=int)
    target = (table["op"] == operator).to_numpy() & (free > 0)
    target &= pd.Series(free).duplicated(keep=False).to_numpy()
    if operator == "~1":
        target &= table["lhs"].isin(fit.layout.observed).to_numpy()
    again = pd.Series(free).duplicated().to_numpy() & target
    own = free.copy()
    own[again] = free.max() + 1 + np.arange(again.sum())
    wide = table.assign(free=own)
    layout = Layout.from_table(wide, list(fit.layout.observed), list(fit.layout.latent))
    theta = np.append(fit.theta, fit.theta[free[again] - 1])
    objective = objective_of(layout, fit.problem.data, fit.options.discrepancy)[0]
    evaluation = objective.evaluate(theta[None], "expected")
    assert evaluation.curvature is not None
    gradient, information = evaluation.gradient[0], evaluation.curvature[0]
    tied = np.zeros((len(theta), len(fit.theta)))
    tied[own[free > 0] - 1, free[free > 0] - 1] = 1.0
    total = float(objective.total[0])
    rows = []
    name = table["rhs"] if operator == "=~" else table["lhs"]
    for item in dict.fromkeys(name[again]):
        places = own[again & (name == item).to_numpy()] - 1
        cross = information[places] @ tied
        left = information[np.ix_(places, places)] - cross @ np.linalg.solve(
            tied.T @ information @ tied, cross.T
        )
        score = gradient[places]
        statistic = total * float(score @ np.linalg.pinv(left, hermitian=True) @ score)
        df = int(np.linalg.matrix_rank(left, hermitian=True))
        rows.append((item, statistic, df, float(stats.chi2.sf(statistic, df))))
    found = pd.DataFrame(rows, columns=["item", "statistic", "df", "pvalue"])
    return found.sort_values("statistic", ascending=False, kind="stable", ignore_index=True)
