"""`import boxwright`: light, and what it offers is there."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import boxwright

VERBS = (
    "benchmark", "check", "detect", "estimate", "evaluate", "export_model", "find_doubtful_labels", "get_model", "init",
    "list_mistakes", "list_runs", "make_dataset", "make_report", "rank", "run_demo", "suggest", "train",
)  # fmt: skip


def test_importing_it_and_its_options_loads_nothing_heavy() -> None:
    code = (
        "import sys, boxwright\n"
        "options = [getattr(boxwright, name) for name in dir(boxwright) if name.endswith('Options')]\n"
        "assert len(options) > 10\n"
        "heavy = ('tensorflow', 'pandas', 'PyQt5', 'PIL', 'numpy', 'typer', 'google.protobuf')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_what_type_checkers_see_is_what_is_there() -> None:
    tree = ast.parse(Path(inspect.getfile(boxwright)).read_text("utf-8"))
    names = {
        (node.module, alias.name)
        for block in ast.walk(tree) if isinstance(block, ast.If)
        for node in block.body if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }  # fmt: skip
    assert names == {(f"boxwright.{module}", name) for module, given in boxwright._MODULES.items() for name in given}
    for _, name in names:
        assert getattr(boxwright, name) is not None
        assert name in dir(boxwright)
    with pytest.raises(AttributeError, match="no attribute 'fly'"):
        boxwright.fly  # noqa: B018


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_takes_workspace_options_reporter_and_stop(name: str) -> None:
    verb = getattr(boxwright, name)
    parameters = inspect.signature(verb).parameters
    assert list(parameters)[:3] == ["workspace", "options", "reporter"]
    assert parameters["reporter"].default is boxwright.silent
    assert parameters["stop"].kind is inspect.Parameter.KEYWORD_ONLY
    assert parameters["options"].annotation.endswith("Options")
    assert "Args:" in inspect.getdoc(verb)
