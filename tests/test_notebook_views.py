"""Results as a notebook shows them: with their numbers, and nothing raw."""

import re

import numpy as np
import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import workbench as wb
from workbench import linkage, measurement, sem
from workbench.figures.notebook import framed


@pytest.fixture(scope="module")
def study():
    return wb.open_study("data/demo")


@pytest.fixture(scope="module")
def clients(study):
    (answers,) = measurement.answers_by_source(study, ["service", "trust"])
    return answers


def shown(result):
    html = result._repr_html_()
    text = re.sub(r"<[^>]+>", " ", html)
    assert "nan" not in re.findall(r"\w+", text)
    assert " at 0x" not in text
    assert html.count("<table>") == html.count("<caption>")
    return re.sub(r"\s+", " ", text)


def test_measures(study, clients):
    found = measurement.reliability(study, "trust")
    text = shown(found)
    assert f"{found.omega:.3f}" in text
    assert "trust_1" in text
    assert f"{len(clients.frame):,} respondents" in shown(clients)
    model = measurement.measurement_model(clients)
    assert f"Fit of {model.fit.nobs} rows" in shown(model)
    assert "Larger than chance" in shown(measurement.parallel_analysis(clients))
    assert "service_1" in shown(measurement.exploratory_factors(clients, 2))
    assert shown(linkage.agreement(study, "trust")).count("ICC(1)") == 1


def test_chains(study):
    data = study.chain_data()
    text = shown(data)
    assert "323 units of 12 organisations, wave 2024." in text
    assert "trust_1, trust_2, trust_3" in text
    assert "people service +" in shown(data.chain)
    power = wb.chain.study_power(study, ("people", "service"))
    assert f"{100 * power.power:.0f}% of studies with 323 units" in shown(power)


def test_rows_with_known_errors(study):
    means = linkage.unit_means_with_error(study, ["service_1", "trust_1"])
    text = shown(means)
    assert "Means of 323 units of 12 organisations, wave 2024;" in text
    answered = means.frame["service_1"].notna()
    assert f"service_1 {answered.sum()} {means.frame['service_1'].mean():.3f}" in text
    assert f"{means.error[answered, 0, 0].mean():.3f}" in text
    rows = pd.DataFrame({"office": ["A", "B"], "year": [2023, 2023]})
    known = sem.ErrorCovariance(("x",), np.array([[[0.5]], [[2.0]]]), rows)
    text = shown(known)
    assert "Known errors of 2 rows, identified by office and year." in text
    assert "x 1.250 0.500 2.000" in text


def test_waves(study):
    panel = wb.chain.panel_data(study, ["service", "trust"])
    text = shown(panel)
    assert f"{len(panel.frame)} units of 12 organisations, waves 2022, 2023 and 2024." in text
    construct, items = next(iter(panel.items.items()))
    asked = [panel.frame[f"{construct}_w{t}"].notna().sum() for t in (1, 2, 3)]
    assert f"{construct} {', '.join(items)} {asked[0]} {asked[1]} {asked[2]}" in text
    found = measurement.indices_over_waves(study, ["trust"])
    text = shown(found)
    assert "gives those of each of 12 organisations" in text
    assert "57.7" in text
    assert "Land Registry" not in text
    assert "All together" not in shown(found.of("Land Registry"))
    loop = wb.chain.stability(
        study.fit("reciprocal-service-value-chain"),
        study.runnable_chain("reciprocal-service-value-chain"),
    )
    assert loop.words in shown(loop)


def test_fits(study):
    rows = study.answers("clients")
    fit = sem.fit("trust_1 ~ service_1", rows.head(500))
    dropped = 500 - fit.nobs
    assert dropped > 0
    assert f"Fit of {fit.nobs} of 500 rows" in shown(fit)
    drawn = fit.bootstrap(50)
    assert "50 replicates (case, seed 1), of which 0 did not converge." in shown(drawn)
    fits = sem.fit_many("trust_1 ~ service_1; courtesy_1 ~ service_1", rows, "channel")
    assert "counter" in shown(fits)
    assert "agree" in shown(fit.crosscheck())
    wide = sem.fit("trust_1 ~ service_1 + fair_1", rows)
    narrow = wide.refit(drop="trust_1 ~ fair_1")
    test = sem.difference_test(narrow, wide)
    assert f"{test.statistic:,.3f}" in shown(test)


def test_cells():
    table = pd.DataFrame({"name": ["<b>"], "n": [1200], "x": [-0.5], "none": [np.nan]})
    html = framed("Cells", table)
    assert "&lt;b&gt;" in html
    assert "1,200" in html
    assert "−0.500" in html
    assert html.endswith("<td></td></tr></tbody></table>")


def test_completion_says_what_names_are():
    shell = InteractiveShell()
    shell.run_cell("import workbench as wb")
    # The first time loads the folders, for which the shell's half second does not suffice.
    dir(wb)
    with provisionalcompleter():
        kinds = {one.text: one.type for one in shell.Completer.completions("wb.", 3)}
    assert set(kinds) >= set(wb.__all__) - {"__version__"}
    assert kinds["sem"] == "module"
    assert kinds["open_study"] == "function"
    assert kinds["ChainStudy"] == "class"
    assert "TYPE_CHECKING" not in kinds
