"""Every notebook runs to its end as a user runs it: by a kernel, on a small study.

That of a paper needs more units than these: ``test_paper_notebook.py`` runs it on the demo.
"""

import json
import os
from pathlib import Path

import papermill
import pytest

from workbench.simulation import load_population, simulate

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(path for path in FOLDER.glob("*.ipynb") if path.stem != "paper")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated study of few organisations with the questions of the demo."""
    return simulate(
        tmp_path_factory.mktemp("small") / "study", 1, load_population().larger(4, 12, 6)
    )


def parameters(notebook: Path, study: Path) -> dict[str, str]:
    """The small study, by the name that the notebook gives it, and an organisation of it."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    (given,) = (cell for cell in cells if "parameters" in cell["metadata"].get("tags", []))
    names = "".join(given["source"])
    asked = {"folder" if "folder =" in names else "study": str(study)}
    return asked | ({"organisation": "Organisation 1"} if "organisation =" in names else {})


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end(
    notebook: Path, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A kernel keeps what it keeps for a user apart from theirs.
    monkeypatch.setattr(os, "environ", os.environ | {"IPYTHONDIR": str(tmp_path / "ipython")})
    done = papermill.execute_notebook(
        notebook,
        tmp_path / notebook.name,
        parameters(notebook, small),
        cwd=tmp_path,
        progress_bar=False,
        kernel_name="python3",
    )
    code = [cell for cell in done.cells if cell.cell_type == "code" and cell.source.strip()]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any(cell.outputs for cell in code)
