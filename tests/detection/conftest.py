"""The golden model: Boxwright's network with the original's weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from boxwright.detection.model import SsdModel
from boxwright.pipeline.load import load_pipeline
from golden_data import load_weights


@pytest.fixture(scope="session")
def golden_a(golden: Path) -> Path:
    return golden / "ssd_inception_v2_a"


@pytest.fixture(scope="session")
def golden_meta(golden_a: Path) -> dict[str, Any]:
    return json.loads((golden_a / "meta.json").read_text())


@pytest.fixture(scope="session")
def golden_model(golden_a: Path) -> SsdModel:
    """The model of golden set a; tests that train it restore it with `load_weights`."""
    model = SsdModel(load_pipeline(golden_a / "pipeline.config").model)
    load_weights(model, golden_a / "model.ckpt-0")
    return model
