"""Lines of older versions of pipeline.config, and what they mean today.

Every row of the tables here is such a line, with the reason why today's form is the same. `load_pipeline` applies them
all, so no other module knows of older versions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from boxwright.pipeline import messages
from boxwright.pipeline.errors import PipelineError
from boxwright.pipeline.source import field_path_at

Note = Callable[[str], None]
"""Takes a sentence about a line that was understood otherwise than it is written."""


@dataclass(frozen=True)
class RemovedField:
    """A field that later versions of the format do not have.

    Attributes:
        path: Dotted.
        value: The value that means what is done without the field.
        reason: Why.
        otherwise: What to do when it has another value.
    """

    path: str
    value: str
    reason: str
    otherwise: str


@dataclass(frozen=True)
class AddedField:
    """A field of SsdFeatureExtractor that earlier versions do not have.

    Attributes:
        extractor: The feature_extractor.type that needs it.
        field: Its name.
        value: What earlier versions did.
        reason: Why.
    """

    extractor: str
    field: Literal["override_base_feature_extractor_hyperparams"]
    value: bool
    reason: str


REMOVED_FIELDS = (
    RemovedField(
        "model.ssd.feature_extractor.batch_norm_trainable",
        "true",
        "batch norm is trained unless conv_hyperparams says otherwise",
        "Write batch_norm { train: false } in feature_extractor.conv_hyperparams instead.",
    ),
)

ADDED_FIELDS = (
    AddedField(
        "ssd_inception_v2",
        "override_base_feature_extractor_hyperparams",
        True,
        "this network has always taken conv_hyperparams for its base",
    ),
)


def drop_removed_fields(text: str, name: str, note: Note) -> str:
    """Return the text of a config without the fields that only earlier versions of the format have.

    Lines and columns of everything else stay.

    Args:
        text: Of the config, with Unix line ends.
        name: The file, for messages.
        note: Told of each line that is left out.

    Raises:
        PipelineError: Such a field has a value that today's format says in another way.
    """
    for row in REMOVED_FIELDS:
        pattern = re.compile(rf"\b{row.path.rpartition('.')[2]}\s*:\s*(\w+)[ \t]*[,;]?")
        for match in list(pattern.finditer(text)):
            line = text.count("\n", 0, match.start()) + 1
            column = match.start() - (text.rfind("\n", 0, match.start()) + 1) + 1
            if field_path_at(text, line, column) != row.path:
                continue
            if match[1] != row.value:
                raise PipelineError(
                    f"{name}:{line}: {row.path} is {match[1]}, in a form of 2018 that no later version has. "
                    f"{row.otherwise}",
                    field=row.path,
                    line=line,
                )
            note(f"{name}:{line}: {row.path}: {match[1]} is of an older version and needs no line: {row.reason}")
            text = text[: match.start()] + re.sub(r"[^\n]", " ", match[0]) + text[match.end() :]
    return text


def set_added_fields(pipeline_config: messages.TrainEvalPipelineConfig, name: str, note: Note) -> None:
    """Set the fields that a config of an earlier version lacks, to what that version did.

    Args:
        pipeline_config: Is changed.
        name: The file, for messages.
        note: Told of each field that is set.
    """
    extractor = pipeline_config.model.ssd.feature_extractor
    for row in ADDED_FIELDS:
        if extractor.type == row.extractor and not extractor.HasField(row.field):
            setattr(extractor, row.field, row.value)
            value = str(row.value).lower()
            note(f"{name}: model.ssd.feature_extractor.{row.field} is taken as {value}: {row.reason}")
