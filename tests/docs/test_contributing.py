"""The pages for contributors name files and names of the code that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGES = ("CONTRIBUTING.md", "docs/adding-a-feature-extractor.md")
BELOW = (".", "backend/boxwright", "backend/boxwright/detection", "plugin/boxwright_labelimg")
"""Folders that a path in them may start from."""
EXAMPLES = {"box-thin", "translations/ll_CC.po", "FeatureExtractor/MobilenetV1/Conv2d_1_depthwise", "docs/_build/html"}


def spans(page: Path) -> set[str]:
    """Return what a page sets as code within a line, the examples left out."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return set(re.findall(r"`([^`\n]+)`", text)) - EXAMPLES


@pytest.mark.fast
@pytest.mark.parametrize("page", PAGES)
def test_files_exist(page: str, project: Path) -> None:
    paths = [span for span in spans(project / page) if re.fullmatch(r"[\w.*-]*(/[\w.*-]*)+|\w+\.(py|md)", span)]
    assert len(paths) > 5
    for path in paths:
        found = [match for folder in BELOW for match in (project / folder).glob(path.rstrip("/"))]
        found += [match for folder in BELOW for match in (project / folder).rglob(path) if "/" not in path]
        assert found, f"{page} names {path}, which does not exist"


@pytest.mark.fast
@pytest.mark.parametrize("page", PAGES)
def test_names_of_the_code_exist(page: str, project: Path) -> None:
    names = {span for span in spans(project / page) if re.fullmatch(r"_?[A-Za-z]+(_[A-Za-z]+)+|[A-Z]\w+", span)}
    assert len(names) > 5
    sources = [path for folder in ("backend", "plugin", "tests") for path in (project / folder).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.name != Path(__file__).name)
    missing = [name for name in names if not re.search(rf"\b{name}\b", text)]
    assert not missing
