"""Moments by organisation from a Parquet file larger than memory should hold: time and peak memory.

``python -m benchmarks.streaming`` writes 10 million respondents with 12 items in 1,000
organisations into a temporary folder and measures, in a process of its own, one call of
``linkage.streamed_moments``.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROWS, ITEMS, ORGANISATIONS, CHUNK = 10_000_000, 12, 1_000, 500_000

MEASURED = """
import json, resource, sys, time
from pathlib import Path
from workbench.linkage import streamed_moments
path, items = sys.argv[1], int(sys.argv[2])
start = time.perf_counter()
found = streamed_moments(path, [f"q{j + 1}" for j in range(items)], by=("organisation",))
seconds = time.perf_counter() - start
status = Path("/proc/self/status").read_text()
peak = next(int(l.split()[1]) for l in status.splitlines() if l.startswith("VmHWM")) / 1024
rows = int(found.groups["rows"].sum()), int(found.groups["left_out"].sum())
print(json.dumps({"seconds": seconds, "peak": peak, "rows": rows, "groups": len(found.groups)}))
"""


def write_answers(path: Path, rows: int, missing: float = 0.0) -> None:
    """Write whole-number answers of one common factor; ``missing`` is the share of empty cells."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    generator = np.random.default_rng(2005)
    names = [f"q{j + 1}" for j in range(ITEMS)]
    schema = pa.schema([("organisation", pa.string()), *((name, pa.float32()) for name in names)])
    organisations = np.array([f"Organisation {i + 1:04d}" for i in range(ORGANISATIONS)])
    with pq.ParquetWriter(path, schema) as writer:
        for first in range(0, rows, CHUNK):
            count = min(CHUNK, rows - first)
            common = generator.standard_normal((count, 1), dtype=np.float32)
            noise = generator.standard_normal((count, ITEMS), dtype=np.float32)
            answers = np.clip(np.rint(3.0 + 0.7 * (common + noise)), 1.0, 5.0)
            if missing:
                answers[generator.random((count, ITEMS), dtype=np.float32) < missing] = np.nan
            columns = [pa.array(column, from_pandas=True) for column in answers.T]
            names_of = organisations[generator.integers(ORGANISATIONS, size=count)]
            writer.write_table(pa.table([pa.array(names_of), *columns], schema=schema))


def measure(path: Path) -> dict:
    """Seconds, peak memory in MB, rows used and left out, of a process of its own."""
    command = [sys.executable, "-c", MEASURED, str(path), str(ITEMS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    """Print one Markdown line for complete answers and one for 2 % missing."""
    print("| rows | items | organisations | answers | seconds | peak memory (MB) |")
    print("| --- | --- | --- | --- | --- | --- |")
    for missing in (0.0, 0.02):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "answers.parquet"
            write_answers(path, ROWS, missing)
            found = measure(path)
        answers = f"{missing:.0%} missing, {found['rows'][0]:,} rows complete"
        print(
            f"| {ROWS:,} | {ITEMS} | {found['groups']:,} | {answers if missing else 'complete'} "
            f"| {found['seconds']:.1f} | {found['peak']:.0f} |"
        )


if __name__ == "__main__":
    main()
