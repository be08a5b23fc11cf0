"""Tables for a paper: the numbers of the results, in every form."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from docx import Document

import workbench as wb
from workbench import papers
from workbench.errors import MeasurementError
from workbench.papers import PaperTable
from workbench.papers.apa import interval, number, p_value, whole
from workbench.papers.table import PaperTableError

MODEL = """
service =~ service_1 + service_2 + service_3
trust =~ trust_1 + trust_2 + trust_3
trust ~ b*service
double := 2*b
"""


@pytest.fixture(scope="module")
def clients(demo):
    return demo.answers("clients").head(1500)


@pytest.fixture(scope="module")
def fit(clients):
    return wb.sem.fit(MODEL, clients)


@pytest.fixture
def odd() -> PaperTable:
    frame = pd.DataFrame({"name": ["a_b & c", "50% | x"], "value": [0.123456789, np.nan]})
    rows = (("a_b & c", "0.12"), ("50% | x", "−0.40"))
    return PaperTable("Odd <names>", ("Name", "p"), rows, frame, ("It is so.",), ("One", "Two"))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (number(0.5), "0.50"),
        (number(-0.004), "0.00"),
        (number(-0.5, 3, bounded=True), "−.500"),
        (number(1.0, bounded=True), "1.00"),
        (number(float("nan")), "–"),
        (p_value(0.0004), "< .001"),
        (p_value(0.001), ".001"),
        (p_value(1.0), "1.000"),
        (interval(0.1, float("nan")), "–"),
        (whole(1234567), "1,234,567"),
    ],
)
def test_numbers_are_written_as_the_apa_writes_them(told: str, expected: str) -> None:
    assert told == expected


def test_estimates_are_those_of_the_fit(fit) -> None:
    table = papers.estimates_table(fit, ops=("=~", "~", ":="))
    own = fit.estimates.set_index(["lhs", "op", "rhs"])
    row = own.loc[("trust", "~", "service")]
    cells = dict(zip(table.columns, table.rows[6], strict=True))
    assert cells["Parameter"] == "service → trust"
    assert float(cells["B"]) == pytest.approx(row["est"], abs=0.005)
    assert float(cells["SE"]) == pytest.approx(row["se"], abs=0.005)
    assert float(cells["β"]) == pytest.approx(row["std_all"], abs=0.005)
    assert cells["p"] == "< .001"
    assert table.rows[0] == ("service → service_1", "1.00", "–", "–", "–", table.rows[0][-1])
    assert table.parts == ("Loadings",) * 6 + ("Paths", "Defined")
    assert table.frame["est"].iloc[6] == row["est"]


def test_fit_is_that_which_a_fit_reports(clients) -> None:
    robust = wb.sem.fit(MODEL, clients, estimator="MLR")
    table = papers.fit_table({"Robust": robust})
    cells = dict(zip(table.columns, table.rows[0], strict=True))
    measures = robust.measures
    assert float(cells["χ²"]) == pytest.approx(measures["chisq.scaled"], abs=0.005)
    assert float(cells["TLI"]) == pytest.approx(measures["tli.robust"], abs=0.0005)
    ends = [measures[f"rmsea.ci.{end}.robust"] for end in ("lower", "upper")]
    expected = f"{number(measures['rmsea.robust'], 3, bounded=True)} "
    assert cells["RMSEA [90% CI]"] == expected + interval(*ends, 3, bounded=True)
    assert table.notes[0].startswith(f"N = {robust.nobs};")
    assert "MLR" in table.notes[0]


def test_models_are_compared_as_the_engine_compares_them(clients) -> None:
    wide = wb.sem.fit("trust =~ trust_1 + a*trust_2 + b*trust_3", clients, std_lv=True)
    narrow = wb.sem.fit("trust =~ l*trust_1 + l*trust_2 + l*trust_3", clients, std_lv=True)
    table = papers.comparison_table({"Equal": narrow, "Free": wide})
    test = wb.sem.difference_test(narrow, wide)
    assert [row[0] for row in table.rows] == ["Free", "Equal"]
    assert float(table.rows[1][3]) == pytest.approx(test.statistic, abs=0.005)
    assert table.rows[0][3:6] == ("–", "–", "–")


def test_effects_and_invariance_have_their_rows(demo) -> None:
    effects = papers.effects_table(demo.fit())
    assert effects.parts == ("Direct", "Direct", "Direct", "Indirect", "Total")
    links = wb.links(demo.fit()).set_index(["from", "to", "effect"])
    indirect = links.loc[("people", "trust", "indirect")]
    assert float(effects.rows[3][1]) == pytest.approx(indirect["strength"], abs=0.005)
    clients = demo.answers("clients")
    clients = clients[clients["channel"].isin(["phone", "web"])]
    found = wb.sem.invariance("trust =~ trust_1 + trust_2 + trust_3", clients, group="channel")
    table = papers.invariance_table(found)
    assert len(table.rows) == 4
    assert float(table.rows[1][6]) == pytest.approx(found.table["chisq_diff"][1], abs=0.005)
    assert found.sentence in table.notes


def test_measurement_has_roots_correlations_and_ratios_in_their_places(demo) -> None:
    (clients,) = wb.measurement.answers_by_source(demo, ["service", "trust"])
    model = wb.measurement.measurement_model(clients)
    ratios = wb.measurement.htmt(clients, replicates=20)
    reliability = {name: wb.measurement.reliability(demo, name) for name in ("service", "trust")}
    table = papers.measurement_table(model, reliability, ratios)
    cells = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    ave = model.constructs.set_index("construct")["ave"]
    assert float(cells[0]["1"]) == pytest.approx(ave["service"] ** 0.5, abs=0.005)
    assert float(cells[1]["1"]) == pytest.approx(model.fornell_larcker["correlation"][0], abs=0.005)
    assert float(cells[0]["2"]) == pytest.approx(ratios["htmt"][0], abs=0.005)
    assert float(cells[1]["ω"]) == pytest.approx(reliability["trust"].omega, abs=0.005)


def test_correlations_are_over_the_rows_that_have_both() -> None:
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.normal(size=(60, 2)), columns=["x", "y"])
    data["z"] = data["x"] + 0.2 * rng.normal(size=60)
    data.loc[:9, "z"] = np.nan
    table = papers.correlations_table(data.assign(name="text"))
    assert table.rows[2][1] == "50"
    assert table.rows[2][4] == number(data["x"].corr(data["z"]), bounded=True) + "***"
    assert table.rows[0][5] == ""
    with pytest.raises(MeasurementError, match="the frame has 1"):
        papers.correlations_table(data[["x"]])


def test_markdown_and_latex_print_every_name_as_it_is(odd: PaperTable, tmp_path: Path) -> None:
    markdown = odd.to_markdown()
    assert r"| a\_b & c | 0.12 |" in markdown
    assert r"50% \| x" in markdown
    assert "| *Two* |  |" in markdown
    latex = odd.to_latex(tmp_path / "t.tex", label="tab:odd")
    assert r"a\_b \& c & 0.12 \\" in latex
    assert r"50\% \textbar{} x & $-$0.40 \\" in latex
    assert r"\textit{p}" in latex
    assert r"\label{tab:odd}" in latex
    assert (tmp_path / "t.tex").read_text() == latex


def test_csv_has_full_precision(odd: PaperTable, tmp_path: Path) -> None:
    again = pd.read_csv(odd.to_csv(tmp_path / "t.csv"))
    assert again["value"][0] == 0.123456789


def test_html_escapes_and_is_whole(odd: PaperTable) -> None:
    shown = odd._repr_html_()
    assert "Odd &lt;names&gt;" in shown
    assert "<em>p</em>" in shown
    assert "http" not in shown.replace("http://www.w3.org", "")


def test_a_word_file_has_the_table_its_number_and_its_note(odd: PaperTable, tmp_path: Path) -> None:
    target = odd.to_word(tmp_path / "t.docx", number=3)
    made = Document(str(target))
    assert [paragraph.text for paragraph in made.paragraphs[:2]] == ["Table 3", "Odd <names>"]
    cells = [[cell.text for cell in row.cells] for row in made.tables[0].rows]
    assert cells[0] == ["Name", "p"]
    assert cells[2] == ["a_b & c", "0.12"]
    assert made.paragraphs[-1].text == "Note. It is so."
    assert zipfile.ZipFile(target).testzip() is None
    with pytest.raises(PaperTableError, match=r"t\.doc: a Word file ends in \.docx"):
        odd.to_word(tmp_path / "t.doc")


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(PaperTableError, match="every row needs 2 cells"):
        PaperTable("T", ("a", "b"), (("1",),), pd.DataFrame())
