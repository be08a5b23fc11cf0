"""What the pages have in common: each is a class whose methods are the sections of a page."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar

import pandas as pd

from workbench import figures
from workbench.chain import Chain, ChainStudy
from workbench.drivers import amounts_of
from workbench.interpretation import numbers as fmt
from workbench.interpretation.amounts import Amounts
from workbench.interpretation.languages import using_language
from workbench.measurement import Reliability, categorical_omega, reliability
from workbench.reports import method
from workbench.reports.disclosure import coverage, shown_only, shown_wave
from workbench.reports.overall import Overall
from workbench.reports.pieces import Heading, draw_chain, effects_table
from workbench.reports.sample import sampled
from workbench.reports.shared import Shared

P = ParamSpec("P")
R = TypeVar("R")


def _in_its_language(section: Callable[P, R]) -> Callable[P, R]:
    """A method of a page that speaks the language of the page's study."""

    @wraps(section)
    def told(*args: P.args, **named: P.kwargs) -> R:
        page: Any = args[0]
        study: Any = args[1] if section.__name__ == "__init__" else page.study
        with using_language(study.language):
            return section(*args, **named)

    return told


class Page:
    """A page about a study, in the language of the study.

    Parameters
    ----------
    study
        The study.
    wave
        The wave that the page is about; "" where the study has none.
    shared
        What the reports of a batch share of that wave; without it a page computes what it needs.
    """

    def __init_subclass__(cls) -> None:
        for name, own in list(vars(cls).items()):
            if callable(own) and (name == "__init__" or not name.startswith("_")):
                setattr(cls, name, _in_its_language(own))

    def __init__(self, study: ChainStudy, wave: str, shared: Shared | None) -> None:
        self.study = study
        self.wave = wave
        self._shared = shared

    @cached_property
    def _coverage(self) -> pd.DataFrame:
        """Who answered, and what may be shown: :func:`workbench.reports.disclosure.coverage`."""
        return coverage(self.study) if self._shared is None else self._shared.coverage

    @cached_property
    def _shown(self) -> ChainStudy:
        """The study without the groups that may not be shown."""
        return shown_only(self.study, self._coverage)

    @cached_property
    def _names(self) -> "pd.Series[str]":
        """What pages call the organisations."""
        return self.study.organisations.set_index("organisation")["name"]

    def _reliability(self, construct: str) -> Reliability:
        """The reliability of a construct over all organisations."""
        if self._shared is not None:
            return self._shared.reliability[construct]
        return reliability(self._shown, construct, wave=self.wave)

    def _categorical_omega(self, construct: str) -> float:
        """The same with answers as ordered categories."""
        if self._shared is not None and construct in self._shared.omegas:
            return self._shared.omegas[construct]
        return categorical_omega(self._sample, construct, self.wave)

    @cached_property
    def _sample(self) -> ChainStudy:
        """What may be shown of the page's wave, of very many respondents a sample."""
        return sampled(shown_wave(self.study, self.wave).now)

    def _counted(self, construct: str, rows: int) -> str:
        """How many rows have answers about a construct; of few people it is a range."""
        source = self.study.sources[self.study.codebook.source_of(construct)]
        return fmt.people(rows) if source.rows == "respondents" else fmt.count(rows)

    def _titled(self, *parts: str) -> Heading:
        """The title of the page, of the parts that there are and the wave."""
        return Heading(", ".join(part for part in (*parts, self.wave) if part))

    @_in_its_language
    def provenance(self) -> figures.Fragment:
        """Which data and which programs made the page."""
        return method.provenance(self.study, None if self._shared is None else self._shared.files)


class ChainPage(Page):
    """A page about a chain."""

    def __init__(self, study: ChainStudy, wave: str, chain: Chain, shared: Shared | None) -> None:
        super().__init__(study, wave, shared)
        self.chain = chain
        self._constructs = [construct.name for construct in chain.constructs]

    @cached_property
    def _amounts(self) -> Amounts:
        """What the indices of numbers from records count."""
        return amounts_of(self.study, self._constructs)

    def _answers_told(self, found: Overall) -> str:
        """What answers count as, and what the other estimator would change."""
        omegas = {
            self._label(name): (self._categorical_omega(name), self._reliability(name).omega)
            for name in self._constructs
        }
        return method.answers_in_words(found, omegas)

    def _label(self, construct: str) -> str:
        return self.chain.label(construct)

    def _measure(self, name: str) -> str:
        """What a construct, or else an item, is called."""
        if name in self._constructs:
            return self._label(name)
        items = self.study.codebook.frame["item"]
        return self.study.codebook.wording(name) or name if name in set(items) else name


class SharedPage(ChainPage):
    """A page about the study's chain, of nothing but what the reports of a batch share."""

    def __init__(self, study: ChainStudy, shared: Shared) -> None:
        super().__init__(study, shared.wave, shared.chain, shared)
        self.shared = shared

    def _index(self, organisation: str, construct: str) -> pd.Series | None:
        """An index of ``organisation`` ("" for all together) in the page's wave, or None."""
        return self.shared.index(organisation, construct, self.wave)

    def _drawn(
        self, organisation: str, links: pd.DataFrame, *, pooled: bool = False
    ) -> figures.Figure:
        """The chain with the indices of ``organisation`` ("" for all together) and these links.

        ``pooled`` says that the links are those of all organisations, for want of its own.
        """
        rows = {name: self._index(organisation, name) for name in self._constructs}
        indices = {name: None if row is None else float(row["index"]) for name, row in rows.items()}
        return draw_chain(self.chain, indices, links, here=bool(organisation), pooled=pooled)

    def _links_table(self, links: pd.DataFrame, caption: str) -> figures.Fragment:
        """These effects of the chain as a table, or why there are none."""
        if links.empty:
            return method.no_links(self.shared.pooled)
        return effects_table(links, self.chain, caption, self._amounts)

    def _fit(self) -> figures.Fragment:
        """How well the model of all organisations together reproduces the data."""
        return method.chain_fit(self.shared.own.overall)

    def method(self) -> figures.Fragment:
        """How the numbers were made."""
        found = self.shared.own.overall
        answers = self._answers_told(found)
        return method.method(self.study, self.chain, self.shared.level, found, answers)
