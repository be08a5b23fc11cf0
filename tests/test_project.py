"""The project's own files agree with each other."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from workbench.errors import MissingPackageError

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAMES = {"python-duckdb": "duckdb"}
IMPORT_NAMES = {
    "beautifulsoup4": "bs4",
    "ipython": "IPython",
    "python-docx": "docx",
    "python-slugify": "slugify",
}
PROGRAMS = {"jupyterlab"}  # used by name, not imported
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def locked() -> dict[str, set[str]]:
    """Locked versions by name; a package may have one version per Python version."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(
        r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    ):
        found.setdefault(name, set()).add(version)
    return found


def conda() -> dict[str, str]:
    pinned = re.findall(
        r"^ +- ([a-z0-9._-]+)==?([0-9][^\s]*)$",
        (ROOT / "environment.yml").read_text(),
        re.MULTILINE,
    )
    return {CONDA_NAMES.get(name, name).replace("_", "-"): version for name, version in pinned}


def declared() -> set[str]:
    """What the package and its extras need, by name."""
    table = project()["project"]
    needed = [*table["dependencies"], *chain(*table["optional-dependencies"].values())]
    return {re.match(r"[a-z0-9-]+", entry)[0] for entry in needed}


def imported() -> set[str]:
    """What the package's files and notebooks import from elsewhere, by the name in the import."""
    texts = [
        file.read_text(encoding="utf-8") for file in (ROOT / "src" / "workbench").rglob("*.py")
    ]
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    found = set()
    for node in chain.from_iterable(map(ast.walk, map(ast.parse, texts))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "from_extra":
            found.add(node.args[0].value)
    top = {name.partition(".")[0] for name in found}
    return top - set(sys.stdlib_module_names) - {"workbench"}


def test_what_is_imported_is_declared_and_the_reverse():
    names = {IMPORT_NAMES.get(name, name).replace("-", "_") for name in declared() - PROGRAMS}
    assert imported() == names


def test_lock_conda_and_package_name_the_same_dependencies():
    assert set(conda()) - {"python"} == declared()
    missing = declared() - set(locked())
    assert not missing


A_TABLE = "import pandas as pd, workbench; workbench.papers.PaperTable('T', (), (), pd.DataFrame())"


@pytest.mark.parametrize(
    ("module", "extra", "call"),
    [
        ("distributed", "cluster", "from workbench.batch.cluster import Cluster; Cluster('x')"),
        (
            "duckdb",
            "large",
            "from workbench.linkage import streamed_moments; streamed_moments('a.csv', ['q'])",
        ),
        ("great_tables", "paper", f"{A_TABLE}.to_gt()"),
        ("docx", "paper", f"{A_TABLE}.to_word('a.docx')"),
        ("anywidget", "lab", "import workbench; workbench.open_study('data/demo').explore()"),
    ],
)
def test_what_an_extra_brings_is_asked_for_in_a_sentence(module, extra, call, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingPackageError, match=re.escape(f"workbench[{extra}]")) as caught:
        exec(call, {})
    assert str(caught.value).startswith(f"This needs {module}, which is not installed")
    needed = "".join(project()["project"]["optional-dependencies"][extra])
    assert module in needed.replace("-", "_")


def test_conda_installs_locked_versions():
    versions = locked()
    for name, version in conda().items():
        if name != "python":
            assert version in versions[name], name


def test_every_dependency_has_a_lowest_version_that_the_lock_meets():
    versions = locked()
    table = project()["project"]
    extras = table["optional-dependencies"].values()
    for dependency in chain(table["dependencies"], *extras):
        name, _, lowest = dependency.partition(">=")
        least = tuple(map(int, lowest.split(".")))
        for version in versions[name]:
            assert tuple(map(int, version.split(".")))[: len(least)] >= least, dependency


def test_lock_is_hashed_and_names_no_index():
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    entries = re.split(r"\n(?=[a-z0-9._-]+==)", text)[1:]
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def test_development_tools_are_locked():
    assert set(project()["dependency-groups"]["dev"]) <= set(locked())


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_thin_and_has_no_outputs(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert sum("parameters" in cell["metadata"].get("tags", []) for cell in code) == 1
    for cell in code:
        source = "".join(cell["source"])
        assert len(source.splitlines()) <= 12, source
        defined = (ast.FunctionDef, ast.ClassDef)
        assert not any(isinstance(node, defined) for node in ast.walk(ast.parse(source)))


def test_import_brings_nothing_heavy():
    heavy = ["numpy", "pandas", "scipy", "matplotlib", "semopy", "chardet", "typer"]
    program = f"import sys, workbench; print([m for m in {heavy} if m in sys.modules])"
    printed = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert printed.stdout.strip() == "[]"


def test_make_help_lists_every_target():
    printed = subprocess.run(
        ["make", "-C", str(ROOT), "help"], check=True, capture_output=True, text=True
    ).stdout
    for target in ("reports", "test", "lab", "lint", "bench", "clean", "help"):
        assert f"make {target}" in printed


def test_tables_of_the_cost_of_a_batch_are_written_from_what_was_measured() -> None:
    """Also where only one of the two parts was measured by today's program."""
    sys.path.insert(0, str(ROOT))
    try:
        from benchmarks.batch import text
    finally:
        sys.path.remove(str(ROOT))
    record = json.loads((ROOT / "benchmarks" / "RESULTS.json").read_text(encoding="utf-8"))
    written = text(record)
    for part in record.values():
        assert all(f"| {name} |" in written for name in part["costs"])
    ready = text({"batch": {**record["batch"], "process": 0.051}})
    assert "gone after 0.051 s." in ready
