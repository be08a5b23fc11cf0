"""Which drivers of an outcome are told: those a study names, or those a chain begins with."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_chain, write_study

import workbench as wb
from workbench import drivers
from workbench.chain import ChainStudy
from workbench.drivers.rows import chosen_drivers, ends_of, labels_of, outcomes_of
from workbench.errors import ChainError, DriversError, StudyError
from workbench.reports.findings import driver_findings
from workbench.study.driver_choice import DriverChoice

STUDY = """
title = "Offices"
chain = "public-sector-service-value-chain"
[columns]
organisation = "organisation"
unit = "unit"
[sources.clients]
file = "clients.csv"
rows = "respondents"
"""


def choosing(study: ChainStudy, **chosen) -> ChainStudy:
    """The same study, whose study.toml says that of drivers."""
    changed = study.keeping(lambda _, answers: answers["weight"] > 0)
    changed.definition = replace(study.definition, drivers=DriverChoice(**chosen))
    return changed


@pytest.fixture(scope="module")
def mediated(tmp_path_factory: pytest.TempPathFactory) -> ChainStudy:
    """Clients of four offices: process and staff make quality, and quality alone makes service."""
    rng = np.random.default_rng(5)
    n = 1200
    process, staff = rng.normal(size=(2, n))
    quality = 0.7 * process + 0.35 * staff + 0.3 * rng.normal(size=n)
    service = 0.8 * quality + 0.4 * rng.normal(size=n)
    true = {"process": process, "customer_service": staff, "quality": quality, "service": service}
    names = [*true, "people", "trust", "expectations", "complaints"]
    true |= {name: rng.normal(size=n) for name in names if name not in true}
    frame = pd.DataFrame({name: (10 * true[name] + 50).clip(0, 100).round(2) for name in names})
    frame.insert(0, "organisation", "One")
    frame.insert(1, "unit", [f"u{k % 40}" for k in range(n)])
    folder = tmp_path_factory.mktemp("mediated")
    frame.to_csv(folder / "clients.csv", index=False)
    book = "\n".join(f"{name},clients,{name},0,100" for name in names)
    (folder / "codebook.csv").write_text("item,source,construct,low,high\n" + book + "\n")
    (folder / "study.toml").write_text(STUDY)
    return wb.open_study(folder)


def test_what_comes_between_is_left_out_so_that_what_managers_can_change_is_seen(
    mediated: ChainStudy,
) -> None:
    """Process is twice as strong as staff; beside quality neither would be seen."""
    chain = "customer-satisfaction-index"
    by_chain = drivers.importance(mediated, "service", chain=chain, replicates=50)
    shares = by_chain.frame.set_index("driver")["share"]
    assert shares["process"] == pytest.approx(0.8, abs=0.05)  # 0.7² / (0.7² + 0.35²)
    assert shares["customer_service"] == pytest.approx(0.2, abs=0.05)
    assert "Perceived quality (after all of these)" in " ".join(by_chain.notes)
    named = ["process", "customer_service", "quality"]
    beside = drivers.importance(mediated, "service", named, chain=chain, replicates=50)
    assert beside.frame.set_index("driver").at["quality", "share"] > 0.5
    assert any(
        note.startswith("In the chain, every path from Process and Customer service")
        for note in beside.notes
    )


def test_a_study_names_its_drivers(demo: ChainStudy) -> None:
    one = choosing(demo, by_outcome={"": ("time_1", "service", "value")})
    assert chosen_drivers(one, "trust").drivers == ("time_1", "service", "value")
    assert chosen_drivers(one, "service").drivers == ("time_1", "value")
    by_outcome = choosing(demo, by_outcome={"trust": ("value",)}, chain="citizens-first")
    assert chosen_drivers(by_outcome, "trust").drivers == ("value",)
    assert "access" in chosen_drivers(by_outcome, "service").drivers


def test_the_chain_that_a_study_names_counts_where_it_leads_to_the_outcome(
    demo: ChainStudy,
) -> None:
    study = choosing(demo, chain="customer-value")
    assert chosen_drivers(study, "trust").chain.name == "customer-value"
    assert chosen_drivers(study, "service").chain.name == "citizens-first"


def test_a_single_first_driver_stays_beside_what_comes_after_it(demo: ChainStudy) -> None:
    found = chosen_drivers(demo, "trust", chain="public-sector-service-value-chain")
    assert found.drivers == ("people", "service")
    notes = found.notes(labels_of(demo, ["people", "service", "trust"]), "trust")
    assert notes == [
        "In the chain, Service comes before Trust and after People; its share includes a part of "
        "theirs."
    ]


def test_outcomes_and_conditions_are_those_of_the_study(demo: ChainStudy) -> None:
    assert outcomes_of(choosing(demo)) == ("service", "trust")
    study = choosing(
        demo,
        outcomes=("reputation",),
        conditions=("people",),
        by_outcome={"": ("service", "quality")},
    )
    found = driver_findings(study)
    assert list(found.importance) == ["reputation"]
    assert [*found.pairs] == [("people", "reputation")]
    assert found.label("reputation") == "Service reputation"


def test_an_outcome_without_a_chain_needs_drivers(demo: ChainStudy) -> None:
    with pytest.raises(ChainError, match="name the drivers"):
        chosen_drivers(choosing(demo), "price")
    assert chosen_drivers(choosing(demo, by_outcome={"price": ("value",)}), "price").chain is None


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('outcomes = "service"', "key 'drivers.outcomes' is 'service'; write a list of names"),
        ("drivers = { service = 1 }", "key 'drivers.drivers.service' is 1; write a list of names"),
        ("chain = 3", "key 'drivers.chain' is 3; write the name of a chain in quotation marks"),
        ('outcome = ["service"]', "key 'drivers.outcome' is not known; the keys here are"),
        ('outcomes = ["servise"]', "names 'servise', which is no construct of the codebook"),
        ('drivers = ["qualty"]', "names 'qualty', which is no construct or item of the codebook"),
        ('conditions = ["people", "people"]', "names 'people' twice; name it once"),
    ],
)
def test_bad_choices_are_refused_in_a_sentence(
    mediated: ChainStudy, tmp_path: Path, table: str, says: str
) -> None:
    (tmp_path / "codebook.csv").write_bytes((mediated.path / "codebook.csv").read_bytes())
    (tmp_path / "study.toml").write_text(f"{STUDY}\n[drivers]\n{table}\n")
    with pytest.raises(StudyError) as refused:
        wb.open_study(tmp_path)
    assert says in str(refused.value)
    assert "study.toml: key 'drivers." in str(refused.value)


def test_check_tells_a_chain_of_drivers_that_cannot_be_run(
    mediated: ChainStudy, tmp_path: Path
) -> None:
    for name in ("codebook.csv", "clients.csv"):
        (tmp_path / name).write_bytes((mediated.path / name).read_bytes())
    (tmp_path / "study.toml").write_text(f'{STUDY}\n[drivers]\nchain = "citizen-first"\n')
    [problem] = [one for one in wb.open_study(tmp_path).check() if one.column == "drivers.chain"]
    assert "Did you mean 'citizens-first'?" in problem.advice


def test_without_an_outcome_it_is_the_first_of_the_study(tmp_path: Path) -> None:
    """A study without a construct called service: what the chain ends in is explained."""
    rng = np.random.default_rng(1)
    calm = rng.normal(3, 0.8, 300)
    pride = 0.6 * calm + rng.normal(1.2, 0.6, 300)
    answers = pd.DataFrame(
        {
            "organisation": np.arange(300) % 3,
            "unit": np.arange(300) % 30,
            "calm_1": calm.round().clip(1, 5),
            "pride_1": pride.round().clip(1, 5),
        }
    )
    folder = write_study(
        tmp_path / "own",
        {"staff": answers},
        {"staff": {"calm": ["calm_1"], "pride": ["pride_1"]}},
        chain="ours",
    )
    write_chain(folder, "ours", ("calm", "pride"))
    study = wb.open_study(folder)
    assert ends_of(study) == ("calm", "pride")
    found = drivers.importance(study, replicates=10)
    assert found.outcome == "pride"
    assert drivers.priority_map(study, found=found).outcome_label == "Pride"
    assert drivers.study_pairs(study).condition_label == "Calm"
    with pytest.raises(DriversError, match="Nothing comes before 'calm'"):
        ends_of(study, outcome="calm")
    with pytest.raises(DriversError, match="name the outcome"):
        drivers.importance(answers)
