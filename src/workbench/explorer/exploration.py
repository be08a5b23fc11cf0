"""A walk from model to model: each screen knows the one before it."""

from dataclasses import dataclass, replace
from functools import cached_property

from workbench.chain.effects import nested_test
from workbench.errors import ModelError, WorkbenchError
from workbench.explorer.origins import Origin
from workbench.explorer.revised import Revised
from workbench.sem import Fit
from workbench.sem.inference.comparison import Difference


@dataclass(frozen=True)
class Exploration:
    """One screen of an explorer: a model, the screen before, and why a change was not made.

    Every change returns another exploration, whose ``before`` is this one. A change whose model
    cannot be fitted returns this one, with the reason as its ``problem``.

    Attributes
    ----------
    model
        The model and what is shown of it.
    before
        The screen before the last change; None at the beginning.
    problem
        Why the last change was not made, in a sentence; "" if it was.

    Examples
    --------
    >>> import workbench as wb
    >>> from workbench.explorer import Exploration, StudyOrigin
    >>> begun = Exploration.of(StudyOrigin(wb.open_study("data/demo")))
    >>> shorter = begun.dropping("~", "trust", "people")
    >>> print(shorter.code)
    fit = study.fit(items=True).refit(drop="trust ~ people")
    fit
    >>> shorter.difference.df
    1
    >>> shorter.undone() is begun
    True
    >>> begun.dropping("~", "people", "trust").problem
    "The model has no 'people ~ trust' to drop (of this kind it has service ~ people, trust ~
    service and trust ~ people); write a line that it has."
    """

    model: Revised
    before: "Exploration | None" = None
    problem: str = ""

    @classmethod
    def of(cls, origin: Origin) -> "Exploration":
        """Return the screen of a model that is not changed yet.

        Parameters
        ----------
        origin
            A study's chain or a fit.

        Raises
        ------
        WorkbenchError
            If it cannot be fitted, or does not converge.

        Examples
        --------
        >>> import workbench as wb
        >>> from workbench.explorer import Exploration, StudyOrigin
        >>> begun = Exploration.of(StudyOrigin(wb.open_study("data/demo")))
        >>> begun.model.measures["df"]
        41
        """
        model = Revised(origin)
        model.fit  # noqa: B018 – which raises
        return cls(model)

    @property
    def fit(self) -> Fit:
        """The model's fit."""
        return self.model.fit

    @property
    def code(self) -> str:
        """A notebook cell that makes the same fit."""
        return self.model.code

    # --- changes -------------------------------------------------------------------------------

    def adding(self, op: str, lhs: str, rhs: str) -> "Exploration":
        """Return the screen of the model with a parameter more.

        Parameters
        ----------
        op, lhs, rhs
            ``"~"`` for a path from ``rhs`` to ``lhs``, ``"~~"`` for a covariance, ``"=~"`` for an
            item ``rhs`` that ``lhs`` is measured by.

        Examples
        --------
        >>> import workbench as wb
        >>> from workbench.explorer import Exploration, StudyOrigin
        >>> begun = Exploration.of(StudyOrigin(wb.open_study("data/demo")))
        >>> begun.adding("~~", "trust_2", "trust_1").model.added
        ('trust_1 ~~ trust_2',)
        """
        return self._at(self.model.adding(op, lhs, rhs))

    def dropping(self, op: str, lhs: str, rhs: str) -> "Exploration":
        """Return the screen of the model with a parameter less.

        Parameters
        ----------
        op, lhs, rhs
            As in :meth:`adding`.

        Examples
        --------
        >>> import workbench as wb
        >>> from workbench.explorer import Exploration, StudyOrigin
        >>> begun = Exploration.of(StudyOrigin(wb.open_study("data/demo")))
        >>> shorter = begun.dropping("=~", "people", "engaged_2")
        >>> shorter.model.items["people"]
        {'engaged_1': True, 'engaged_2': False, 'engaged_3': True, 'engaged_4': True}
        """
        return self._at(self.model.dropping(op, lhs, rhs))

    def choosing(self, name: str, value: str) -> "Exploration":
        """Return the screen of another organisation, wave, chain or kind of rows.

        Changes of the model are kept for another organisation or wave; another chain, or other
        rows, are another model, which begins without them.

        Parameters
        ----------
        name, value
            One of the origin's questions, and one of its options.

        Examples
        --------
        >>> import workbench as wb
        >>> from workbench.explorer import Exploration, StudyOrigin
        >>> begun = Exploration.of(StudyOrigin(wb.open_study("data/demo")))
        >>> print(begun.choosing("wave", "2023").code)
        fit = study.fit(wave="2023", items=True)
        fit
        """
        return self._at(self.model.choosing(name, value))

    def undone(self) -> "Exploration":
        """Return the screen before the last change.

        Examples
        --------
        >>> import workbench as wb
        >>> from workbench.explorer import Exploration, StudyOrigin
        >>> begun = Exploration.of(StudyOrigin(wb.open_study("data/demo")))
        >>> begun.choosing("wave", "2023").undone() is begun
        True
        """
        return self.before or self.settled

    @property
    def settled(self) -> "Exploration":
        """The same without a problem."""
        return replace(self, problem="") if self.problem else self

    def _at(self, model: Revised) -> "Exploration":
        try:
            model.fit  # noqa: B018 – which raises
        except WorkbenchError as error:
            return replace(self, problem=str(error))
        return Exploration(model, self.settled)

    # --- compared ------------------------------------------------------------------------------

    @cached_property
    def difference(self) -> Difference | str | None:
        """The test between the model and the one before, where one is nested in the other.

        As everywhere in a study it minds how few clusters there are
        (:func:`workbench.chain.effects.nested_test`). The reason where there is none, in a
        sentence; None where the models are of different rows or chains, and at the beginning.
        """
        if self.before is None or self.before.model.origin != self.model.origin:
            return None
        models = [(self.fit, "this model"), (self.before.fit, "the model before")]
        narrow, wide = sorted(models, key=lambda one: -one[0].reported["df"])
        try:
            return nested_test(narrow[0], wide[0], (narrow[1], wide[1]))
        except ModelError as error:
            return str(error)
