"""A study that can fit its chain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench import linkage, sem
from workbench.chain.catalogue import Catalogue, Chain, chains, own_chain
from workbench.chain.hierarchical.scores import construct_scores
from workbench.chain.model import model_syntax
from workbench.chain.within import few_organisations, left_out_alone, within_groups
from workbench.chain.written import chain_of_model, completed, speaks_of_items
from workbench.errors import ChainError, DataWarning, ModelError, UnknownNameError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import against_in_words
from workbench.interpretation.languages import using_language
from workbench.interpretation.messages import say
from workbench.linkage.means import KEYS
from workbench.measurement import marker_first, running_against
from workbench.measurement.direction import ItemPairs, against_others, beside_others
from workbench.study import Study
from workbench.study.files import CHAINS_FOLDER
from workbench.study.given import name_text
from workbench.study.level import Level
from workbench.study.problems import Problem, Problems, Severity
from workbench.text import counted, listed

if TYPE_CHECKING:
    from workbench.explorer.widget import Explorer

_ROWS = 1_000_000
"""Rows of a source that are read as numbers at once."""


@dataclass(frozen=True)
class ChainData(Shown):
    """What a chain's model is fitted to.

    Attributes
    ----------
    chain
        The chain, restricted to the constructs of the codebook.
    items
        The items of every construct.
    level
        What one row of ``frame`` is: ``"respondents"`` or ``"units"``.
    frame
        ``organisation``, ``unit``, for units also ``wave``, for respondents ``weight``, where rows
        depend on each other ``cluster``, where some people have several rows ``person``, and the
        chain's items, each on 0–100 with high meaning
        good.
    error
        Sampling error of the units' means by organisation, unit and wave, where there were
        respondents; None to fit to the rows as they are.
    given
        Lines of the model that the chain does not say, such as variances that are known.
    notes
        What was left out on the way to these rows, one sentence each.
    written
        A model in place of the chain's; constructs that it names and does not measure are measured
        as the chain's are.

    Examples
    --------
    >>> import workbench as wb
    >>> data = wb.open_study("data/demo").chain_data()
    >>> str(data.level), list(data.items)
    ('units', ['people', 'service', 'trust'])
    >>> own = data.of("Lakeshore County")
    >>> len(own.frame), set(own.frame["organisation"])
    (15, {'Lakeshore County'})
    """

    chain: Chain
    items: Mapping[str, Sequence[str]]
    level: Level
    frame: pd.DataFrame
    error: sem.ErrorCovariance | None = None
    given: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    written: str = ""

    @cached_property
    def measured(self) -> dict[str, list[str]]:
        """The items of every construct, its marker first (:func:`measurement.marker_first`)."""
        return {name: marker_first(items, self.frame) for name, items in self.items.items()}

    @property
    def model(self) -> str:
        """The chain's model in lavaan's syntax, each construct pointing where its index does.

        Examples
        --------
        >>> import workbench as wb
        >>> model = wb.open_study("data/demo").chain_data().scored().model
        >>> print(model.splitlines()[5])
        service ~ b_people_service*people
        """
        return self.syntax(self.chain)

    def syntax(self, chain: Chain, lines: Sequence[str] = ()) -> str:
        """A model of these rows, as :attr:`model`, of another chain of the same constructs, and
        with more ``lines``."""
        given = "".join(f"{one}\n" for one in (*self.given, *lines))
        own = completed(self.written, chain, self.measured) if self.written else ""
        return (own or model_syntax(chain, self.measured)) + given

    @property
    def doubts(self) -> dict[str, str]:
        """The constructs of which items run against the others, with a sentence each."""
        told = {
            construct: against_in_words(running_against(self.frame[list(items)]), construct)
            for construct, items in self.items.items()
        }
        return {construct: sentence for construct, sentence in told.items() if sentence}

    @property
    def modelled(self) -> pd.DataFrame:
        """``frame`` without its columns of names, which a construct may be called like.

        With known errors they stay: these find their rows by them.
        """
        if self.error is not None:
            return self.frame
        return self.frame.drop(columns=KEYS, errors="ignore")

    def scored(self) -> "ChainData":
        """Return the same with one score in place of every construct's items.

        A score is the mean of the items that a row has; what is known of its error, sampling error
        and what is specific to items (:mod:`workbench.chain.hierarchical.scores`), is in ``error``.
        Sixty units can carry this model, which has a variance and a mean a construct beside the
        links, where they cannot carry one of all items.

        Examples
        --------
        >>> import workbench as wb
        >>> scored = wb.open_study("data/demo").chain_data().scored()
        >>> scored.items
        {'people': ['index of people'], 'service': ['index of service'], 'trust': ['index of
        trust']}
        """
        items = [item for names in self.items.values() for item in names]
        place = {item: number for number, item in enumerate(items)}
        known = None if self.error is None else self.error.of_items(items).for_rows(self.frame)
        scores, errors = construct_scores(
            self.frame[items].to_numpy(float),
            known,
            [[place[item] for item in names] for names in self.items.values()],
            self.frame["organisation"].factorize()[0].astype(np.int64),
        )
        columns = {name: f"index of {name}" for name in self.items}
        frame = self.frame.drop(columns=items).assign(
            **dict(zip(columns.values(), scores.T, strict=True))
        )
        exact = (f'"{column}" ~~ 0*"{column}"' for column in columns.values())
        return replace(
            self,
            items={name: [column] for name, column in columns.items()},
            frame=frame,
            error=sem.ErrorCovariance(tuple(columns.values()), errors, frame[KEYS]),
            given=(*self.given, *exact),
            notes=(*self.notes, *self.doubts.values()),
        )

    def within(self) -> "ChainData":
        """Return the same rows as compared within their organisations
        (:mod:`workbench.chain.within`), so that what sets organisations apart is no part of links.

        Rows that have none to be compared with are left out. Units are clustered by organisation:
        what is odd about one is so in all its units. Where a single organisation has rows to
        compare they stay as they are, and where none has all do: their links are then those
        between organisations. ``notes`` tells each of these, and of few organisations.

        Examples
        --------
        >>> import workbench as wb
        >>> data = wb.open_study("data/demo").chain_data().within()
        >>> means = data.frame.groupby("organisation", observed=True)["trust_1"].mean()
        >>> means.round(1).nunique()
        1
        """
        items = [item for names in self.items.values() for item in names]
        answered = self.frame[items].notna().to_numpy().any(axis=1)
        organisation, names = self.frame["organisation"].factorize()
        counts = np.bincount(organisation[answered], minlength=len(names))
        if (counts > 0).sum() < 2:
            return self
        several = counts > 1
        if not several.any():
            told = say("basis.between organisations", row=self.level.one)
            return replace(self, notes=(*self.notes, told))
        alone = int((counts == 1).sum())
        notes = self.notes
        if alone:
            notes += (left_out_alone(alone, self.level.noun),)
        kept = replace(self, frame=self.frame[several[organisation]].reset_index(drop=True))
        if several.sum() == 1:
            return replace(kept, notes=notes)
        few = few_organisations(int(several.sum()))
        return replace(kept._centred(items), notes=(*notes, few) if few else notes)

    def _centred(self, items: list[str]) -> "ChainData":
        """The rows within organisations, each of which has several."""
        group = self.frame["organisation"].factorize()[0].astype(np.int64)
        known = None if self.error is None else self.error.of_items(items).for_rows(self.frame)
        weight = self.frame["weight"].to_numpy(float) if "weight" in self.frame else None
        values, errors = within_groups(self.frame[items].to_numpy(float), known, group, weight)
        frame = self.frame.assign(**dict(zip(items, values.T, strict=True)))
        if self.level == "units":
            frame["cluster"] = group
        error = None
        if errors is not None:
            error = sem.ErrorCovariance(tuple(items), errors, frame[KEYS])
        return replace(self, frame=frame, error=error)

    def for_links(self, items: bool = False) -> "ChainData":
        """Return the rows that tell a chain's links: within organisations, and for units one score
        a construct unless the model is to be one of ``items``."""
        scored = self.level == "units" and not items
        return (self.scored() if scored else self).within()

    def of(self, organisation: str) -> "ChainData":
        """Return the same for one organisation."""
        own = self.frame["organisation"] == name_text(organisation)
        return replace(self, frame=self.frame[own])

    def _parts(self) -> Iterator[Part]:
        rows, names = self.frame, self.frame["organisation"].nunique()
        waves = listed(rows["wave"].unique()) if "wave" in rows else ""
        yield (
            f"{self.chain.title}: {self.level.counted(len(rows))} of "
            f"{counted(names, 'organisation')}" + (f", wave {waves}." if waves else ".")
        )
        if self.error is not None:
            yield "The sampling errors of the units' means are known."
        answered = pd.DataFrame(
            [
                (name, ", ".join(own), int(rows[list(own)].notna().any(axis=1).sum()))
                for name, own in self.items.items()
            ],
            columns=["construct", "items", f"{self.level.many} with an answer"],
        )
        yield "Constructs", answered
        yield from self.notes


class ChainStudy(Study):
    """A study with the chains it can run.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> study.waves, len(study.organisations)
    (['2022', '2023', '2024'], 12)
    >>> fit = study.fit(organisation="Lakeshore County", wave=2023)
    >>> fit.nobs
    15
    """

    @property
    def chain(self) -> str:
        """The study's chain: the one ``study.toml`` names, otherwise the one that suits the
        constructs of the codebook; "" where none does.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").chain
        'public-sector-service-value-chain'
        """
        return self.definition.chain or self.chains().suiting(self.codebook.constructs) or ""

    def check(self) -> Problems:
        """List every problem of the study's files, and whether it can run its chain.

        Examples
        --------
        >>> import workbench as wb
        >>> problems = wb.open_study("data/demo").check()
        >>> problems.summary
        '0 errors, 1 warning, 1 note'
        >>> problems.errors
        []
        """
        problems = list(super().check())
        broken = [*_broken_chains(self.path / CHAINS_FOLDER)]
        problems += broken
        if broken and not self.definition.chain:
            return Problems(problems)
        stated = {"chain": self.chain}
        if self.definition.drivers.chain:
            stated["drivers.chain"] = self.definition.drivers.chain
        for key, chain in stated.items():
            try:
                self.runnable_chain(chain)
            except (ChainError, UnknownNameError) as error:
                if broken:
                    return Problems(problems)
                problems.append(
                    Problem(
                        severity=Severity.ERROR,
                        file="study.toml",
                        column=key,
                        cause=f"The study cannot run its chain {chain!r}."
                        if chain
                        else "The study names no chain.",
                        advice=str(error),
                    )
                )
        if not Problems(problems).errors:
            problems += self._against()
        return Problems(problems)

    def _against(self) -> Iterator[Problem]:
        """Warn of items whose answers run against those to the others of their construct."""
        by_source: dict[str, list[str]] = {}
        for construct in self.codebook.constructs:
            by_source.setdefault(self.codebook.source_of(construct), []).append(construct)
        for source, constructs in by_source.items():
            for construct in constructs:
                if against := self._against_in(source, self.codebook.items(construct)):
                    yield Problem(
                        severity=Severity.WARNING,
                        file="codebook.csv",
                        column="reversed",
                        cause=against_in_words(against, construct),
                        advice="If so, write yes in that column; if not, it does not measure what "
                        "the others do.",
                        examples=tuple(against),
                    )

    def _against_in(self, source: str, items: list[str]) -> list[str]:
        """The items that run against the others of their construct.

        Some rows at a time: all of a large source as numbers would take much of the memory.
        """
        answers = self.answers_to(source, items)

        def points() -> Iterator[pd.DataFrame]:
            for start in range(0, max(len(answers), 1), _ROWS):
                yield self.codebook.points(answers.iloc[start : start + _ROWS], items)

        def beside(item: str, others: list[str]) -> ItemPairs:
            return reduce(add, (beside_others(rows, item, others) for rows in points()))

        return against_others(items, reduce(add, map(ItemPairs.of, points())), beside)

    def chains(self) -> Catalogue:
        """Return the catalogue and the study's own chains (folder ``chains/``) by name.

        Where the study names no chain and none suits the constructs of its codebook, the part of
        one that they make is among them.

        Examples
        --------
        >>> import workbench as wb
        >>> sorted(wb.open_study("data/demo").chains())[:2]
        ['citizens-first', 'customer-satisfaction-index']
        """
        with using_language(self.language):
            found = chains(self.path / CHAINS_FOLDER)
            if not self.definition.chain and not found.suiting(self.codebook.constructs):
                part = found.part(self.codebook.constructs)
                if part is not None:
                    found.setdefault(part.name, part)
            return found

    def runnable_chain(self, chain: str | Chain | None = None) -> Chain:
        """Return a chain as it runs on this study; by default the one ``study.toml`` names.

        Raises
        ------
        UnknownNameError
            If there is no such chain.
        ChainError
            If the codebook lacks a construct that the chain needs.

        Examples
        --------
        >>> import workbench as wb
        >>> chain = wb.open_study("data/demo").runnable_chain()
        >>> [construct.name for construct in chain.constructs]
        ['people', 'service', 'trust']
        """
        if not (chain or self.chain):
            raise ChainError(
                "No chain links the constructs that codebook.csv has "
                f"({listed(self.codebook.constructs)}): write what further questions measure in "
                f"its column construct; `workbench chains {self.path}` lists what each chain needs."
            )
        if not isinstance(chain, Chain):
            chain = self.chains().find(chain or self.chain)
        return chain.restricted_to(self.codebook.constructs)

    def chain_data(
        self,
        chain: str | Chain | None = None,
        wave: str | int | None = None,
        corrected: bool = True,
    ) -> ChainData:
        """Return the rows a chain's model is fitted to, those of all organisations.

        Employees and clients are different people who meet only in units. A chain whose constructs
        were all asked in one source of respondents is fitted to respondents; every other chain to
        units, with one row a unit and the (weighted) mean of each item, and with the known sampling
        error of those means unless ``corrected`` is False.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> data = study.chain_data(wave=2023)
        >>> str(data.level), len(data.frame)
        ('units', 321)
        >>> data.items["trust"]
        ['trust_1', 'trust_2', 'trust_3']
        >>> str(study.chain_data("citizens-first").level)
        'respondents'
        """
        return self._rows_of(self.runnable_chain(chain), wave, corrected)

    def levels(self, chain: str | Chain | None = None) -> list[Level]:
        """Return what the rows of a chain may be, first what they are by default.

        A chain whose constructs were all asked in one source of respondents may be fitted to units
        too: ``dataclasses.replace(study.runnable_chain(chain), level="units")`` is that chain.

        Parameters
        ----------
        chain
            As in :meth:`runnable_chain`, which says what is raised.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> [str(level) for level in study.levels("citizens-first")]
        ['respondents', 'units']
        >>> [str(level) for level in study.levels()]
        ['units']
        """
        return self._levels_of(self.runnable_chain(chain))

    def _levels_of(self, runnable: Chain) -> list[Level]:
        sources = {self.codebook.source_of(one.name) for one in runnable.constructs}
        asked = len(sources) == 1 and self.sources[min(sources)].rows == "respondents"
        both = asked and runnable.level != "units"
        return [Level.RESPONDENTS, Level.UNITS] if both else [Level.UNITS]

    def explore(
        self,
        chain: str | None = None,
        organisation: str | None = None,
        wave: str | int | None = None,
        items: bool = True,
    ) -> "Explorer":
        """Change the chain's model in a notebook, and see it refitted at every change.

        Organisation, wave, chain and what rows are; items and paths to leave out or to add,
        covariances to free: each change shows the fit beside that of the model before, links,
        residuals and diagram, and the code of a cell that gives the same.

        Parameters
        ----------
        chain, organisation, wave
            What to begin with, as in :meth:`fit`.
        items
            Whether a model between units is one of all items, which can then be left out one by
            one, or of one score a construct.

        Raises
        ------
        MissingPackageError
            Without the package's extra ``lab``.
        WorkbenchError
            If the model to begin with cannot be fitted, as :meth:`fit`.

        Examples
        --------
        >>> import workbench as wb
        >>> explorer = wb.open_study("data/demo").explore()
        >>> explorer.exploration.fit
        Fit of 323 rows (MLR): chi-square 26.202 on 41 df, CFI 1.000, RMSEA 0.000, SRMR 0.020
        """
        from workbench.explorer import Choices, StudyOrigin, explorer_of

        wave = None if wave is None else self.wave(wave)
        organisation = None if organisation is None else self.organisation(organisation)
        return explorer_of(StudyOrigin(self, Choices(chain, organisation, wave, items=items)))

    def _rows_of(self, runnable: Chain, wave: str | int | None, corrected: bool) -> ChainData:
        wave = self.wave(wave)
        items = {c.name: self.codebook.items(c.name) for c in runnable.constructs}
        wanted = [item for names in items.values() for item in names]
        error = None
        level = self._levels_of(runnable)[0]
        if level is Level.RESPONDENTS:
            answers = self.answers(self.codebook.source_of(next(iter(items))))
            now = answers[answers["wave"] == wave]
            rows = now[["organisation", "unit", "weight", *wanted]]
            # Units of two organisations may have one name; they are two clusters all the same.
            rows = rows.assign(cluster=rows.groupby(["organisation", "unit"]).ngroup())
            if "person" in now:
                rows = rows.assign(person=now["person"])
        elif not corrected:
            rows = linkage.units(self, wanted, wave=wave)[[*KEYS, *wanted]]
        else:
            means = linkage.unit_means_with_error(self, wanted, wave=wave)
            rows = means.frame[[*KEYS, *wanted]]
            if means.within:
                error = sem.ErrorCovariance(tuple(wanted), means.error, means.frame[KEYS]).scaled(
                    self.codebook.points_per_code(wanted)
                )
        frame = rows.reset_index(drop=True)
        for item in wanted:
            frame[item] = self.codebook.scale(item).points(frame[item])
        return ChainData(runnable, items, level, frame, error)

    def fit(
        self,
        chain: str | Chain | None = None,
        organisation: str | None = None,
        wave: str | int | None = None,
        corrected: bool = True,
        items: bool = False,
        warn: bool = True,
        model: str | None = None,
    ) -> sem.Fit:
        """Fit a chain to the study: its links within organisations.

        Rows are compared within their organisations (:meth:`ChainData.within`), so that what sets
        organisations apart is no part of links. A chain between units is fitted to one score a
        construct, whose error is known (:meth:`ChainData.scored`); one between respondents to
        their items.

        Parameters
        ----------
        chain
            A chain of the catalogue or of the study's folder ``chains/``; by default the study's.
        organisation
            One organisation, by its own rows as they are; by default all of them together.
        wave
            One wave; by default the latest. Waves are not thrown together: the same units answer
            again, so their rows are not independent.
        corrected
            Whether a fit to units takes the sampling error of their means into account. Without
            that, every link between units is too weak.
        items
            Fit measurement and chain together also between units: to the means of all items. That
            asks for many more units than there are parameters.
        warn
            As in :func:`workbench.sem.fit`.
        model
            A model in place of a chain, in lavaan's syntax and the study's constructs and items,
            such as ``"trust ~ service; service ~ people"``. A construct that it does not measure
            is measured as in a chain; one that names items is fitted to items. Where it labels no
            link, :func:`workbench.links` tells its effects as it does a chain's.

        Raises
        ------
        UnknownNameError
            If there is no such chain, organisation or wave.
        ChainError
            If both a chain and a model are given, the codebook lacks a construct, or the
            organisation's rows in that wave are none, or too few for the links, or do not carry
            the model.
        ModelError
            If the model cannot be fitted to all organisations together.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> fit = study.fit()
        >>> wb.links(fit)[["from", "to", "effect", "strength"]].round(2).head(2)
             from       to  effect  strength
        0  people  service  direct      0.32
        1  people    trust  direct      0.10
        >>> study.fit("citizens-first", organisation="Lakeshore County").nobs
        349
        >>> own = study.fit(model="service ~ people; trust ~ service")
        >>> own.estimates.query("op == '~'")[["lhs", "rhs", "std_all"]].round(2)
               lhs      rhs  std_all
        3  service   people     0.33
        4    trust  service     0.60
        """
        if model is None:
            data = self.chain_data(chain, wave, corrected)
        elif chain is None:
            named = self._rows_of(chain_of_model(model, self.codebook), wave, corrected)
            data = replace(named, written=model)
            items = items or speaks_of_items(model, self.codebook)
        else:
            raise ChainError("A chain and a model were given; leave one of them out.")
        if organisation is not None:
            return self._fit_of(self.organisation(organisation), data, self.wave(wave), items, warn)
        return self._warned(fit_chain(data.for_links(items), warn=warn), data.level)

    def _fit_of(
        self, organisation: str, every: ChainData, wave: str, items: bool, warn: bool
    ) -> sem.Fit:
        """Fit a chain to the rows of one organisation, or say why its rows do not carry it."""
        data = every.of(organisation)
        when = f" in wave {wave!r}" if wave else ""
        rows = len(data.frame)
        if not rows:
            raise ChainError(
                f"{organisation!r} has no {data.level}{when}; choose another wave or organisation."
            )
        place = f"{organisation!r}, {data.level.counted(rows)}{when}"
        targets = [link.target for link in data.chain.links]
        needed = (
            max(map(targets.count, targets), default=0) + 2
        )  # one more than coefficients in a regression
        if rows < needed:
            raise ChainError(
                f"{place}: the links of {data.chain.name!r} need at least {needed}; fit all "
                "organisations together."
            )
        if data.level == "units" and not items:
            # What is specific to an item is told by the units of all organisations.
            data = replace(
                every.scored().of(organisation), notes=(*data.notes, *data.doubts.values())
            )
        try:
            return self._warned(fit_chain(data, warn=warn), data.level)
        except ModelError as error:
            raise ChainError(
                f"{place}: {data.chain.name!r} cannot be fitted. {error} Or fit all "
                "organisations together."
            ) from error

    @staticmethod
    def _warned(fit: sem.Fit, level: Level) -> sem.Fit:
        """Add to a fit that its rows are too few to tell about others, where they are."""
        parameters = len(fit.theta)
        if fit.nobs <= parameters:
            few = DataWarning(
                say("basis.few rows", parameters=parameters, count=fit.nobs, rows=level.many)
            )
            fit = replace(fit, notes=(*fit.notes, few))
        return fit


def _broken_chains(folder: Path) -> Iterator[Problem]:
    """What is wrong with each of a study's own chains."""
    for path in sorted(folder.glob("*.toml")):
        try:
            own_chain(path)
        except ChainError as error:
            cause = "The chain cannot be read as it is."
            yield Problem(Severity.ERROR, f"{folder.name}/{path.name}", "", cause, str(error))


def unanswered(data: ChainData, frame: pd.DataFrame) -> str:
    """Return the sentence on a construct that no row of ``frame`` has an answer on, or ""."""
    for construct in data.chain.constructs:
        if frame[data.items[construct.name]].isna().to_numpy().all():
            return say("no links.unanswered", row=data.level.one, construct=construct.label)
    return ""


def fit_chain(data: ChainData, bounds: str | None = None, warn: bool = True) -> sem.Fit:
    """Fit a chain's model to its rows.

    Maximum likelihood on every answer there is (FIML), with Huber–White errors and the
    Yuan–Bentler test; for respondents weighted, for units with the known errors of their values,
    and clustered where rows depend on each other: respondents in units, and by person too where
    some have several rows; units within organisations in these. The fit's notes name what was
    left out on the way to the rows, and items that run against the others of their construct.

    Parameters
    ----------
    data
        The chain's rows (:meth:`ChainStudy.chain_data`).
    bounds, warn
        As in :func:`workbench.sem.fit`.

    Raises
    ------
    ModelError
        If no row has an answer on one of the constructs, or the model cannot be estimated.

    Examples
    --------
    >>> import workbench as wb
    >>> data = wb.open_study("data/demo").chain_data(wave=2023).for_links()
    >>> fit = wb.chain.fit_chain(data)
    >>> fit.nobs, fit.converged
    (321, True)
    """
    # Without rows at all the reason is another one, which the fit says.
    if len(data.frame) and (reason := unanswered(data, data.frame)):
        raise ModelError(reason)
    fit = sem.fit(
        data.model,
        data.modelled,
        estimator="MLR",
        missing="fiml",
        cluster="cluster" if "cluster" in data.frame else None,
        weights="weight" if data.level == "respondents" else None,
        bounds=bounds,
        error=data.error,
        warn=warn,
    )
    if "person" in data.frame:
        fit = fit.crossed_with(data.frame["person"])
    return replace(fit, notes=(*fit.notes, *map(DataWarning, (*data.notes, *data.doubts.values()))))


def open_study(path: str | Path, language: str | None = None) -> ChainStudy:
    """Open the study in the folder ``path`` (or of the ``study.toml`` given).

    Parameters
    ----------
    path
        The study's folder, or its ``study.toml``.
    language
        That of its pages, such as "fr"; by default the one that ``study.toml`` names, or English.

    Raises
    ------
    StudyError
        If the folder does not hold a study; the message says what to mend.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> study
    ChainStudy('demo', sources: employees, clients, records)
    >>> study.title
    'Demo: twelve public organisations, 2022 to 2024'
    """
    return ChainStudy.open(path, language)
