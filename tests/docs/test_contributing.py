"""CONTRIBUTING names files and names of the code that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BELOW = (".", "backend/boxwright", "plugin/boxwright_labelimg")
"""Folders that a path in CONTRIBUTING may start from."""
EXAMPLES = {"box-thin", "translations/ll_CC.po"}


def spans(project: Path) -> set[str]:
    """Return what CONTRIBUTING sets as code within a line, the examples left out."""
    text = re.sub(r"^ *```.*?^ *```", "", (project / "CONTRIBUTING.md").read_text(encoding="utf-8"), flags=re.M | re.S)
    return set(re.findall(r"`([^`\n]+)`", text)) - EXAMPLES


@pytest.mark.fast
def test_files_exist(project: Path) -> None:
    paths = [span for span in spans(project) if re.fullmatch(r"[\w.*-]*(/[\w.*-]*)+|\w+\.(py|md)", span)]
    assert len(paths) > 10
    for path in (path for path in paths if not path.startswith("docs/_build")):  # built, not kept
        found = [match for folder in BELOW for match in (project / folder).glob(path.rstrip("/"))]
        found += [match for folder in BELOW for match in (project / folder).rglob(path) if "/" not in path]
        assert found, f"CONTRIBUTING names {path}, which does not exist"


@pytest.mark.fast
def test_names_of_the_code_exist(project: Path) -> None:
    names = {span for span in spans(project) if re.fullmatch(r"_?[A-Za-z]+(_[A-Za-z]+)+|[A-Z]\w+", span)}
    assert len(names) > 5
    sources = [path for folder in ("backend", "plugin", "tests") for path in (project / folder).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.name != Path(__file__).name)
    missing = [name for name in names if not re.search(rf"\b{name}\b", text)]
    assert not missing
