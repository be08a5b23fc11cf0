"""What goes with a change, limited to what is seen."""

import math
import re
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from workbench import drivers
from workbench.audit import Rules
from workbench.audit.digits import hidden_digits
from workbench.audit.reading import read_page
from workbench.chain import ChainStudy, links
from workbench.drivers import Seen, WhatIfs
from workbench.errors import DataWarning, DriversError, UnknownNameError
from workbench.figures import FigureError, Table
from workbench.figures.sliders import SCRIPT, Goes, Slider, Sliders, script_source


@pytest.fixture
def effects() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "from": ["people", "people", "people", "people", "service"],
            "to": ["service", "trust", "trust", "trust", "trust"],
            "effect": ["direct", "direct", "indirect", "total", "direct"],
            "pass_through": [0.4, 0.1, 0.2, 0.3, 0.5],
            "pass_through_lower": [0.3, 0.0, 0.1, 0.2, 0.4],
            "pass_through_upper": [0.5, 0.2, 0.3, 0.4, 0.6],
        }
    )


def test_change_times_the_total_effect(effects: pd.DataFrame) -> None:
    found = drivers.what_if(effects, "people", 5)
    table = found.frame.set_index("construct")[["change", "lower", "upper"]]
    assert table.loc["service"].tolist() == pytest.approx([2.0, 1.5, 2.5])
    assert table.loc["trust"].tolist() == pytest.approx([1.5, 1.0, 2.0])
    assert found.words.startswith("Where People is 5 points higher, Service is 2.0 points higher")
    assert "not a forecast" in found.words
    down = drivers.what_if(effects, "people", -5).frame.set_index("construct")
    assert down.loc["service", ["change", "lower", "upper"]].tolist() == pytest.approx(
        [-2.0, -2.5, -1.5]
    )


def test_an_effect_that_the_data_do_not_show_is_no_finding(effects: pd.DataFrame) -> None:
    effects.loc[effects["from"] == "service", "pass_through_lower"] = -0.1
    seen = {name: Seen(70, 40, 90) for name in ("people", "service")}
    labels = {"people": "People", "service": "Service", "trust": "Trust"}
    found = WhatIfs(effects, seen, labels, ["service", "trust"])
    assert found.words.startswith("Where People is 5 points higher, Service is 2.0 points higher")
    unclear = replace(found, effects=effects.assign(pass_through_lower=-0.1))
    assert "is clearly different from 0" in unclear.words


def test_what_is_negative_or_may_be_nothing_says_so_wherever_it_stands(
    effects: pd.DataFrame,
) -> None:
    """Service → trust may be none; people → service is negative; people → trust has no interval."""
    points = ["pass_through", "pass_through_lower", "pass_through_upper"]
    effects.loc[effects["from"] == "service", "pass_through_lower"] = -0.1
    effects.loc[effects["to"] == "service", points] = [-0.4, -0.5, -0.3]
    effects.loc[effects["effect"] == "total", points[1:]] = math.nan
    one = drivers.what_if(effects, "service", 5)
    assert "Trust is 2.5 points higher (−0.5 to +3.0; there may be no difference)" in one.words
    other = drivers.what_if(effects, "people", 5)
    assert "Service is 2.0 points lower (−2.5 to −1.5)" in other.words
    assert "Trust is 1.5 points higher (no interval)" in other.words
    seen = {name: Seen(70, 40, 90) for name in ("people", "service")}
    labels = {"people": "People", "service": "Service", "trust": "Trust"}
    html = WhatIfs(effects, seen, labels, ["service", "trust"]).figure().html
    for told in (
        "Service → Trust (may be no difference)",
        "People → Service (negative link)",
        "People → Trust (no interval)",
        "<dt>Trust (may be no difference)</dt>",
        "no interval, so no number",
        "Where the interval includes 0",
    ):
        assert told in html
    assert "nan" not in html


def test_few_rows_or_organisations_are_said_beside_what_goes_with_a_change(
    demo: ChainStudy, effects: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = SimpleNamespace(notes=(DataWarning("These are few."),))
    monkeypatch.setattr(ChainStudy, "fit", lambda *_, **__: fit)
    monkeypatch.setattr("workbench.drivers.whatif.usable_links", lambda _: effects)
    assert "These are few." in drivers.study_what_if(demo).figure().html


def test_change_stays_in_the_range_seen(effects: pd.DataFrame) -> None:
    seen = Seen(start=70, low=40, high=78)
    found = drivers.what_if(effects, "people", 20, seen)
    assert found.limited
    assert found.change == 8
    assert found.frame["change"].tolist() == pytest.approx([3.2, 2.4])
    assert "beyond the range seen in the data (People from 40 to 78, now 70)" in found.words
    assert drivers.what_if(effects, "people", -40, seen).change == -30
    assert not drivers.what_if(effects, "people", 8, seen).limited
    # An organisation above all units seen has no room upwards.
    assert drivers.what_if(effects, "people", 5, Seen(80, 40, 78)).change == 0


def test_unknown_construct_and_change(effects: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'people'"):
        drivers.what_if(effects, "peple", 5)
    with pytest.raises(DriversError, match="give points"):
        drivers.what_if(effects, "people", math.nan)
    nothing = drivers.what_if(effects, "trust", 5)
    assert nothing.words == "Nothing in the chain comes after Trust."


def test_a_fit_knows_its_range(demo: ChainStudy) -> None:
    fit = demo.fit("leadership-chain")
    found = drivers.what_if(fit, "people", 90)
    assert found.seen is not None
    rows = demo.chain_data("leadership-chain").for_links()
    index = rows.frame[rows.items["people"][0]].clip(0, 100)
    assert found.seen.high == pytest.approx(index.max())
    assert found.change == pytest.approx(index.max() - index.mean())
    one = drivers.what_if(fit, "people", 1).frame.set_index("construct")
    table = links(fit)
    total = table[(table["from"] == "people") & (table["to"] == "trust")]
    total = total[total["effect"] == "total"].iloc[0]
    assert one.at["trust", "change"] == pytest.approx(total["pass_through"])
    assert one.at["trust", "upper"] == pytest.approx(total["pass_through_upper"])


def test_sliders_and_table_say_the_same(demo: ChainStudy, effects: pd.DataFrame) -> None:
    found = drivers.study_what_if(demo, effects=effects)
    html = found.figure().html
    assert "+2.0 (+1.5 to +2.5)" in html  # people five points higher, service
    assert 'data-per="0.4000" data-low="0.3000" data-high="0.5000"' in html
    limits = re.findall(r'min="(-?\d+)" max="(-?\d+)"', html)
    assert len(limits) == 2
    for (down, up), seen in zip(limits, found.seen.values(), strict=True):
        assert seen.low <= seen.start + int(down)
        assert seen.start + int(up) <= seen.high
    assert html.count(SCRIPT) == 1
    assert len(SCRIPT.encode()) < 2000
    assert " hidden " in html  # shown by the script alone
    assert "Where Service is 5 points higher, Trust is 2.5 points higher" in found.words


@pytest.mark.parametrize(("high", "slope"), [(77, "0.400"), (95, "0.4000")])
def test_sliders_hold_no_more_digits_than_their_text_needs(
    high: float, slope: str, demo: ChainStudy, effects: pd.DataFrame
) -> None:
    names = {"people": "P", "service": "S"}
    html = (
        drivers.WhatIfs(effects, {"people": Seen(70, 52, high)}, names, ["service"]).figure().html
    )
    assert f'data-per="{slope}"' in html
    assert list(hidden_digits([read_page(html, "a.html", Rules(10))])) == []


def test_a_change_beyond_the_range_is_not_answered(demo: ChainStudy, effects: pd.DataFrame) -> None:
    found = drivers.WhatIfs(
        effects, {"people": Seen(70, 64, 77)}, {"people": "P", "service": "S"}, ["service"]
    )
    table = found.frame.set_index("asked")
    assert table["effect"].isna().tolist() == [True, False, False, True]
    assert found.figure().html.count("beyond the range seen") == 2


def test_start_is_the_organisations_own(demo: ChainStudy, effects: pd.DataFrame) -> None:
    from workbench.measurement import indices

    found = drivers.study_what_if(demo, organisation="Revenue Office", effects=effects)
    table = indices(demo, ["people"])
    own = table[(table["organisation"] == "Revenue Office") & (table["wave"] == "2024")]
    assert found.seen["people"].start == pytest.approx(own["index"].item())


def test_only_this_script_may_run() -> None:
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", script_source())
    table = Table(pd.DataFrame({"a": [1]}), "A table")
    upwards_only = Slider("People", 2, 5, [Goes("Service", 0.4, 0.3, 0.5)])
    with pytest.raises(FigureError, match="no change"):
        Sliders([upwards_only], table, "A sentence")
