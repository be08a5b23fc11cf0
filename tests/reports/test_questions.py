"""What organisations' pages show of every question: results, changes, and those of others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study
from scipy import stats

import workbench as wb
from workbench.interpretation import Movement
from workbench.reports import organisation_report
from workbench.reports.pages.organisation import OrganisationReport
from workbench.reports.questions import Beside, share_in_words
from workbench.reports.shared import Described, described

ITEMS = {"access": ["a1", "a2"], "service": ["s1", "s2"], "trust": ["t1"]}
HIGH = {  # organisation, wave: of 20 people in each of 8 units, how many gave a 4 or 5
    ("A", 2023): [10, 9, 11, 10, 8, 12, 10, 10],
    ("A", 2024): [15, 14, 15, 16, 13, 17, 15, 15],
    ("B", 2023): [10, 9, 11, 10, 8, 12, 10, 10],
    ("B", 2024): [3, 18, 11, 10, 17, 4, 12, 9],
    ("C", 2023): [12, 12, 12, 12, 12, 12, 12, 12],
    ("C", 2024): [12, 11, 13, 12, 12, 12, 12, 12],
    ("D", 2024): [8, 8, 8, 8, 8, 8, 8, 8],
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Described:
    """Question s1 was answered as ``HIGH`` says; the others by chance, alike in both waves."""
    rng = np.random.default_rng(4)
    rows = []
    for (name, wave), high in HIGH.items():
        for unit, count in enumerate(high):
            level = rng.normal(0, 0.5)
            for person in range(20):
                own = level + rng.normal(0, 1)
                other = {
                    item: int(np.clip(round(3 + own + rng.normal(0, 0.6)), 1, 5))
                    for names in ITEMS.values()
                    for item in names
                }
                s1 = rng.choice([4, 5]) if person < count else rng.choice([1, 2, 3])
                key = {"organisation": name, "unit": f"{name}{unit}", "wave": wave}
                rows.append(key | other | {"s1": int(s1)})
    answers = pd.DataFrame(rows)
    answers.loc[(answers["organisation"] == "C") & (answers.index % 20 > 0), "t1"] = np.nan
    path = write_study(
        tmp_path_factory.mktemp("questions"),
        {"clients": answers},
        {"clients": ITEMS},
        settings={"minimum_count": 10},
    )
    pd.DataFrame({"organisation": list("ABCD"), "type": ["town", "town", "town", "county"]}).assign(
        name=list("ABCD")
    ).to_csv(path / "organisations.csv", index=False)
    return described(wb.open_study(path))


def results(shared: Described, item: str) -> pd.DataFrame:
    table = shared.questions.results
    return table[table["item"] == item].set_index("organisation")


def test_results_are_shares_of_positive_answers_in_both_waves(shared: Described) -> None:
    found = results(shared, "s1")
    assert found["now"].to_dict() == {"A": 0.75, "B": 0.52, "C": 0.60, "D": 0.40}
    before = found["before"]
    assert before[["A", "B", "C"]].to_dict() == {"A": 0.50, "B": 0.50, "C": 0.60}
    assert np.isnan(before["D"])


def test_a_change_is_clear_where_units_agree_and_not_where_they_differ(shared: Described) -> None:
    assert results(shared, "s1")["direction"].to_dict() == {
        "A": Movement.UP,
        "B": Movement.UNCLEAR,
        "C": Movement.UNCLEAR,
        "D": Movement.MISSING,
    }


def test_changes_of_means_of_units_are_those_of_a_paired_t_test(shared: Described) -> None:
    """Each unit has as many answers in either wave."""
    study = shared.study
    high = (study.answers("clients")["s1"] >= 4).astype(float)
    found = wb.benchmark.question_changes(study, {"s1": high}, "2023", "2024")
    found = found.set_index("organisation")
    for name in "ABC":
        now, before = (np.array(HIGH[name, wave]) / 20 for wave in (2024, 2023))
        expected = stats.ttest_rel(now, before)
        span = expected.confidence_interval()
        own = found.loc[name]
        assert own["change"] == pytest.approx(now.mean() - before.mean())
        assert own["pvalue"] == pytest.approx(expected.pvalue)
        assert (own["lower"], own["upper"]) == pytest.approx((span.low, span.high))
    assert np.isnan(found.at["D", "change"])


def test_many_questions_make_a_change_less_clear(shared: Described) -> None:
    """A p value of 0.03 is called clear alone, and not as the least of five (q = 0.15)."""
    from workbench.reports.questions import _directions

    own = pd.DataFrame({"now": [0.6], "before": [0.5], "change": [0.1], "pvalue": [0.03]})
    assert list(_directions(own)) == [Movement.UP]
    five = pd.concat([own, own.assign(pvalue=0.5)], ignore_index=True).iloc[[0, 1, 1, 1, 1]]
    assert set(_directions(five)) == {Movement.UNCLEAR}


def test_a_change_that_rounded_numbers_do_not_show_is_not_called_clear() -> None:
    from workbench.reports.questions import _directions

    own = pd.DataFrame({"now": [0.5], "before": [0.5], "change": [0.004], "pvalue": [0.001]})
    assert list(_directions(own)) == [Movement.UNCLEAR]


def test_organisations_are_compared_with_those_of_their_type_if_there_are_three(
    shared: Described,
) -> None:
    found = results(shared, "s1")
    columns = ["of_type", "compared", "lowest", "average", "highest"]
    town = ["town", 3, 0.52, pytest.approx((0.75 + 0.52 + 0.60) / 3), 0.75]
    assert found.loc["A", columns].tolist() == town
    every = ["", 4, 0.40, pytest.approx((0.75 + 0.52 + 0.60 + 0.40) / 4), 0.75]
    assert found.loc["D", columns].tolist() == every


def test_a_question_that_few_answered_is_in_no_comparison(shared: Described) -> None:
    found = results(shared, "t1")
    assert "C" not in found.index
    assert found["compared"].tolist() == [3, 3, 3]
    assert set(found["of_type"]) == {""}
    assert found["average"].iloc[0] == pytest.approx(found["now"].mean())


def test_pages_mark_what_changed_in_words_and_in_the_table(shared: Described) -> None:
    page = OrganisationReport(shared.study, "A", shared)
    html = page.questions().html
    assert "75%\u00a0positive, ▲\u00a0up<" in html
    for text in ("Positive in 2024, %", "Change since 2023, points", "3 of type town", "+25"):
        assert text in html
    assert "at most 5% are expected to be chance (Benjamini–Hochberg)" in html
    other = OrganisationReport(shared.study, "B", shared).questions().html
    assert "52%\u00a0positive, no clear change<" in other
    new = OrganisationReport(shared.study, "D", shared)
    assert "▲" not in new.questions().html
    assert "Benjamini" not in new.questions().html


@pytest.fixture
def beside() -> Beside:
    return Beside("2024", "2023", many=True, by_units=False)


def test_of_almost_all_no_difference_is_told(beside: Beside) -> None:
    row = {"now": 0.97, "before": 0.9, "direction": Movement.UP, "of_type": "", "compared": 3}
    row |= {"lowest": 0.4, "average": 0.6, "highest": 0.97}
    found = beside.facts(row)
    assert found["Positive in 2024, %"] == found["Highest"] == "over 95%"
    assert found["Change since 2023, points"] == "[c]"
    assert found["Clear change"] == "▲\u00a0up"


def test_what_is_not_known_of_the_wave_before_has_a_symbol(beside: Beside) -> None:
    row = {"now": 0.6, "before": np.nan, "direction": Movement.MISSING, "of_type": "b"}
    row |= {"compared": 1, "lowest": 0.6, "average": 0.6, "highest": 0.6}
    found = beside.facts(row)
    assert [found[name] for name in list(found)[1:4]] == ["[x]"] * 3
    assert found["Lowest"] == "[x]"


def test_shares_of_few_people_are_rounded_in_the_wave_before_too(tmp_path: Path) -> None:
    """Of 21 people 8 and 5 answered yes: rounded to the nearest three, 9 and 6 of 21."""
    tables = []
    for wave, yes in (("2023", 8), ("2024", 5)):
        people = pd.DataFrame({"organisation": "A", "unit": [f"A{i % 4}" for i in range(21)]})
        people["wave"] = wave
        for item in ("a1", "s1", "t1"):
            people[item] = [1] * yes + [0] * (21 - yes)
        tables.append(people)
    constructs = {"access": ["a1"], "service": ["s1"], "trust": ["t1"]}
    path = write_study(
        tmp_path / "study",
        {"clients": pd.concat(tables)},
        {"clients": constructs},
        scale=(0, 1),
        settings={"minimum_count": 10},
    )
    (row,) = results(described(wb.open_study(path)), "t1").to_dict("records")
    assert (row["before"], row["now"]) == (round(9 / 21, 2), round(6 / 21, 2))


@pytest.mark.parametrize(
    ("share", "told"), [(0.97, "over 95%"), (0.03, "under 5%"), (0.62, "62%"), (0.95, "95%")]
)
def test_almost_all_and_almost_none_are_told_as_that(share: float, told: str) -> None:
    assert share_in_words(share) == told


def test_the_page_of_the_demo_tells_the_lowest_and_highest_of_those_shown() -> None:
    demo = Path(__file__).resolve().parents[2] / "data" / "demo"
    report: OrganisationReport = organisation_report(demo, "Land Registry")
    table = report.shared.questions.results
    row = report._results["trust_3"]
    kinds = report.study.organisations.set_index("organisation")["type"]
    own = table[(table["item"] == "trust_3") & (table["organisation"].map(kinds) == "national")]
    assert (row["lowest"], row["highest"]) == (own["now"].min(), own["now"].max())


@pytest.fixture
def unsure(tmp_path: Path) -> Described:
    """Of 40 people 7 do not know t1, 4 refuse it and 2 leave it empty; to s1 two do not know.

    One more person answers nothing but that he does not know, and counts nowhere.
    """
    people = pd.DataFrame({"organisation": "A", "unit": [f"A{i % 5}" for i in range(40)]})
    for place, item in enumerate(["a1", "s1", "t1"]):
        people[item] = [str(1 + (i + place) % 5) for i in range(40)]
    people.loc[:6, "t1"] = "8"
    people.loc[7:10, "t1"] = "Refused"
    people.loc[11:12, "t1"] = ""
    people.loc[:1, "s1"] = "8"
    nobody = {"organisation": "A", "unit": "A0", "a1": "8", "s1": "8", "t1": "8"}
    answers = pd.concat([people, pd.DataFrame([nobody])], ignore_index=True)
    codes = {"missing": "8; Refused", "labels": "8=Don't know"}
    constructs = {"access": ["a1"], "service": ["s1"], "trust": ["t1"]}
    path = write_study(
        tmp_path / "study",
        {"clients": answers},
        {"clients": constructs},
        settings={"minimum_count": 10},
        items=dict.fromkeys(["a1", "s1", "t1"], codes),
    )
    return described(wb.open_study(path))


def test_missing_codes_of_people_who_answered_are_counted(unsure: Described) -> None:
    found = unsure.study.without_answer("clients")
    counts = found.set_index(["item", "code"])["count"].to_dict()
    assert counts == {("", ""): 40, ("s1", "8"): 2, ("t1", "8"): 7, ("t1", "Refused"): 4}


def test_shares_without_an_answer_are_of_rounded_numbers(unsure: Described) -> None:
    """7, 4 and 2 are 6, 3 and 3 to the nearest three, of 40 people."""
    table = unsure.questions.unanswered
    found = table[table["item"] == "t1"].set_index("reason")["share"].to_dict()
    assert found == pytest.approx({"": 12 / 40, "Don't know": 6 / 40, "code Refused": 3 / 40})


def test_a_reason_that_must_be_one_or_two_people_is_not_told(unsure: Described) -> None:
    """Of two without an answer the share of three would tell that both did not know."""
    table = unsure.questions.unanswered
    found = table[table["item"] == "s1"].set_index("reason")["share"]
    assert found[""] == pytest.approx(3 / 40)
    assert np.isnan(found["Don't know"])
    html = OrganisationReport(unsure.study, "A", unsure).questions().html
    assert "Of these: Don&#39;t know, %" in html


def test_pages_say_of_whom_shares_without_an_answer_are(unsure: Described) -> None:
    page = OrganisationReport(unsure.study, "A", unsure)
    assert "answer are rounded to the nearest 3 before shares" in page.questions().html
    shares = page._unanswered_questions["t1"]
    cells = Beside("", None, many=False, by_units=False).unanswered(shares)
    assert list(cells.values()) == ["30%", "15%", "8%"]


@pytest.mark.parametrize(
    ("code", "words"), [("8", "Don't know"), ("refused", "No wish to say"), ("7", "")]
)
def test_labels_of_missing_codes_are_found_however_they_are_written(
    tmp_path: Path, code: str, words: str
) -> None:
    people = pd.DataFrame({"organisation": ["A"], "unit": ["A1"], "a1": [1]})
    codes = {"missing": "8; Refused", "labels": "8=Don't know|Refused=No wish to say"}
    path = write_study(
        tmp_path / "study",
        {"clients": people},
        {"clients": {"access": ["a1"]}},
        items={"a1": codes},
    )
    assert wb.open_study(path).codebook.missing_label("a1", code) == words
