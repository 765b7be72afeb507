"""A workspace with a few drawn images in records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from boxwright.workspace import Workspace
from training_records import CLASSES, good_examples, write_records


@pytest.fixture
def new_workspace(tmp_path: Path) -> Callable[..., Workspace]:
    """Return a function that makes a workspace with records and a label map."""

    def make(examples: Sequence[bytes] | None = None) -> Workspace:
        workspace = Workspace.at(tmp_path / "workspace")
        write_records(workspace.record("train"), good_examples() if examples is None else examples)
        write_records(workspace.record("test"), good_examples(2))
        items = (f"item {{ id: {number} name: '{name}' }}\n" for number, name in enumerate(CLASSES, start=1))
        workspace.label_map.write_text("".join(items))
        return workspace

    return make
