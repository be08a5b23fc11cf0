"""What users get wrong most often: each is told in a sentence where, what, and what to do."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import workbench as wb
from workbench import errors, sem
from workbench.errors import DataError, ModelError, ModelSyntaxError

MODEL = "f =~ q1 + q2 + q3"


def rows(n: int = 60) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    common = draw.normal(size=n)
    items = {f"q{i}": 3 + common + draw.normal(size=n) for i in range(1, 5)}
    return pd.DataFrame(items | {"office": ["a", "b"] * (n // 2)})


def changed(**columns: Any) -> pd.DataFrame:
    return rows().assign(**columns)


def infinite() -> pd.DataFrame:
    data = rows()
    data.loc[7, "q2"] = np.inf
    return data


def in_levels() -> pd.DataFrame:
    data = rows()[["q1", "q2", "q3"]]
    data.columns = pd.MultiIndex.from_product([["wave 1"], data.columns])
    return data


def never_together() -> pd.DataFrame:
    data = rows()
    third = data.index % 3
    return data.assign(
        q1=data["q1"].where(third == 0),
        q2=data["q2"].where(third == 1),
        q3=data["q3"].where(third == 2),
    )


@dataclass(frozen=True)
class Mistake:
    what: str
    made: Callable[[], object]
    kind: type[Exception]
    place: str  # and the value
    remedy: str


MISTAKES = [
    Mistake(
        "a typing error in an item", lambda: sem.fit("f =~ q1 + q2 + qq3", rows()), ModelError,
        "'qq3' is not a column", "Did you mean 'q3'?",
    ),
    Mistake(
        "another case", lambda: sem.fit("f =~ Q1 + q2 + q3", rows()), ModelError,
        "'Q1' is not a column", "Did you mean 'q1'?",
    ),
    Mistake(
        "a space after a name",
        lambda: sem.fit(MODEL, rows().rename(columns={"q3": "q3 "})), ModelError,
        "'q3' is not a column", "Did you mean 'q3 '?",
    ),
    Mistake(
        "a constant column", lambda: sem.fit(MODEL, changed(q2=4.0)), DataError,
        "Item 'q2' is constant (always 4)", "Leave it out of the model.",
    ),
    Mistake(
        "a copy of a column",
        lambda: sem.fit("f =~ q1 + q2 + q3 + q4", changed(q4=rows()["q1"])),
        errors.SingularCovarianceError,
        "'q1' and 'q4' depend on each other", "Leave one of them out.",
    ),
    Mistake(
        "two columns of one name",
        lambda: sem.fit(MODEL, pd.concat([rows(), rows()[["q1"]]], axis=1)), DataError,
        "2 columns named 'q1'", "rename or drop all but one",
    ),
    Mistake(
        "text in a column",
        lambda: sem.fit(MODEL, changed(q2=rows()["q2"].round(1).astype(str))), DataError,
        "Item 'q2' holds '", "Recode them as numbers or missing.",
    ),
    Mistake(
        "a date", lambda: sem.fit(MODEL, changed(q1=pd.Timestamp("2024-05-01"))), DataError,
        "Item 'q1' holds Timestamp('2024-05-01", "Recode them",
    ),
    Mistake(
        "an infinite value", lambda: sem.fit(MODEL, infinite()), DataError,
        "'q2' holds inf in row 7", "Set them to missing",
    ),
    Mistake(
        "an item that nobody answered", lambda: sem.fit(MODEL, changed(q2=np.nan)), DataError,
        "'q2' has no answers: all 60", "Leave it out of the model.",
    ),
    Mistake(
        "items never answered together", lambda: sem.fit(MODEL, never_together()),
        errors.TooFewRowsError,
        "0 of 60 rows can be used", "Use fewer items, more rows or missing='fiml'.",
    ),
    Mistake(
        "fewer rows than items", lambda: sem.fit(MODEL, rows(2)), errors.TooFewRowsError,
        "2 of 2 rows can be used, but 3 items need at least 4", "more rows",
    ),
    Mistake(
        "a group with one row",
        lambda: sem.fit(MODEL, changed(office=["b"] + ["a"] * 59), group="office"),
        errors.TooFewRowsError,
        "1 of 60 rows can be used in group 'b' of 'office'", "more rows",
    ),
    Mistake(
        "a single group", lambda: sem.fit(MODEL, changed(office="a"), group="office"), DataError,
        "'office' holds one value only ('a')", "fit without group=",
    ),
    Mistake(
        "an unknown group column", lambda: sem.fit(MODEL, rows(), group="ofice"), ModelError,
        "group='ofice' is not a column", "Did you mean 'office'?",
    ),
    Mistake(
        "a list of group columns", lambda: sem.fit(MODEL, rows(), group=["q4", "office"]),
        ModelError, "group= is the name of one column, not list", "make one column of several",
    ),
    Mistake(
        "columns in levels", lambda: sem.fit(MODEL, in_levels()), ModelError,
        "columns have 2 levels, such as ('wave 1', 'q1')", "data.columns = [",
    ),
    Mistake(
        "too few items", lambda: sem.fit("f =~ q1 + q2", rows()), errors.NotIdentifiedError,
        "4 free parameters but only 3 sample moments", "fix or remove at least 1 of",
    ),
    Mistake(
        "parameters that move together",
        lambda: sem.fit("f =~ NA*q1 + q2 + q3 + q4", rows()), errors.NotIdentifiedError,
        "f =~ q1, f =~ q2", "Fix 1 of them",
    ),
    Mistake(
        "a latent variable named like a column", lambda: sem.fit("q4 =~ q1 + q2 + q3", rows()),
        ModelError, "'q4' names a latent variable", "give the latent variable another name",
    ),
    Mistake(
        "one operator too many", lambda: sem.fit(f"{MODEL}\nf ~~~ q4", rows()), ModelSyntaxError,
        "Line 2, column 5 of the model", "Write one operator",
    ),
    Mistake(
        "an equals sign", lambda: sem.fit("f = q1 + q2 + q3", rows()), ModelSyntaxError,
        "Line 1, column 3 of the model: unexpected '='", "Write '=~' (measured by)",
    ),
    Mistake(
        "a product", lambda: sem.fit("q1 ~ q2:q3", rows()), ModelSyntaxError,
        "Line 1, column 8", 'data["q2_q3"] = data["q2"] * data["q3"]',
    ),
    Mistake(
        "an item written twice", lambda: sem.fit("f =~ q1 + q2 + q2", rows()), ModelSyntaxError,
        "column 16 of the model: f =~ q2 was written before", "write it once",
    ),
    Mistake(
        "an unfinished line", lambda: sem.fit("q1 ~", rows()), ModelSyntaxError,
        "Line 1, column 5", "expected a name",
    ),
    Mistake(
        "a label that nothing carries", lambda: sem.fit("q1 ~ ab*q2; k := ba*2", rows()),
        ModelError, "'k' uses the label 'ba'", "Did you mean 'ab'?",
    ),
    Mistake(
        "model and data the wrong way round", lambda: sem.fit(rows(), MODEL), ModelError,
        "The model is DataFrame, not text", "before the data",
    ),
    Mistake(
        "a list of lines", lambda: sem.fit(["f =~ q1 + q2", "f =~ q3"], rows()), ModelError,
        "The model is list, not text", "joined by line ends",
    ),
    Mistake(
        "an estimator that is not there", lambda: sem.fit(MODEL, rows(), estimator="mlr"),
        ModelError, "estimator='mlr' is not known", "Did you mean 'MLR'?",
    ),
    Mistake(
        "an unknown option", lambda: sem.fit(MODEL, rows(), estimater="ML"), ModelError,
        "no option 'estimater'", "Did you mean 'estimator'?",
    ),
    Mistake(
        "negative weights", lambda: sem.fit(MODEL, changed(w=-1.0), weights="w"), DataError,
        "'w' is negative in row 0", "weights of 0 or more",
    ),
    Mistake(
        "one cluster", lambda: sem.fit(MODEL, changed(c=1), cluster="c"), DataError,
        "one cluster of 'c'", "Fit without cluster=.",
    ),
    Mistake(
        "an unknown wave", lambda: wb.open_study("data/demo").fit(wave=2019),
        errors.UnknownNameError, "no wave '2019'", "it has 2022, 2023 and 2024",
    ),
    Mistake(
        "a wave in the place of the chain", lambda: wb.open_study("data/demo").fit(2023),
        errors.UnknownNameError, "not 2023", "wave=",
    ),
    Mistake(
        "a part of an organisation's name",
        lambda: wb.open_study("data/demo").fit(organisation="Lakeshore"),
        errors.UnknownOrganisationError, "'Lakeshore'", "Did you mean 'Lakeshore County'?",
    ),
    Mistake(
        "another folder", lambda: wb.open_study("data/dmo"), errors.StudyError,
        "no study folder 'data/dmo'", "Did you mean 'demo'?",
    ),
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_is_told_with_its_place_and_its_remedy(mistake):
    with pytest.raises(mistake.kind) as caught:
        mistake.made()
    told = str(caught.value)
    assert mistake.place in told
    assert mistake.remedy in told
    sentence, *picture = told.split("\n")
    assert len(sentence) < 500
    assert sentence[-1] in ".?:]"
    # Only a place in the model's text is shown as well, with a caret below it.
    assert not picture or picture[-1].strip() == "^"


def test_a_negative_variance_is_named():
    # By hand: the variance of q1 that is its own is 1 − .8 · .7 / .5 = −.12.
    names = ["q1", "q2", "q3"]
    cov = pd.DataFrame([[1, 0.8, 0.7], [0.8, 1, 0.5], [0.7, 0.5, 1]], names, names)
    with pytest.warns(errors.ImproperSolutionWarning, match=r"variance of q1 is negative \(-0.1"):
        sem.fit_moments("f =~ q2 + q1 + q3", 200, cov)
    for words, model in (
        ({"bounds": "standard"}, "f =~ q2 + q1 + q3"),
        ({}, "f =~ q2 + q1 + q3; q1 ~~ lower(0)*q1"),
    ):
        with pytest.warns(
            errors.ActiveConstraintWarning, match=r"q1 ~~ q1 at 0: .* or fit without"
        ):
            bounded = sem.fit_moments(model, 200, cov, **words)
        assert bounded.estimates.query("op == '~~' and lhs == 'q1'")["est"].item() == 0


def test_bounds_that_hold_nothing_are_not_named():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not sem.fit("f =~ q1 + q2 + q3 + q4", rows(), bounds="standard").warnings


@pytest.mark.parametrize("wave", [2023, "2023", np.int64(2023)])
def test_a_number_names_a_wave(wave):
    assert wb.open_study("data/demo").fit(wave=wave).nobs == 321


def test_a_notebook_shows_an_error_without_frames(capsys):
    shell = InteractiveShell()
    shell.run_cell("import workbench as wb\nwb.open_study('data/demo').fit(wave=2019)")
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert shown.startswith("UnknownNameError: The study 'demo' has no wave '2019'")
    assert len(shown.strip().split("\n")) == 1
