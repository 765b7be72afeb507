"""Checking that every setting of a pipeline.config is supported."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from boxwright.pipeline import messages
from boxwright.pipeline.errors import PipelineError
from boxwright.pipeline.support.check_augmentation import augmentation_problems
from boxwright.pipeline.support.rules import Rule
from boxwright.pipeline.support.supported import EVAL_READER, REQUIRED, SECTIONS, SUPPORTED
from boxwright.pipeline.support.supported_model import FEATURE_EXTRACTORS
from boxwright.pipeline.support.walk import SetField, set_fields

Purpose = Literal["train", "evaluate", "export"]

Problem: TypeAlias = tuple[str, str]
"""The dotted path of a field, and the message about it."""


BYTES_PER_PIXEL = 12  # three channels of float32
MAX_BATCH_BYTES = 8 << 30  # of a step's images; the largest batch of the model zoo, for 32 TPUs, takes 2.5 GB


def check_supported(pipeline_config: messages.TrainEvalPipelineConfig, *, purpose: Purpose, path: str = "") -> None:
    """Make sure that every field that a configuration sets is supported.

    Args:
        pipeline_config: The configuration.
        purpose: "train", "evaluate" or "export": only the sections that it reads are checked, so that a checkpoint can
            be exported whatever its train_config contains.
        path: The file that the config came from, for the message.

    Raises:
        PipelineError: A field is not supported, has a value that is not supported, or is missing. The message names
            the first such field with its path, its value and the supported values, and lists the others.
    """
    problems = (
        list(_unknown(pipeline_config, ""))
        or list(_unsupported(_architecture(pipeline_config), ("model",)))
        or list(_unsupported(pipeline_config, SECTIONS[purpose]))
        or list(_missing(pipeline_config, purpose))
        or list(_batch_memory(pipeline_config) if "train_config" in SECTIONS[purpose] else ())
        or list(augmentation_problems(pipeline_config) if "train_config" in SECTIONS[purpose] else ())
    )
    if not problems:
        return
    field, message = problems[0]
    others = [name for name, _ in problems[1:]]
    more = f" Also not supported or missing: {', '.join(others)}." if others else ""
    raise PipelineError(f"{path + ': ' if path else ''}{message}{more}", field=field)


def check_num_classes(
    pipeline_config: messages.TrainEvalPipelineConfig,
    label_map: Mapping[str, int],
    *,
    config_path: str = "pipeline.config",
    label_map_path: str = "the label map",
) -> str:
    """Make sure that the model has an output for every id of the label map.

    Args:
        pipeline_config: The configuration of an SSD.
        label_map: Label → id; ids count from 1 and may have gaps (COCO: 80 labels, ids to 90).
        config_path: Where the config came from, for the message.
        label_map_path: Where the label map came from, for the message.

    Returns:
        A warning when the model has outputs above the highest id, which learn to be background; else "".

    Raises:
        PipelineError: An id is above num_classes or below 1, or there is no label.
    """
    field = "model.ssd.num_classes"
    if not label_map:
        raise PipelineError(f"{label_map_path} has no label. Draw boxes, then run: boxwright dataset", field=field)
    low = min(label_map, key=lambda label: label_map[label])
    if label_map[low] < 1:
        raise PipelineError(
            f"{label_map_path}: {low!r} has id {label_map[low]}, but ids start at 1 (0 is the background). "
            "Number the labels from 1 and write the records again.",
            field=field,
        )
    top = max(label_map, key=lambda label: label_map[label])
    classes, highest = pipeline_config.model.ssd.num_classes, label_map[top]
    if classes < highest:
        raise PipelineError(
            f"{config_path}: {field} is {classes}, but the highest id in {label_map_path} is {highest} ({top!r}, of "
            f"{len(label_map)} labels). Write num_classes: {highest} in {config_path}, or use the label map that "
            f"belongs to it. If {top!r} is a typo that no object has any more, delete its item from "
            f"{label_map_path} instead.",
            field=field,
        )
    if classes > highest:
        return (
            f"{config_path}: {field} is {classes}, but the highest id in {label_map_path} is {highest} ({top!r}); the "
            f"other outputs learn to be background. Write num_classes: {highest} to train a new model without them."
        )
    return ""


def _missing(pipeline_config: messages.TrainEvalPipelineConfig, purpose: Purpose) -> Iterator[Problem]:
    for section in SECTIONS[purpose]:
        for field in REQUIRED.get(section, ()):
            if not any(_is_set(pipeline_config, one.split(".")) for one in field.split(" or ")):
                yield field, f"{field} is not set, and {purpose} needs it. Add it, or start from a preset."
    extractor = pipeline_config.model.ssd.feature_extractor
    for name, rule in FEATURE_EXTRACTORS.get(extractor.type, {}).items():
        if not _is_set(extractor, [name]) and not rule.allows(getattr(extractor, name)):
            field = f"model.ssd.feature_extractor.{name}"
            yield field, f"{field} is not set; {extractor.type} supports {rule.allowed}. {rule.advice}".rstrip()


def _batch_memory(pipeline_config: messages.TrainEvalPipelineConfig) -> Iterator[Problem]:
    """A batch whose images alone take more than any machine has for a step would be killed, not refused."""
    resizer = pipeline_config.model.ssd.image_resizer
    height, width = resizer.fixed_shape_resizer.height, resizer.fixed_shape_resizer.width
    if resizer.HasField("keep_aspect_ratio_resizer"):
        height = width = resizer.keep_aspect_ratio_resizer.max_dimension
    field, count = "train_config.batch_size", pipeline_config.train_config.batch_size
    size = count * height * width * BYTES_PER_PIXEL
    if size > MAX_BATCH_BYTES:
        yield (
            field,
            f"{field} is {count}: its images of {width} x {height} pixels would take {size / 2**30:.0f} GiB before the "
            f"first layer (limit {MAX_BATCH_BYTES / 2**30:.0f} GiB). Write a smaller one, or --batch-size auto.",
        )


def _is_set(message: Message, names: list[str]) -> bool:
    first, *rest = names
    if rest:
        return message.HasField(first) and _is_set(getattr(message, first), rest)
    value = getattr(message, first)
    return len(value) > 0 if isinstance(value, Sequence) and not isinstance(value, str) else message.HasField(first)


def _architecture(pipeline_config: messages.TrainEvalPipelineConfig) -> messages.TrainEvalPipelineConfig:
    """Return the fields that set the kind of model only: if it is not supported, its other fields are not listed."""
    outline = messages.TrainEvalPipelineConfig()
    kind = pipeline_config.model.WhichOneof("model")
    if kind == "ssd":
        if pipeline_config.model.ssd.feature_extractor.HasField("type"):
            outline.model.ssd.feature_extractor.type = pipeline_config.model.ssd.feature_extractor.type
    elif kind is not None:
        getattr(outline.model, kind).SetInParent()
    return outline


def _unsupported(pipeline_config: messages.TrainEvalPipelineConfig, sections: tuple[str, ...]) -> Iterator[Problem]:
    refused: list[str] = []
    for field in set_fields(pipeline_config):
        section = field.path.split(".")[0].split("[")[0]
        if section not in sections or any(_is_inside(field.path, path) for path in refused):
            continue
        if any(isinstance(value, float) and not math.isfinite(value) for value in field.values):
            refused.append(field.path)
            yield field.path, f"{field.path} is {field.shown}, which is not a finite number. Write one."
            continue
        rule = _rule(field)
        if not (rule.accepts(field) if rule and rule.reason else _is_default(field)):
            refused.append(field.path)
            yield field.path, _describe(field, rule)


def _rule(field: SetField) -> Rule | None:
    own: Mapping[str, Rule] = {}
    if isinstance(field.owner, messages.SsdFeatureExtractor):
        own = FEATURE_EXTRACTORS.get(field.owner.type, {})
    elif field.message == "InputReader" and field.path.startswith("eval_input_reader["):
        own = EVAL_READER
    return own.get(field.descriptor.name) or SUPPORTED.get(field.message, {}).get(field.descriptor.name)


def _is_default(field: SetField) -> bool:
    descriptor = field.descriptor
    return bool(descriptor.has_default_value) and field.values == (descriptor.default_value,)


def _is_inside(path: str, outer: str) -> bool:
    return path.startswith((f"{outer}.", f"{outer}["))


def _describe(field: SetField, rule: Rule | None) -> str:
    what = field.path if field.descriptor.message_type is not None else f"{field.path} is {field.shown}, which"
    if rule is not None and rule.allowed:
        return f"{what} is not supported; supported: {rule.allowed}. {rule.advice}".rstrip()
    if rule is not None:
        return f"{what} is not supported. {rule.advice}"
    known = sorted(name for name, one in SUPPORTED.get(field.message, {}).items() if one.reason)
    instead = f"{field.message} supports {', '.join(known)}." if known else f"{field.message} supports no other field."
    default = field.descriptor.default_value if field.descriptor.has_default_value else None
    back = "" if default is None else f" (its default is {field.show(default)})"
    return f"{what} is not supported. Delete the line{back}; {instead}"


def _unknown(message: Message, path: str) -> Iterator[Problem]:
    """Yield the fields of a binary config that the schema does not have: of a newer version, or of another format."""
    unknown_fields = UnknownFieldSet(message)
    for index in range(len(unknown_fields)):
        number = unknown_fields[index].field_number
        known = message.DESCRIPTOR.fields_by_number.get(number)  # an enum whose value is of a newer version
        where = ".".join(part for part in (path, known.name if known else str(number)) if part)
        what = f"{where} has a value" if known else f"{path or 'the config'} has a field with number {number}"
        yield (
            where,
            f"{what} that no known version of {message.DESCRIPTOR.name} has. Write the config in text form without it.",
        )
    for field in set_fields(message, path):
        if field.owner is message and field.descriptor.message_type is not None:
            for child in field.values:
                if isinstance(child, Message):
                    yield from _unknown(child, field.path)
