"""Words for numbers and names: plurals, lists, ordinals, suggestions, labels and slugs.

Every function takes plain values and returns plain text without markup. Nothing here knows what a
study, a model or a page is.
"""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST_SLUG = 80
"""Most characters of a slug, so that a file's name stays below every file system's limit."""

SHOWN = 12
"""Names that a message lists before it says how many more there are."""


def inflected(number: int, singular: str, plural: str = "") -> str:
    """Return the form of a noun or verb that goes with a number; a plural ends in "s" by default.

    >>> inflected(1, "unit"), inflected(0, "unit"), inflected(2, "has", "have")
    ('unit', 'units', 'have')
    """
    return singular if number == 1 else plural or f"{singular}s"


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun, thousands set apart.

    >>> counted(1, "unit"), counted(1204, "school"), counted(2, "index", "indices")
    ('1 unit', '1,204 schools', '2 indices')
    """
    return f"{number:,} {inflected(number, singular, plural)}"


def listed(names: Iterable[object], last: str = "and", most: int | None = None) -> str:
    """Return names as a sentence lists them, at most the first ``most``; "none" if there are none.

    >>> listed(["a"]), listed(["a", "b", "c"]), listed(["a", "b"], "or")
    ('a', 'a, b and c', 'a or b')
    >>> listed(["a", "b", "c", "d"], most=2)
    'a, b and 2 more'
    """
    told = [str(name) for name in names]
    if most is not None and len(told) > most:
        told[most:] = [f"{len(told) - most:,} more"]
    if not told:
        return "none"
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} {last} {told[-1]}"


def quoted(names: Iterable[object]) -> str:
    """Return names in quotation marks for a message, the first dozen if there are more.

    >>> quoted(["s1", "s2"])
    "'s1' and 's2'"
    """
    return listed(map(repr, names), most=SHOWN)


def nearest(value: str, options: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the option nearest to ``value``, or an empty string.

    >>> nearest("peple", ["people", "service"])
    " Did you mean 'people'?"
    >>> nearest("x", ["people", "service"])
    ''
    """
    by_folded = {option.casefold(): option for option in options}
    found = get_close_matches(value.casefold(), list(by_folded), n=1, cutoff=0.5)
    return f" Did you mean {by_folded[found[0]]!r}?" if found else ""


def capitalised(text: str) -> str:
    """Return a text whose first letter is a capital.

    >>> capitalised("tRUST"), capitalised("")
    ('TRUST', '')
    """
    return text[:1].upper() + text[1:]


def ordinal(number: float) -> str:
    """Return the place that a number stands for, rounded to a whole one.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 21.2)]
    ['1st', '2nd', '3rd', '4th', '11th', '21st']
    """
    whole = round(number)
    if 10 <= whole % 100 <= 20:
        return f"{whole}th"
    return f"{whole}{({1: 'st', 2: 'nd', 3: 'rd'}).get(whole % 10, 'th')}"


def duration(seconds: float) -> str:
    """Return a time as people say it, at least a second.

    >>> duration(0.2), duration(125), duration(7260)
    ('1 s', '2 min 5 s', '2 h 1 min')
    """
    minutes, rest = divmod(max(round(seconds), 1), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def label_of(name: str) -> str:
    """Return a name from code as a reader expects it.

    >>> label_of("public_sector-chain")
    'Public sector chain'
    """
    return name.replace("_", " ").replace("-", " ").capitalize()


def hyphenated(name: str) -> str:
    """Return ``name`` in lower-case ASCII letters, digits and single hyphens; empty if it has none.

    Other letters are written in Latin ones (``"Évora"`` → ``"evora"``, ``"Київ"`` → ``"kiiv"``),
    ``&`` becomes ``and``, and anything else that is neither letter nor digit separates words.
    """
    from slugify import slugify  # takes as long to import as the rest of a small command

    return slugify(
        name, entities=False, decimal=False, hexadecimal=False, replacements=[("&", " and ")]
    )


def slug(name: str) -> str:
    """Return ``name`` as :func:`hyphenated`, cut to a safe length, and "unnamed" if it has no word.

    Different names may have the same slug.

    >>> slug('Café <b>&"/ Ltd')
    'cafe-b-and-ltd'
    """
    return hyphenated(name)[:LONGEST_SLUG].strip("-") or "unnamed"


def in_markdown(text: str) -> str:
    """Return text for Markdown, in which every sign stands for itself.

    >>> print(in_markdown("a_b | c"))
    a\\_b \\| c
    """
    for sign in "\\|*_~<`":
        text = text.replace(sign, f"\\{sign}")
    return text


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "χ": r"$\chi$",
    "²": r"\textsuperscript{2}",
    "Δ": r"$\Delta$",
    "β": r"$\beta$",
    "α": r"$\alpha$",
    "ω": r"$\omega$",
    "→": r"$\rightarrow$",
    "−": "$-$",
    "–": "--",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def in_latex(text: str) -> str:
    """Return text for LaTeX, in which every sign stands for itself.

    >>> print(in_latex("50% of χ²"))
    50\\% of $\\chi$\\textsuperscript{2}
    """
    return "".join(_LATEX.get(sign, sign) for sign in text)
