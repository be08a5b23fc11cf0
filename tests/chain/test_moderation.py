"""Moderation: groups that differ are told apart, and what cannot be compared is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import write_study
from scipy import stats

import workbench as wb
from workbench import sem
from workbench.chain import ChainData, moderation, ordering
from workbench.chain.effects import effective_clusters
from workbench.chain.moderation import compare_groups, group_syntax
from workbench.errors import ChainError
from workbench.simulation import simulate
from workbench.simulation.population import load_population
from workbench.study.level import Level

REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "chain"
CHAIN = ordering("people -> service -> trust")
ITEMS = {name: [f"{name[0]}{i}" for i in (1, 2, 3)] for name in ("people", "service", "trust")}


def of_units(frame: pd.DataFrame) -> ChainData:
    return ChainData(CHAIN, ITEMS, Level.UNITS, frame)


def rows(links: dict[str, float], n: int = 300, seed: int = 4) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    parts = []
    for group, link in links.items():
        people = draw.standard_normal(n)
        service = link * people + draw.standard_normal(n)
        trust = 0.6 * service + draw.standard_normal(n)
        levels = {"people": people, "service": service, "trust": trust}
        items = {
            item: levels[name] + 0.6 * draw.standard_normal(n)
            for name, own in ITEMS.items()
            for item in own
        }
        parts.append(pd.DataFrame({"group": group, **items}))
    return pd.concat(parts, ignore_index=True)


def test_the_link_that_differs_is_found():
    found = compare_groups(of_units(rows({"county": 0.8, "state": 0.2})), "type")
    assert found.moderated.df == 2
    assert found.moderated.pvalue < 0.001
    tests = found.tests.set_index(["from", "to"])["pvalue"]
    assert tests["people", "service"] < 0.001
    assert tests["service", "trust"] > 0.01
    own = found.links.set_index(["from", "group"])["strength"]
    assert own["people", "county"] == pytest.approx(0.8 / np.hypot(0.8, 1), abs=0.06)
    assert own["people", "state"] == pytest.approx(0.2 / np.hypot(0.2, 1), abs=0.08)
    own = found.links.set_index(["from", "group"])["pass_through"]
    assert own["people", "county"] == pytest.approx(0.8, abs=0.12)
    assert own["people", "state"] == pytest.approx(0.2, abs=0.12)
    assert "People → service differs clearly" in found.words[2]
    assert found.words[2].endswith("in county.")


def test_groups_alike_are_not_called_different():
    found = compare_groups(of_units(rows({"a": 0.5, "b": 0.5, "c": 0.5})), "type")
    assert found.moderated.df == 4
    assert found.moderated.pvalue > 0.05
    assert "do not show that links differ by type" in found.words[1]


def test_equal_links_are_those_of_group_equal():
    """The constrained model is the one lavaan's group.equal = "regressions" states."""
    frame = rows({"a": 0.5, "b": 0.3})
    equal = group_syntax(CHAIN, ITEMS, 2, ("loadings", "links"))
    ours = sem.fit(equal, frame, group="group")
    plain = "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in ITEMS.items())
    plain += "\nservice ~ people\ntrust ~ service"
    tied = ("loadings", "regressions")
    theirs = sem.fit(plain, frame, group="group", group_equal=tied)
    assert ours.measures["chisq"] == pytest.approx(theirs.measures["chisq"], rel=1e-6)


@pytest.mark.parametrize(
    ("case", "file"), [("complete", "moderation.csv"), ("missing", "moderation_missing.csv")]
)
def test_lavaans_links_and_tests(case, file):
    """Clusters, and with missing answers weights too; estimates within 1e-5, tests 1e-4."""
    frame = pd.read_csv(REFERENCE / file).sort_values("group", kind="stable")
    if case == "complete":
        frame["weight"] = 1.0
    expected = json.loads((REFERENCE / "moderation.json").read_text(encoding="utf-8"))[case]
    chain = ordering("people -> service -> trust; people -> trust")
    found = compare_groups(ChainData(chain, ITEMS, Level.RESPONDENTS, frame), "type")
    groups = ["municipal", "national"]
    # lavaan's limits are normal and its tests chi-square; with clusters the workbench's are those
    # of t, with the degrees of freedom of each group, and F, with the least of them.
    own_df = {g: effective_clusters(own["cluster"]) - 1 for g, own in frame.groupby("group")}
    df = min(own_df.values())
    wider = {g: stats.t.ppf(0.975, own) / stats.norm.ppf(0.975) for g, own in own_df.items()}
    strengths = found.links.set_index(["from", "to", "group"])
    for row in expected["strengths"]:
        own = strengths.loc[(row["rhs"], row["lhs"], groups[row["group"] - 1])]
        assert own["strength"] == pytest.approx(row["est.std"], abs=1e-5)
        assert own["se"] == pytest.approx(row["se"], rel=1e-4)
    for row in expected["points"]:
        source, target, number = row["lhs"].split(".")
        group = groups[int(number) - 1]
        own = strengths.loc[(source, target, group)]
        assert own["pass_through"] == pytest.approx(row["est"], rel=1e-5)
        lower = row["est"] - wider[group] * (row["est"] - row["ci.lower"])
        assert own["pass_through_lower"] == pytest.approx(lower, rel=1e-4)
    table = found.table.set_index("model")
    for model, measures in expected["measures"].items():
        assert table.loc[model, "df"] == measures["df"]
        assert table.loc[model, "chisq"] == pytest.approx(measures["chisq.scaled"], rel=1e-4)
        # With groups, weights and missing answers at once lavaan's SRMR and robust RMSEA weigh
        # groups otherwise, by 1e-4 and 4e-4 here.
        close = 1e-4 if case == "complete" else 5e-4
        for name, theirs in (("cfi", "cfi.robust"), ("rmsea", "rmsea.robust"), ("srmr", "srmr")):
            assert table.loc[model, name] == pytest.approx(measures[theirs], abs=close)
    # Satorra's test of 2000; with weights and missing answers lavaan's is scaled by other errors
    # than its own, and the test of 2001, which is near, stands for it.
    near = 1e-4 if case == "complete" else 0.15
    statistic = table.loc["loadings equal", "chisq_diff"]
    assert statistic == pytest.approx(expected["metric"]["chisq"], rel=near)
    pvalue = stats.f.sf(statistic / 6, 6, df)
    assert table.loc["loadings equal", "pvalue"] == pytest.approx(pvalue)
    links = expected["moderated"]
    assert found.moderated.df == links["df"]
    assert found.moderated.statistic == pytest.approx(links["chisq"], rel=near)
    pvalue = stats.f.sf(found.moderated.statistic / links["df"], links["df"], df)
    assert found.moderated.pvalue == pytest.approx(pvalue)
    tests = found.tests.set_index(["from", "to"])
    ends = [("people", "service"), ("service", "trust"), ("people", "trust")]
    for pair, wald in zip(ends, expected["wald"], strict=True):
        assert tests.loc[pair, "wald"] == pytest.approx(wald["wald"], rel=1e-4)
        assert tests.loc[pair, "pvalue"] == pytest.approx(stats.f.sf(wald["wald"], 1, df), rel=1e-3)


def test_group_with_fewer_rows_than_parameters_is_named():
    frame = rows({"a": 0.5, "b": 0.5})
    few = pd.concat([frame[frame["group"] == "a"], frame[frame["group"] == "b"].head(20)])
    with pytest.raises(ChainError, match="type 'b' has no more units than"):
        compare_groups(of_units(few), "type")


def test_rows_without_an_answer_count_for_nothing():
    frame = rows({"a": 0.5, "b": 0.5}, n=60)
    silent = (
        frame.groupby("group")
        .head(20)
        .assign(**dict.fromkeys((item for own in ITEMS.values() for item in own), np.nan))
    )
    found = compare_groups(of_units(pd.concat([frame, silent], ignore_index=True)), "type")
    assert set(found.links["n"]) == {60}
    few = pd.concat([frame[frame["group"] == "a"], frame[frame["group"] == "b"].head(20), silent])
    with pytest.raises(ChainError, match="type 'b' has no more units than"):
        compare_groups(of_units(few.reset_index(drop=True)), "type")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    population = load_population().larger(6, 40, 8)
    return wb.open_study(simulate(tmp_path_factory.mktemp("moderation"), 2, population))


def test_by_type_of_organisation(study):
    found = moderation(study, "type")
    assert sorted(found.links["group"].unique()) == ["municipal", "national"]
    assert (found.links.groupby("group")["n"].first() == 120).all()

    assert "work in the same way in every type" in found.words[0]


@pytest.fixture
def apart(tmp_path) -> Path:
    """Thirteen organisations whose levels of the constructs have nothing in common: the links
    within organisations are .40 and .50, those of all units as one about .1."""
    draw = np.random.default_rng(7)
    organisation = np.repeat(np.arange(13), 40)
    count = len(organisation)
    people = draw.standard_normal(count)
    service = 0.4 * people + np.sqrt(1 - 0.4**2) * draw.standard_normal(count)
    trust = 0.5 * service + np.sqrt(1 - 0.5**2) * draw.standard_normal(count)
    within = np.column_stack([people, service, trust])
    values = 50 + 8 * (within + 2 * draw.standard_normal((13, 3))[organisation])
    keys = {"organisation": [f"o{one}" for one in organisation], "unit": range(count)}
    frame = pd.DataFrame(keys | dict(zip("pst", values.T, strict=True)))
    return write_study(
        tmp_path,
        {"records": frame},
        {"records": {construct: [construct[0]] for construct in ITEMS}},
        chain="public-sector-service-value-chain",
        scale=(-100, 200),
        settings={"minimum_count": 1},
        sources={"records": {"rows": "units"}},
    )


def with_types(folder: Path, types: list[str]) -> wb.chain.ChainStudy:
    names = [f"o{one}" for one in range(13)]
    called = [name.replace("o", "Office ") for name in names]
    own = pd.DataFrame({"organisation": names, "name": called, "type": types})
    own.to_csv(folder / "organisations.csv", index=False)
    return wb.open_study(folder)


def test_what_sets_organisations_apart_is_no_part_of_the_links(apart):
    study = with_types(apart, ["county", "state"] * 6 + ["region"])
    found = moderation(study, "type", CHAIN)
    strengths = found.links.set_index(["from", "group"])["strength"]
    for group in ("county", "state"):
        assert strengths["people", group] == pytest.approx(0.4, abs=0.08)
        assert strengths["service", group] == pytest.approx(0.5, abs=0.08)
    assert found.moderated.df == 2
    assert found.moderated.pvalue > 0.05
    assert found.words[0].startswith("Whether a point of people, service and trust means the same")
    assert found.words[0].endswith("the comparison assumes it.")
    left_out = "The type 'region' is left out: Office 12 alone cannot separate the organisation"
    assert any(left_out in sentence for sentence in found.words)


def test_one_type_of_several_organisations_has_nothing_to_be_compared_with(apart):
    study = with_types(apart, ["county"] * 12 + ["region"])
    with pytest.raises(ChainError, match=r"cannot be compared by type\. The type 'region' is left"):
        moderation(study, "type", CHAIN)


def test_units_are_not_compared_by_channel(study):
    with pytest.raises(ChainError, match="a unit serves by every channel"):
        moderation(study, "channel")
    with pytest.raises(ChainError, match="not by 'wave'"):
        moderation(study, "wave")


def test_clients_are_compared_by_channel(study):
    chain = ordering("value -> service -> trust")
    found = moderation(study, "channel", chain)
    assert sorted(found.links["group"].unique()) == ["counter", "mail", "phone", "web"]
    assert found.moderated.df == 6
    assert found.moderated.pvalue > 0.001  # channels shift service, not the links


def test_no_channel_is_what_all_less_the_others_leave(study):
    """Six clients came by fax: beside counter, mail, phone and web, all less these are the six."""

    def by_fax(source, answers):
        if source != "clients":
            return answers
        latest = answers.index[answers["wave"] == study.wave()]
        return answers.assign(
            channel=answers["channel"].mask(answers.index.isin(latest[:6]), "fax")
        )

    chain = ordering("value -> service")
    every = moderation(study, "channel", chain).links.groupby("group")["n"].first()
    found = moderation(study.changing(by_fax), "channel", chain)
    told = found.links.groupby("group")["n"].first()
    assert sorted(set(every.index) - set(told.index)) == [every.idxmin()]
    assert sum("it has fewer than 10 respondents, or" in reason for reason in found.left_out) == 1
    assert every.sum() - told.sum() >= 10
