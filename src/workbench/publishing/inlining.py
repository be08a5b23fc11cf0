"""Pages of a site each as one file to send by e-mail, with its files of numbers in it."""

import base64
from collections.abc import Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from workbench.publishing.site_files import without_links
from workbench.publishing.takeaway import FOLDER


def standalone(name: str, page: str, files: Mapping[str, bytes]) -> str:
    """Return a page of a site that needs no other file of it.

    Files of numbers are part of its links; links to anything else of the site become plain text.

    Parameters
    ----------
    name, page
        Its file and its HTML.
    files
        All files of the site by name.

    >>> page = '<a href="numbers/a/01-n.csv" download>CSV</a> <a href="index.html">All</a>'
    >>> print(standalone("a.html", page, {"numbers/a/01-n.csv": b"1"}))
    <a href="data:text/csv;charset=utf-8;base64,MQ==" download="01-n.csv">CSV</a> <a>All</a>
    """
    own = [file for file in files if file.startswith(f"{FOLDER}/{name.removesuffix('.html')}/")]
    page = without_links(page, own)
    for file in own:
        link = f'href="{quote(file)}" download'
        page = page.replace(link, f'href="{_data(files[file])}" download="{_base(file)}"')
    return page


def _data(content: bytes) -> str:
    return f"data:text/csv;charset=utf-8;base64,{base64.b64encode(content).decode()}"


def _base(name: str) -> str:
    return PurePosixPath(name).name
