"""A TF.js graph that is no detector is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.tfjs_graph import TfjsGraph
from boxwright.zoo.tfjs import TfjsModel


def test_a_graph_without_the_tensors_of_a_detector_is_refused(tmp_path: Path) -> None:
    graph = json.dumps({"node": [{"name": "image_tensor", "op": "Placeholder", "attr": {"dtype": {"type": 4}}}]})
    with pytest.raises(CheckpointError, match="cannot read this graph as a detector's"):
        TfjsGraph(TfjsModel(tmp_path / "model.json", graph, {}))
