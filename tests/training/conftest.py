"""A workspace with a few drawn images in records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import tensorflow as tf

from boxwright.workspace import Workspace
from tiny_network import TinyNetwork
from training_records import CLASSES, good_examples, write_records

# before anything is computed: some runs are deterministic, and some train on two devices, whose numbers are a CPU's
tf.config.set_visible_devices([], "GPU")
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


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


@pytest.fixture
def tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train a network that is built in a second."""
    monkeypatch.setattr("boxwright.detection.model.build_feature_extractor", TinyNetwork)
