"""Indices by channel: which are shown beside the index of all channels, and on the page."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import workbench as wb
from workbench.measurement import indices
from workbench.reports.channels import indices_by_channel, shown_channels
from workbench.reports.pages.organisation import OrganisationReport
from workbench.reports.shared import described

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


def shown(
    people: Mapping[tuple[str, str], float], alike: tuple[tuple[str, str], ...] = ()
) -> set[tuple[str, str]]:
    """The channels that are shown, by numbers of people; ``alike``: all gave the lowest answer."""
    count = pd.Series(people, dtype=float)
    count.index = pd.MultiIndex.from_tuples(people)
    low = count * [0.0 if key in alike else 2.0 for key in people]
    of_answers = {"answers": count, "low": low, "high": 4 * count - low}
    of_people = {"asked": count, "own_low": low, "own_high": 4 * count - low}
    sums = pd.DataFrame({"people": count, **of_answers, **of_people})
    found = shown_channels(sums, least=10)
    return set(found.index[found])


def test_a_single_small_channel_hides_the_next_smallest_and_no_more() -> None:
    people = {("A", "web"): 60, ("A", "phone"): 30, ("A", "counter"): 20, ("A", "fax"): 4}
    assert shown(people) == {("A", "web"), ("A", "phone")}


def test_small_channels_that_are_enough_together_hide_nothing_else() -> None:
    people = {("A", "web"): 60, ("A", "phone"): 30, ("A", "mail"): 7, ("A", "fax"): 4}
    assert shown(people) == {("A", "web"), ("A", "phone")}


def test_people_without_a_channel_are_a_part_of_the_total() -> None:
    """Of twelve of them nothing follows; four would be what the index of all leaves."""
    people = {("A", "web"): 60, ("A", "phone"): 30}
    assert shown(people | {("A", ""): 12}) == {("A", "web"), ("A", "phone")}
    assert shown(people | {("A", ""): 4}) == {("A", "web")}
    assert shown(people) == {("A", "web"), ("A", "phone")}


def test_a_channel_in_which_all_answered_alike_hides_a_second_one() -> None:
    people = {("A", "web"): 60, ("A", "phone"): 30, ("A", "mail"): 20}
    assert shown(people, alike=(("A", "phone"),)) == {("A", "web")}


def test_what_a_channel_leaves_over_all_organisations_is_no_single_one() -> None:
    """The fax of A alone is small. With it the mail of A is hidden; of the fax over all
    organisations that of B, and of the mail that of B as well, so that neither leaves one."""
    own = {"web": 60.0, "phone": 50.0, "mail": 30.0, "fax": 25.0}
    people = {(name, channel): n for name in "AB" for channel, n in own.items()}
    people["A", "fax"] = 4.0
    found = shown(people)
    assert found == {(name, channel) for name in "AB" for channel in ("web", "phone")}


def test_one_small_channel_of_one_organisation_leaves_the_others() -> None:
    people = {(name, channel): 40.0 for name in "ABCD" for channel in ("web", "phone", "mail")}
    people["A", "mail"] = 5.0
    found = shown(people)
    assert {("C", "web"), ("C", "phone"), ("D", "web")} <= found
    assert len(found) == 8


@pytest.fixture(scope="module")
def demo() -> wb.chain.ChainStudy:
    return wb.open_study(DEMO)


def test_numbers_are_those_of_the_channel_by_itself(demo: wb.chain.ChainStudy) -> None:
    found = indices_by_channel(demo, "2024", ["people", "trust"])
    assert set(found["construct"]) == {"trust"}
    row = found[(found["organisation"] == "Land Registry") & (found["channel"] == "mail")].iloc[0]
    answers = demo.answers("clients")
    own = answers[
        (answers["wave"] == "2024")
        & (answers["organisation"] == "Land Registry")
        & (answers["channel"] == "mail")
    ]
    score = (own[["trust_1", "trust_2", "trust_3"]] * 10).mean(axis=1)
    used = score.notna()
    assert row["n"] == used.sum()
    assert row["index"] == pytest.approx(np.average(score[used], weights=own["weight"][used]))
    mail = demo.keeping(lambda _, one: one.get("channel", pd.Series("", one.index)) == "mail")
    alone = indices(mail.in_wave("2024"), ["trust"], by=("organisation",))
    expected = alone.set_index("organisation").loc["Land Registry"]
    assert (row["lower"], row["upper"]) == (expected["lower"], expected["upper"])


def test_the_page_has_a_row_for_each_channel_and_a_symbol_for_those_hidden(
    demo: wb.chain.ChainStudy,
) -> None:
    found = described(demo)
    table = OrganisationReport(demo, "Land Registry", found).channels().content
    assert table.frame["channel"].tolist() == ["counter", "mail", "phone", "web"] * 2
    assert set(table.frame["construct"]) == {"Service", "Trust"}
    assert table.frame.loc[1, "n"] == "30 to 39"
    numbers = ["index", "n"]
    hidden = found.channels.copy()
    hidden.loc[hidden["channel"] == "mail", numbers] = np.nan
    other = OrganisationReport(demo, "Land Registry", _with(found, hidden)).channels()
    assert other.content.frame.loc[1, numbers].tolist() == ["[c]", "[c]"]
    hidden[numbers] = np.nan
    nothing = OrganisationReport(demo, "Land Registry", _with(found, hidden)).channels()
    assert nothing.html == ""


def _with(found: object, channels: pd.DataFrame) -> object:
    from dataclasses import replace

    return replace(found, channels=channels)  # type: ignore[type-var]


def test_a_study_without_channels_has_no_such_table(demo: wb.chain.ChainStudy) -> None:
    without = demo.changing(lambda _, answers: answers.drop(columns="channel", errors="ignore"))
    assert indices_by_channel(without, "2024", ["trust"]).empty
