"""The answers a measure is checked on: respondents of one source, or units over all sources.

Questions asked of respondents are checked on respondents, those whose rows are units on units.
Constructs of different sources were answered by different people, so whether they can be told
apart shows only between units, on the units' means.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import linkage, sem
from workbench.errors import DataWarning, MeasurementError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation.messages import say
from workbench.linkage.means import KEYS, select
from workbench.sem.estimation.frame import columns_of, numbered, values_of
from workbench.study import Study
from workbench.study.given import Wave
from workbench.study.level import Level
from workbench.tables import as_pandas

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ItemAnswers(Shown):
    """Answers to the items of some constructs, each item on 0–100 with high meaning good.

    Attributes
    ----------
    title
        How sentences call these answers.
    level
        What one row is: ``"respondents"`` or ``"units"``.
    items
        The items of every construct.
    frame
        ``organisation``, ``unit``, ``wave`` and what else rows can be grouped by, then the items.
    labels
        What sentences call the constructs, where that is not their names.
    error
        Known sampling error of rows that are means of a unit's respondents.
    joined
        Whether rows are units with the constructs of all sources side by side.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> (clients,) = wb.measurement.answers_by_source(study, ["service", "trust"])
    >>> clients.items["trust"]
    ['trust_1', 'trust_2', 'trust_3']
    >>> clients.of("trust").all_items
    ['trust_1', 'trust_2', 'trust_3']
    """

    title: str
    level: Level
    items: Mapping[str, Sequence[str]]
    frame: pd.DataFrame
    labels: Mapping[str, str] = field(default_factory=dict)
    error: sem.ErrorCovariance | None = None
    joined: bool = False

    def label(self, construct: str) -> str:
        """What sentences call a construct."""
        return self.labels.get(construct, construct)

    @property
    def all_items(self) -> list[str]:
        """The items of all constructs, in order."""
        return [item for names in self.items.values() for item in names]

    @property
    def cluster(self) -> NDArray[np.intp]:
        """Which unit each row belongs to, numbered from 0."""
        keys = self.frame.groupby(["organisation", "unit"], sort=False)
        return keys.ngroup().to_numpy(dtype=np.intp)

    def of(self, construct: str) -> "ItemAnswers":
        """The answers to one construct."""
        names = list(self.items[construct])
        others = [column for column in self.frame if column not in self.all_items]
        own = self.frame[[*others, *names]]
        error = None if self.error is None else self.error.of_items(names)
        items = {construct: names}
        return ItemAnswers(self.label(construct), self.level, items, own, self.labels, error)

    def require_varying(self) -> None:
        """Raise MeasurementError if an item has no two different answers."""
        values = self.frame[self.all_items]
        constant = [item for item in values if values[item].nunique() < 2]
        if constant:
            raise MeasurementError(
                say(
                    "unmeasured.constant",
                    items=say("list.comma").join(map(repr, constant)),
                    title=self.title,
                )
            )

    def _parts(self) -> Iterator[Part]:
        yield f"{self.title}: {self.level.counted(len(self.frame))}."
        answered = [
            (name, ", ".join(own), int(self.frame[list(own)].notna().any(axis=1).sum()))
            for name, own in self.items.items()
        ]
        columns = ["construct", "items", f"{self.level.many} with an answer"]
        yield "Constructs", pd.DataFrame(answered, columns=columns)


def answers_by_source(
    study: Study,
    constructs: Sequence[str],
    wave: Wave = None,
    labels: Mapping[str, str] | None = None,
) -> list[ItemAnswers]:
    """The answers to ``constructs``, source by source, on that source's own rows.

    Parameters
    ----------
    study, constructs
        The study, and the constructs wanted.
    wave
        By default the latest; ``ALL_WAVES`` for all of them.
    labels
        What sentences call the constructs; by default their names.

    Raises
    ------
    UnknownNameError
        If the study has no such construct or wave.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> employees, clients = wb.measurement.answers_by_source(study, ["people", "service", "trust"])
    >>> str(clients.level), clients.items["trust"]
    ('respondents', ['trust_1', 'trust_2', 'trust_3'])
    """
    by_source: dict[str, list[str]] = {}
    for construct in constructs:
        by_source.setdefault(study.codebook.source_of(construct), []).append(construct)
    found = []
    for source, names in by_source.items():
        items = {name: study.codebook.items(name) for name in names}
        level = Level(study.sources[source].rows)
        frame = select(study, source, None, wave)
        found.append(
            ItemAnswers(source, level, items, _on_points(study, frame, items), labels or {})
        )
    return found


def answers_of_units(
    study: Study,
    constructs: Sequence[str],
    wave: Wave = None,
    labels: Mapping[str, str] | None = None,
) -> ItemAnswers:
    """Unit means of ``constructs`` of all sources, side by side, and their sampling error.

    Parameters
    ----------
    study, constructs, wave, labels
        As in :func:`answers_by_source`.

    Raises
    ------
    UnknownNameError
        If the study has no such construct or wave.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> units = wb.measurement.answers_of_units(study, ["people", "service"])
    >>> len(units.frame), units.joined
    (323, True)
    >>> units.all_items
    ['engaged_1', 'engaged_2', 'engaged_3', 'engaged_4', 'service_1', 'service_2', 'service_3',
    'service_4']
    """
    items = {name: study.codebook.items(name) for name in constructs}
    wanted = [item for names in items.values() for item in names]
    means = linkage.unit_means_with_error(study, wanted, wave=wave)
    points = study.codebook.points_per_code(wanted)
    known = sem.ErrorCovariance(tuple(wanted), means.error, means.frame[KEYS]).scaled(points)
    answers = _on_points(study, means.frame, items)
    error = known if means.within else None
    title = say("answers.all sources")
    return ItemAnswers(title, Level.UNITS, items, answers, labels or {}, error, joined=True)


def given_answers(
    given: "ItemAnswers | sem.Fit | IntoFrame",
    items: Mapping[str, Sequence[str]] | None = None,
    cluster: str | None = None,
) -> ItemAnswers:
    """Answers from a data frame or a fit, for all that measures are checked by.

    Values stay on the scale they have. Each row counts as a unit of its own, unless a ``cluster``
    says which belong together.

    Parameters
    ----------
    given
        A data frame of pandas, polars or PyArrow; or a fit, whose latent variables and rows are
        taken, with its clusters. Answers of a study stay as they are.
    items
        The items of every construct; those of a fit by default.
    cluster
        Column of the clusters of a data frame.

    Raises
    ------
    MeasurementError
        If a data frame comes without ``items``, or a fit has no rows or no latent variable with
        items.
    ModelError, DataError
        If a column is not there, or holds anything but numbers and ordered categories.

    Examples
    --------
    >>> import workbench as wb
    >>> clients = wb.open_study("data/demo").answers("clients")
    >>> answers = wb.measurement.given_answers(clients, {"trust": ["trust_1", "trust_2"]})
    >>> answers.all_items, len(answers.frame) == len(clients)
    (['trust_1', 'trust_2'], True)
    """
    if isinstance(given, ItemAnswers):
        return given
    if isinstance(given, sem.Fit):
        values, units, measured = _of_fit(given)
        items = items or measured
    else:
        if not items:
            raise MeasurementError(
                "The data frame comes without items; name those of every construct, as in "
                "items={'trust': ['q1', 'q2', 'q3']}."
            )
        data = as_pandas(given)
        notes: list[DataWarning] = []
        names = list(dict.fromkeys(item for own in items.values() for item in own))
        values = pd.DataFrame(values_of(data, names, notes), columns=names)
        units = pd.Series(np.arange(len(data)))
        if cluster is not None:
            units = pd.Series(numbered(columns_of(data, [cluster])[cluster], cluster)[0])
        for note in notes:
            warnings.warn(note, stacklevel=3)
    keys = pd.DataFrame({"organisation": "", "unit": units, "wave": ""})
    title = say("list.comma").join(items)
    return ItemAnswers(title, Level.RESPONDENTS, items, pd.concat([keys, values], axis=1))


def _of_fit(fit: sem.Fit) -> tuple[pd.DataFrame, pd.Series, dict[str, list[str]]]:
    """Rows and clusters of a fit, and the items of its latent variables."""
    sample, observed = fit.problem.sample, list(fit.layout.observed)
    loadings = fit.table.query("op == '=~' and group == 1")
    measured: dict[str, list[str]] = {}
    for latent, item in zip(loadings["lhs"], loadings["rhs"], strict=True):
        if item in observed:
            measured.setdefault(latent, []).append(item)
    if sample is None or not measured:
        lacks = "rows" if sample is None else "latent variable with items"
        raise MeasurementError(f"The fit has no {lacks} to check; give a data frame and items=.")
    values = pd.DataFrame(np.concatenate(sample.rows), columns=observed)
    if sample.clusters is None:
        return values, pd.Series(np.arange(len(values))), measured
    return values, pd.Series(np.concatenate(sample.clusters)), measured


def _on_points(
    study: Study, frame: pd.DataFrame, items: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    wanted = [item for names in items.values() for item in names]
    found = frame[["organisation", "unit", "wave"]]
    return pd.concat([found, study.codebook.points(frame, wanted)], axis=1).reset_index(drop=True)
