"""What answers mean by their words, in English and French: their order, and answers that are none.

An answer's place between the worst and the best is told by a word of its direction ("disagree",
"satisfied") and one of its force ("strongly", "somewhat"), or by a word of a row that is always in
the same order ("never", "rarely", …).
"""

import re
from collections.abc import Collection

from workbench.study.names import without_accents

_NO_ANSWER = re.compile(
    r"\b(don'?t know|do not know|no opinion|not applicable|n/?a|refused?|prefer not|no answer"
    r"|not sure|unsure|can(?:'?t|not) say|does(?: not|n'?t) apply|not asked|no response|skipped"
    r"|inapplicable|no basis|no (?:experience|contact)|not used|have not used|missing|undecided"
    r"|cannot (?:be )?determined?|ne sai[st] pas|nsp|sans opinion|sans objet|ne s'applique pas"
    r"|non (?:applicable|concernee?)|ne peut (?:pas )?(?:determiner|dire)|manquante?"
    r"|(?:pas|sans|non)[ -](?:de )?reponse|ne se prononce pas|refus|pas utilise"
    r"|(?:sans|pas de|aucun) contact|aucune reponse|(?:non|pas) demandee?"
    r"|ne (?:comprends?|connait) pas|(?:do|does|did)(?: not|n'?t) understand|haven'?t heard"
    r"|ne veut pas repondre)\b"
    r"|^(dk|nr|ns|na|sans avis)$"
)

_FORCES = (
    (3.0, r"strongly|very|extremely|completely|totally|entirely|fully|definitely|tout a fait"
          r"|tres|fortement|totalement|entierement|extremement|absolument|pas du tout"),
    (1.0, r"somewhat|tend to|slightly|fairly|rather|quite|mostly|moderately|partly|a little"
          r"|plutot|assez|un peu|partiellement|moyennement"),
)  # fmt: skip
_BAD = (
    r"disagree|dissatisfied|unsatisfied|poor|poorly|bad|badly|unlikely|unhelpful|difficult|unfair"
    r"|unhappy|worse|unimportant|not (?:[a-z]+ )?(?:agree|satisfied|confident|likely|good|easy"
    r"|important|helpful|clear|happy)"
    r"|desaccord|pas (?:du tout |vraiment )?(?:d'accord|satisfaite?|confiant|facile|important)"
    r"|insatisfaite?s?|mecontente?s?|mauvaise?|mal|difficile|peu satisfaite?s?|improbable"
)
_GOOD = (
    r"agree|satisfied|good|well|likely|helpful|easy|fair|happy|confident|better|important"
    r"|d'accord|satisfaite?s?|contente?s?|bonn?e?|bien|facile|confiante?s?|probable"
)
_MIDDLE = (
    r"neither|neutral|undecided|average|acceptable|adequate|mixed|ni .*ni|neutre|moyen(?:ne)?"
    r"|correcte?|about the same"
)
_ROWS = (
    (0.0, r"never|not at all|none(?: at all)?|no (?:trust|confidence)(?: at all)?|jamais"
          r"|pas du tout|aucune?(?: confiance)?"),
    (1.0, r"rarely|seldom|hardly ever|(?:only )?a little|a small amount|not (?:very )?much|slightly"
          r"|rarement|un peu|pas beaucoup"),
    (2.0, r"sometimes|occasionally|somewhat|moderately|some|a moderate amount|parfois"
          r"|quelquefois|moyennement|de temps en temps"),
    (3.0, r"often|frequently|usually|mostly|quite a (?:lot|bit)|a lot|most of the time|souvent"
          r"|la plupart du temps|plutot|beaucoup"),
    (4.0, r"always|a great deal|completely|fully|entirely|extremely|very much|toujours|tout a fait"
          r"|totalement|enormement"),
)  # fmt: skip
_OF_A_ROW = 2
"""Words that may follow one of a row, as in "a lot of trust"."""
_BEST = re.compile(r"excellente?|exceptional|outstanding|exceptionnelle?")
_HOW_OFTEN = re.compile(
    r"never|rarely|seldom|hardly ever|sometimes|occasionally|often|very often|frequently|always"
    r"|jamais|rarement|parfois|quelquefois|quelques fois|souvent|tres souvent|toujours"
    r"|(?:just |juste )?(?:once or twice|une (?:ou deux )?fois)|a few times|many times"
    r"|plusieurs fois"
)
_FAIR = re.compile(r"fair|passable|only fair")


def says_nothing(words: str) -> bool:
    """Whether an answer's words say that there is no answer.

    >>> says_nothing("Don't know"), says_nothing("Ne sait pas"), says_nothing("No")
    (True, True, False)
    """
    return bool(_NO_ANSWER.search(_plain(words)))


def place_of(words: str) -> float | None:
    """Where an answer stands between the worst and the best, None where its words do not tell.

    Only the order of answers to one question means something.

    >>> [place_of(w) for w in ("Strongly disagree", "Plutôt d'accord", "Excellent", "Blue")]
    [-3.0, 1.0, 4.0, None]
    >>> [place_of(w) for w in ("Pas du tout confiance", "Just a little free", "A lot of trust")]
    [-2.0, -1.0, 1.0]
    """
    text = _plain(words)
    for place, row in _ROWS:
        if re.fullmatch(row, text):
            return place - 2.0
    if text in ("yes", "oui"):
        return 2.0
    if text in ("no", "non"):
        return -2.0
    if _BEST.search(text):
        return 4.0
    if _FAIR.fullmatch(text) or re.search(rf"\b(?:{_MIDDLE})\b", text):
        return 0.0
    force = next((f for f, row in _FORCES if re.search(rf"\b(?:{row})\b", text)), 2.0)
    if re.search(rf"\b(?:{_BAD})\b", text):
        return -force
    return force if re.search(rf"\b(?:{_GOOD})\b", text) else _place_in_row(text)


def is_how_often(words: str) -> bool:
    """Whether an answer says how often, as in "never" or "often"."""
    return bool(_HOW_OFTEN.fullmatch(_plain(words)))


def _place_in_row(text: str) -> float | None:
    """The place of an answer that begins with a word of a row and says then of what."""
    for place, row in _ROWS:
        found = re.match(rf"(?:just |juste |only )?(?:{row})\b(.*)", text)
        if found and len(found[1].split()) <= _OF_A_ROW:
            return place - 2.0
    return None


def in_order(answers: Collection[str]) -> list[str] | None:
    """Answers from the worst to the best; None unless each has a place of its own.

    >>> in_order(["Good", "Poor", "Excellent", "Fair"])
    ['Poor', 'Fair', 'Good', 'Excellent']
    >>> in_order(["Red", "Blue"])
    """
    places = {words: place_of(words) for words in answers}
    if len(places) < 2 or None in places.values() or len({*places.values()}) < len(places):
        return None
    return sorted(places, key=lambda words: places[words] or 0.0)


def _plain(words: str) -> str:
    text = without_accents(words).replace("’", "'")
    return " ".join(re.sub(r"[().,;:!]", " ", text).split())
