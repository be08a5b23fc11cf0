"""Studies in the shapes that survey tools and statistical offices give them.

Every shape holds the same answers, those of :func:`plain`, so what is read of it is known. Run as a
script it writes them all: ``python tests/shapes.py FOLDER``.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from builders import ITEMS, draw_answers, write_study

WAVES = ("2022", "2023")
QUESTIONS = [item for own in ITEMS.values() for item in own]
LABELS = {1: "Never", 2: "Seldom", 3: "Sometimes", 4: "Often", 5: "Always"}
IN_CODEBOOK = "|".join(f"{code}={words}" for code, words in LABELS.items())


def plain() -> pd.DataFrame:
    """The answers: two waves, three organisations, six units each, and who answered."""
    answers = draw_answers(WAVES, people=4)
    people = answers.groupby("wave").cumcount()
    return answers.assign(id=[f"p{number}" for number in people])


def study(folder: Path, table: pd.DataFrame, **about: Any) -> Path:
    """A study of one source, clients."""
    about.setdefault("sources", {})
    return write_study(folder, {"clients": table}, {"clients": ITEMS}, **about)


def _edit(folder: Path, *pairs: tuple[str, str]) -> Path:
    file = folder / "study.toml"
    text = file.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, (old, text)
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return folder


def _columns_of_waves(pattern: str) -> Callable[[Path], Path]:
    """A row a respondent, a column a question and wave."""

    def write(folder: Path) -> Path:
        answers = plain()
        wide = answers.pivot(index=["organisation", "unit", "id"], columns="wave", values=QUESTIONS)
        wide.columns = [pattern.format(item=item, wave=wave) for item, wave in wide.columns]
        wide = wide.reset_index()
        study(folder, answers, sources={"clients": {"id": "id"}})
        wide.to_csv(folder / "clients.csv", index=False)
        return folder

    return write


def _without(*keys: str) -> Callable[[Path], Path]:
    """A study without organisations or units."""

    def write(folder: Path) -> Path:
        study(folder, plain().drop(columns=[*keys]))
        return _edit(folder, *((f'{key} = "{key}"\n', "") for key in keys))

    return write


def files_of_years(folder: Path) -> Path:
    """A file for each wave, which its name alone tells."""
    answers = plain()
    study(folder, answers)
    for wave, own in answers.drop(columns="wave").groupby(answers["wave"]):
        own.to_csv(folder / f"survey {wave}.csv", index=False)
    names = ", ".join(f'"survey {wave}.csv"' for wave in WAVES)
    return _edit(folder, ('file = "clients.csv"', f"file = [{names}]"))


def file_for_each_wave(folder: Path) -> Path:
    """Files whose names tell nothing, each with its wave in study.toml."""
    answers = plain()
    study(folder, answers)
    pairs = []
    for name, (wave, own) in zip("xy", answers.groupby("wave"), strict=True):
        own.drop(columns="wave").to_csv(folder / f"{name}.csv", index=False)
        pairs.append(f'{wave} = "{name}.csv"')
    return _edit(folder, ('file = "clients.csv"', f"file = {{ {', '.join(pairs)} }}"))


def row_for_each_answer(folder: Path) -> Path:
    """A row a respondent and question."""
    answers = plain()
    keys = ["organisation", "unit", "wave", "id"]
    long = answers.melt(keys, QUESTIONS, "question", "answer").sample(frac=1, random_state=1)
    study(folder, answers, sources={"clients": {"id": "id"}})
    long.to_csv(folder / "clients.csv", index=False)
    return folder


def row_for_each_wording(folder: Path) -> Path:
    """The same, with the words of the questions and of the answers, and other questions too."""
    row_for_each_answer(folder)
    long = pd.read_csv(folder / "clients.csv")
    long["question"] = "Question " + long["question"]
    long["answer"] = long["answer"].map(LABELS)
    other = long.head(50).assign(question="How old are you?", answer="34")
    pd.concat([long, other]).to_csv(folder / "clients.csv", index=False)
    codebook = pd.read_csv(folder / "codebook.csv").assign(labels=IN_CODEBOOK)
    codebook.to_csv(folder / "codebook.csv", index=False)
    return folder


def _published(share: bool) -> Callable[[Path], Path]:
    """A row an organisation, question, category and year: shares, or numbers of people."""

    def write(folder: Path) -> Path:
        answers = plain()
        long = answers.melt(["organisation", "wave"], QUESTIONS, "question", "code")
        long["category"] = long["code"].map(LABELS)
        keys = ["organisation", "wave", "question"]
        table = long.groupby([*keys, "category"]).size().rename("value").reset_index()
        every = table.groupby(keys)["value"].transform("sum")
        # Of those who could not say nothing is known, and a total is no category.
        rest = table[keys].drop_duplicates()
        rows = [table, rest.assign(category="Can't say", value=3)]
        if share:
            table["value"] = (100 * table["value"] / every).map("{:.6f}%".format)
            table["n"] = every
            rows[1] = rows[1].assign(value="4%", n=24)
        study(
            folder,
            answers,
            sources={"clients": {"rows": "units", "respondents": "n" if share else "value"}},
            items={item: {"labels": IN_CODEBOOK} for item in QUESTIONS},
        )
        pd.concat(rows).to_csv(folder / "clients.csv", index=False)
        return _edit(folder, ('unit = "unit"\n', ""))

    return write


def text_labels(folder: Path) -> Path:
    """Words in place of codes, some behind their code."""
    answers = plain()
    for item in QUESTIONS:
        answers[item] = answers[item].map(LABELS)
    answers["t1"] = plain()["t1"].map(lambda code: f"{code} - {LABELS[code].upper()}")
    return study(folder, answers, items={item: {"labels": IN_CODEBOOK} for item in QUESTIONS})


def missing_in_source(folder: Path) -> Path:
    """Missing codes said once for a source; 9 is an answer on the scale from 0 to 10."""
    answers = plain()
    answers["s1"] = 2 * answers["s1"] - 1
    more = answers.assign(**dict.fromkeys(QUESTIONS, 9))
    words = answers.assign(**dict.fromkeys(QUESTIONS, "Not applicable, refused"))
    study(
        folder,
        pd.concat([answers, more.assign(s1=11), words.assign(s1="N/A")], ignore_index=True),
        items={"s1": {"low": 0, "high": 10, "missing": "11"}},
    )
    missing = 'missing = "9; Not applicable, refused"\n'
    return _edit(folder, ('rows = "respondents"\n', f'rows = "respondents"\n{missing}'))


def declared_by_the_file(folder: Path) -> Path:
    """An SPSS file that names its organisations, answers and questions itself."""
    import pyreadstat

    answers = plain()
    names = {1: "Great Tunis", 2: "Ariana", 3: "Été"}
    codes = {"A": 1, "B": 2, "C": 3}
    study(folder, answers)
    codebook = pd.read_csv(folder / "codebook.csv").drop(columns="wording")
    codebook.to_csv(folder / "codebook.csv", index=False)
    (folder / "clients.csv").unlink()
    pyreadstat.write_sav(
        answers.assign(organisation=answers["organisation"].map(codes)),
        folder / "clients.sav",
        column_labels={item: f"How is {item}?" for item in QUESTIONS},
        variable_value_labels={"organisation": names} | dict.fromkeys(QUESTIONS, LABELS),
    )
    return _edit(folder, ("clients.csv", "clients.sav"))


def dates_as_waves(folder: Path) -> Path:
    """Waves that are days, in two ways."""
    days = {"2022": "30/6/2022", "2023": "September 2023"}
    return study(folder, plain().assign(wave=lambda own: own["wave"].map(days)))


def other_scripts(folder: Path) -> Path:
    """Organisations, columns and questions in other scripts, in a code page."""
    answers = plain().rename(columns={"organisation": "府県", "unit": "課"})
    answers["府県"] = answers["府県"].map({"A": "東京都", "B": "大阪府", "C": "京都府"})
    study(folder, answers, keys={"organisation": "府県", "unit": "課"})
    answers.to_csv(folder / "clients.csv", index=False, encoding="shift_jis")
    return folder


def missing_as_text(folder: Path) -> Path:
    """ "NA", "N/A" and "nan" in columns of names, ids and answers; an agency that is called NA."""
    answers = plain()
    gone = answers.iloc[:30].copy().astype(object)
    for place, word in enumerate(("NA", "N/A", "nan", "NULL", "#N/A")):
        gone.iloc[place::5, gone.columns.get_indexer(QUESTIONS)] = word
    gone["id"] = "NA"
    answers["organisation"] = answers["organisation"].replace("B", "NA")
    gone["organisation"] = gone["organisation"].replace("B", "NA")
    study(folder, pd.concat([answers, gone]), sources={"clients": {"id": "id"}})
    listed = pd.DataFrame({"organisation": ["A", "NA", "C"], "name": ["A", "Namibia", "C"]})
    listed.to_csv(folder / "organisations.csv", index=False)
    return folder


def decimal_commas(folder: Path) -> Path:
    """Semicolons and decimal commas, and blanks around."""
    answers = plain()
    study(folder, answers)
    answers.astype(dict.fromkeys(QUESTIONS, float)).to_csv(
        folder / "clients.csv", index=False, sep=";", decimal=",", encoding="utf-16"
    )
    return folder


SHAPES: dict[str, Callable[[Path], Path]] = {
    "one source of residents": lambda folder: study(folder, plain()),
    "no units": _without("unit"),
    "no organisations": _without("unit", "organisation"),
    "a column for each wave": _columns_of_waves("{item}_{wave}"),
    "a wave before the question": _columns_of_waves("{wave} {item}"),
    "files of years": files_of_years,
    "a file for each wave": file_for_each_wave,
    "a row for each answer": row_for_each_answer,
    "a row for each wording": row_for_each_wording,
    "published shares": _published(share=True),
    "published numbers": _published(share=False),
    "text labels": text_labels,
    "missing codes of a source": missing_in_source,
    "a file with labels": declared_by_the_file,
    "dates as waves": dates_as_waves,
    "other scripts": other_scripts,
    "missing as text": missing_as_text,
    "decimal commas": decimal_commas,
}  # fmt: skip


def means(answers: pd.DataFrame) -> pd.DataFrame:
    """The mean of every question by wave, numbered, and organisation."""
    wave = answers["wave"].astype("category").cat.codes
    groups = answers.groupby([wave, answers["organisation"].astype("str")])
    return groups[QUESTIONS].mean()


if __name__ == "__main__":
    for shape, write in SHAPES.items():
        print(write(Path(sys.argv[1]) / shape.replace(" ", "-")))
