"""A paper's worth of tables and figures from the demo, by the notebook that makes them."""

import json
from pathlib import Path

from docx import Document
from nbclient import NotebookClient
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from pypdf import PdfReader

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "paper.ipynb"


def test_it_makes_three_tables_and_four_figures_in_under_sixty_lines(tmp_path: Path) -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = "".join("".join(c["source"]) + "\n" for c in cells if c["cell_type"] == "code")
    assert len(code.splitlines()) < 60
    notebook = load_notebook_node(str(NOTEBOOK))
    given = {"folder": str(ROOT / "data" / "demo"), "output": str(tmp_path / "paper")}
    notebook = parameterize_notebook(notebook, given)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=str(tmp_path))
    made = {path.name for path in (tmp_path / "paper").iterdir()}
    assert made == {f"table-{n}.docx" for n in (1, 2, 3)} | {f"figure-{n}.pdf" for n in range(1, 5)}
    words = [PdfReader(tmp_path / "paper" / f"figure-{n}.pdf").pages[0].extract_text() for n in
             range(1, 5)]  # fmt: skip
    told = ["0.57***", "Lakeshore County", "service_3", "national"]
    assert [text in page for text, page in zip(told, words, strict=True)] == [True] * 4
    table = Document(str(tmp_path / "paper" / "table-2.docx")).tables[0]
    cells_of_row = [[cell.text for cell in row.cells] for row in table.rows]
    assert ["service → trust", "0.55", "0.06", "[0.43, 0.66]", "< .001", "0.57"] in cells_of_row
