"""The batch: every report is made or accounted for, and nothing is left behind."""

import json
from pathlib import Path
from typing import Any

from workbench.reports.batch import run_batch
from workbench.reports.manifest import Manifest


def test_a_good_batch(study: Any, good_notebooks: Path, tmp_path: Path) -> None:
    output = tmp_path / "reports" / "tiny"
    manifest = run_batch(study, output, notebooks=good_notebooks, jobs=2)
    assert {stem: (entry.status, entry.error) for stem, entry in manifest.reports.items()} == {
        "benchmark": ("ok", None),
        "organisation-evora-water": ("ok", None),
        "organisation-parks-b-and-trees": ("ok", None),
        "organisation-transit": ("ok", None),
    }
    transit = manifest.reports["organisation-transit"]
    assert transit.key_numbers["People"]["value"] == 61.25
    assert transit.key_numbers["Note"] == "Transit"
    assert json.loads((output / "manifest.json").read_text())["finished"]
    assert Manifest.read(output) == manifest
