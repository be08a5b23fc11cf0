"""Run every benchmark of this folder, one after the other; what ``make bench`` does."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
for script in sorted(HERE.glob("[a-z]*.py")):
    print(f"== {script.name}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{script.stem}"]
    subprocess.run(command, check=True, cwd=HERE.parent)
