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
