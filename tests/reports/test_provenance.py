"""Provenance: enough to get the same numbers, and no path of the machine."""

import hashlib
import json
from typing import Any

from workbench.reports import provenance


def test_data_files_are_hashed(study: Any) -> None:
    content = (study.path / "clients.csv").read_bytes()
    assert provenance.data_files(study)["clients.csv"] == hashlib.sha256(content).hexdigest()


def test_a_description_is_json_without_paths(study: Any) -> None:
    record = provenance.describe(study, {"seed": 7})
    text = json.dumps(record)
    assert record["parameters"] == {"seed": 7}
    assert record["versions"]["workbench"]
    assert str(study.path.parent) not in text


def test_a_digest_does_not_depend_on_order() -> None:
    assert provenance.digest({"a": 1, "b": 2}) == provenance.digest({"b": 2, "a": 1})
    assert provenance.digest({"a": 1}) != provenance.digest({"a": 2})
