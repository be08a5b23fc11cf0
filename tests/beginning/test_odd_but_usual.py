"""What files of public surveys have that a tidy example lacks: barometers of opinion in French,
workbooks that list their questions on a sheet of its own, files without any wording."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from beginning import exports

import workbench as wb
from workbench.beginning.proposing import propose_study
from workbench.beginning.vocabulary import constructs_of
from workbench.beginning.words import says_nothing
from workbench.errors import ChainError, ChoiceNeededError, StudyError

TRUST = {-1: "Missing", 0: "Pas du tout confiance", 1: "Juste un peu confiance",
         2: "Partiellement confiance", 3: "Beaucoup confiance", 8: "A refusé",
         9: "Ne sait pas"}  # fmt: skip
HOW_MANY = {-1: "Missing", 0: "Aucun", 1: "Certains d'entre eux", 2: "La plupart d'entre eux",
            3: "Tous", 9: "Ne sait pas"}  # fmt: skip


@pytest.fixture(scope="module")
def barometer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SPSS file as a barometer of opinion publishes it: numbered questions, two weights."""
    rng = np.random.default_rng(7)
    people = 420
    level = rng.normal(size=people)

    def codes(points: int, missing: list[int]) -> np.ndarray:
        said = (points - 1) * (0.5 + 0.2 * level + 0.15 * rng.normal(size=people))
        said = said.round().clip(0, points - 1)
        return np.where(rng.random(people) < 0.06, rng.choice(missing, people), said)

    frame = pd.DataFrame(
        {
            "RESPNO": [f"TUN{number:04d}" for number in range(people)],
            "REGION": rng.choice([1580.0, 1581.0, 1582.0, 1583.0], people),
            "EA_FAC_C": rng.choice([0.0, 1.0, 9.0], people),
            "Q37A": codes(4, [8, 9]),
            "Q37B": codes(4, [-1, 8]),
            "Q37C": codes(4, [8, 9]),
            "Q38K": codes(4, [9, 9]),
            "Q46A": codes(4, [7, 7]) + 1,
            "Q46B": codes(4, [7, 7]) + 1,
            "Q104": np.where(rng.random(people) < 0.96, 1.0, 2.0),
            "withinwt_ea": rng.uniform(0.4, 1.6, people).round(5),
            "withinwt_hh": rng.uniform(0.4, 3.4, people).round(5),
        }
    )
    satisfied = {1: "Pas du tout satisfait", 2: "Pas très satisfait", 3: "Assez satisfait",
                 4: "Très satisfait", 8: "Non applicable"}  # fmt: skip
    path = tmp_path_factory.mktemp("barometer") / "barometre.sav"
    pyreadstat.write_sav(
        frame,
        path,
        column_labels={
            "RESPNO": "Numéro du répondant",
            "REGION": "Région",
            "EA_FAC_C": "EA-FAC-C. Poste de police dans la zone",
            "Q37A": "Q37a. Confiance: président",
            "Q37B": "Q37b. Confiance: police",
            "Q37C": "Q37c. Confiance: élus locaux",
            "Q38K": "Q38k. Corruption: organisations non gouvernementales",
            "Q46A": "Q46a. Satisfaction avec les services de santé",
            "Q46B": "Q46b. Satisfaction avec les services d'eau",
            "Q104": "Q104. Type de logement du répondant",
            "withinwt_ea": "Facteur de pondération nationale",
            "withinwt_hh": "Facteur de pondération nationale (nouveau)",
        },
        variable_value_labels={
            "REGION": {1580: "Grand Tunis", 1581: "Nord-Est", 1582: "Nord-Ouest", 1583: "Sud"},
            "EA_FAC_C": {-1: "Missing", 0: "Non", 1: "Oui", 9: "Ne peut déterminer"},
            "Q37A": TRUST,
            "Q37B": TRUST,
            "Q37C": TRUST,
            "Q38K": HOW_MANY,
            "Q46A": satisfied,
            "Q46B": satisfied,
            "Q104": {1: "Maison", 2: "Tente"},
        },
    )
    return path


def test_the_region_of_a_barometer_comes_before_questions_about_organisations(
    barometer: Path,
) -> None:
    (source,) = propose_study("x", [barometer], {"weight": "none"}).sources
    assert source.roles.named["organisation"] == "REGION"
    assert "unit" not in source.roles.named  # a weight is none
    assert "type" not in source.roles.named  # nearly everybody has one


def test_one_of_two_weights_has_to_be_named(barometer: Path) -> None:
    with pytest.raises(ChoiceNeededError, match=r"'withinwt_ea' and 'withinwt_hh'"):
        propose_study("x", [barometer])
    (source,) = propose_study("x", [barometer], {"weight": "withinwt_ea"}).sources
    assert "withinwt_hh" not in {question.column for question in source.questions}


def test_questions_of_a_barometer(barometer: Path) -> None:
    (source,) = propose_study("x", [barometer], {"weight": "none"}).sources
    found = {question.column: question for question in source.questions}
    assert "EA_FAC_C" not in found  # yes, no and cannot be told
    assert {found[name].construct for name in ("Q37A", "Q37B", "Q37C")} == {"trust"}
    assert {found[name].construct for name in ("Q46A", "Q46B")} == {"service"}
    scale = found["Q46A"].scale
    assert (scale.low, scale.high, scale.missing) == (1, 4, (8,))


@pytest.mark.parametrize(
    "words", [
        "Non applicable", "Ne peut déterminer", "Manquante", "Sans contact", "No contact",
        "Non demandé en Tunisie", "Ne comprend pas la question", "Haven't heard enough",
        "Aucune réponse",
    ],
)  # fmt: skip
def test_words_for_no_answer(words: str) -> None:
    assert says_nothing(words)


@pytest.mark.parametrize(
    ("wording", "construct"),
    [
        ("The services met my expectations.", "service"),
        ("To what extent has the agency fallen short of or exceeded your expectations?", "service"),
        ("Le service a répondu à mes attentes.", "service"),
        ("Before your visit, how good did you expect the service to be?", "expectations"),
        ("My expectations of the agency were high.", "expectations"),
        ("Quelles étaient vos attentes avant la visite ?", "expectations"),
        ("Le personnel était poli.", "courtesy"),
        ("Contacté un dirigeant de parti politique", None),
        ("Poste de police dans la zone", None),
        ("Confiance aux voisins", None),
        ("How much do you trust people you know?", None),
        ("How much do you trust your local council?", "trust"),
    ],
)
def test_words_that_look_alike(wording: str, construct: str | None) -> None:
    found = constructs_of(wording, "clients")
    assert (max(found, key=found.__getitem__) if found else None) == construct


def workbook(path: Path) -> Path:
    """Answers by codes alone, a sheet with the questions under a title, and one of definitions."""
    questions = exports.SERVICE | exports.TRUST | exports.COURTESY
    table = exports.answers(list(questions))
    listed = [
        ["Survey 2024", None, None],
        ["Agency", "to be done", None],
        ["Item", "Flag", "Text of the item"],
        *[[name, "x" if name == "q1" else None, text] for name, text in questions.items()],
    ]
    defined = pd.DataFrame({"Index": ["A", "B", "C", "D"], "Items": ["q.1, 2"] * 4, "Remark": "–"})
    with pd.ExcelWriter(path) as book:
        pd.DataFrame(listed).to_excel(book, sheet_name="Questions", index=False, header=False)
        defined.to_excel(book, sheet_name="Definitions", index=False)
        table.rename(columns={"group": "agency"}).to_excel(book, sheet_name="Data", index=False)
    return path


def test_a_sheet_lists_the_questions_of_another(tmp_path: Path) -> None:
    plan = propose_study("x", [workbook(tmp_path / "survey.xlsx")])
    assert plan.said == [
        "survey.xlsx: Excel, sheet 'Data'; 480 rows, 10 columns.",
        "survey.xlsx: questions of 8 columns from the sheet 'Questions'.",
    ]
    (source,) = plan.sources
    assert [question.construct for question in source.questions] == (
        ["service"] * 3 + ["trust"] * 3 + ["courtesy"] * 2
    )


def test_without_wordings_the_construct_column_is_all_there_is_to_write(tmp_path: Path) -> None:
    table = exports.answers(["q1", "q2", "q4", "q5"])
    table.rename(columns={"group": "district"}).to_csv(tmp_path / "city.csv", index=False)
    new = wb.new_study(tmp_path / "city", tmp_path / "city.csv")
    definition = (tmp_path / "city" / "study.toml").read_text(encoding="utf-8")
    assert "# chain: the one that suits the constructs of codebook.csv, none yet" in definition
    new.codebook["construct"] = ["trust", "trust", "-", "-"]
    new.save()
    with pytest.raises(ChainError, match=r"No chain links the constructs .* \(trust\)"):
        new.open().runnable_chain()
    (problem,) = new.check().errors
    assert problem.cause == "The study names no chain."
    new.codebook["construct"] = ["service", "service", "trust", "trust"]
    new.save()
    study = new.open()
    assert study.chain == "service-trust"
    assert study.check().errors == []
    assert 0 < wb.links(study.fit())["strength"].iloc[0] < 1


def years(folder: Path, *, twice: bool = True, **columns: list[str]) -> list[Path]:
    """A survey's files of two years; in the second one question is no longer asked."""
    files = []
    for year in (2023, 2024):
        table = exports.answers([*exports.SERVICE, *exports.TRUST], groups=4 + year % 2, seed=year)
        table = table.rename(columns={"group": "district", **exports.SERVICE, **exports.TRUST})
        if year == 2024 and twice:
            table = table.drop(columns=exports.SERVICE["q2"])
        files.append(folder / f"residents {year}.csv")
        table.assign(**columns).to_csv(files[-1], index=False)
    return files


def test_files_of_years_are_one_source(tmp_path: Path) -> None:
    new = wb.new_study(tmp_path / "city", *years(tmp_path))
    assert new.said[-1] == (
        "residents 2023.csv and residents 2024.csv are one source: their columns are alike, and "
        "their names tell the wave."
    )
    study = new.open()
    assert list(study.sources) == ["residents"]
    assert [path.name for path in study.sources["residents"].files] == [
        "residents 2023.csv", "residents 2024.csv",
    ]  # fmt: skip
    assert study.waves == ["2023", "2024"]
    assert study.columns.organisation == "district"
    assert len(study.answers("residents")) == 600 + 480
    assert study.check().errors == []


def test_files_of_years_with_a_layout_of_their_own(tmp_path: Path) -> None:
    first, second = years(tmp_path)
    second.write_text(f"Survey of residents\n\n{second.read_text()}")
    study = wb.new_study(tmp_path / "city", first, second).open()
    assert [path.name for path in study.sources["residents"].files] == ["residents.csv"]
    assert study.waves == ["2023", "2024"]
    assert len(study.answers("residents")) == 600 + 480


def test_files_of_two_groups_stay_two_sources(tmp_path: Path) -> None:
    first, second = years(tmp_path, twice=False)
    first.rename(tmp_path / "employees.csv")
    second.rename(tmp_path / "clients.csv")
    plan = propose_study("x", [tmp_path / "employees.csv", tmp_path / "clients.csv"])
    assert [source.name for source in plan.sources] == ["employees", "clients"]


def test_two_files_of_one_name(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        exports.residents(tmp_path / folder / "survey.csv")
    with pytest.raises(StudyError, match=r"two of the files are called 'survey.csv'; rename one"):
        propose_study("x", [tmp_path / "a" / "survey.csv", tmp_path / "b" / "survey.csv"])


def test_a_large_file_is_never_written_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.beginning.texts.LARGEST", 1000)
    table = exports.answers(["q1", "q2", "q4"])
    table.columns = ["agency", "unit", "trust", "trust", "satisfied"]
    table.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(StudyError, match=r"too large to be written anew, .*repeated names"):
        wb.new_study(tmp_path / "mine", tmp_path / "a.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_totals_of_a_published_table_are_no_organisations(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    names = [
        "Civil Service benchmark (median)",
        "All employees",
        *(f"Office {n}" for n in range(30)),
    ]
    scores = rng.normal(60, 8, (len(names), 3)).round(1)
    columns = ["Employee engagement index", "My manager", "Learning and development"]
    table = pd.DataFrame(scores, columns=columns)
    table.insert(0, "Organisation", names)
    table.to_csv(tmp_path / "people survey.csv", index=False)
    new = wb.new_study(tmp_path / "survey", tmp_path / "people survey.csv")
    assert new.said[-1] == (
        "people survey.csv: 2 rows of Civil Service benchmark (median) and All employees left out, "
        "as totals are no organisations."
    )
    assert len(new.open().organisations) == 30


def test_often_is_worse_than_never_where_the_question_is_about_trouble(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    often = {0: "Jamais", 1: "Une ou deux fois", 2: "Quelques fois", 3: "Souvent", 9: "Ne sait pas"}
    wordings = {
        "q1": "Problèmes avec les centres de santé: longue attente",
        "q2": "Se sentir respecté par le personnel de la clinique",
    }
    path = tmp_path / "usagers.sav"
    frame = pd.DataFrame({name: rng.choice([0.0, 1.0, 2.0, 3.0], 80) for name in wordings})
    labels = dict.fromkeys(wordings, often)
    pyreadstat.write_sav(frame, path, column_labels=wordings, variable_value_labels=labels)
    (source,) = propose_study("x", [path]).sources
    found = {question.column: question for question in source.questions}
    assert {name: question.reversed for name, question in found.items()} == {
        "q1": True,
        "q2": False,
    }
    assert "the question is about trouble" in found["q1"].reason


@pytest.mark.parametrize(
    "wording",
    [
        "Confiance aux gens que vous connaissez",
        "Stabilité des prix",
        "Satisfaction avec la démocratie",
        "La police fait respecter les règles",
        "Responsibility for climate change: who resolves it",
    ],
)
def test_what_is_asked_of_a_country_or_of_other_people_is_no_service(wording: str) -> None:
    assert not constructs_of(wording, "clients")


def test_trust_is_asked_of_a_country_too() -> None:
    assert constructs_of("Trust in those who hold elections", "clients") == {"trust": 4}
