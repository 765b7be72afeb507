"""What every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).resolve().parent / "golden"


@pytest.fixture(scope="session")
def golden() -> Path:
    """Numbers of the original TF 1.15 stack, committed with the tests."""
    return GOLDEN


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs and configs that lies beside the project on a developer's machine."""
    folder = PROJECT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("the folder ../shared with real photographs is not beside this checkout")
    return folder
