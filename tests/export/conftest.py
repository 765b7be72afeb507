"""A model whose export takes seconds, for tests that do not compare with the original's numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.checkpoints.bundle import save_bundle
from boxwright.detection.model import SsdModel
from boxwright.pipeline.save import save_pipeline
from tiny_network import TinyNetwork
from training_records import small_config


@pytest.fixture
def tiny_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint of the tiny network beside its config: an export of it takes seconds."""
    monkeypatch.setattr("boxwright.detection.model.build_feature_extractor", TinyNetwork)
    config, folder = small_config(), tmp_path / "tiny"
    folder.mkdir()
    save_pipeline(config, folder / "pipeline.config")
    return save_bundle(folder / "model.ckpt-3", SsdModel(config.model, seed=1).variables_by_name)
