"""The catalogue of messages: every key is asked for, and every key asked for is there."""

import ast
import json
import re
from pathlib import Path

from workbench.interpretation.languages import parts_of
from workbench.interpretation.messages import MESSAGES
from workbench.interpretation.page_messages import PAGE_MESSAGES

SOURCE = Path(__file__).resolve().parents[2] / "src" / "workbench"


def _patterns(node: ast.expr) -> list[str]:
    """Regular expressions of the keys that an argument of ``say`` may be."""
    if isinstance(node, ast.Constant):
        return [re.escape(node.value)]
    if isinstance(node, ast.IfExp):
        return [*_patterns(node.body), *_patterns(node.orelse)]
    assert isinstance(node, ast.JoinedStr), f"line {node.lineno}: give say() the key itself"
    found = [""]
    for part in node.values:
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        literal = isinstance(inner, ast.Constant | ast.IfExp)
        found = [
            before + after
            for before in found
            for after in (_patterns(inner) if literal else [r"[^.]+"])
        ]
    return found


def _in_templates() -> list[str]:
    """The keys, or regular expressions of them, that templates ask for."""
    found = []
    for path in SOURCE.rglob("*.j2"):
        text = path.read_text(encoding="utf-8")
        for key, more in re.findall(r"""say\("([^"]+)"( ~)?""", text):
            found.append(re.escape(key) + ("[^.]+" if more else ""))
    return found


def _headings() -> list[str]:
    """The names of the headings of notebooks."""
    of_messages = {text: key for key, text in MESSAGES.items() if key.startswith("heading.")}
    return [
        of_messages[" ".join(cell["source"]).strip("# \n")].removeprefix("heading.")
        for path in (SOURCE.parents[1] / "notebooks").glob("*.ipynb")
        if (content := json.loads(path.read_text(encoding="utf-8")))["metadata"].get("workbench")
        for cell in content["cells"]
        if cell["cell_type"] == "markdown"
    ]


def _calls() -> list[ast.Call]:
    return [
        node
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"
    ]


def test_every_message_is_used_and_every_message_used_is_there():
    patterns = [pattern for call in _calls() for pattern in _patterns(call.args[0])]
    patterns += [*_in_templates(), *(re.escape(f"heading.{name}") for name in _headings())]
    assert [key for key in MESSAGES if not any(re.fullmatch(one, key) for one in patterns)] == []
    assert [one for one in patterns if not any(re.fullmatch(one, key) for key in MESSAGES)] == []


def test_no_key_stands_in_both_catalogues():
    source = (SOURCE / "interpretation" / "messages.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    keys = {
        key.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if key
    }
    assert keys.isdisjoint(PAGE_MESSAGES)
    assert len(keys | PAGE_MESSAGES.keys()) == len(MESSAGES)


def test_every_part_of_a_message_is_given():
    """Where a call lists its parts; those it unpacks are known only when it runs."""
    lacking = [
        (key, field)
        for call in _calls()
        if all(keyword.arg for keyword in call.keywords)
        for pattern in _patterns(call.args[0])
        for key, message in MESSAGES.items()
        if re.fullmatch(pattern, key)
        for field in parts_of(message if isinstance(message, str) else message.other)
        if field not in {keyword.arg for keyword in call.keywords}
    ]
    assert lacking == []
