"""Compare the pages of studies as this code makes them with those of an earlier commit.

``make same-pages COMMIT=…`` (of the demo; ``STUDIES=…`` of others) makes every page twice, by the
package as it is at the commit and as it lies here, and prints the first difference of every page:
in a table, a text or a drawing. What makes something faster must not change a printed digit. It
ends with exit code 1 where pages differ.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copy2

from workbench.publishing.comparing import Difference, first_difference

ROOT = Path(__file__).resolve().parents[2]
_BATCH = "from workbench.cli.main import main; main()"


def at_commit(commit: str, folder: Path) -> Path:
    """Write the project's files at a commit to a folder."""
    folder.mkdir()
    packed = subprocess.run(
        ["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed.stdout, check=True)
    return folder


def as_it_is(folder: Path) -> Path:
    """Copy the project's files as they lie here: without git, so that no page names a commit."""
    files = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(files, cwd=ROOT, text=True).splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            copy2(ROOT / name, folder / name)
    return folder


def made(project: Path, study: Path, output: Path) -> Path:
    """Make the pages of a study by the package in ``project``."""
    command = [sys.executable, "-c", _BATCH, "batch", str(study), "--output", str(output)]
    environment = os.environ | {"PYTHONPATH": str(project / "src")}
    subprocess.run(command, cwd=project, env=environment, check=True, stdout=subprocess.DEVNULL)
    return output


def differences(before: Path, after: Path) -> Iterator[Difference]:
    """Give the first difference of every page that is not the same in two output folders."""
    for name in sorted({page.name for folder in (before, after) for page in folder.glob("*.html")}):
        pages = [folder / name for folder in (before, after)]
        contents = [page.read_bytes() if page.is_file() else None for page in pages]
        found = first_difference(name, *contents, whole=False)
        if found is not None:
            yield found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit", help="the commit whose pages are those to compare with")
    parser.add_argument("studies", nargs="+", type=Path, help="folders of studies")
    options = parser.parse_args()
    several = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        projects = {
            "before": at_commit(options.commit, folder / "project-before"),
            "after": as_it_is(folder / "project-after"),
        }
        for number, study in enumerate(options.studies):
            outputs = [
                made(project, study.resolve(), folder / f"{name}{number}")
                for name, project in projects.items()
            ]
            found = list(differences(*outputs))
            pages = len(list(outputs[1].glob("*.html")))
            print(*found, f"{study}: {len(found)} of {pages} pages differ.", sep="\n")
            several += len(found)
    sys.exit(bool(several))


if __name__ == "__main__":
    main()
