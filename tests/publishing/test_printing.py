"""Pages as PDF: tagged, titled, dated by the data, and saying nothing of this machine."""

import re
import shutil
from pathlib import Path

import pytest

from workbench.publishing import printing
from workbench.publishing.printing import PrintingError, print_pages

PAGE = """<!DOCTYPE html><html lang="fr"><head><title>Parcs</title></head><body><main>
<h1>Parcs</h1><h2>Indice</h2><table><caption>Indice</caption><tr><th>A</th><td>61</td></tr></table>
</main></body></html>"""
AS_OF = "2026-03-01T10:00:00+00:00"

needs_chromium = pytest.mark.skipif(
    not any(map(shutil.which, printing.PROGRAMS)), reason="there is no Chromium"
)


@needs_chromium
def test_a_print_is_tagged_and_the_same_every_time() -> None:
    first, second = (print_pages({"a b.html": PAGE}, AS_OF) for _ in range(2))
    assert first == second
    content = first["a b.pdf"]
    assert content.startswith(b"%PDF")
    for part in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang (fr", b"/Outlines", b"/Title"):
        assert part in content, part
    dates = re.findall(rb"/(?:CreationDate|ModDate) \(D:(\d+)", content)
    assert dates == [b"20260301100000"] * 2
    assert b"file://" not in content


def test_without_chromium_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "PROGRAMS", ("no-such-program",))
    with pytest.raises(PrintingError, match="no Chromium to make PDF files with; install it, or"):
        print_pages({"a.html": PAGE}, AS_OF)


def test_what_chromium_cannot_print_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho starts >&2\necho no space left >&2\n")
    program.chmod(0o755)
    monkeypatch.setattr(printing, "PROGRAMS", (str(program),))
    with pytest.raises(PrintingError, match=r"cannot print a\.html: no space left\."):
        print_pages({"a.html": PAGE}, AS_OF)
