"""Large sources are read column by column, and say and give what small ones do."""

import pickle
from pathlib import Path

import bad_files
import duckdb
import numpy as np
import pandas as pd
import pytest

from workbench import open_study
from workbench.errors import DamagedFileError, StudyError
from workbench.study import Study, large, plain_text
from workbench.study.answers import text_columns
from workbench.study.large import LargeTable, read_large
from workbench.study.packed import Packed, Stored
from workbench.study.readers import Request, read_table

PLAIN = (
    "cp1250", "cp1251", "shift-jis", "utf-16 without a mark", "mixed encodings", "old line ends",
    "an empty column name", "a cell of a megabyte", "dates as answers", "codes and labels",
    "thousands", "percentages on 1 to 5", "a forgotten missing code", "all blank",
    "formulas as text", "infinite answers", "control characters", "dates that may be two days",
)  # fmt: skip
"""Files that are read as large ones."""
LEFT = ("a row too long", "a quote that never ends", "a column named twice", "a zip called csv")
"""Files that are left to the reader of small ones."""


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large, "TEXT_BYTES", 0)
    monkeypatch.setattr(large, "CELLS", 0)


def tables(study: Study, source: str) -> tuple[LargeTable | None, pd.DataFrame]:
    """The first file of a source as a large and as a small one."""
    own = study.sources[source]
    text = text_columns(own, study.columns)
    wanted = [*text, *study.codebook.items_of_source(source)]
    opened = read_large(own.file, Request(text, wanted, **own.layout))
    return opened, read_table(own.file, text=text, wanted=wanted, **own.layout)


def whole(table: LargeTable, like: pd.DataFrame) -> pd.DataFrame:
    """All columns of a large table; texts of which there are few are categories there."""
    frame = pd.DataFrame({name: table[name] for name in table.columns}, index=table.index)
    return frame.astype({name: "str" for name in like if like[name].dtype == "str"})


def assert_same_tables(opened: LargeTable | None, small: pd.DataFrame) -> None:
    assert opened is not None
    pd.testing.assert_index_equal(opened.index, small.index)
    pd.testing.assert_frame_equal(whole(opened, small), small)
    assert opened.attrs == small.attrs


def assert_same_answers(one: Study, other: Study) -> None:
    for source in other.sources:
        pd.testing.assert_frame_equal(one.answers(source), other.answers(source))
        pd.testing.assert_frame_equal(one.without_answer(source), other.without_answer(source))
        lost = one.set_aside_by_group(source), other.set_aside_by_group(source)
        pd.testing.assert_frame_equal(*lost)
    pd.testing.assert_frame_equal(one.set_aside, other.set_aside)


def packed_of(answers: pd.DataFrame) -> Packed:
    packed = Packed()
    for name in answers:
        packed[name] = answers[name]
    return packed


def said_and_read(folder: Path) -> tuple[list[str], Study | None]:
    try:
        study = open_study(folder)
        return [str(problem) for problem in study.check()], study
    except StudyError as error:
        return [str(error)], None


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("source", ["employees", "clients", "records"])
def test_a_large_table_has_what_a_small_one_has(source: str) -> None:
    assert_same_tables(*tables(open_study("data/demo"), source))


def test_clean_answers_and_all_that_is_said_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    small = open_study("data/demo")
    said = [str(problem) for problem in small.check()]
    monkeypatch.setattr(large, "TEXT_BYTES", 0)
    monkeypatch.setattr(large, "CELLS", 0)
    study = open_study("data/demo")
    assert [str(problem) for problem in study.check()] == said
    assert all(isinstance(study._cleaned(name).frame, Packed) for name in study.sources)
    assert_same_answers(study, small)
    assert_same_answers(study.in_wave("2023"), small.in_wave("2023"))
    assert study.answers_by_organisation.equals(small.answers_by_organisation)


@pytest.mark.parametrize("name", [*PLAIN, *LEFT])
def test_odd_files_are_told_as_small_ones_are(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad_files.sound(tmp_path)
    bad_files.BAD[name].write(tmp_path)
    said, study = said_and_read(tmp_path)
    monkeypatch.setattr(large, "TEXT_BYTES", 0)
    again, opened = said_and_read(tmp_path)
    assert again == said
    assert study is not None
    assert opened is not None
    (source,) = study.sources
    if name in LEFT:
        own = study.sources[source]
        assert read_large(own.file, Request(**own.layout)) is None
    else:
        assert_same_tables(*tables(study, source))
        if not any(line.startswith("error") for line in said):
            assert_same_answers(opened, study)


ROWS = "".join(f"North,{i % 3},{i % 5 + 1},{i % 4 + 1}\n" for i in range(12))
DEFINITION = """
title = "A study"
simulated = true
chain = "c"
[columns]
organisation = "org"
unit = "office"
[sources.clients]
file = "clients.csv"
rows = "respondents"
"""
CODEBOOK = (
    "item,source,construct,wording,low,high,reversed,missing\n"
    "q1,clients,service,W,1,5,no,9\nq2,clients,service,W,1,5,yes,9\n"
)


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize(
    "text",
    [
        "org,office,q1,q2\n" + ROWS + "North,1,,\n,,,\nSouth,2,3,often\n",
        "org;office;q1;q2\n" + ROWS.replace(",", ";") + "South;1;3,0;9\n",
        "sep=;\norg;office;q1;q2\n" + ROWS.replace(",", ";"),
        "A title\n\norg,office,q1,q2\n" + ROWS,
        "\ufefforg,office,q1,q2\r\n" + ROWS.replace("\n", "\r\n") + "South,2,,4\r\n\r\n",
        'org,office,q1,q2\n"North, ""old"" part",1,2,"3"\n"Two\nlines",1,NA,-\n' + ROWS,
        "org,office,q1,q2\nNA,1,2,3\nSouth,2,4\n" + ROWS,
        "org,office,q1,q2\n" + ROWS + "South, 2 , 4 ,+5\nSouth,2,5.0,1e0\nSouth,2,0x1,1_0\n",
        "org,office,q1,q2\n" + "".join(f"N,1,{b},{b}\n" for b in ("True", "False") * 4),
    ],
    ids=[
        "blank rows", "decimal commas", "sep", "title lines", "windows", "quotes", "short rows",
        "ways to write numbers", "truths",
    ],
)  # fmt: skip
def test_texts_are_parsed_alike(text: str, tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text(text, encoding="utf-8", newline="")
    (tmp_path / "codebook.csv").write_text(CODEBOOK, encoding="utf-8")
    (tmp_path / "study.toml").write_text(DEFINITION, encoding="utf-8")
    opened, small = tables(open_study(tmp_path), "clients")
    if "\n\norg" in text:
        assert opened is None
    else:
        assert opened is not None
        assert opened.attrs == small.attrs
        # Blank lines at the end make numbers of whole ones.
        pd.testing.assert_frame_equal(
            whole(opened, small), small, check_dtype="\r\n\r\n" not in text
        )


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize(
    "rows",
    [
        "North,1,2,3\n\nNorth,1,2,3\n" + ROWS,
        'North, "1",2,3\n' + ROWS,
        'North,"1"2,2,3\n' + ROWS,
        'North,1,2,3,4\n' + ROWS,
        'org,office,{"ImportId":"q1"},{"ImportId":"q2"}\n' + ROWS,
        "Which,Where,Question 1,Question 2\n" + ROWS,
    ],
    ids=["a blank line", "a blank beside a quote", "a quote inside", "a row too long",
         "import ids", "questions"],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_reader_of_small_files(rows: str, tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("org,office,q1,q2\n" + rows, encoding="utf-8")
    request = Request(("org", "office"), ("org", "office", "q1", "q2"))
    assert read_large(file, request) is None


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n\n3,4\n", "a,b\r\n1,2\r\n\r\n", 'a,b\n"x, ""y""",2\n', 'a,b\n1, "2"\n3,4\n',
        'a,b\n"1" ,2\n3,4', "a,b\r1,2\r", "\ufeffa,b\n1,\ufeff2\n", "a,b\nžluťoučký kůň,2\n",
    ],
)  # fmt: skip
def test_a_text_is_looked_through_alike_in_pieces_of_any_size(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(text.encode())
    whole = plain_text.plain_text(file, None, tmp_path)
    for size in (1, 2, 3, 7):
        monkeypatch.setattr(plain_text, "PIECE", size)
        assert plain_text.plain_text(file, None, tmp_path) == whole


@pytest.mark.usefixtures("everything_is_large")
def test_where_duckdb_has_too_little_memory_one_thread_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def connect(config: dict[str, object]) -> duckdb.DuckDBPyConnection:
        asked.append(config["threads"])
        if config["threads"] != 1:
            raise duckdb.OutOfMemoryException("too little")
        return duckdb_connect(config=config)

    duckdb_connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", connect)
    file = tmp_path / "clients.csv"
    file.write_text("org,office,q1,q2\n" + ROWS, encoding="utf-8")
    assert read_large(file, Request(("org",), ("org", "q1"))) is not None
    assert asked == [2, 1]


@pytest.mark.usefixtures("everything_is_large")
def test_files_of_several_waves_are_one_table(tmp_path: Path) -> None:
    stated = DEFINITION.replace(
        'file = "clients.csv"', 'file = { 2023 = "a.csv", 2024 = "b.csv" }'
    ).replace('unit = "office"', 'unit = "office"\nwave = "year"')
    (tmp_path / "codebook.csv").write_text(CODEBOOK, encoding="utf-8")
    (tmp_path / "study.toml").write_text(stated, encoding="utf-8")
    (tmp_path / "a.csv").write_text("org,office,q1,q2\n" + ROWS, encoding="utf-8")
    (tmp_path / "b.csv").write_text("org,office,q1\n" + ROWS[:0] + "North,1,often\n" * 6)
    study = open_study(tmp_path)
    opened = study.read("clients")
    assert isinstance(opened, LargeTable)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "TEXT_BYTES", 10**9)
        again = open_study(tmp_path)
        small = again.read("clients")
        assert isinstance(small, pd.DataFrame)
        pd.testing.assert_frame_equal(whole(opened, small), small)
        assert_same_answers(study, again)


@pytest.mark.usefixtures("everything_is_large")
def test_parts_of_a_large_study_read_their_organisations_alone(tmp_path: Path) -> None:
    study = open_study("data/demo")
    whole = {source: study.answers(source).copy() for source in study.sources}
    study.store(tmp_path / "answers")
    assert sorted(path.name for path in (tmp_path / "answers").glob("*.parquet"))
    parts = pickle.loads(pickle.dumps(study.parts(most=500_000)))
    assert len(parts) == 5
    for part in parts:
        names = part.organisations["organisation"]
        for source, answers in whole.items():
            own = answers[answers["organisation"].isin(names)].reset_index(drop=True)
            pd.testing.assert_frame_equal(part.answers(source), own)
    pd.testing.assert_frame_equal(study.answers("clients"), whole["clients"])
    for waves in (study, part):
        latest = whole["clients"][whole["clients"]["wave"] == "2024"]
        latest = latest[latest["organisation"].isin(waves.organisations["organisation"])]
        own = waves.in_wave("2024")
        assert isinstance(own._answers["clients"].frame, Stored) == (waves is study)
        pd.testing.assert_frame_equal(own.answers("clients"), latest.reset_index(drop=True))
        assert len(own._answers["clients"].frame) == len(latest)
    study.store(tmp_path / "answers")  # where it reads them from
    study.store(tmp_path / "others")
    pd.testing.assert_frame_equal(study.answers("clients"), whole["clients"])


@pytest.mark.usefixtures("everything_is_large")
def test_a_damaged_store_is_made_good_by_the_files(tmp_path: Path) -> None:
    study = open_study("data/demo")
    whole = study.answers("clients").copy()
    study.store(tmp_path / "answers")
    file = tmp_path / "answers" / "1.parquet"
    content = bytearray(file.read_bytes())
    content[5000:5050] = bytes(50)
    file.write_bytes(content)
    part = study.parts(most=1)[0]
    mine = whole[whole["organisation"] == "City of Eastbrook"].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.answers("clients"), mine)
    pd.testing.assert_frame_equal(study.answers("clients"), whole)


@pytest.mark.parametrize(
    ("values", "size"),
    [
        ([1.0, np.nan, 5.0], 1), ([-127.0, 127.0, np.nan], 1), ([-128.0, 1.0, np.nan], 2),
        ([1000.0, np.nan, -3.0], 2), ([0.5, np.nan, 2.25], 4), ([0.1, np.nan, 3.0], 8),
        ([1e9, 1.0, np.nan], 4), ([np.inf, 1.0, np.nan], 4), ([np.nan] * 3, 1),
        ([2.0**40, 3, 4], 4),
    ],
)  # fmt: skip
def test_packed_answers_are_exact_and_small(values: list[float], size: int, tmp_path: Path) -> None:
    answers = pd.DataFrame({"organisation": pd.Categorical(["b", "a", "b"]), "q1": values})
    packed = packed_of(answers)
    assert packed.nbytes == 3 + 3 * size
    pd.testing.assert_frame_equal(packed.whole(), answers)
    stored = packed.write(tmp_path / "answers.parquet")
    pd.testing.assert_frame_equal(stored.whole(), answers)
    pd.testing.assert_frame_equal(stored.of(["b"]), answers.iloc[[0, 2]].reset_index(drop=True))


def test_a_stored_file_cut_short_is_told(tmp_path: Path) -> None:
    answers = pd.DataFrame({"organisation": pd.Categorical(["a", "a"]), "q1": [1.0, 2.0]})
    stored = packed_of(answers).write(tmp_path / "answers.parquet")
    stored.path.write_bytes(stored.path.read_bytes()[:-20])
    with pytest.raises(DamagedFileError, match="not as it was written"):
        Stored(stored.path).whole()
