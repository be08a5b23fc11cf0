"""The scale of a question: its ends, its missing codes, and which end is the good one."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from workbench.beginning.export import Column, Export, code_of
from workbench.beginning.words import in_order, place_of, says_nothing
from workbench.study.codebook import Code
from workbench.study.numbers import as_written, code_text

LONGEST = 11
"""Most points of a scale that is no percentage, as in 0 to 10."""
MOST_WORDS = 15
"""Different texts of a column, above which they are no answers to choose from."""
SHARES = "shares from 0 to 1"
_USUAL_MISSING = {7, 8, 9, 66, 77, 88, 96, 97, 98, 99, 666, 777, 888, 996, 997, 998, 999, 9999}
_CODE_AND_LABEL = re.compile(r"([+-]?\d+)\s*[-–—=:.)]+\s*(\D.*)", re.DOTALL)
_ANSWER_CODE = re.compile(r"A0*(\d+)")  # of LimeSurvey
_ENDS = (1.0, 3.0, 4.0, 5.0, 6.0, 7.0, 10.0)


@dataclass(frozen=True)
class AnswerScale:
    """The codes of a question's answers.

    ``labels`` has the words of codes, missing ones included; ``turned`` says that the low code is
    the good end; ``codes`` has the code of each text where the file holds words; ``reasons`` say
    what was guessed.
    """

    low: float
    high: float
    missing: tuple[Code, ...] = ()
    labels: Mapping[Code, str] = field(default_factory=dict)
    turned: bool = False
    codes: Mapping[str, float] | None = None
    reasons: tuple[str, ...] = ()

    @property
    def shared(self) -> bool:
        """Whether its ends were seen in the answers rather than said by the file."""
        return self.codes is None and not self.labels and (self.low, self.high) != (0.0, 100.0)


def scale_of(export: Export, name: str) -> AnswerScale | None:
    """The scale of a column's answers; None where it holds none of a scale."""
    column, numbers = export.column(name), export.numbers(name)
    values = np.unique(numbers.values[~np.isnan(numbers.values)])
    words: set[str] = set()
    if numbers.text.any():
        words.update(as_written(cell) for cell in export.cells(name)[numbers.text].dropna())
    if not len(values) and not words:
        return None
    answers = {word for word in words if not says_nothing(word)}
    if len(values) and not answers:
        nothing = tuple(sorted(words))
        return _of_numbers(values, replace(column, missing=(*column.missing, *nothing)))
    return _of_words(words) if len(words) <= MOST_WORDS and not len(values) else None


def _of_numbers(values: np.ndarray, column: Column) -> AnswerScale | None:
    declared = column.missing
    nothing = [code for code, words in column.labels.items() if says_nothing(words)]
    spans = [code for code in declared if isinstance(code, tuple)]
    missing: list[Code] = [
        *spans,
        *(code for code in dict.fromkeys([*declared, *nothing]) if not _is_among(code, spans)),
    ]
    labels: dict[Code, str] = {
        code: words for code, words in column.labels.items() if isinstance(code, float)
    }
    named = sorted(
        code for code in labels if isinstance(code, float) and not _is_among(code, missing)
    )
    left = np.array([value for value in values.tolist() if not _is_among(value, missing)])
    reasons = []
    if not len(left):
        return None
    if np.any(left != np.round(left)):
        scale = _of_decimals(left)
        if scale is not None and len(named) >= 2:
            means = "means of the codes of the value labels"
            scale = AnswerScale(float(named[0]), float(named[-1]), reasons=(means,))
        return None if scale is None else replace(scale, missing=tuple(missing), labels=labels)
    if len(named) >= 2:
        low, high = float(named[0]), float(named[-1])
        further = [float(value) for value in left if not low <= value <= high]
        if len(named) == high - low + 1 or any(abs(value - high) > 1 for value in further):
            missing += further  # codes without words, where all others have words
            if further:
                reasons.append(f"{_told(further)} taken for missing: no label, off the scale")
        elif further:
            low, high = min(low, *further), max(high, *further)
        reasons.insert(0, "ends of the scale from the value labels")
    else:
        coded = _usual_missing(left)
        missing += coded
        if coded:
            reasons.append(f"{_told(coded)} taken for missing: off the scale of the other answers")
        left = np.array([value for value in left if value not in coded])
        low, high = float(left.min()), float(left.max())
        reasons.insert(0, "ends of the scale from the answers")
    width = high - low + 1
    if width < 2 or (width > LONGEST and not _is_percent(low, high, len(left))):
        return None
    if width > LONGEST:
        low, high = 0.0, 100.0
    kept = {
        code: words for code, words in labels.items() if _is_among(code, [(low, high), *missing])
    }
    first, last = place_of(labels.get(low, "")), place_of(labels.get(high, ""))
    turned = first is not None and last is not None and first > last
    if turned:
        reasons.append(f"{code_text(low)} is the good end ({labels[low]!r})")
    return AnswerScale(low, high, tuple(missing), kept, turned, None, tuple(reasons))


def _of_decimals(values: np.ndarray) -> AnswerScale | None:
    """The scale of means or shares: a row summarises several people."""
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 100:
        return None
    if high <= 1:
        return AnswerScale(0.0, 1.0, reasons=(SHARES,))
    if high <= 10:
        end = next(end for end in _ENDS if high <= end)
        start = 0.0 if low < 1 else 1.0
        told = f"means on a scale from {start:g} to {max(end, 5.0):g}, by the largest, {high:g}"
        return AnswerScale(start, max(end, 5.0), reasons=(told,))
    return AnswerScale(0.0, 100.0, reasons=("percentages or points from 0 to 100",))


def _of_words(words: Collection[str]) -> AnswerScale | None:
    """The scale of answers that stand as words, or as a code and words, in the file."""
    coded = {word: _CODE_AND_LABEL.fullmatch(word) for word in words}
    if all(coded.values()):
        labels: dict[Code, str] = {float(m[1]): m[2].strip() for m in coded.values() if m}
        column = Column(labels=labels)
        scale = _of_numbers(np.array(sorted(code for code in labels if code != "")), column)
        if scale is None:
            return None
        codes = {word: float(m[1]) for word, m in coded.items() if m}
        return replace(scale, codes=codes)
    numbered = {word: _ANSWER_CODE.fullmatch(word) for word in words}
    if all(numbered.values()):
        codes = {word: float(m[1]) for word, m in numbered.items() if m}
        low, high = min(codes.values()), max(codes.values())
        if not 2 <= high - low <= LONGEST:
            return None
        return AnswerScale(low, high, codes=codes, reasons=("answer codes A1, A2, …",))
    answers = [word for word in words if not says_nothing(word)]
    ordered = in_order(answers)
    if ordered is None or len(ordered) > LONGEST:
        return None
    codes = {word: float(number) for number, word in enumerate(ordered, 1)}
    nothing = sorted(set(words) - set(answers))
    codes |= {word: float(91 + number) for number, word in enumerate(nothing)}
    return AnswerScale(
        1.0,
        float(len(ordered)),
        tuple(codes[word] for word in nothing),
        {code: word for word, code in codes.items()},
        False,
        codes,
        (f"words put in order from {ordered[0]!r} to {ordered[-1]!r}",),
    )


def common(scales: Mapping[str, AnswerScale]) -> dict[str, AnswerScale]:
    """Scales that questions of one battery share, where few answers do not show all of one.

    Questions whose words are on one row of answers get the codes of all of them; questions of
    numbers without labels get the widest ends of their neighbours that begin alike.
    """
    found = dict(scales)
    rows: list[set[str]] = []
    for scale in scales.values():
        words = set(scale.codes or ())
        if not words:
            continue
        answers = {word for word in words if not says_nothing(word)}
        alike = [row for row in rows if len(row & answers) >= 2 and in_order(row | answers)]
        if alike:
            alike[0].update(words)
        else:
            rows.append(words)
    for name, scale in scales.items():
        if scale.codes is None:
            continue
        for row in rows:
            if set(scale.codes) <= row and len(row) > len(scale.codes):
                whole = _of_words(row)
                found[name] = whole if whole is not None else scale
                break
    own = [name for name, scale in scales.items() if scale.shared]
    for run in _runs(own, scales):
        low = min(scales[name].low for name in run)
        high = max(scales[name].high for name in run)
        for name in run:
            if (low, high) != (scales[name].low, scales[name].high):
                reasons = (*scales[name].reasons, "as wide as in the questions beside it")
                found[name] = replace(scales[name], low=low, high=high, reasons=reasons)
    return found


def _runs(names: Sequence[str], scales: Mapping[str, AnswerScale]) -> list[list[str]]:
    """Questions whose names differ in their last number only (Q5_1, Q5_2), and alike in ends."""
    by_stem: dict[tuple[str, bool], list[str]] = {}
    for name in names:
        stem = re.sub(r"[\W_]*(?:\d+|[a-z])$", "", name.lower()) or name
        by_stem.setdefault((stem, scales[name].high > 7), []).append(name)
    return [run for run in by_stem.values() if len(run) > 1]


def _usual_missing(values: np.ndarray) -> list[Code]:
    """Codes that stand apart from the others as missing codes do: −1, 8 and 9, 99; 11 after 10."""
    whole = sorted(int(value) for value in values)
    apart = [value for value in whole if value < 0]
    rest = [value for value in whole if value >= 0]
    if rest == list(range(12)):
        apart.append(11)
    for place in range(len(rest) - 1, 1, -1):
        top, above = rest[place - 1], rest[place:]
        if not _USUAL_MISSING.issuperset(above):
            break
        far = above[0] > LONGEST or above != [7]  # 7 alone may be the end of a scale
        if above[0] - top > 1 and top <= LONGEST and far:
            apart += above
            break
    return [float(value) for value in sorted(apart)]


def _is_percent(low: float, high: float, distinct: int) -> bool:
    return low >= 0 and 11 < high <= 100 and distinct > LONGEST


def _is_among(code: Code, codes: Collection[Code]) -> bool:
    if code in codes:
        return True
    return isinstance(code, float) and any(
        isinstance(span, tuple) and span[0] <= code <= span[1] for span in codes
    )


def _told(codes: Collection[Code]) -> str:
    return ", ".join(code_text(code_of(str(code))) for code in codes)
