"""The paths in a pipeline.config, resolved against the workspace."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from boxwright.pipeline import messages
from boxwright.pipeline.errors import PipelineError
from boxwright.text_files import explain_look_alike

_WILDCARD = re.compile(r"[*?[]")
PLACEHOLDER = "PATH_TO_BE_CONFIGURED"  # what the zoo's configs say where a path belongs


@dataclass(frozen=True)
class InputPaths:
    """The input files that a pipeline.config names; it is not checked whether they exist.

    Attributes:
        train_records: Paths, globs or shard stems, with forward slashes, for `dataset.records.resolve_records`
            with the same root; empty when the config has no train_input_reader.
        train_label_map: Absolute; None when the reader names none.
        eval_records: As train_records, of all the eval_input_readers.
        eval_label_map: As train_label_map, of the first eval_input_reader.
        fine_tune_checkpoint: Absolute prefix such as .../model.ckpt, which is no file itself; None without one.
    """

    train_records: tuple[str, ...]
    train_label_map: Path | None
    eval_records: tuple[str, ...]
    eval_label_map: Path | None
    fine_tune_checkpoint: Path | None


def resolve_paths(
    pipeline_config: messages.TrainEvalPipelineConfig, root: Path, *, purpose: str = "train", path: str = ""
) -> InputPaths:
    """Return the paths of a config; relative ones start at the workspace.

    Backslashes count as slashes, so a config written on Windows works everywhere.

    Args:
        pipeline_config: The configuration.
        root: The workspace.
        purpose: "train" needs the train_input_reader's paths and the checkpoint's, "evaluate" the
            eval_input_readers'; the zoo's placeholder in a part that the purpose does not need counts as unset.
        path: The file that the config came from, for messages.

    Raises:
        PipelineError: A placeholder stands where a path is needed, or an absolute Windows path on another system, or a
            pattern where a folder is.
    """
    reader, where = _Paths(root, path, purpose), purpose == "train"
    train = reader.input(pipeline_config.train_input_reader, "train_input_reader", needed=where)
    evaluations = [
        reader.input(one, f"eval_input_reader[{index}]", needed=purpose == "evaluate")
        for index, one in enumerate(pipeline_config.eval_input_reader)
    ]
    checkpoint = reader.clean(
        pipeline_config.train_config.fine_tune_checkpoint, "train_config.fine_tune_checkpoint", needed=where
    )
    return InputPaths(
        train_records=train[0],
        train_label_map=train[1],
        eval_records=tuple(pattern for patterns, _ in evaluations for pattern in patterns),
        eval_label_map=next((label_map for _, label_map in evaluations if label_map), None),
        fine_tune_checkpoint=root / checkpoint if checkpoint else None,
    )


@dataclass(frozen=True)
class _Paths:
    root: Path
    file: str
    purpose: str

    def input(self, reader: messages.InputReader, field: str, *, needed: bool) -> tuple[tuple[str, ...], Path | None]:
        patterns = [
            self.pattern(value, f"{field}.tf_record_input_reader.input_path", needed=needed)
            for value in reader.tf_record_input_reader.input_path
        ]
        label_map = self.clean(reader.label_map_path, f"{field}.label_map_path", needed=needed)
        return tuple(pattern for pattern in patterns if pattern), self.root / label_map if label_map else None

    def clean(self, value: str, field: str, *, needed: bool) -> str:
        """Return `value` with forward slashes, "" when it is unset or an unneeded placeholder."""
        if PLACEHOLDER in value:
            if not needed:
                return ""
            raise self._error(
                field, f"is still {value!r}, the zoo's placeholder. {_WHAT_TO_WRITE[field.rpartition('.')[2]]}"
            )
        if needed and os.name != "nt" and re.match(r"[A-Za-z]:[\\/]", value):
            raise self._error(
                field, f"is {value!r}, a path of a Windows machine. {_WHAT_TO_WRITE[field.rpartition('.')[2]]}"
            )
        if needed and (problem := explain_look_alike(value[:1] + value[-1:])):
            raise self._error(field, f"is {value!r}; {problem}")
        return value.strip().replace("\\", "/")

    def pattern(self, value: str, field: str, *, needed: bool) -> str:
        """Return a path of records. Its file name may be a pattern, its folders may not: they could be a whole disk."""
        path = self.clean(value, field, needed=needed)
        is_pattern = _WILDCARD.search(path.rpartition("/")[0]) and not (self.root / path).is_file()
        if self.purpose != "export" and is_pattern:
            raise self._error(
                field,
                f"is {value!r}: only the file's name may hold *, ? or [. Write its folder out, or one line for each.",
            )
        return path

    def _error(self, field: str, what: str) -> PipelineError:
        return PipelineError(f"{self.file + ': ' if self.file else ''}{field} {what}", field=field)


_WHAT_TO_WRITE = {
    "input_path": "Write the record that `boxwright dataset` made: annotations/train.record for training, "
    "annotations/test.record for evaluation.",
    "label_map_path": "Write annotations/label_map.pbtxt.",
    "fine_tune_checkpoint": "Write the prefix of a checkpoint, for example pre-trained-model/model.ckpt, or delete "
    "the line to start from random weights (for one training: --fine-tune-checkpoint none).",
}
