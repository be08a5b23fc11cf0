"""The catalogue of messages: every key is asked for, and every key asked for is there."""

import ast
import re
from pathlib import Path

from workbench.interpretation.messages import MESSAGES

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


def _asked_for() -> list[str]:
    calls = (
        node
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"
    )
    return [pattern for call in calls for pattern in _patterns(call.args[0])]


def test_every_message_is_used_and_every_message_used_is_there():
    patterns = _asked_for()
    assert [key for key in MESSAGES if not any(re.fullmatch(one, key) for one in patterns)] == []
    assert [one for one in patterns if not any(re.fullmatch(one, key) for key in MESSAGES)] == []
