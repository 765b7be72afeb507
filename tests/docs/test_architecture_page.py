"""The page about the architecture names every package."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.fast
@pytest.mark.parametrize("root", ["backend/boxwright", "plugin/boxwright_labelimg"])
def test_the_page_about_the_architecture_names_every_package(root: str, project: Path) -> None:
    page = (project / "docs/architecture.md").read_text(encoding="utf-8")
    packages = [file.parent.name for file in (project / root).glob("*/__init__.py")]
    missing = [name for name in packages if f"{name}/" not in page]
    assert packages and not missing
