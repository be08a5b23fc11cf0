"""The directive `drawn`: Python code, and below it the figure that its last line makes.

The directive's text is the picture's alternative text. The blocks of a page run in order in one
namespace, from the repository's root, as a reader of the page would run them.
"""

import ast
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import matplotlib
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from workbench.figures.markup import element

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 174  # millimetres: a page of a journal
NAMESPACES: dict[str, dict[str, Any]] = {}


def value_of(code: str, namespace: dict[str, Any]) -> Any:
    """Run the code and return the value of its last line, which is an expression."""
    *before, last = ast.parse(code).body
    assert isinstance(last, ast.Expr), "The last line of a drawn block makes a figure."
    exec(compile(ast.Module(before, []), "drawn", "exec"), namespace)
    return eval(compile(ast.Expression(last.value), "drawn", "eval"), namespace)


def save(made: Any, path: Path) -> None:
    """Save a figure of the workbench, or axes of Matplotlib."""
    if hasattr(made, "save"):
        made.save(path, width=WIDTH)
    else:
        made.figure.savefig(path, bbox_inches="tight")


class Drawn(SphinxDirective):
    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        code = "\n".join(self.content)
        namespace = NAMESPACES.setdefault(self.env.docname, {})
        name = f"{sha256(code.encode()).hexdigest()[:12]}.svg"
        folder = Path(self.env.app.outdir) / "_images"
        folder.mkdir(parents=True, exist_ok=True)
        save(value_of(code, namespace), folder / name)
        up = "../" * self.env.docname.count("/")
        return [
            nodes.literal_block(code, code, language="python"),
            nodes.raw("", picture(f"{up}_images/{name}", self.arguments[0]), format="html"),
        ]


def picture(address: str, alt: str) -> str:
    return element("p", element("img", src=address, alt=alt, class_="drawn"))


def in_the_root(app: Sphinx) -> None:
    matplotlib.use("agg")
    os.chdir(ROOT)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("drawn", Drawn)
    app.connect("builder-inited", in_the_root)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
