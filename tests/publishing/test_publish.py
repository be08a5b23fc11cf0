"""Publishing: pages and an index, all of them or nothing, and nobody told by comparison."""

import base64
import fcntl
import html
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from builders import ITEMS, draw_answers, write_study
from typer.testing import CliRunner

from workbench.batch import cache
from workbench.batch.manifest import Entry, Manifest
from workbench.batch.output import BatchError, owner
from workbench.batch.run import run_batch
from workbench.chain import ChainStudy, open_study
from workbench.cli.main import app
from workbench.errors import DamagedFileError, UnknownNameError
from workbench.files import sha256, write_pickle
from workbench.publishing import editions, site_record
from workbench.publishing import publish as publishing
from workbench.publishing.publish import PublishingError
from workbench.publishing.site_files import without_links
from workbench.reports.page_names import page_name

DISTRIBUTION = """
import workbench as wb
from workbench.measurement import distribution
from workbench.reports.disclosure import coverage, shown_only
opened = wb.open_study(study)
table = distribution(shown_only(opened, coverage(opened)))
for row in table[table["organisation"] == organisation].itertuples():
    print(f"{row.wave} {row.item} {row.answer:g}: {row.share:.1%} of {row.n}")
"""
"""A cell that shows how often an organisation gave each answer, as pages do."""

A, B, C = (page_name("organisation", organisation=name) for name in "ABC")
LINKS = f"See [A]({A}.html), [C]({C}.html), [all](index.html) and [more](notebooks/{C}.ipynb)."


def notebook(path: Path, per: str, *cells: Any) -> None:
    names = ["study", "shared", *([per] if per != "study" else [])]
    first = nbformat.v4.new_code_cell(
        "\n".join(f'{name} = ""' for name in names), metadata={"tags": ["parameters"]}
    )
    content = nbformat.v4.new_notebook(cells=[first, *cells], metadata={"workbench": {"per": per}})
    nbformat.write(content, path)


@dataclass(frozen=True)
class Project:
    """A study, its notebooks, the folder that its batches write to, and that of its site."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data" / "towns"

    @property
    def output(self) -> Path:
        return self.folder / "reports" / "towns"

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def study(self) -> ChainStudy:
        return open_study(self.data)

    def batch(self) -> Manifest:
        def share(study: Any, wave: str, path: Path) -> None:
            study.store(path.parent / "answers")
            write_pickle((study, b""), path)

        notebooks = self.folder / "notebooks"
        return run_batch(self.study, self.output, notebooks=notebooks, share=share, jobs=1)

    def publish(self, *approved: str) -> publishing.Published:
        return publishing.publish(self.study, self.output, self.site, approved or None)

    def answers(self) -> pd.DataFrame:
        return pd.read_csv(self.data / "clients.csv")

    def answer(self, table: pd.DataFrame) -> None:
        table.to_csv(self.data / "clients.csv", index=False)

    def record(self, change: Callable[[Entry], Entry]) -> None:
        """Let the record say something else of the page of organisation A."""
        with cache.kept(self.output, owner(self.study, self.output)) as store:
            record = Manifest.read(store)
            assert record is not None
            record.reports[A] = change(record.reports[A])
            record.write(store)

    def rewrite(self, end: str) -> None:
        """Let the page of organisation A have another end, as if it had been made so."""
        page = self.output / f"{A}.html"
        page.write_text(page.read_text(encoding="utf-8").replace("</main>", end), encoding="utf-8")
        self.record(lambda entry: replace(entry, sha256=sha256(page)))

    @property
    def published(self) -> dict[str, bytes]:
        files = (path for path in self.site.rglob("*") if path.is_file())
        return {path.relative_to(self.site).as_posix(): path.read_bytes() for path in files}

    @property
    def index(self) -> str:
        """The text of the site's index."""
        page = (self.site / "index.html").read_text(encoding="utf-8")
        return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.split("<body>")[1])))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a finished batch, which no test changes."""
    project = Project(tmp_path_factory.mktemp("project"))
    settings = {"title": "Towns", "minimum_count": 10}
    write_study(
        project.data, {"clients": draw_answers([2025, 2026])}, {"clients": ITEMS}, settings=settings
    )
    (project.folder / "notebooks").mkdir()
    own = nbformat.v4.new_code_cell(DISTRIBUTION)
    notebook(project.folder / "notebooks" / "organisation.ipynb", "organisation", own)
    notebook(
        project.folder / "notebooks" / "all.ipynb", "study", nbformat.v4.new_markdown_cell(LINKS)
    )
    project.batch()
    return project


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    shutil.copytree(finished.folder, tmp_path / "project")
    return Project(tmp_path / "project")


PAGES = {f"{name}.html" for name in ("all", A, B, C)}
NUMBERS = {
    "provenance.json",
    "numbers.csv",
    "numbers.csv-metadata.json",
    "numbers/index/01-reports.csv",
}
"""How they were made, and files of numbers: of these pages the index alone has a table."""


def test_a_site_holds_pages_and_their_index_and_nothing_else(project: Project) -> None:
    found = project.publish()
    assert found.new
    assert project.published.keys() == PAGES | {"index.html"} | NUMBERS
    for name in PAGES - {"all.html"}:
        assert project.published[name] == (project.output / name).read_bytes()
    index = project.published["index.html"].decode()
    assert set(re.findall(r'href="([^"#]+)"', index)) == PAGES | NUMBERS
    assert "4 pages published." in project.index
    everything = b"".join(project.published.values()).decode()
    for private in ("manifest", ".ipynb", ".workbench", "common.pickle", str(project.folder)):
        assert private not in everything


def test_publishing_the_same_again_changes_nothing(project: Project) -> None:
    project.publish()
    before = project.published
    again = project.publish()
    assert (again.new, again.edition.number) == (False, 1)
    assert project.published == before
    assert len(list((project.data / "editions").rglob("*.json"))) == 1


def test_two_runs_give_the_same_bytes_whatever_the_clock_says(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Project(tmp_path / "other")
    site_record.key_of(project.study)
    for name in ("data", "notebooks"):
        shutil.copytree(project.folder / name, other.folder / name)
    monkeypatch.setattr("workbench.reports.provenance.now", lambda: "2031-01-01T00:00:00+00:00")
    other.batch()
    project.publish()
    other.publish()
    assert other.published == project.published


def lock(project: Project) -> None:
    # For as long as the test runs: closed with its process.
    fcntl.flock(os.open(project.output, os.O_RDONLY), fcntl.LOCK_EX)


REFUSED: dict[str, tuple[Callable[[Project], Any], str]] = {
    "failed": (
        lambda p: p.record(lambda entry: replace(entry, status="failed")),
        r"1 report was not made \(A\); run `workbench batch` again, or leave it out",
    ),
    "not reached": (
        lambda p: p.record(lambda entry: replace(entry, status="pending")),
        r"1 report was not made \(A\)",
    ),
    "data changed": (
        lambda p: p.answer(p.answers().iloc[:-12]),
        r"4 reports were made from other data than the study has now \(.*A.*\); run",
    ),
    "code changed": (
        lambda p: p.record(lambda entry: replace(entry, inputs=entry.inputs | {"code": "0"})),
        r"1 report was made by another version of the workbench \(A\); run",
    ),
    "page altered": (
        lambda p: (p.output / f"{A}.html").write_text("altered"),
        "The page of A is not as made; run",
    ),
    "page that tells": (
        lambda p: p.rewrite("<p>4 answers from clients.</p></main>"),
        rf"brings back 1 thing .*, first from {A}\.html, .*: 4 people are fewer than .* 10; `",
    ),
    "page gone": (lambda p: (p.output / f"{A}.html").unlink(), "The page of A is not as made"),
    "running": (lock, "A batch is writing to .*; publish when it has finished"),
    "no batch": (lambda p: shutil.rmtree(p.output), "There is no folder .*; run"),
    "lost": (
        lambda p: (p.output / ".workbench").unlink(),
        r"holds 'all.html' and no \.workbench; name another folder with --from",
    ),
    "others' files": (
        lambda p: (p.site / "CNAME").write_text("towns.example"),
        "was not published for this study in .*: it holds 'CNAME'; name an empty folder",
    ),
    "site altered": (
        lambda p: (p.site / f"{A}.html").write_text("by hand"),
        rf"as it is: '{A}\.html' is not as it was published",
    ),
    "record lost": (
        lambda p: shutil.rmtree(p.data / "editions"),
        "was not published for this study in .*: it holds",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_refused_leaves_the_site_as_it_was(project: Project, why: str) -> None:
    project.publish()
    change, told = REFUSED[why]
    change(project)
    before = project.published
    with pytest.raises((PublishingError, BatchError), match=told):
        project.publish()
    assert project.published == before


@pytest.mark.parametrize("place", ["", "data", "data/towns/site", "reports/towns", "reports"])
def test_a_site_lies_apart_from_study_and_batch(project: Project, place: str) -> None:
    with pytest.raises(PublishingError, match=r"hold one another; name a folder .* with --to"):
        publishing.publish(project.study, project.output, project.folder / place)


def test_only_approved_pages_are_published_and_linked(project: Project) -> None:
    project.publish("all", A)
    assert project.published.keys() == {"index.html", "all.html", f"{A}.html"} | NUMBERS
    index = project.published["index.html"].decode()
    assert set(re.findall(r'href="([^"#]+)\.html"', index)) == {"all", A}
    page = project.published["all.html"].decode()
    assert f'<a href="{A}.html">A</a>, <a>C</a>, <a href="index.html">all</a>' in page
    assert f"{C}." not in page


def test_a_page_that_failed_does_not_keep_back_those_that_are_approved(project: Project) -> None:
    project.record(lambda entry: replace(entry, status="failed"))
    project.publish(B)
    assert project.published.keys() == {"index.html", f"{B}.html"} | NUMBERS


def test_a_page_that_is_not_there_is_named_with_the_nearest(
    project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "approved.txt"
    file.write_text(f"\n{A}.html\n{A[:-1]}\n")
    assert publishing.read_approved(file) == [A, A[:-1]]
    with pytest.raises(UnknownNameError, match=f"no page '{A[:-1]}'.* Did you mean '{A}'"):
        project.publish(*publishing.read_approved(file))
    assert not project.site.exists()
    file.write_text("\n")
    with pytest.raises(PublishingError, match=r"approved\.txt approves no page; write"):
        publishing.read_approved(file)


def test_what_left_the_data_is_withdrawn_and_the_index_says_so(project: Project) -> None:
    project.publish("all", A, C)
    answers = project.answers()
    project.answer(answers[answers["organisation"] != "C"])
    project.batch()
    edition = project.publish().edition
    assert (edition.added, edition.withdrawn) == (["B"], ["C"])
    assert f"{C}.html" not in project.published
    assert "Edition 2" in project.index
    assert "1 page added (B)" in project.index
    assert "1 page withdrawn (C)" in project.index
    assert "Edition 1" in project.index.split("Edition 2")[1]


def test_a_site_is_replaced_as_a_whole_or_not_at_all(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.publish("all", A)
    before = project.published
    written: list[Path] = []

    def write(path: Path, content: Any) -> None:
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(path)
        path.write_bytes(content)

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "write_atomically", write)
        with pytest.raises(OSError, match="No space"):
            project.publish()
    assert project.published == before
    assert sorted(path.name for path in project.folder.iterdir()) == [
        "data",
        "notebooks",
        "reports",
        "site",
    ]
    assert project.publish().edition.number == 2


def test_a_record_of_editions_that_cannot_be_read_is_said(project: Project) -> None:
    project.publish()
    (file,) = (project.data / "editions").rglob("*.json")
    file.write_text("{}")
    with pytest.raises(DamagedFileError, match=r"0001\.json is not as it was written, so that"):
        project.publish()


def test_the_command_says_what_it_published_or_why_not(project: Project, tmp_path: Path) -> None:
    approved = tmp_path / "approved.txt"
    approved.write_text(f"{A}\n")
    words = ["publish", str(project.data), "--from", str(project.output), "--to", str(project.site)]
    done = CliRunner().invoke(app, [*words, "--approved", str(approved)])
    assert done.exit_code == 0
    assert done.output == f"Edition 1 in {project.site / 'index.html'}: 1 page published.\n"
    done = CliRunner().invoke(app, words)
    assert "Edition 2 in" in done.output
    assert "3 pages added (All, B and C)." in done.output
    done = CliRunner().invoke(app, words)
    assert "nothing has changed since." in done.output


def in_french(project: Project) -> Project:
    """The same study, whose batch and site are French; the site stands beside the English one."""
    toml = project.data / "study.toml"

    @dataclass(frozen=True)
    class French(Project):
        @property
        def output(self) -> Path:
            return self.folder / "reports" / "towns-fr"

        @property
        def site(self) -> Path:
            return self.folder / "site-fr"

        @property
        def study(self) -> ChainStudy:
            return open_study(toml.parent, "fr")

    french = French(project.folder)
    french.batch()
    return french


def test_every_language_has_editions_of_its_own(project: Project) -> None:
    french = in_french(project)
    assert project.publish().edition.number == 1
    assert french.publish().edition.number == 1
    assert not project.publish().new
    project.publish(A)
    again = french.publish()
    assert (again.new, again.edition.number) == (False, 1)
    assert "Édition 1" in french.index
    assert "2" not in french.index.split("Éditions")[1].split("Édition 1")[0]
    numbers = {(one.language, one.number) for one in editions.read_editions(project.study)}
    assert numbers == {("en", 1), ("en", 2), ("fr", 1)}
    with pytest.raises(PublishingError, match=r"was not published for this study in .* 'fr'"):
        publishing.publish(french.study, french.output, project.site)


def test_editions_of_another_language_are_compared_too(project: Project) -> None:
    project.publish()
    project.answer(pd.concat([project.answers(), late(3)]))
    french = in_french(project)
    with pytest.raises(PublishingError, match="Comparison with edition 1 in 'en'"):
        french.publish()


# ---------------------------------------------------------------------------------------------
# Editions that differ by a few people

ANSWER = re.compile(r"(\d+) (\w+) (\d+): ([\d.]+)% of (\d+)")


def counts(page: bytes) -> Counter[tuple[str, str, str]]:
    """What anyone can count from a page: how many gave each answer, by wave and question."""
    return Counter(
        {
            (wave, item, answer): round(float(share) / 100 * int(n))
            for wave, item, answer, share, n in ANSWER.findall(page.decode())
        }
    )


def late(number: int) -> pd.DataFrame:
    """Answers of late respondents in organisation A, other than one another's."""
    rows = [
        {"organisation": "A", "unit": "A0", "wave": 2026}
        | {
            item: 1 + (person + place) % 5
            for place, item in enumerate(item for own in ITEMS.values() for item in own)
        }
        for person in range(number)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("number", [1, 3])
def test_an_edition_that_would_tell_what_late_respondents_answered_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    project.publish()
    before = project.published
    project.answer(pd.concat([project.answers(), late(number)]))
    project.batch()
    with pytest.raises(
        PublishingError, match=r"Comparison with edition 1 in 'en', .* fewer than 10"
    ) as no:
        project.publish()
    assert "A (clients, wave 2026)" in str(no.value)
    assert "B (" not in str(no.value)
    assert "wait for more answers, or leave the answers of this group as in" in str(no.value)
    assert project.published == before

    # Without the rule, both editions together tell every answer.
    monkeypatch.setattr(editions, "told_by_subtraction", lambda *_: [])
    project.publish()
    page = f"{A}.html"
    told = counts(project.published[page])
    told.subtract(counts(before[page]))
    given = late(number).drop(columns=["organisation", "unit"]).melt("wave").astype(str)
    truth = Counter(given.itertuples(index=False, name=None))
    assert {key: n for key, n in told.items() if n} == truth


def test_an_edition_with_enough_late_respondents_is_published(project: Project) -> None:
    project.publish()
    project.answer(pd.concat([project.answers(), late(60)]))
    project.batch()
    edition = project.publish().edition
    assert edition.number == 2
    assert "A" in edition.changed


def test_the_record_counts_shown_groups_only(project: Project) -> None:
    answers = project.answers()
    few = answers[(answers["organisation"] == "C") & (answers["wave"] == 2026)].index[9:]
    project.answer(answers.drop(few))
    found = editions.answers_shown(project.study).organisations
    assert found["clients"]["2026"].keys() == {"A", "B"}
    assert found["clients"]["2025"].keys() == {"A", "B", "C"}
    own = answers[(answers["organisation"] == "A") & (answers["wave"] == 2026)]["a1"]
    assert found["clients"]["2026"]["A"]["a1"] == {
        str(answer): number for answer, number in own.value_counts().items()
    }


def test_units_count_for_the_people_behind_them(tmp_path: Path) -> None:
    units = pd.DataFrame(
        {"organisation": "A", "unit": ["x", "y", "z"], "n": [20, 15, 5], "q1": [80.5, 60, 80.5]}
    )

    def found(name: str, **source: str) -> editions.Groups:
        given = {"staff": units}, {"staff": {"service": ["q1"]}}
        about = {"staff": {"rows": "units", **source}}
        folder = write_study(tmp_path / name, *given, scale=(0, 100), sources=about)
        return editions.answers_shown(open_study(folder)).organisations

    assert found("silent") == {}
    counted = {"q1": {"80.5": 25, "60": 15}}
    assert found("told", respondents="n") == {"staff": {"": {"A": counted}}}


def test_who_gave_no_answer_is_on_record_by_code(tmp_path: Path) -> None:
    """Pages tell shares of reasons, and two editions what a late respondent gave as one."""

    def found(name: str, answers: list[int | None]) -> editions.Answers:
        people = pd.DataFrame(
            {"organisation": "A", "unit": "x", "q1": answers, "q2": 5, "wave": 2026}
        )
        asked = {"staff": {"service": ["q1", "q2"]}}
        codes = {"q1": {"missing": "8 9"}}
        return editions.answers_shown(
            open_study(write_study(tmp_path / name, {"staff": people}, asked, items=codes))
        )

    first = found("first", [1] * 12 + [8] * 3 + [None] * 2)
    assert first.organisations["staff"]["2026"]["A"] == {
        "q1": {"1": 12, "without an answer 8": 3, "without an answer ": 2},
        "q2": {"5": 17},
    }
    published = of_groups(1, first.organisations)
    later = found("later", [1] * 12 + [8] * 3 + [9] + [None])
    changes = editions.told_by_subtraction([published], later, 10)
    assert [(change.item, change.people) for change in changes] == [("q1", 1)]


def edition(number: int, answers: dict[str, int], organisation: str = "A") -> editions.Edition:
    counted = {"clients": {"2026": {organisation: {"q1": answers}}}}
    return of_groups(number, counted)


def of_groups(
    number: int, organisations: editions.Groups, channels: editions.Groups | None = None
) -> editions.Edition:
    answers = editions.Answers(organisations, channels or {})
    return editions.Edition("en", number, "2026-03-01", {}, {}, [], [], [], answers)


BASE = {"1": 20, "2": 30}


@pytest.mark.parametrize(
    ("now", "people"),
    [
        (BASE, []),
        ({"1": 21, "2": 30}, [1]),
        ({"1": 29, "2": 30}, [9]),
        ({"1": 30, "2": 30}, []),
        ({"1": 20, "2": 27}, [3]),
        ({"1": 20, "2": 20}, []),
        ({"1": 20, "2": 30, "3": 4}, [4]),
        ({"1": 14, "2": 36}, [6]),  # six people changed their answer
        ({"1": 17, "2": 60}, [3]),  # three left, whatever was added
        ({}, []),
    ],
)
def test_a_change_of_fewer_people_than_the_minimum_is_found(
    now: dict[str, int], people: list[int]
) -> None:
    found = editions.told_by_subtraction([edition(1, BASE)], edition(2, now).answers, 10)
    assert [change.people for change in found] == people


def test_every_earlier_edition_counts(project: Project) -> None:
    """A reader may have kept the first one, from which the third differs by one answer."""
    earlier = [edition(1, BASE), edition(2, {"1": 40, "2": 30})]
    (change,) = editions.told_by_subtraction(earlier, edition(3, {"1": 21, "2": 30}).answers, 10)
    assert change.edition.number == 1
    assert change.group == "A (clients, wave 2026)"


def test_a_group_that_was_not_shown_before_has_nothing_to_be_subtracted_from() -> None:
    other = edition(1, BASE, "B")
    assert not editions.told_by_subtraction([other], edition(2, {"1": 1}).answers, 10)


def organisations(**of: dict[str, int]) -> editions.Groups:
    return {"clients": {"2026": {name: {"q1": answers} for name, answers in of.items()}}}


@pytest.mark.parametrize(
    ("before", "now", "called"),
    [
        # One person more, under a new name.
        ({"A": BASE}, {"X": {"1": 21, "2": 30}}, "X, formerly A"),
        # The same answers under a new name, and other people's.
        ({"A": BASE}, {"X": BASE}, ""),
        ({"A": BASE}, {"X": {"1": 33, "2": 17}}, ""),
        ({"A": BASE}, {"X": {"1": 120, "2": 300}}, ""),
        # Two joined to one, with one person more; and one parted into two.
        ({"A": BASE, "B": {"3": 25}}, {"X": {"1": 20, "2": 30, "3": 26}}, "X, formerly A and B"),
        (
            {"X": {"1": 40, "2": 30, "3": 26}},
            {"A": {"1": 20, "3": 26}, "B": {"1": 20, "2": 31}},
            "B, formerly X; A and B, formerly X",
        ),
    ],
)
def test_organisations_of_other_names_are_known_by_their_answers(
    before: dict[str, dict[str, int]], now: dict[str, dict[str, int]], called: str
) -> None:
    earlier = [of_groups(1, organisations(**before))]
    found = editions.told_by_subtraction(earlier, editions.Answers(organisations(**now), {}), 10)
    assert "; ".join(change.called for change in found) == called
    assert {change.people for change in found} <= {1}


@pytest.mark.parametrize(
    ("size", "late", "told"), [(60, 4, True), (60, 12, False), (2000, 4, False), (100, 9, True)]
)
def test_a_channel_changes_by_few_people_only_where_its_means_do_not_tell_them(
    size: int, late: int, told: bool
) -> None:
    """Means within half a point leave the sum open by the more, the more people count in them."""
    before = of_groups(1, {}, organisations(web={"1": size, "2": size}))
    now = editions.Answers({}, organisations(web={"1": size, "2": size + late}))
    found = editions.told_by_subtraction([before], now, 10)
    assert [change.group for change in found] == ["channel web (clients, wave 2026)"] * told


def test_the_record_counts_the_channels_that_are_large_enough(tmp_path: Path) -> None:
    answers = pd.DataFrame({"organisation": "A", "unit": "x", "q1": [1, 2, 3] * 12})
    answers["channel"] = ["web"] * 30 + ["fax"] * 5 + [None]
    about = {"clients": {"channel": "channel"}}
    write_study(tmp_path, {"clients": answers}, {"clients": {"service": ["q1"]}}, sources=about)
    found = editions.answers_shown(open_study(tmp_path)).channels
    web, fax = {"q1": {"1": 10, "2": 10, "3": 10}}, {"q1": {}}
    assert found == {"clients": {"": {"web": web, "fax": fax, "web, A": web, "fax, A": fax}}}


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ('<a href="a.html#part">x</a>', True),
        ('<a href="./a.html">x</a>', True),
        ('<a href="#part">x</a>', True),
        ('<a href="https://example.org/b.html">x</a>', True),
        ('<a href="mailto:x@example.org">x</a>', True),
        ("<a class='c' href='b.html'>x</a>", False),
        ("<a href=b.html>x</a>", False),
        ('<A HREF="%62.html">x</A>', False),
        ('<a href="../secret/a.html">x</a>', False),
        ('<a href="file:///home/me/b.html">x</a>', False),
        ('<a\n href="b.html"\n title="&quot;>">x</a>', False),
    ],
)
def test_links_to_what_is_not_published_become_text(link: str, kept: bool) -> None:
    page = f"<p>é\n</p>{link}\n<script>'<a href=\"b.html\">'</script>{link}"
    found = without_links(page, {"a.html"})
    assert (found == page) == kept
    plain = re.sub(r"\s+href=(\"[^\"]*\"|'[^']*'|[^>]*)", "", link, flags=re.IGNORECASE)
    assert kept or found == page.replace(link, plain)


WITH_TABLE = """
import pandas as pd
import workbench as wb
wb.figures.Table(pd.DataFrame({"name": ["=1+1"], "index": [61.25]}), "Index")
"""


@pytest.fixture
def with_table(project: Project) -> Project:
    """A project whose pages of organisations have a table."""
    path = project.folder / "notebooks" / "organisation.ipynb"
    notebook(path, "organisation", nbformat.v4.new_code_cell(WITH_TABLE))
    project.batch()
    return project


def test_a_page_to_send_has_its_numbers_in_it_and_no_other_link(
    with_table: Project, tmp_path: Path
) -> None:
    project, folder = with_table, tmp_path / "mail"
    for _ in range(2):
        publishing.publish(project.study, project.output, project.site, inline=folder)
        assert {path.name for path in folder.iterdir()} == PAGES
    page = (folder / f"{A}.html").read_text(encoding="utf-8")
    file = f"numbers/{A}/01-index.csv"
    assert f'href="{file}" download' in project.published[f"{A}.html"].decode()
    (link,) = re.findall(r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download="', page)
    assert base64.b64decode(link) == project.published[file]
    assert 'download="01-index.csv"' in page
    for name in PAGES:
        links = re.findall(r'href="([^"]+)"', (folder / name).read_text(encoding="utf-8"))
        assert [one for one in links if not one.startswith(("#", "data:"))] == []


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("site/mail", "the site .*, hold one another|and the site .* hold one another"),
        ("data/towns/mail", "and the folder of the study.*, hold one another.* with --inline"),
        ("notebooks", "holds 'all.ipynb', which is no page of this study; name an empty folder"),
    ],
)
def test_pages_to_send_lie_apart(project: Project, place: str, told: str) -> None:
    with pytest.raises(PublishingError, match=told):
        publishing.publish(
            project.study, project.output, project.site, inline=project.folder / place
        )
    assert not project.site.exists()


def test_pages_are_published_as_pdf_too(
    with_table: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = with_table

    def printed(pages: dict[str, str], as_of: str) -> dict[str, bytes]:
        assert all(re.findall('href="[^#]', page) == [] for page in pages.values())
        return {name.replace(".html", ".pdf"): f"%PDF {as_of}".encode() for name in pages}

    monkeypatch.setattr(publishing, "print_pages", printed)
    publishing.publish(project.study, project.output, project.site, pdf=True)
    assert project.published.keys() >= {f"{A}.pdf", "all.pdf"}
    page = project.published[f"{A}.html"].decode()
    assert re.search(rf'<a href="{A}\.pdf" download[^>]*>This page as PDF</a></p></main>', page)
    assert json.loads(project.published["provenance.json"])["prints"][0] == "all.pdf"
