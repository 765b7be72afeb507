"""The page of findings lists every rule of the code, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest


def rules_of(module: Path) -> Iterator[str]:
    """Yield the rules that a module gives findings: literals passed to a parameter that is called `rule`."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    position = {
        node.name: [argument.arg for argument in node.args.args].index("rule")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and "rule" in [argument.arg for argument in node.args.args]
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        given = [keyword.value for keyword in call.keywords if keyword.arg == "rule"]
        if isinstance(call.func, ast.Name) and call.func.id in position:
            given += call.args[position[call.func.id] :][:1]
        for value in given:
            if isinstance(value, ast.Constant):
                yield str(value.value)


@pytest.mark.fast
def test_the_page_of_findings_lists_the_rules_of_the_code(project: Path) -> None:
    used = {rule for module in (project / "backend").rglob("*.py") for rule in rules_of(module)}
    page = (project / "docs/reference/findings.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    listed = {rule for row in rows for rule in re.findall(r"`([a-z-]+)`", row)}
    assert len(used) > 40
    assert listed == used


@pytest.mark.fast
def test_the_guide_to_photos_names_rules_of_the_page(project: Path) -> None:
    page = (project / "docs/reference/findings.md").read_text(encoding="utf-8")
    guide = (project / "docs/guides/photos-and-labels.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", guide))
    assert len(named) > 10
    assert all(f"`{rule}`" in page for rule in named)
