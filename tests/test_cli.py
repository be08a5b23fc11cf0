"""The command line: one clear line for an error, the right exit code, a quick start."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.cli import main as cli

CODEBOOK = """item,source,construct,wording,low,high,reversed,missing
q1,clients,service,"I was treated fairly",1,5,no,9
q2,clients,service,"It was quick",1,5,no,9
"""
STUDY = """title = "Tiny"
simulated = true
chain = "public-sector-service-value-chain"
minimum_count = 1

[columns]
organisation = "organisation"
unit = "unit"

[sources.clients]
file = "clients.csv"
rows = "respondents"
"""
CLIENTS = """organisation,unit,q1,q2
Transit,a,1,2
Transit,b,3,4
Water,a,5,1
Water,b,2,2
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "study.toml").write_text(STUDY)
    (folder / "codebook.csv").write_text(CODEBOOK)
    (folder / "clients.csv").write_text(CLIENTS)
    return folder


class Result:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def workbench(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command line in this process."""

    def run(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["workbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        code = leaving.value.code
        assert isinstance(code, int)
        return Result(code, *capsys.readouterr())

    return run


def assert_one_line(result: Result, code: int) -> None:
    assert result.code == code
    assert result.err.startswith("workbench: ")
    assert result.err.count("\n") == 1
    assert "Traceback" not in result.err


def test_version(workbench: Any) -> None:
    from workbench import __version__

    result = workbench("--version")
    assert (result.code, result.out) == (0, f"workbench {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("frobnicate",),
        ("check",),
        ("check", "x", "--nope"),
        ("batch", "x", "--jobs", "0"),
        ("batch", "x", "--jobs", "many"),
        ("simulate", "x", "--seed", "-1"),
    ],
)
def test_wrong_use(workbench: Any, arguments: tuple[str, ...]) -> None:
    assert_one_line(workbench(*arguments), 2)


@pytest.mark.parametrize("command", ["check", "fit", "batch"])
def test_a_missing_study(workbench: Any, tmp_path: Path, command: str) -> None:
    result = workbench(command, tmp_path / "nowhere")
    assert_one_line(result, 1)
    assert "nowhere" in result.err


def test_a_broken_study(workbench: Any, study: Path) -> None:
    (study / "study.toml").write_text("title = ")
    result = workbench("check", study)
    assert_one_line(result, 1)
    assert "study.toml" in result.err


def test_check_of_a_faulty_study(workbench: Any, study: Path) -> None:
    (study / "clients.csv").write_text(CLIENTS.replace("5,1", "5,77"))
    result = workbench("check", study, "--json")
    record = json.loads(result.out)
    found = [problem for problem in record["problems"] if problem["examples"] == ["77"]]
    assert [problem["column"] for problem in found] == ["q2"]
    assert found[0]["file"].endswith("clients.csv")
    assert record["errors"] == 1
    assert result.code == 1
    assert "holds 77, off the scale" in workbench("check", study).out


def test_check_of_an_unknown_column_fails(workbench: Any, study: Path) -> None:
    (study / "clients.csv").write_text(CLIENTS.replace(",q2", ",q3"))
    result = workbench("check", study, "--json")
    assert json.loads(result.out)["errors"] > 0
    assert result.code == 1


def test_an_unknown_organisation_gets_a_suggestion(workbench: Any, study: Path) -> None:
    result = workbench("batch", study, "--organisation", "Tranist", "--output", study / "out")
    assert_one_line(result, 2)
    assert "Transit" in result.err


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("division\nby zero"), EOFError("Ran out of input")]
)
def test_an_unexpected_error_is_one_line_too(
    workbench: Any, study: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The end of a file as well, which is not Ctrl-D."""
    from workbench.study import Study

    def fail(self: Study) -> None:
        raise error

    monkeypatch.setattr(Study, "check", fail)
    result = workbench("check", study)
    said = f"{type(error).__name__}: {' '.join(str(error).split())}"
    assert (result.code, result.err.strip()) == (1, f"workbench: Unexpected {said}")


@pytest.mark.parametrize(("outcome", "code"), [("ok", 0), ("skipped", 0), ("failed", 1)])
def test_the_exit_code_speaks_of_what_was_asked_for(
    workbench: Any, study: Path, monkeypatch: pytest.MonkeyPatch, outcome: Any, code: int
) -> None:
    from workbench.batch import run as batch
    from workbench.batch.manifest import Entry, Manifest

    reports = {
        "a": Entry("organisation", "Transit", status=outcome),
        "b": Entry("organisation", "Water", status="failed", error="ValueError: no rows"),
    }
    made = Manifest("tiny", "Tiny", planned=["a"], reports=reports)
    monkeypatch.setattr(batch, "run_batch", lambda *_, **__: made)
    result = workbench("batch", study)
    assert result.code == code
    assert f"{1 - code} of 1 report: reports/tiny/index.html" in result.out


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--status",)])
def test_reports_are_not_written_among_other_files(
    workbench: Any, study: Path, options: tuple[str, ...]
) -> None:
    before = sorted(study.rglob("*"))
    result = workbench("batch", study, "--output", study, *options)
    assert_one_line(result, 1)
    assert "holds a study" in result.err
    assert "--output" in result.err
    assert sorted(study.rglob("*")) == before


def keep(record: Any, output: Path) -> Path:
    """Keep a record as that of an output folder; return the folder where it is kept."""
    from workbench.batch import cache

    output.mkdir()
    with cache.kept(output, record.belongs_to) as store:
        record.write(store)
    return store


def test_a_dry_run_says_what_would_be_taken_off_the_list(workbench: Any, study: Path) -> None:
    from workbench import open_study
    from workbench.batch.manifest import Entry, Manifest
    from workbench.batch.output import owner

    output = study / "out"
    entry = Entry("organisation", "Water Board", organisation="Water Board", status="failed")
    own = owner(open_study(study), output.resolve())
    keep(Manifest("tiny", "Tiny", belongs_to=own, simulated=True, reports={"a": entry}), output)
    result = workbench("batch", study, "--output", output, "--dry-run")
    assert result.code == 0
    told = "organisation: Water Board: would be removed from the index: the organisation is not in"
    assert told in result.out


def test_a_simulated_study_passes_its_check_and_can_be_fitted(
    workbench: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    assert workbench("simulate", folder, "--seed", 3).code == 0
    result = workbench("fit", folder, "--json")
    assert result.code == 0
    record = json.loads(result.out)
    assert {"links", "estimates", "measures", "warnings"} <= record.keys()
    first = record["links"][0]
    assert {"from", "to", "strength", "lower", "upper", "pass_through"} <= first.keys()
    assert first["lower"] < first["strength"] < first["upper"]
    text = workbench("fit", folder)
    assert "95% interval" in text.out
    assert "its fit cannot be tested" in text.out  # three links between three scores
    assert "CFI" not in text.out
    assert f"all organisations, wave 2024: n = {record['n']} units" in text.out
    assert (record["wave"], record["level"], record["unusable"]) == ("2024", "units", None)
    chain = ("fit", folder, "--chain", "leadership-chain")
    record = json.loads(workbench(*chain, "--json").out)
    numbers = record["reported"]
    assert f"RMSEA {numbers['rmsea']:.3f}" in workbench(*chain).out
    assert numbers["rmsea"] == record["measures"]["rmsea.robust"]


def with_constructs(study: Path, *constructs: str) -> Path:
    """The tiny study with two questions to clients about every one of the constructs."""
    rows = [
        f'{construct}_{number},clients,{construct},"A question",1,5,no,9'
        for construct in constructs
        for number in (1, 2)
    ]
    head = CODEBOOK.splitlines()[0]
    (study / "codebook.csv").write_text("\n".join([head, *rows]) + "\n")
    columns = ["organisation", "unit", *(row.split(",")[0] for row in rows)]
    answers = ",".join("3" for _ in rows)
    lines = [",".join(columns), *(f"{who},{answers}" for who in ("Transit,a", "Water,b"))]
    (study / "clients.csv").write_text("\n".join(lines) + "\n")
    return study


def test_chains_says_which_run(workbench: Any, study: Path) -> None:
    with_constructs(study, "people", "service", "trust", "innovation")
    result = workbench("chains", study)
    assert result.code == 0
    lines = dict(line.split(": ") for line in result.out.splitlines()[:-1])
    assert lines["public-sector-service-value-chain"] == "runs"
    assert lines["extended-value-chain"] == "runs"
    assert lines["customer-satisfaction-index"] == "needs expectations, quality, complaints"
    assert lines["reciprocal-service-value-chain"].startswith("needs ")
    runs = sum(told == "runs" for told in lines.values())
    assert result.out.splitlines()[-1] == f"tiny runs {runs} of {len(lines)} chains."


def test_chains_says_what_a_missing_construct_costs(workbench: Any, study: Path) -> None:
    with_constructs(study, "people", "service")
    result = workbench("chains", study)
    assert result.code == 0
    assert "public-sector-service-value-chain: needs trust" in result.out.splitlines()
    assert result.out.splitlines()[-1].startswith("tiny runs 0 of ")
    as_json = json.loads(workbench("chains", study, "--json").out)
    found = {row["chain"]: row for row in as_json["chains"]}
    assert found["public-sector-service-value-chain"]["missing"] == "trust"
    assert found["public-sector-service-value-chain"]["runs"] is False
    assert "innovation" in found["extended-value-chain"]["left_out"]


def test_nothing_heavy_is_imported_for_help() -> None:
    script = (
        "import sys, workbench.cli.main as cli\n"
        "sys.argv = ['workbench', 'batch', '--help']\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'numpy', 'scipy', 'papermill', 'nbconvert', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"


def test_a_dry_run_says_what_would_be_made_and_why(workbench: Any, study: Path) -> None:
    result = workbench("batch", study, "--output", study / "out", "--dry-run")
    assert result.code == 0
    assert "organisation: Transit: not made yet" in result.out
    assert "would be made." in result.out
    assert not (study / "out").exists()


def test_status_says_how_far_the_last_run_came(workbench: Any, study: Path) -> None:
    from workbench import open_study
    from workbench.batch.manifest import Entry, Manifest
    from workbench.batch.output import owner

    output = study / "out"
    assert workbench("batch", study, "--output", output, "--status").code == 1
    reports = {
        "a": Entry("organisation", "Transit", status="ok"),
        "b": Entry(
            "organisation",
            "Water",
            status="failed",
            error="ValueError: no rows",
            notebook="notebooks/b.ipynb",
        ),
    }
    own = owner(open_study(study), output.resolve())
    started = "2026-03-01T10:00:00+00:00"
    store = keep(Manifest("tiny", "Tiny", belongs_to=own, started=started, reports=reports), output)
    (store / "notebooks" / "b.ipynb").write_text("{}")
    result = workbench("batch", study, "--output", output, "--status")
    assert result.code == 0
    assert "2 reports" in result.out
    assert "interrupted: 1 made, 1 FAILED" in result.out
    assert "ValueError: no rows" in result.out
    assert f"Its notebook as far as it came: {store / 'notebooks' / 'b.ipynb'}" in result.out


def test_status_says_that_a_record_cannot_be_read(workbench: Any, study: Path) -> None:
    from workbench import open_study
    from workbench.batch.manifest import Manifest
    from workbench.batch.output import owner

    output = study / "out"
    own = owner(open_study(study), output.resolve())
    store = keep(Manifest("tiny", "Tiny", belongs_to=own), output)
    (output / "index.html").touch()
    (store / "manifest.json").write_bytes(b"\xff")
    result = workbench("batch", study, "--output", output, "--status")
    assert result.code == 1
    assert "cannot be read; the next run makes every report again." in result.out


def test_disclosure_lists_what_pages_give_away(study: Path, workbench: Any) -> None:
    """With a minimum of 10, since one of 1 lets everything pass."""
    (study / "study.toml").write_text(STUDY.replace("minimum_count = 1", "minimum_count = 10"))
    (study / "pages").mkdir()
    page = study / "pages" / "index.html"
    page.write_text("<h1>Transit</h1><p>2 answers from clients</p>")
    result = workbench("disclosure", study, "--pages", page.parent)
    assert result.code == 1
    assert "index.html, row “2 answers from clients”: 2 people are fewer than" in result.out
    assert result.out.endswith("pages: 1 finding.\n")
    page.write_text("<h1>Transit</h1>")
    result = workbench("disclosure", study, "--pages", page.parent)
    assert (result.code, result.out) == (0, f"{page.parent}: 0 findings.\n")


def test_disclosure_says_where_no_pages_are(study: Path, workbench: Any) -> None:
    assert_one_line(workbench("disclosure", study, "--pages", study / "none"), 1)
