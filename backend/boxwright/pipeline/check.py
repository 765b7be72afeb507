"""Refusing what a pipeline.config says and Boxwright would not do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from boxwright.pipeline.check_augmentation import augmentation_problems
from boxwright.pipeline.errors import PipelineError
from boxwright.pipeline.rules import Rule
from boxwright.pipeline.schema import PipelineConfig, new_config
from boxwright.pipeline.supported import EVAL_READER, REQUIRED, SECTIONS, SUPPORTED
from boxwright.pipeline.supported_model import FEATURE_EXTRACTORS
from boxwright.pipeline.walk import SetField, set_fields

Purpose = Literal["train", "evaluate", "export"]


def check_supported(config: PipelineConfig, *, purpose: Purpose, path: str = "") -> None:
    """Make sure that every field that `config` sets will be obeyed.

    Args:
        config: A TrainEvalPipelineConfig message.
        purpose: "train", "evaluate" or "export": only the parts that it reads are looked at, so a checkpoint
            exports whatever its train_config says.
        path: The file that the config came from, for the message.

    Raises:
        PipelineError: A field is not supported, has a value that is not, or is missing; the message names the
            first with its full path and value and what is supported, and lists the others.
    """
    problems = (
        list(_unknown(config, ""))
        or list(_unsupported(_architecture(config), ("model",)))
        or list(_unsupported(config, SECTIONS[purpose]))
        or list(_missing(config, purpose))
        or list(augmentation_problems(config) if "train_config" in SECTIONS[purpose] else ())
    )
    if not problems:
        return
    field, message = problems[0]
    others = [name for name, _ in problems[1:]]
    more = f" Also to be mended: {', '.join(others)}." if others else ""
    raise PipelineError(f"{path + ': ' if path else ''}{message}{more}", field=field)


def check_num_classes(
    config: PipelineConfig,
    label_map: Mapping[str, int],
    *,
    config_path: str = "pipeline.config",
    label_map_path: str = "the label map",
) -> None:
    """Make sure that the model has a class for every id of the label map, and no more.

    Args:
        config: A TrainEvalPipelineConfig message of an SSD.
        label_map: Label → id; ids count from 1 and may have gaps (COCO: 80 labels, ids to 90).
        config_path: Where the config came from, for the message.
        label_map_path: Where the label map came from, for the message.

    Raises:
        PipelineError: The numbers differ, an id is below 1, or there is no label.
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
    if config.model.ssd.num_classes != label_map[top]:
        slip = (
            f" If {top!r} was a slip and no object is called so now, delete its item from {label_map_path} instead."
            if label_map[top] > config.model.ssd.num_classes
            else ""
        )
        raise PipelineError(
            f"{config_path}: {field} is {config.model.ssd.num_classes}, but the highest id in {label_map_path} is "
            f"{label_map[top]} ({top!r}, of {len(label_map)} labels). Write num_classes: {label_map[top]} in "
            f"{config_path}, or give the label map that belongs to it.{slip}",
            field=field,
        )


def _missing(config: PipelineConfig, purpose: Purpose) -> Iterator[tuple[str, str]]:
    for section in SECTIONS[purpose]:
        for field in REQUIRED.get(section, ()):
            if not any(_is_set(config, one.split(".")) for one in field.split(" or ")):
                yield field, f"{field} is not set, and {purpose} needs it. Add it, or start from a preset."
    extractor = config.model.ssd.feature_extractor
    for name, rule in FEATURE_EXTRACTORS.get(extractor.type, {}).items():
        if not extractor.HasField(name) and not rule.allows(getattr(extractor, name)):
            field = f"model.ssd.feature_extractor.{name}"
            yield field, f"{field} is not set; {extractor.type} supports {rule.allowed}. {rule.advice}".rstrip()


def _is_set(message: Any, names: list[str]) -> bool:
    first, *rest = names
    value = getattr(message, first)
    if rest:
        return message.HasField(first) and _is_set(value, rest)
    return len(value) > 0 if _is_list(value) else bool(message.HasField(first))


def _is_list(value: Any) -> bool:
    return hasattr(value, "append")


def _architecture(config: PipelineConfig) -> PipelineConfig:
    """Return what says the kind of model, and no more: when that is unsupported, the rest is no use to list."""
    outline = new_config()
    kind = config.model.WhichOneof("model")
    if kind == "ssd":
        if config.model.ssd.feature_extractor.HasField("type"):
            outline.model.ssd.feature_extractor.type = config.model.ssd.feature_extractor.type
    elif kind is not None:
        getattr(outline.model, kind).SetInParent()
    return outline


def _unsupported(config: PipelineConfig, sections: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    refused: list[str] = []
    for field in set_fields(config):
        section = field.path.split(".")[0].split("[")[0]
        if section not in sections or any(_is_inside(field.path, path) for path in refused):
            continue
        rule = _rule(field)
        if not (rule.accepts(field) if rule and rule.reason else _is_default(field)):
            refused.append(field.path)
            yield field.path, _say(field, rule)


def _rule(field: SetField) -> Rule | None:
    own: Mapping[str, Rule] = {}
    if field.message == "SsdFeatureExtractor":
        own = FEATURE_EXTRACTORS.get(field.owner.type, {})
    elif field.message == "InputReader" and field.path.startswith("eval_input_reader["):
        own = EVAL_READER
    return own.get(field.descriptor.name) or SUPPORTED.get(field.message, {}).get(field.descriptor.name)


def _is_default(field: SetField) -> bool:
    descriptor = field.descriptor
    return bool(descriptor.has_default_value) and field.values == (descriptor.default_value,)


def _is_inside(path: str, outer: str) -> bool:
    return path.startswith((f"{outer}.", f"{outer}["))


def _say(field: SetField, rule: Rule | None) -> str:
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


def _unknown(message: Message, path: str) -> Iterator[tuple[str, str]]:
    """Fields of a binary config that the schema does not have: a newer API's, or no config at all."""
    for unknown in cast(Any, UnknownFieldSet(message)):
        number = unknown.field_number
        known = message.DESCRIPTOR.fields_by_number.get(number)  # then it is an enum with a value of a newer version
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
