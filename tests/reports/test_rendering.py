"""The page: self-contained, accessible, small, with nothing lost on the way."""

import base64
import html
import re
from collections.abc import Callable
from typing import Any

import nbformat
import pytest
from IPython.core.formatters import DisplayFormatter
from IPython.display import Image

from workbench.reports.keynumbers import MIME_TYPE
from workbench.reports.rendering import outline, render

TABLE = (
    "<table><caption>Links &amp; strengths</caption><thead><tr><th scope='col'>Link</th></tr>"
    "</thead><tbody><tr><th scope='row'>people → service</th></tr></tbody></table>"
)
FIGURE = (
    '<figure><svg role="img" aria-label="People goes with service" viewBox="0 0 4 1">'
    '<path d="M0 0h4"/></svg></figure>'
)


def notebook(*cells: Any, **about: Any) -> nbformat.NotebookNode:
    made = nbformat.v4.new_notebook(cells=list(cells))
    made.metadata["workbench"] = about
    return made


def markdown(text: str) -> Any:
    return nbformat.v4.new_markdown_cell(text)


def shows(data: dict[str, Any], **metadata: Any) -> Any:
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    return nbformat.v4.new_code_cell("secret_code()", outputs=[output])


@pytest.fixture
def page() -> str:
    return render(
        notebook(
            markdown("# Évora &lt;Water&gt;\n\nHeadline with `code`."),
            markdown("## Links\n\n[See the method](#method)"),
            shows({"text/html": TABLE, "text/plain": "DataFrame"}),
            shows({"text/html": FIGURE}),
            markdown("### Points"),
            shows({"image/png": "aGk=\n", "text/plain": "<Figure>"}, alt='Trust "rose"'),
            shows({MIME_TYPE: {"People": 1}, "text/plain": "KeyNumbers"}),
            shows({"text/html": "<h2>Links</h2><h1>Another title</h1>"}),
            shows({"text/plain": "a < b"}),
            markdown("## Method"),
            title="unused",
            study="Towns & cities",
            simulated=True,
            made="2026-03-01T10:00:00+00:00",
            version="0.1.0",
            index="index.html",
        )
    )


def test_a_page_is_sound(page: str, check_page: Callable[[str], None]) -> None:
    check_page(page)


def test_a_page_shows_outputs_and_hides_code(page: str) -> None:
    assert TABLE in page
    assert FIGURE in page
    assert '<img src="data:image/png;base64,aGk=" alt="Trust &#34;rose&#34;">' in page
    assert "a &lt; b" in page
    assert "secret_code" not in page
    assert "KeyNumbers" not in page
    assert "DataFrame" not in page


@pytest.mark.parametrize("tag", ["hide-cell", "remove-cell", "remove_cell"])
def test_a_page_leaves_out_cells_that_are_tagged_so(tag: str) -> None:
    cells = [markdown("Some words."), shows({"text/plain": "a number"})]
    for cell in cells:
        cell.metadata["tags"] = ["other", tag]
    page = render(notebook(*cells, markdown("The rest.")))
    assert "words" not in page
    assert "a number" not in page
    assert "The rest." in page


@pytest.mark.parametrize("tag", ["hide-output", "remove-output", "remove_output"])
def test_a_page_leaves_out_outputs_of_cells_that_are_tagged_so(tag: str) -> None:
    cells = [markdown("Some words."), shows({"text/plain": "a number"})]
    cells[1].outputs.append(nbformat.v4.new_output("stream", name="stdout", text="printed"))
    for cell in cells:
        cell.metadata["tags"] = [tag]
    page = render(notebook(*cells))
    assert "Some words." in page
    assert "a number" not in page
    assert "printed" not in page


@pytest.mark.parametrize("tag", ["hide-input", "remove-input"])
def test_a_page_shows_outputs_of_cells_whose_code_is_tagged_hidden(tag: str) -> None:
    cell = shows({"text/plain": "a number"})
    cell.metadata["tags"] = [tag]
    page = render(notebook(cell))
    assert "a number" in page
    assert "secret_code" not in page


PICTURE = {"image/png": "aGk=", "text/plain": "<Figure>"}


def alternatives(page: str) -> list[str]:
    found = re.findall(r'<(?:img|div role="img")[^>]* (?:alt|aria-label)="([^"]*)"', page)
    return [html.unescape(one) for one in found]


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "image/svg+xml"])
def test_a_picture_keeps_its_words_wherever_its_author_wrote_them(kind: str) -> None:
    data = {kind: "<svg></svg>" if "svg" in kind else "aGk="}
    in_the_cell = shows(data)
    in_the_cell.metadata["alt"] = "A <rose>"
    of_its_kind = shows(data, **{kind: {"alt": "A <rose>", "width": 300}})
    of_another = shows(data, **{kind: {"width": 300}, "text/html": {"alt": "no"}}, alt="A <rose>")
    page = render(notebook(in_the_cell, of_its_kind, of_another))
    assert alternatives(page) == ["A <rose>"] * 3


def test_a_page_is_headed_by_its_studys_own_chain() -> None:
    page = render(notebook(markdown("# A"), spine=["Calm & pace", "Pride"]))
    (heading,) = re.findall(r'<p class="series">(.*?)</p>', page)
    assert re.sub(r"<[^>]*>", "", heading).split() == ["Calm", "&amp;", "pace", "→to", "Pride"]
    assert '<p class="series">' not in render(notebook(markdown("# A")))


def test_the_nearest_words_count() -> None:
    both = shows(PICTURE, **{"image/png": {"alt": "nearest"}}, alt="near")
    both.metadata["alt"] = "far"
    assert alternatives(render(notebook(both))) == ["nearest"]
    assert alternatives(render(notebook(shows(PICTURE)))) == [""]


@pytest.mark.parametrize("metadata", [{"image/png": None}, {"image/png": ["alt"]}, {"alt": None}])
def test_broken_metadata_of_a_picture_are_no_words(metadata: Any) -> None:
    cell = shows(PICTURE)
    cell.outputs[0]["metadata"] = metadata
    cell.metadata["alt"] = "from the cell"
    assert alternatives(render(notebook(cell))) == ["from the cell"]


def test_what_ipython_writes_is_read() -> None:
    pixel = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    data, metadata = DisplayFormatter().format(Image(pixel, alt='A "rose"'))
    assert alternatives(render(notebook(shows(data, **metadata)))) == ['A "rose"']


def test_pictures_in_markdown_keep_their_words_and_attachments() -> None:
    cell = markdown("![A *rose*](attachment:a.png)\n\n![A tulip](data:image/png;base64,aGk=)")
    cell.attachments = {"a.png": {"image/png": "aGk="}}
    shown = shows({"text/markdown": "![A lily](data:image/png;base64,aGk=)"})
    page = render(notebook(cell, shown))
    assert alternatives(page) == ["A rose", "A tulip", "A lily"]
    assert page.count('src="data:image/png;base64,aGk="') == 3


def test_the_frame_tells_what_the_page_is(page: str) -> None:
    assert "<title>Évora &lt;Water&gt; – Towns &amp; cities</title>" in page
    assert "Simulated data" in page
    assert "on 1 March 2026." in page
    assert '<a href="index.html">' in page


def test_what_a_page_is_told_of_stays_text(check_page: Callable[[str], None]) -> None:
    """Of everything in the notebook's metadata, of plain output, and of the words of headings."""
    hostile = "\"'>& </style><script>alert(1)</script>"
    about = dict.fromkeys(("title", "study", "version", "commit", "made", "index"), hostile)
    shown = shows({"text/plain": hostile})
    page = render(
        notebook(markdown("## A\n\n<h2>1 &lt;i&gt; 2</h2>"), shown, **about, spine=[hostile])
    )
    check_page(page)
    assert page.count("<script") == page.count("</style>") - 1 == 0
    assert page.count("<i>") == 3  # of the series' mark
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 7


def test_contents_list_every_section_once(page: str) -> None:
    contents = page[page.index('<nav class="contents"') : page.index('<div class="sections">')]
    assert re.findall(r'<a href="#([^"]+)">([^<]+)</a>', contents) == [
        ("links", "Links"),
        ("links-2", "Links"),
        ("another-title", "Another title"),
        ("method", "Method"),
    ]


def test_a_wide_table_scrolls_by_keyboard(page: str) -> None:
    assert 'tabindex="0" role="region" aria-label="Links &amp; strengths"><table>' in page


def test_an_empty_notebook_makes_a_small_sound_page(check_page: Callable[[str], None]) -> None:
    text = render(notebook(title="Parks <b> & Trees"))
    check_page(text)
    assert "<h1>Parks &lt;b&gt; &amp; Trees</h1>" in text
    assert "Simulated" not in text
    assert len(text.encode()) < 60_000


def test_the_same_notebook_makes_the_same_page() -> None:
    cells = [markdown("# One"), markdown("## Two"), markdown("## Two")]
    assert render(notebook(*cells)) == render(notebook(*cells))


def test_given_ids_are_kept_and_never_doubled() -> None:
    made = outline('<h2 class="a" id="x">One</h2><p id="two"></p><h2>Two</h2><h3 id="x">X</h3>')
    assert [heading.id for heading in made.headings] == ["x", "two-2", "x-2"]
    assert 'class="a"' in made.html


def test_symbols_that_stand_for_numbers_are_explained_once_and_no_others() -> None:
    cells = [shows({"text/html": f"<p>Service {mark}</p>"}) for mark in ("[c]", "[z]", "[c]")]
    shown = render(notebook(markdown("# A\n\n## B"), *cells))
    (explained,) = re.findall(r'<p class="symbols">(.*?)</p>', shown)
    assert re.findall(r"\[\w\] \w+", explained) == ["[c] confidential", "[z] not"]
    assert 'class="symbols"' not in render(notebook(markdown("# A\n\n## B")))


def test_a_page_says_who_publishes_it() -> None:
    about = {
        "body": "Parks <b>&",
        "logo": "data:image/png;base64,AAAA",
        "colour": "#5b2245",
        "contact": "survey@example.org",
    }
    page = render(notebook(markdown("# A"), publisher=about))
    assert '<img src="data:image/png;base64,AAAA" alt="" height="32"> Parks &lt;b&gt;&amp;' in page
    assert ":root { --head: #5b2245; --brand: #5b2245; }" in page
    assert "<dt>Contact</dt>" in page
    assert '<a href="mailto:survey@example.org">survey@example.org</a>' in page
    assert "<dt>How to cite</dt>" not in page


def test_a_page_without_a_publisher_says_nothing_of_one() -> None:
    page = render(notebook(markdown("# A")))
    assert 'class="publisher"' not in page
