"""What columns are, other than questions: organisation, unit, wave, weight and the like.

A role is proposed by a column's name or short label and by its values: an organisation groups
rows, a weight is a positive number, a wave can be put in order of time.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from workbench.beginning.export import Export
from workbench.beginning.scales import AnswerScale
from workbench.beginning.vocabulary import constructs_of, plain
from workbench.beginning.words import place_of
from workbench.errors import ChoiceNeededError, StudyError
from workbench.study.names import folded
from workbench.study.waves import in_order
from workbench.text import listed, nearest, quoted

NONE = "none"
"""What a user answers where a study has no such column."""

_SHORT = 6
"""Words of a label that may name what a column is; a longer one is a question."""
_MOST_WAVES = 60
_SOME = 300
"""Questions by which it is told what rows are."""

_ORGANISATIONS = (
    r"organi[sz]ations?|agency|agencies|organisme|institution|ministry|ministries|ministere"
    r"|departments?|departement|dept|employer|company|authority|administration",
    r"municipality|municipalite|council|city|town|borough|commune|ville|hospital|hopital"
    r"|etablissement|trust name|district|arrondissement|county|governorate|gouvernorat|province"
    r"|region|state|country|pays|canton",
    r"ward|neighbou?rhood|quartier|precinct|area|zone|sector",
)
_UNITS = (
    r"units?|unite|office|bureau|branch|agence|antenne|team|equipe|location|site|school|ecole"
    r"|centre|center|station|division|section|guichet|clinic|service point|counter|workplace"
    r"|sub ?agency|level 2|direction"
)
_NAMED = {
    "wave": r"wave|survey ?year|year|fiscal year|fy|round|edition|quarter|period|survey|vague"
            r"|annee|exercice|trimestre|periode|annee d'enquete|an",
    "weight": r"\w*weights?|w?wgt\w*|\w*wgt|(?:\w+ )?\w*wt(?: \w+)?|poids|pond\w*|coefficient"
              r"|.*\bweighting(?: factor)?|facteur de ponderation.*",
    "id": r"id|(?:resp(?:ondent)?|record|response|case|person|participant|subject|caller|unique"
          r"|survey) ?(?:id|no|number|num|nr)|id ?(?:resp\w*|repondant)?|responseid|serial|uuid"
          r"|identifiant|caseid|respid|ident",
    "channel": r"channel|mode|touch ?point|contact (?:channel|mode|method)|canal|moyen de contact"
               r"|service channel",
    "respondents": r"n|count|base|respondents?|responses?|completes|n ?resp\w*|num(?:ber)?(?: of)? "
                   r"(?:resp\w+|completes)|effectif|repondants?|nombre de (?:reponses|repondants)"
                   r"|total (?:respondents|responses)|sample size|unweighted (?:n|base|count)",
    "response_rate": r".*response rate|rate of response|taux de reponse|% response|response %",
    "invited": r"invited|surveyed|population|headcount|number (?:invited|surveyed|employees)"
               r"|invites|effectif (?:total|invite)|eligible",
    "type": r"(?:organi[sz]ation |agency |institution )?(?:type|kind|category|class)|type d\w*.*"
            r"|categorie|org ?type",
    "text": r".*(?:comments?|commentaires?|verbatim|open ?end(?:ed)?|suggestions?|in your own words"
            r"|remarks?|feedback text).*",
}  # fmt: skip
_NO_WAVE = re.compile(r"birth|born|naissance|tenure|since|depuis|how many|combien|age\b|joined")
_NUMBERED = re.compile(r"q?\d+[a-z]?(?: ?\w)?[.):]+ +")
"""How the label of a numbered question begins, as "Q38k. "."""
_TIMES = re.compile(r"start|end|date|time|duration|recorded|progress|finished|status|debut|fin\b")


@dataclass
class Roles:
    """Columns by role, each with the reason it was taken; no entry where there is none.

    ``rows`` is "respondents" or "units"; ``aside`` are further weights, which are no questions.
    """

    named: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    rows: str = "respondents"
    aside: frozenset[str] = frozenset()

    def get(self, role: str) -> str | None:
        """The column of a role."""
        return self.named.get(role)

    def take(self, role: str, column: str, reason: str) -> None:
        """Give a role to a column."""
        self.named[role], self.reasons[role] = column, reason

    @property
    def columns(self) -> set[str]:
        """The columns that have a role."""
        return {*self.named.values(), *self.aside}


def propose_roles(
    export: Export,
    questions: Mapping[str, AnswerScale],
    chosen: Mapping[str, str] | None = None,
) -> Roles:
    """Propose the role of every column of an export that is no question.

    Parameters
    ----------
    export
        The table.
    questions
        The columns whose answers are on a scale.
    chosen
        Columns by role that the user named; "none" for a role that there is not.

    Raises
    ------
    StudyError
        A column that the user named is not there; or several could be the weight.
    """
    roles, chosen = Roles(), dict(chosen or {})
    for role, column in chosen.items():
        if column != NONE:
            _require(export, column)
            roles.take(role, column, "named by you")
    names = [str(name) for name in export.frame.columns]
    free = [name for name in names if name not in roles.columns]
    called = {name: _names_of(export, name) for name in names}

    def matching(role: str) -> list[str]:
        pattern = re.compile(_NAMED[role])
        found = [n for n in free if any(pattern.fullmatch(text) for text in called[n])]
        return [n for n in found if n not in roles.columns]

    def wanted(role: str) -> bool:
        return role not in chosen

    weights = matching("weight")
    roles.aside = frozenset(name for name in weights if _are_fractions(export, name))
    if wanted("weight"):
        _take_weight(export, roles, weights)
    if wanted("wave"):
        for name in _waves_first(matching("wave"), called):
            if not _NO_WAVE.search(plain(f"{name} {export.column(name).wording}")):
                reason = _wave_reason(export, name)
                if reason:
                    roles.take("wave", name, reason)
                    break
    free = [n for n in free if n not in roles.columns and not _is_time(called[n])]
    _take_groups(export, roles, free, called, questions, wanted)
    _take_rows(export, roles, questions)
    for role in ("id", "channel", "respondents", "response_rate", "invited", "text"):
        if not wanted(role):
            continue
        for name in matching(role):
            reason = _fits(export, roles, role, name)
            if reason:
                roles.take(role, name, reason)
                break
    if roles.get("organisation"):
        for name in matching("type"):
            if _is_of_organisation(export, name, roles.named["organisation"]):
                roles.take("type", name, "by its name; one value for each organisation")
                break
    return roles


def _require(export: Export, column: str) -> None:
    if column not in export.frame.columns:
        names = [str(name) for name in export.frame.columns]
        raise StudyError(
            f"{export.path}: there is no column {column!r}; the columns are "
            f"{listed(names, most=12)}.{nearest(column, names)}"
        )


def _names_of(export: Export, name: str) -> list[str]:
    """A column's name, and its label where that is short, as the patterns want them."""
    label = _NUMBERED.sub("", re.sub(r"[?:.]+$", "", plain(export.column(name).wording)), count=1)
    label = re.sub(r"^(?:what is |which |in which |name of |your |the |quelle? est )+", "", label)
    texts = [re.sub(r"[\s.\-]+", " ", plain(name)).strip()]
    if label and len(label.split()) <= _SHORT:
        texts.append(label)
    return texts


def _is_time(names: Iterable[str]) -> bool:
    return any(_TIMES.search(text) for text in names)


def _take_weight(export: Export, roles: Roles, candidates: Sequence[str]) -> None:
    said = [name for name in export.columns if export.column(name).role == "weight"]
    found = said or [name for name in candidates if _are_weights(export, name)]
    if len(found) > 1:
        raise ChoiceNeededError(
            f"{export.path}: the columns {quoted(found)} look like weights; name one by --weight, "
            "or write --weight none.",
            "weight",
            (*found, NONE),
        )
    if found:
        by = "the file calls it a weight" if said else "by its name; all of it positive numbers"
        roles.take("weight", found[0], by)


def _are_weights(export: Export, name: str) -> bool:
    values = export.numbers(name).values
    there = values[~np.isnan(values)]
    return len(there) > 0 and bool((there >= 0).all()) and len(np.unique(there)) > 1


def _are_fractions(export: Export, name: str) -> bool:
    return bool(np.any(export.numbers(name).values % 1 > 0))


def _waves_first(names: Sequence[str], called: dict[str, list[str]]) -> list[str]:
    return sorted(names, key=lambda name: "year" not in " ".join(called[name]))


def _wave_reason(export: Export, name: str) -> str:
    """Why a column can be the wave: few values that can be put in order; "" if it cannot."""
    values = list(export.names(name).dropna().unique())
    if not 1 <= len(values) <= _MOST_WAVES:
        return ""
    order = in_order(map(str, values))
    if order is None:
        return ""
    span = order[0] if len(order) == 1 else f"{order[0]} to {order[-1]}"
    return f"by its name; {len(values)} in order of time, {span}"


def _take_groups(
    export: Export,
    roles: Roles,
    free: Sequence[str],
    called: dict[str, list[str]],
    questions: Mapping[str, AnswerScale],
    wanted: Any,
) -> None:
    """Take the organisation, and inside it the unit."""
    rows = len(export.frame)
    called = {name: _names_of_group(export, name, called[name]) for name in called}
    groups = {}
    for name in free:
        if not any(re.search(rf"\b(?:{p})\b", t) for p in (*_ORGANISATIONS, _UNITS)
                   for t in called[name]):  # fmt: skip
            continue
        if name in questions and not _names_groups(export, name, questions[name]):
            continue
        if _are_fractions(export, name):
            continue  # a weight or a share
        distinct = export.names(name).nunique()
        if distinct >= 1 and (distinct <= max(rows / 2, 2) or rows <= 5000):
            groups[name] = distinct
    numbered = {n for n in groups if _NUMBERED.match(plain(export.column(n).wording))}
    for asked, (rank, pattern) in product(
        (False, True), enumerate((*_ORGANISATIONS, _UNITS))
    ):  # what was asked comes after what the file itself says
        if not wanted("organisation") or roles.get("organisation"):
            break
        own = [
            n for n in groups if any(re.search(rf"\b(?:{pattern})\b", t) for t in called[n])
            and not (rank < len(_ORGANISATIONS) and _says_unit(called[n]))
            and (n in numbered) == asked
        ]  # fmt: skip
        several = [name for name in own if groups[name] > 1] or own
        if several:
            name = min(several, key=lambda one: (groups[one] < 2, _rank(called[one]), groups[one]))
            roles.take("organisation", name, f"by its name; {groups[name]:,} different values")
    organisation = roles.get("organisation")
    if organisation is None or not wanted("unit"):
        return
    inside = [
        name
        for name, distinct in groups.items()
        if name != organisation
        and distinct > groups.get(organisation, export.names(organisation).nunique())
        and (_says_unit(called[name]) or _is_inside(export, name, organisation))
    ]
    if inside:
        name = min(inside, key=lambda one: (not _says_unit(called[one]), groups[one]))
        roles.take("unit", name, f"by its name; {groups[name]:,} different values, more than "
                                 f"{organisation!r} has")  # fmt: skip


def _names_of_group(export: Export, name: str, texts: list[str]) -> list[str]:
    """What may name a group: of a numbered question's label the first word alone, which leaves out
    "Q38k. Corruption: non-governmental organisations"."""
    if len(texts) < 2 or not _NUMBERED.match(plain(export.column(name).wording)):
        return texts
    return [texts[0], texts[1].split()[0]]


def _says_unit(names: Iterable[str]) -> bool:
    return any(re.search(rf"\b(?:{_UNITS})\b", text) for text in names)


def _rank(names: Iterable[str]) -> int:
    """0 where a name says no more than what it is, so that "district" comes before "area code"."""
    whole = "|".join((*_ORGANISATIONS, _UNITS))
    return int(not any(re.fullmatch(rf"(?:{whole})(?: name)?", text) for text in names))


def _names_groups(export: Export, name: str, scale: AnswerScale) -> bool:
    """Whether a column on a scale may hold groups after all: its words tell no construct, as
    "I trust this agency" does, and no label says better or worse."""
    wording = f"{name} {export.column(name).wording}"
    if constructs_of(wording, "employees") or constructs_of(wording, "clients"):
        return False
    labels = export.column(name).labels.values()
    return scale.codes is None and not any(place_of(words) is not None for words in labels)


def _is_inside(export: Export, name: str, organisation: str) -> bool:
    """Whether nearly all rows of a unit are of one organisation."""
    return _share_of_one(export, name, organisation)[0] >= 0.95


def _is_of_organisation(export: Export, name: str, organisation: str) -> bool:
    """Whether nearly all rows of an organisation have one value, which is not that of them all."""
    distinct = export.names(name).nunique()
    if not 1 < distinct < export.names(organisation).nunique():
        return False
    share, values = _share_of_one(export, organisation, name)
    return share >= 0.95 and values > 1


def _share_of_one(export: Export, name: str, other: str) -> tuple[float, int]:
    """The share of rows with the most frequent value of ``other`` within each value of ``name``,
    and how many values that are."""
    pairs = pd.DataFrame({"a": export.names(name), "b": export.names(other)}).dropna()
    if pairs.empty:
        return 0.0, 0
    counts = pairs.value_counts().rename("n").reset_index()  # the most frequent first
    most = counts.groupby("a", sort=False).first()
    return float(most["n"].sum()) / len(pairs), most["b"].nunique()


def _take_rows(export: Export, roles: Roles, questions: Collection[str]) -> None:
    """Tell whether rows are respondents, or units that summarise several people."""
    keys = [roles.named[key] for key in ("organisation", "unit", "wave") if roles.get(key)]
    fractional = 0
    some = list(questions)[:_SOME]
    for name in some:
        values = export.numbers(name).values
        values = values[~np.isnan(values)]
        if len(values):
            many = values.max() > 11 and len(np.unique(values)) > 11
            fractional += bool(many or (values != np.round(values)).any())
    summaries = bool(questions) and 2 * fractional > len(some)
    once = False
    if roles.get("organisation"):
        names = pd.DataFrame({key: export.names(key) for key in dict.fromkeys(keys)})
        once = not names.duplicated().any()
    if summaries and roles.get("organisation") and (once or len(export.frame) < 20_000):
        roles.rows = "units"
        roles.reasons["rows"] = "most answers are means or percentages"
    elif once and len(export.frame) > 1 and not summaries and roles.get("unit"):
        roles.rows = "units"
        roles.reasons["rows"] = "each unit has one row"
    else:
        roles.reasons["rows"] = "answers are single codes; groups have several rows"


def _fits(export: Export, roles: Roles, role: str, name: str) -> str:
    """Why a column that is called so can have the role; "" if it cannot."""
    cells = export.cells(name)
    filled = int(cells.notna().sum())
    if not filled:
        return ""
    if role == "id":
        fits = roles.rows == "respondents" and cells.nunique() > 0.5 * filled
        return "by its name; nearly every row has its own" if fits else ""
    if role == "channel":
        few = 1 < export.names(name).nunique() <= 12
        return f"by its name; {export.names(name).nunique()} different values" if few else ""
    if role == "text":
        words = cells.dropna().astype("str").str.split().str.len()
        long = roles.rows == "respondents" and len(words) and float(words.mean()) > 3
        return "by its name; texts of several words" if long else ""
    values = export.numbers(name).values
    values = values[~np.isnan(values)]
    if not len(values) or (values < 0).any():
        return ""
    if role == "response_rate":
        return "by its name; 0 to 100" if values.max() <= 100 else ""
    whole = bool((values == np.round(values)).all())
    if role == "respondents":
        fits = roles.rows == "units" and whole and values.max() > 1
        return "by its name; whole numbers" if fits else ""
    return "by its name; whole numbers" if whole and values.max() > 1 else ""


def same_columns(exports: Sequence[Export], first: Roles, index: int) -> dict[str, str]:
    """Columns of a further export that hold the organisations and units of the first one.

    Found by what they hold: half of a column's names at least are among those of the first.
    """
    one, other = exports[0], exports[index]
    found: dict[str, str] = {}
    for role in ("organisation", "unit", "wave"):
        column = first.get(role)
        if column is None:
            continue
        known = {folded(str(name)) for name in one.names(column).dropna().unique()}
        best, most = None, 0.5
        for name in other.frame.columns:
            if name in found.values():
                continue
            own = {folded(str(value)) for value in other.names(name).dropna().unique()}
            if not own or len(own) > 20 * len(known) + 20 or not (known - _DIGITS):
                continue
            share = len(own & known) / max(min(len(own), len(known)), 1)
            same = name == column
            if share + 0.01 * same > most:
                best, most = str(name), share + 0.01 * same
        if best is not None:
            found[role] = best
    return found


_DIGITS = {str(number) for number in range(100)}
"""Names that tell nothing, as a code of an answer is the same."""
