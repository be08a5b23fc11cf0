"""How Sphinx builds the documentation: `make docs`."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
PUBLISHED = ROOT / "build" / "published"  # made by `workbench publish`; see published.md
sys.path.insert(0, str(DOCS / "extensions"))

project = "People–service–trust workbench"
copyright = "its contributors"
html_title = project
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "drawn",
    "sources",
    "mathml",
]
exclude_patterns = ["extensions"]

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the signature has them already
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
add_module_names = False

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_extra_path = [str(PUBLISHED)] if PUBLISHED.is_dir() else []
if html_extra_path:
    tags.add("published")  # noqa: F821 – Sphinx puts it here
