"""Presets fit a dataset, and the first is the tutorial's config."""

from __future__ import annotations

from pathlib import Path

import pytest

from boxwright.errors import UsageError
from boxwright.pipeline import PRESETS, build_preset, load_pipeline, save_pipeline, set_num_steps
from boxwright.workspace import Workspace


def test_the_first_preset_is_the_tutorials_config(shared: Path) -> None:
    seed = load_pipeline(shared / "reference" / "configs" / "ssd_inception_v2_seed.config")
    seed.train_config.ClearField("from_detection_checkpoint")  # the older way to say the type
    seed.train_config.fine_tune_checkpoint_type = "detection"
    ours = build_preset("ssd_inception_v2", num_classes=1, fine_tune_checkpoint="pre-trained-model/model.ckpt")
    assert ours == seed


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_reads_the_workspaces_files(name: str) -> None:
    workspace = Workspace.at("w")
    config = build_preset(name, num_classes=7)
    assert config.model.ssd.num_classes == 7
    assert not config.train_config.HasField("fine_tune_checkpoint")
    train, test = config.train_input_reader, config.eval_input_reader[0]
    assert list(train.tf_record_input_reader.input_path) == [workspace.relative(workspace.record("train"))]
    assert list(test.tf_record_input_reader.input_path) == [workspace.relative(workspace.record("test"))]
    assert train.label_map_path == test.label_map_path == workspace.relative(workspace.label_map)


@pytest.mark.parametrize("name", PRESETS)
def test_steps_and_batch_size_are_set_and_a_cosine_schedule_ends_with_them(name: str) -> None:
    config = build_preset(name, num_classes=1, num_steps=30, batch_size=3)
    assert (config.train_config.num_steps, config.train_config.batch_size) == (30, 3)
    optimizer = config.train_config.optimizer
    schedule = getattr(optimizer, optimizer.WhichOneof("optimizer")).learning_rate
    if schedule.HasField("cosine_decay_learning_rate"):
        cosine = schedule.cosine_decay_learning_rate
        assert cosine.total_steps == 30
        assert cosine.warmup_steps <= 3


def test_more_steps_do_not_lengthen_the_warmup() -> None:
    config = build_preset("small", num_classes=1)
    cosine = config.train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate
    before = cosine.warmup_steps
    set_num_steps(config, 10**6)
    assert (cosine.total_steps, cosine.warmup_steps) == (10**6, before)


@pytest.mark.parametrize(
    "wrong", [{"num_classes": 0}, {"num_classes": 1, "num_steps": 0}, {"num_classes": 1, "batch_size": -2}]
)
def test_numbers_below_one_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="must be 1 or more"):
        build_preset("small", **wrong)


def test_an_unknown_preset_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"no preset 'tiny'.*ssd_inception_v2, small, demo"):
        build_preset("tiny", num_classes=1)


@pytest.mark.parametrize("name", PRESETS)
def test_a_written_preset_states_its_purpose(name: str, tmp_path: Path) -> None:
    path = tmp_path / "pipeline.config"
    config = build_preset(name, num_classes=2)
    save_pipeline(config, path, header=PRESETS[name].header)
    assert path.read_text().startswith(f"# Preset {name}: ")
    assert load_pipeline(path) == config
