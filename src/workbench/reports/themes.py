"""What people wrote in their own words, counted by themes: what is told, and how a page shows it.

An organisation of which fewer people wrote than the minimum is hidden and in no total. In every
organisation, whatever its size, the numbers of answers with a theme are rounded to the nearest
``BASE``, and those over all organisations are the sums of these: nothing is left of a total that
would tell how many there are in one. Answers without a theme are all answers less the rounded
number of those with one. A theme of almost all answers is not told.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench import figures
from workbench.errors import StudyError
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.measurement.scores import people_behind
from workbench.reports.disclosure import ALIKE, BASE
from workbench.reports.pieces import Section, Together
from workbench.study import Study
from workbench.study.themes import LANGUAGE, coded

UNCODED = ""
"""The theme of answers in which no word of the codeframe stands."""

_ANSWERS = "\0answers"
"""The column of all answers of an organisation, beside those of themes; no theme is called so."""

_COLUMNS = ["source", "organisation", "theme", "share", "number", "answers"]
_MOST = 3
"""Themes named in a sentence."""


def themes_told(shown: Study, wave: str) -> pd.DataFrame:
    """Return how often people wrote about every theme, of all together ("") and of organisations.

    Parameters
    ----------
    shown
        The study, with the answers alone that may be shown.

    Returns
    -------
    DataFrame
        ``source``, ``organisation``, ``theme`` (``UNCODED`` for none), ``share`` (0–1) and
        ``number`` of answers with it (rounded; both NaN where almost all have it), and how many
        ``answers`` there are. An answer may have several themes. No row of an organisation of which
        too few people wrote; none of a source without texts, or without a codeframe that can be
        read.
    """
    return told_of_themes(theme_counts(shown, wave))


def theme_counts(shown: Study, wave: str) -> dict[str, pd.DataFrame]:
    """Return how many answers with every theme an organisation has (rounded), by source.

    ``UNCODED`` for none; ``_ANSWERS`` has all of them. Counts of parts of a study stand one below
    another.
    """
    found: dict[str, pd.DataFrame] = {}
    try:
        codeframe = shown.themes
    except StudyError:  # told where the themes are shown
        return found
    for name, source in shown.sources.items():
        if source.text is None or codeframe.empty:
            continue
        answers = shown.answers(name)
        answers = answers[(answers["wave"] == wave) & (answers["text"] != "")]
        people = pd.Series(people_behind(answers), answers.index)
        wrote = people.groupby(answers["organisation"].astype("str")).transform("sum")
        answers = answers[wrote + 1e-6 >= shown.minimum_count]
        if answers.empty:
            continue
        themes = coded(answers["text"], codeframe, answers.get(LANGUAGE))
        found[name] = _counted(themes, answers["organisation"].astype("str").to_numpy())
    return found


def told_of_themes(counts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what is told of themes, of the counts of all organisations: :func:`themes_told`."""
    tables = [pd.DataFrame(columns=_COLUMNS)]
    tables += [_over_all(own).assign(source=name)[_COLUMNS] for name, own in counts.items()]
    return pd.concat(tables, ignore_index=True).astype({"share": float, "number": float})


def _counted(found: pd.DataFrame, organisation: NDArray[np.object_]) -> pd.DataFrame:
    """Count themes by organisation."""
    answers = pd.Series(1, found.index).groupby(organisation).sum()
    numbers = _rounded(found.groupby(organisation).sum())
    numbers[UNCODED] = answers - _rounded(found.any(axis=1).groupby(organisation).sum())
    return numbers.clip(lower=0).clip(upper=answers, axis=0).assign(**{_ANSWERS: answers})


def _over_all(counts: pd.DataFrame) -> pd.DataFrame:
    """Put the sums over all organisations first, and tell the most frequent theme first."""
    counts = counts.sort_index()
    counts = pd.concat([pd.DataFrame([counts.sum()], index=[""]), counts])
    answers, numbers = counts[_ANSWERS], counts.drop(columns=_ANSWERS)
    most = numbers.drop(columns=UNCODED).loc[""].sort_values(ascending=False, kind="stable")
    long = numbers[[*most.index, UNCODED]].rename_axis("organisation").reset_index()
    long = long.melt("organisation", var_name="theme", value_name="number")
    long["answers"] = answers.loc[long["organisation"]].to_numpy()
    long["share"] = long["number"] / long["answers"]
    almost_all = long["share"] > ALIKE
    return long.assign(**long[["share", "number"]].mask(almost_all))


def _rounded(counts: pd.DataFrame | pd.Series) -> pd.DataFrame:
    return BASE * (counts / BASE).round()


def section(study: Study, told: pd.DataFrame, names: "pd.Series[str]") -> figures.Fragment:
    """Return what people wrote over all organisations and in each; nothing without texts.

    ``told``: see :func:`themes_told`; ``names`` of organisations.
    """
    fault = _fault(study)
    if fault:
        return figures.Notice(fault, title=say("themes.failed"))
    parts: list[figures.Fragment] = []
    for source, own in told.groupby("source", sort=False):
        all_of_them = own[own["organisation"] == ""]
        parts += [
            figures.Prose(_in_words(str(source), all_of_them)),
            _table(all_of_them, study.minimum_count),
            *_quotes(study, all_of_them),
            figures.Folded(_by_organisation(own, names)),
        ]
    return Together([Section(say("themes.heading")), *parts]) if parts else figures.Prose("")


def of_one(study: Study, told: pd.DataFrame, organisation: str) -> figures.Fragment:
    """Return what people of an organisation wrote beside all; nothing without texts."""
    parts: list[figures.Fragment] = []
    for source, own in told.groupby("source", sort=False):
        here = own[own["organisation"] == organisation].set_index("theme")
        if here.empty:
            reason = say("themes.few", source=source, least=study.minimum_count)
            parts.append(figures.Prose(reason))
            continue
        every = own[own["organisation"] == ""].set_index("theme").loc[here.index]
        frame = pd.DataFrame(
            {
                "theme": [_called(str(theme)) for theme in here.index],
                "here": _shares(here["share"]),
                "all": _shares(every["share"]),
            }
        )
        labels = {
            "theme": say("themes.theme"),
            "here": say("themes.here", answers=fmt.people(here["answers"].iloc[0])),
            "all": say("themes.all", answers=fmt.people(every["answers"].iloc[0])),
        }
        notes = [*_notes(study.minimum_count)]
        caption = say("themes.caption", source=source)
        parts.append(figures.Folded(figures.Table(frame, caption, labels=labels, notes=notes)))
    return Together([Section(say("themes.heading")), *parts]) if parts else figures.Prose("")


def _fault(study: Study) -> str:
    """What is wrong with the codeframe or the quotes; "" if nothing."""
    try:
        _ = study.themes, study.quotes
    except StudyError as error:
        return str(error)
    return ""


def _in_words(source: str, own: pd.DataFrame) -> str:
    themes = own[own["theme"] != UNCODED].dropna(subset="share").head(_MOST)
    themes = themes[themes["number"] > 0]
    most = [
        say("themes.share", theme=theme, share=fmt.percent(share))
        for theme, share in zip(themes["theme"], themes["share"], strict=True)
    ]
    uncoded = own.loc[own["theme"] == UNCODED, "share"].iloc[0]
    answers = fmt.people(own["answers"].iloc[0])
    told = say("themes.told", source=source, answers=answers, themes=listed(most))
    return f"{told} {say('themes.uncoded', share=_shares([uncoded])[0])}"


def _table(own: pd.DataFrame, least: int) -> figures.Table:
    frame = pd.DataFrame(
        {
            "theme": [_called(theme) for theme in own["theme"]],
            "share": _shares(own["share"]),
            "number": [fmt.count(n, missing=say("symbol.confidential")) for n in own["number"]],
        }
    )
    labels = {
        "theme": say("themes.theme"),
        "share": say("themes.of answers"),
        "number": say("themes.number"),
    }
    return figures.Table(frame, say("themes.caption all"), labels=labels, notes=_notes(least))


def _by_organisation(own: pd.DataFrame, names: "pd.Series[str]") -> figures.Table:
    wide = own[own["organisation"] != ""].pivot(
        index="organisation", columns="theme", values="share"
    )
    wide = wide[list(own["theme"].unique())]
    answers = own.groupby("organisation")["answers"].first()
    rows = [
        [names[name], fmt.people(answers[name]), *_shares(shares)]
        for name, shares in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    hidden = [name for name in names.index if name not in wide.index]
    rows += [[names[name], *[say("symbol.confidential")] * (wide.shape[1] + 1)] for name in hidden]
    turn = {name: number for number, name in enumerate(names)}
    rows.sort(key=lambda row: turn[row[0]])
    themes = {f"theme {number}": _called(theme) for number, theme in enumerate(wide.columns)}
    labels = {
        "organisation": say("column.organisation"),
        "answers": say("themes.answers"),
        **themes,
    }
    frame = pd.DataFrame(rows, columns=list(labels))
    return figures.Table(frame, say("themes.caption organisations"), labels=labels)


def _quotes(study: Study, own: pd.DataFrame) -> list[figures.Fragment]:
    """The quotes that may be published, of themes that enough people wrote about."""
    enough = own.loc[own["number"] >= study.minimum_count, "theme"]
    quotes = study.quotes[study.quotes["theme"].isin(enough)]
    if quotes.empty:
        return []
    labels = {"theme": say("themes.theme"), "quote": say("themes.quote")}
    caption = say("themes.quotes")
    return [figures.Table(quotes, caption, labels=labels, quoted=["quote"])]


def _called(theme: str) -> str:
    return theme or say("themes.none")


def _shares(shares: Sequence[float] | pd.Series | NDArray[np.float64]) -> list[str]:
    return [fmt.percent(share, missing=say("symbol.confidential")) for share in shares]


def _notes(least: int) -> list[str]:
    return [say("themes.note"), say("themes.rounded", least=least, base=BASE)]
