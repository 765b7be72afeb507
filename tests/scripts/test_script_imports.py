"""What the scripts import exists: nothing else runs the benchmarks and the torture tests after each change."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = sorted(path.name for path in (Path(__file__).resolve().parents[2] / "scripts").glob("*.py"))
ROOTS = {"boxwright": "backend", "boxwright_labelimg": "plugin"}


def imported(script: Path) -> Iterator[tuple[str, str]]:
    """Yield module and name of each `from MODULE import NAME` of our packages."""
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ROOTS:
            for alias in node.names:
                yield node.module, alias.name


def source_of(project: Path, module: str) -> Path:
    """Return the file of a module, that of a package being its __init__.py."""
    path = project / ROOTS[module.split(".", maxsplit=1)[0]] / module.replace(".", "/")
    return path / "__init__.py" if (path / "__init__.py").exists() else path.with_suffix(".py")


def defined_in(file: Path) -> set[str]:
    """Return the names that a module has at its top level, read from its text: TensorFlow need not be imported."""
    names: set[str] = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.ImportFrom(names=aliases) | ast.Import(names=aliases):
                names |= {alias.asname or alias.name for alias in aliases}
    return names


@pytest.mark.fast
@pytest.mark.parametrize("script", SCRIPTS)
def test_what_a_script_imports_exists(script: str, project: Path) -> None:
    for module, name in imported(project / "scripts" / script):
        source = source_of(project, module)
        assert source.exists(), f"{script} imports {module}, which does not exist"
        is_submodule = source_of(project, f"{module}.{name}").exists()
        assert is_submodule or name in defined_in(source), f"{script}: {module} has no {name}"
