"""A file is there whole, or it is what it was."""

import os
from pathlib import Path

import pytest

from workbench.reports.files import write_atomically


def test_a_failed_write_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "page.html"
    write_atomically(target, "Évora")
    assert target.read_bytes() == "Évora".encode()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(target, "half")
    assert target.read_bytes() == "Évora".encode()
    assert list(tmp_path.iterdir()) == [target]
