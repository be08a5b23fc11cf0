"""What the linkage report says of good studies and bad ones."""

import numpy as np
import pytest

from workbench import linkage
from workbench.study import Study, open_study


def test_respondents_needed_is_spearman_brown_turned_round() -> None:
    # .7 = n ρ / (1 + (n − 1) ρ)
    needed = linkage.respondents_needed(0.1)
    assert needed == pytest.approx(21)
    assert needed * 0.1 / (1 + (needed - 1) * 0.1) == pytest.approx(0.7)
    assert np.isnan(linkage.respondents_needed(0.0))


def test_demo(demo) -> None:
    report = linkage.linkage_report(demo, "2024")
    frame = report.frame.set_index("construct")
    assert frame.loc["people", "units"] == 323
    assert frame.loc["people", "icc2"] > 0.7
    assert np.isnan(frame.loc["results", "icc1"])
    assert "are units; they are used as they are" in frame.loc["results", "words"]
    assert report.overlap["units"].sum() == 323
    assert any("2 organisations of 12 have fewer than 10 units" in s for s in report.sentences)
    asked = linkage.linkage_report(demo, "2024", constructs=["service", "trust"])
    assert not any("fewer than 10 units" in s for s in asked.sentences)  # between respondents


def written(little: Study, rows: list[str]) -> linkage.LinkageReport:
    text = "\n".join(["organisation,unit,weight,s1,s2", *rows])
    (little.path / "clients.csv").write_text(f"{text}\n")
    return linkage.linkage_report(open_study(little.path))


def test_units_one_source_and_one_organisation(little: Study) -> None:
    report = linkage.linkage_report(little)
    text = " ".join(report.sentences)
    assert "1 of 3 units has answers from clients and records." in text
    assert "1 unit has answers from clients only" in text
    assert "1 unit has answers from records only" in text
    assert "All 3 units belong to A" in text


def test_no_variance_between_units_says_what_it_would_take(little: Study) -> None:
    rows = [f"A,u{u},1,{x},{6 - x}" for u in range(6) for x in (1, 2, 3, 4, 5)]
    words = written(little, rows).frame.set_index("construct").loc["service", "words"]
    assert "so no link can be estimated" in words
    # .7 · .95 / (.3 · .05) = 44.3
    assert "would need 45 respondents per unit for reliable unit means; there are 5.0" in words


def test_single_respondents_weights_and_empty_sources(little: Study) -> None:
    text = " ".join(written(little, ["A,u1,1,1,5", "A,u1,1,2,4", "A,u2,1,3,2"]).sentences)
    assert "1 unit of 2 has one respondent in clients" in text
    text = " ".join(written(little, ["A,u1,1,1,5", "A,u2,1,3,2"]).sentences)
    assert "Every unit has one respondent in clients" in text
    text = " ".join(written(little, ["A,u1,0,1,5", "A,u1,-1,2,4", "A,u1,,2,4"]).sentences)
    assert "3 rows of clients were set aside because the weight is zero, negative" in text
    assert "No answers from clients" in text
