"""Where an exploration begins: the model that it changes, and how a cell of code makes that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

from workbench.chain import Chain, ChainStudy
from workbench.interpretation.languages import Language, spoken
from workbench.interpretation.messages import say
from workbench.sem import Fit
from workbench.study.level import Level


@dataclass(frozen=True)
class Choices:
    """What of a study is fitted; None is what ``study.fit`` takes by default.

    Attributes
    ----------
    chain, organisation, wave
        As in ``ChainStudy.fit``.
    level
        What rows are, where the chain leaves a choice (``ChainStudy.levels``).
    items
        Whether a model between units is one of all items, or of one score a construct.
    without
        Items that are no part of the scores.
    """

    chain: str | None = None
    organisation: str | None = None
    wave: str | None = None
    level: Level | None = None
    items: bool = True
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One choice as it is offered: its name in :class:`Choices`, label, options and answer.

    Options are the texts shown by the values that stand for them.
    """

    name: str
    label: str
    options: Mapping[str, str]
    chosen: str


@dataclass(frozen=True)
class StudyOrigin:
    """A study's chain, as far as :class:`Choices` say which."""

    study: ChainStudy
    choices: Choices = Choices()
    name = "fit"

    @cached_property
    def fit(self) -> Fit:
        """The chain's fit."""
        asked = self.choices
        study = self.study.without(*asked.without) if asked.without else self.study
        return study.fit(self._chain, asked.organisation, asked.wave, items=asked.items, warn=False)

    @property
    def _chain(self) -> str | Chain | None:
        """The chain, made one of units where that was chosen and is not the default."""
        asked = self.choices
        if asked.level is not Level.UNITS:
            return asked.chain
        return replace(self.study.runnable_chain(asked.chain), level="units")

    @property
    def language(self) -> Language:
        """The study's."""
        return self.study.language

    @property
    def title(self) -> str:
        """What is fitted: the chain and the organisation."""
        of = self.choices.organisation or say("explorer.all organisations")
        return f"{self.study.runnable_chain(self.choices.chain).title}: {of}"

    def wording(self, item: str) -> str:
        """What an item asks, "" for what is none."""
        known = item in set(self.study.codebook.frame["item"])
        return self.study.codebook.wording(item) if known else ""

    # --- choosing ------------------------------------------------------------------------------

    @property
    def questions(self) -> list[Question]:
        """The choices that this study leaves, each with its options."""
        asked, study = self.choices, self.study
        names = study.organisations
        every = {"": say("explorer.all organisations")}
        found = [
            self._question(
                "organisation",
                every | dict(zip(names["organisation"], names["name"], strict=True)),
                asked.organisation or "",
            ),
            self._question("wave", {one: one for one in study.waves}, study.wave(asked.wave)),
            self._question("chain", self._chains(), study.runnable_chain(asked.chain).name),
            self._question("level", {str(one): one.many for one in self._levels}, str(self.level)),
        ]
        if self.level is Level.UNITS:
            ways = {way: say(f"explorer.measured by {way}") for way in ("items", "scores")}
            found.append(self._question("items", ways, "items" if asked.items else "scores"))
        return [one for one in found if len(one.options) > 1]

    @staticmethod
    def _question(name: str, options: Mapping[str, str], chosen: str) -> Question:
        return Question(name, say(f"explorer.choose {name}"), options, chosen)

    def _chains(self) -> dict[str, str]:
        """The chains that this study can run."""
        chains = self.study.chains().values()
        measured = set(self.study.codebook.constructs)
        able = [one for one in chains if not one.missing(measured)]
        return {one.name: one.title for one in able}

    @cached_property
    def _levels(self) -> list[Level]:
        return self.study.levels(self.choices.chain)

    @property
    def level(self) -> Level:
        """What rows are."""
        return self.choices.level or self._levels[0]

    @cached_property
    def averaged(self) -> dict[str, dict[str, bool]]:
        """For every construct that is one score its items, and whether they are part of it."""
        if self.level is not Level.UNITS or self.choices.items:
            return {}
        book, without = self.study.codebook, self.choices.without
        constructs = self.study.runnable_chain(self.choices.chain).constructs
        return {one.name: {i: i not in without for i in book.items(one.name)} for one in constructs}

    def averaging(self, item: str, kept: bool) -> "StudyOrigin":
        """Return the same with an item made part of its construct's score, or left out of it."""
        others = tuple(one for one in self.choices.without if one != item)
        without = others if kept else (*others, item)
        return replace(self, choices=replace(self.choices, without=without))

    def choosing(self, name: str, value: str) -> "StudyOrigin":
        """Return the same with another answer to one of its questions."""
        asked = self.choices
        match name:
            case "organisation":
                asked = replace(asked, organisation=value or None)
            case "wave":
                asked = replace(asked, wave=value)
            case "chain":  # on which depends what rows may be
                asked = replace(asked, chain=value, level=None, without=())
            case "level":
                asked = replace(asked, level=Level(value), without=())
            case _:
                asked = replace(asked, items=value == "items", without=())
        return replace(self, choices=asked)

    # --- code ----------------------------------------------------------------------------------

    @property
    def setting(self) -> Sequence[str]:
        """Lines of code that come before the fit."""
        if self.choices.level is not Level.UNITS:
            return ()
        chain = "" if self.choices.chain is None else repr_of(self.choices.chain)
        return (
            "from dataclasses import replace",
            "",
            f'chain = replace(study.runnable_chain({chain}), level="units")',
        )

    @property
    def code(self) -> str:
        """The expression that makes the fit."""
        asked = self.choices
        given = []
        if asked.level is Level.UNITS:
            given.append("chain")
        elif asked.chain is not None:
            given.append(repr_of(asked.chain))
        for one in fields(Choices)[1:3]:
            value = getattr(asked, one.name)
            given += [] if value is None else [f"{one.name}={repr_of(value)}"]
        if asked.items and self.level is Level.UNITS:
            given.append("items=True")
        fewer = ", ".join(map(repr_of, asked.without))
        study = f"study.without({fewer})" if fewer else "study"
        return f"{study}.fit({', '.join(given)})"


@dataclass(frozen=True)
class FittedOrigin:
    """A fit that is there."""

    fit: Fit
    language: Language = field(default_factory=spoken)
    code = "fit"
    name = "explored"  # so that the cell gives the same when it is run again
    setting: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    averaged: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """There is no name for it."""
        return say("explorer.own model")

    def wording(self, item: str) -> str:
        """Unknown."""
        return ""

    def choosing(self, name: str, value: str) -> "FittedOrigin":
        """There is nothing to choose."""
        return self

    def averaging(self, item: str, kept: bool) -> "FittedOrigin":
        """There is no score."""
        return self


Origin = StudyOrigin | FittedOrigin


def repr_of(text: str) -> str:
    """A text as code has it, between double quotes where it holds none.

    >>> print(repr_of("trust ~ people"), repr_of('"a b" ~ c'))
    "trust ~ people" '"a b" ~ c'
    """
    return repr(text) if '"' in text or "\\" in text else f'"{text}"'
