"""A study of ten million respondents and 40 questions, from its file to pages: time and memory.

``python -m benchmarks.size`` writes the study as CSV and as Parquet into a temporary folder and
measures ``check`` and a batch of all organisation reports of each, and prints Markdown lines.
``--write FOLDER`` only writes it there (``--parquet`` for Parquet, ``--rows`` for other sizes).

One source: residents rated access, timeliness, staff, fairness and outcome of a service, and said
whether they trust the organisation. 1,000 organisations of 20 offices each, two waves, rows in no
order.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.batch import batch, cost

ROWS, ORGANISATIONS, OFFICES, CHUNK = 10_000_000, 1_000, 20, 250_000
WAVES = ("2024", "2025")
ASPECTS = ("access", "timeliness", "knowledge", "courtesy", "fairness", "outcome", "reputation")
ITEMS = {
    **dict.fromkeys(ASPECTS, 4), "fairness": 5, "outcome": 5, "service": 5, "trust": 5
}  # fmt: skip
MISSING, NO_OPINION = 0.03, 0.01
"""Shares of cells that are blank, and that have the code 9."""

DEFINITION = """title = "Ten million simulated residents"
simulated = true
chain = "citizens-first"
minimum_count = 10

[columns]
organisation = "organisation"
unit = "office"
wave = "year"

[sources.residents]
file = "{file}"
rows = "respondents"
id = "id"
"""


def write_study(folder: Path, parquet: bool, rows: int = ROWS) -> Path:
    """Write the study into a folder, some rows at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    file = f"residents.{'parquet' if parquet else 'csv'}"
    (folder / "study.toml").write_text(DEFINITION.format(file=file), encoding="utf-8")
    lines = ["item,source,construct,wording,low,high,reversed,missing"]
    for construct, count in ITEMS.items():
        for j in range(count):
            words = f"Question {j + 1} on {construct}"
            lines.append(f"{construct}_{j + 1},residents,{construct},{words},1,5,no,9")
    (folder / "codebook.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    _write(folder / file, _tables(rows), parquet)
    return folder


def _write(path: Path, tables: Iterator[Any], parquet: bool) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    first = next(tables)
    writer = pyarrow.parquet.ParquetWriter if parquet else pyarrow.csv.CSVWriter
    options = {"write_options": pyarrow.csv.WriteOptions(quoting_style="none")}
    with writer(path, first.schema, **({} if parquet else options)) as file:
        file.write_table(first)
        for table in tables:
            file.write_table(table)


def _tables(rows: int) -> Iterator[Any]:
    """Respondents of all organisations, in no order, as Arrow tables."""
    import pyarrow as pa

    generator = np.random.default_rng(2025)
    level = generator.normal(0, 0.4, (ORGANISATIONS, len(ASPECTS)))
    office_level = generator.normal(0, 0.3, (ORGANISATIONS, OFFICES, len(ASPECTS)))
    names = pa.array([f"Organisation {i + 1:04d}" for i in range(ORGANISATIONS)])
    offices = pa.array([f"Office {i + 1}" for i in range(OFFICES)])
    for start in range(0, rows, CHUNK):
        count = min(CHUNK, rows - start)
        organisation = generator.integers(ORGANISATIONS, size=count).astype(np.int32)
        office = generator.integers(OFFICES, size=count).astype(np.int32)
        wave = generator.integers(len(WAVES), size=count).astype(np.int32)
        columns = {
            "id": pa.array([f"R{i:08d}" for i in range(start + 1, start + count + 1)]),
            "organisation": names.take(pa.array(organisation)),
            "office": offices.take(pa.array(office)),
            "year": pa.array(WAVES).take(pa.array(wave)),
        }
        common = generator.normal(0, 0.6, (count, 1))
        aspects = common + generator.normal(0, 0.6, (count, len(ASPECTS)))
        aspects += level[organisation] + office_level[organisation, office] + 0.05 * wave[:, None]
        service = 0.9 * aspects.mean(axis=1) + generator.normal(0, 0.4, count)
        trust = 0.6 * service + 0.2 * aspects[:, 4] + generator.normal(0, 0.6, count)
        scores = {**dict(zip(ASPECTS, aspects.T, strict=True)), "service": service, "trust": trust}
        for construct, items in ITEMS.items():
            for j in range(items):
                columns[f"{construct}_{j + 1}"] = _answers(generator, scores[construct])
        yield pa.table(columns)


def _answers(generator: np.random.Generator, score: np.ndarray) -> Any:
    """Answers of 1 to 5 to a question about a score, some of them 9 or blank."""
    import pyarrow as pa

    noise = generator.normal(0, 0.6, len(score))
    codes = np.clip(np.rint(3.4 + score + noise), 1, 5).astype(np.int8)
    chance = generator.random(len(score))
    codes[chance < NO_OPINION] = 9
    return pa.array(codes, mask=chance > 1 - MISSING)


def main() -> None:
    """Write the study, or measure it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="only write the study to this folder")
    parser.add_argument("--parquet", action="store_true")
    parser.add_argument("--rows", type=int, default=ROWS)
    options = parser.parse_args()
    if options.write:
        write_study(options.write, options.parquet, options.rows)
        return
    print("| respondents | file | command | seconds | processor seconds | peak memory (MB) |")
    print("| --- | --- | --- | --- | --- | --- |")
    for parquet in (False, True):
        with tempfile.TemporaryDirectory() as temporary:
            folder = write_study(Path(temporary) / "study", parquet, options.rows)
            program = "from workbench.cli.main import main; main()"
            commands = {
                "check": [sys.executable, "-c", program, "check", str(folder)],
                "batch --report organisation": batch(
                    folder, Path(temporary) / "out", "--report", "organisation", "--jobs", "2"
                ),
            }
            for name, command in commands.items():
                found = cost(1, command)
                kind = "Parquet" if parquet else "CSV"
                print(
                    f"| {options.rows:,} | {kind} | `{name}` | {found.wall:.0f} "
                    f"| {found.processor:.0f} | {found.peak:,.0f} |"
                )


if __name__ == "__main__":
    main()
