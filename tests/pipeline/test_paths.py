"""Paths of a config are relative to the workspace, on every system."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boxwright.pipeline import PipelineError, parse_pipeline, resolve_paths

CONFIG = r"""
train_config { fine_tune_checkpoint: "pre-trained-model\\model.ckpt" }
train_input_reader {
  tf_record_input_reader { input_path: "annotations\\train-*.record" input_path: "more/train.record" }
  label_map_path: "annotations/label_map.pbtxt"
}
eval_input_reader { tf_record_input_reader { input_path: "a.record" } label_map_path: "a.pbtxt" }
eval_input_reader { tf_record_input_reader { input_path: "b.record" } label_map_path: "b.pbtxt" }
"""


def test_relative_paths_start_at_the_workspace(tmp_path: Path) -> None:
    paths = resolve_paths(parse_pipeline(CONFIG.encode(), name="x"), tmp_path)
    assert paths.train_records == ("annotations/train-*.record", "more/train.record")
    assert paths.train_label_map == tmp_path / "annotations" / "label_map.pbtxt"
    assert paths.eval_records == ("a.record", "b.record")
    assert paths.eval_label_map == tmp_path / "a.pbtxt"
    assert paths.fine_tune_checkpoint == tmp_path / "pre-trained-model" / "model.ckpt"


def test_absolute_paths_stay(tmp_path: Path) -> None:
    there = tmp_path / "elsewhere" / "label_map.pbtxt"
    config = parse_pipeline(f'train_input_reader {{ label_map_path: "{there.as_posix()}" }}'.encode(), name="x")
    assert resolve_paths(config, tmp_path / "workspace").train_label_map == there


def test_a_path_that_is_not_set_is_none(tmp_path: Path) -> None:
    paths = resolve_paths(parse_pipeline(b"model {}", name="x"), tmp_path)
    assert (paths.train_records, paths.train_label_map, paths.fine_tune_checkpoint) == ((), None, None)


@pytest.mark.parametrize(
    ("text", "purpose", "field", "says"),
    [
        (
            'train_config { fine_tune_checkpoint: "PATH_TO_BE_CONFIGURED/model.ckpt" }',
            "train",
            "train_config.fine_tune_checkpoint",
            "delete the line to start from random weights (for one training: --fine-tune-checkpoint none)",
        ),
        (
            'train_input_reader { tf_record_input_reader { input_path: "PATH_TO_BE_CONFIGURED/x.record" } }',
            "train",
            "train_input_reader.tf_record_input_reader.input_path",
            "annotations/train.record",
        ),
        (
            'eval_input_reader { label_map_path: "PATH_TO_BE_CONFIGURED" }',
            "evaluate",
            "eval_input_reader[0].label_map_path",
            "annotations/label_map.pbtxt",
        ),
    ],
)
def test_the_zoos_placeholder_is_recognised(tmp_path: Path, text: str, purpose: str, field: str, says: str) -> None:
    config = parse_pipeline(text.encode(), name="x")
    with pytest.raises(PipelineError) as caught:
        resolve_paths(config, tmp_path, purpose=purpose, path="pipeline.config")
    assert caught.value.field == field
    assert str(caught.value).startswith(f"pipeline.config: {field} is still")
    assert says in str(caught.value)
    resolve_paths(config, tmp_path, purpose="export")  # which reads none of them


@pytest.mark.skipif(os.name == "nt", reason="on Windows such a path is one of this machine")
def test_a_path_of_a_windows_machine_is_recognised(tmp_path: Path) -> None:
    config = parse_pipeline(rb'train_input_reader { label_map_path: "C:\\Users\\x\\map.pbtxt" }', name="x")
    with pytest.raises(PipelineError, match="a path of a Windows machine"):
        resolve_paths(config, tmp_path)


@pytest.mark.parametrize("pattern", ["/**/*", "**/*.record", "*/train.record", "/data/a?/b/train.record", "a[bc]/x"])
def test_a_pattern_where_a_folder_is_could_be_a_whole_disk(tmp_path: Path, pattern: str) -> None:
    for reader in ("train_input_reader", "eval_input_reader"):
        text = f'{reader} {{ tf_record_input_reader {{ input_path: "{pattern}" }} }}'
        config = parse_pipeline(text.encode(), name="x")
        with pytest.raises(PipelineError, match="only the file's name may hold"):
            resolve_paths(config, tmp_path)
        resolve_paths(config, tmp_path, purpose="export")  # which reads none of them


def test_a_folder_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "set [1]").mkdir()
    (tmp_path / "set [1]" / "train.record").touch()
    text = 'train_input_reader { tf_record_input_reader { input_path: "set [1]/train.record" } }'
    assert resolve_paths(parse_pipeline(text.encode(), name="x"), tmp_path).train_records == ("set [1]/train.record",)


def test_typographic_quotes_within_plain_ones_are_named(tmp_path: Path) -> None:
    text = 'train_input_reader { label_map_path: "\u201cannotations/label_map.pbtxt\u201d" }'
    with pytest.raises(PipelineError, match="a typographic quote"):
        resolve_paths(parse_pipeline(text.encode(), name="x"), tmp_path)
