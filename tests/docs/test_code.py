"""The code of the documentation runs: Python page by page, and commands that are quick."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import pytest
import typer
from matplotlib import pyplot
from typer.core import TyperGroup
from typer.testing import CliRunner

from workbench.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^( *)```(python|\{drawn\}.*|sh)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(
    r"^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
QUICK = {"check", "chains", "fit", "messages", "report", "simulate"}


def blocks(path: Path, shell: bool) -> list[str]:
    """The shell blocks of a page, or its Python blocks, without the indent of a list."""
    return [
        re.sub(f"^{indent}", "", text, flags=re.MULTILINE)
        for indent, kind, text in BLOCK.findall(path.read_text(encoding="utf-8"))
        if (kind == "sh") == shell
    ]


def with_blocks(shell: bool) -> list[object]:
    return [
        pytest.param(path, id=path.relative_to(ROOT).as_posix())
        for path in PAGES
        if blocks(path, shell)
    ]


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder like the repository's root, into which a page may write."""
    for name in ("notebooks", "benchmarks"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "data" / "demo").mkdir(parents=True)
    for path in (ROOT / "data" / "demo").iterdir():
        (tmp_path / "data" / "demo" / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    matplotlib.use("agg")
    yield tmp_path
    pyplot.close("all")


def write_files(path: Path, folder: Path) -> None:
    """The files that a page shows, each under the name above it."""
    for name, text in FILE.findall(path.read_text(encoding="utf-8")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def run(path: Path, folder: Path) -> None:
    """The page's Python, block by block in one namespace, beside the files that it shows."""
    write_files(path, folder)
    namespace: dict[str, object] = {}
    for code in blocks(path, shell=False):
        exec(compile(code, path.name, "exec"), namespace)


@pytest.mark.parametrize("path", with_blocks(shell=False))
def test_python_of_a_page_runs(path: Path, sandbox: Path) -> None:
    run(path, sandbox)


def commands(path: Path) -> list[list[str]]:
    """The commands of the workbench on a page, without what a shell makes of them."""
    lines = "\n".join(blocks(path, shell=True)).replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    return [line[1:] for line in words if line and line[0].endswith("workbench")]


@pytest.mark.parametrize("path", with_blocks(shell=True))
def test_commands_of_a_page_are_commands(path: Path, sandbox: Path) -> None:
    for code in blocks(path, shell=True):
        subprocess.run(["bash", "-n"], input=code, text=True, check=True)
    program = typer.main.get_command(app)
    for name, *words in commands(path):
        command = program.commands[name]
        while isinstance(command, TyperGroup):
            command, *words = command.commands[words[0]], *words[1:]
        command.make_context(name, words)  # a usage error, where it is no command


@pytest.mark.parametrize("path", with_blocks(shell=True))
def test_quick_commands_of_a_page_do_what_they_say(path: Path, sandbox: Path) -> None:
    if FILE.search(path.read_text(encoding="utf-8")):  # commands on what the page made
        run(path, sandbox)
    for words in commands(path):
        if words[0] in QUICK and not any("<" in word for word in words):
            done = CliRunner().invoke(app, [w.replace("/tmp", str(sandbox)) for w in words])
            assert done.exit_code == 0, (words, done.output)
