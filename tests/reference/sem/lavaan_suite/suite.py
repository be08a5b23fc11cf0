"""The data sets and cases of the lavaan suite, for the tests and for the R script.

``python suite.py FOLDER`` writes every data set as CSV and the cases as JSON, which is what
``lavaan.R FOLDER`` reads. Holzinger–Swineford and Political Democracy come out of the installed
semopy package. The NYC school survey is read from
data/nyc-schools/raw; its rows are not committed, and its cases are left out without it.
"""

from __future__ import annotations

import json
import sys
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
ITEMS = [f"{construct}{number}" for construct in "pst" for number in range(1, 5)]


def nyc_folder() -> Path | None:
    """Where the survey's files are, if they are there."""
    folders = (
        ROOT / "data" / "nyc-schools" / "raw",
        ROOT.parent / "shared" / "data" / "nyc-schools-2015",
    )
    return next((f for f in folders if (f / "2014-15_Parent_Val.csv").exists()), None)


def _semopy_example(file: str) -> pd.DataFrame:
    # find_spec locates the package without importing it, which would take seconds.
    spec = find_spec("semopy")
    assert spec is not None
    assert spec.origin is not None
    return pd.read_csv(Path(spec.origin).parent / "examples" / file, index_col=0)


def _nyc_schools() -> pd.DataFrame:
    folder = nyc_folder()
    if folder is None:
        raise FileNotFoundError("The NYC school survey is not there; see data/nyc-schools.")
    read = {"na_values": "N/A", "encoding": "utf-8-sig"}
    teachers = pd.read_csv(folder / "2014-15_Teacher_Val.csv", **read)
    parents = pd.read_csv(folder / "2014-15_Parent_Val.csv", **read)
    merged = teachers[["DBN", "T14b", "T14e", "T14h", "T15d"]].merge(
        parents[["DBN", "P8a", "P8b", "P8c", "P5b", "P5c", "P5e"]], on="DBN"
    )
    merged.insert(1, "district", "d" + merged["DBN"].str[:2])
    merged.insert(2, "borough", merged["DBN"].str[2])
    return merged


@cache
def data_set(name: str) -> pd.DataFrame:
    """One data set of the suite by name."""
    if name == "holzinger":
        return _semopy_example("holzinger_swineford39_data.csv")
    if name == "holzinger_100":
        data = data_set("holzinger").copy()
        data[[f"x{i}" for i in range(1, 10)]] *= 100
        return data
    if name == "holzinger_missing":
        data = data_set("holzinger").copy()
        data["x5"] = data["x5"].where(data["x1"] > data["x1"].quantile(0.3))
        data["x9"] = data["x9"].where(data["ageyr"] * 12 + data["agemo"] > 146)
        data["x2"] = data["x2"].where(data["id"] % 7 != 0)
        return data
    if name == "holzinger_missing_age":
        data = data_set("holzinger_missing").copy()
        data["ageyr"] = data["ageyr"].where(data["id"] % 11 != 0)
        return data
    if name == "democracy":
        return _semopy_example("pd_data.csv")
    if name == "nyc":
        return _nyc_schools()
    if name == "chain_0_100":
        data = data_set("chain").copy()
        data[ITEMS] = (data[ITEMS] - 1) * 25
        return data
    if name == "scales_standard":
        data = data_set("scales")
        return data / data.std()
    if name == "chain_incomplete":
        # Without the two empty rows, whose weights lavaan counts in some of its sums only.
        data = data_set("chain_missing")
        return data[data["p1"].notna()]
    if name == "chain_mixed":
        data = data_set("chain").copy()
        data[ITEMS[::2]] = (data[ITEMS[::2]] - 1) * 25
        data[ITEMS[3::4]] = data[ITEMS[3::4]] * 1000
        return data
    return pd.read_csv(HERE / "data" / f"{name}.csv")


@cache
def suite() -> dict[str, Any]:
    """The cases and comparisons, each with its model's text in place of its model's name."""
    content = tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))
    for case in content["case"]:
        case["model"] = content["models"][case["model"]]
    return content


def cases() -> dict[str, dict[str, Any]]:
    """The cases by name."""
    return {case["id"]: case for case in suite()["case"]}


@cache
def expected(name: str) -> dict[str, Any]:
    """What lavaan found for one case or comparison."""
    return json.loads((HERE / "expected" / f"{name}.json").read_text(encoding="utf-8"))


def export(folder: Path) -> None:
    """Write what the R script reads."""
    folder.mkdir(parents=True, exist_ok=True)
    content = suite()
    if nyc_folder() is None:
        content = content | {"case": [c for c in content["case"] if c["data"] != "nyc"]}
        print("The NYC school survey is not there; its cases are left out.")
    for name in sorted({case["data"] for case in content["case"]}):
        data_set(name).to_csv(folder / f"{name}.csv", index=False)
    (folder / "cases.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


if __name__ == "__main__":
    export(Path(sys.argv[1]))
