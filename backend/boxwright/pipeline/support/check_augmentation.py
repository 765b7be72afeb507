"""Refusing augmentation steps whose fields do not fit each other, or the model."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import Message

from boxwright.pipeline import messages
from boxwright.pipeline.support.supported_augmentation import RELATIONS, Relation
from boxwright.pipeline.support.walk import set_fields

_OPTIONS = "train_config.data_augmentation_options"


def augmentation_problems(pipeline_config: messages.TrainEvalPipelineConfig) -> Iterator[tuple[str, str]]:
    """Yield the path and the message of every problem of the augmentation steps.

    Args:
        pipeline_config: The configuration, of which each field is supported by itself.
    """
    for index, option in enumerate(pipeline_config.train_config.data_augmentation_options):
        path = f"{_OPTIONS}[{index}]"
        if option.WhichOneof("preprocessing_step") is None:
            yield path, f"{path} is empty: its augmentation step is not set. Write one, or delete the block."
        for field in set_fields(option, path):
            if field.descriptor.message_type is None:
                continue
            for number, message in enumerate(field.values):
                name = (
                    f"{field.path}[{number}]"
                    if hasattr(getattr(field.owner, field.descriptor.name), "add")
                    else field.path
                )
                for relation in RELATIONS.get(field.descriptor.message_type.name, ()):
                    if not relation.holds(message):
                        yield name, _say(name, message, relation)
        new_label, classes = option.remap_labels.new_label, pipeline_config.model.ssd.num_classes
        if new_label > classes:
            name = f"{path}.remap_labels.new_label"
            yield name, f"{name} is {new_label}, but the model has {classes} classes. Write an id of the label map."


def _say(path: str, message: Message, relation: Relation) -> str:
    values = ", ".join(_value(message, field) for field in relation.fields)
    return f"{path}: {' and '.join(relation.fields)} {relation.must}; {values}."


def _value(message: Message, field: str) -> str:
    value = getattr(message, field)
    if hasattr(value, "append"):
        return f"{field} has {len(value)} values" if value else f"{field} is not set"
    shown = f"{value:.7g}"  # a float32 has seven digits
    if message.HasField(field):
        return f"{field} is {shown}"
    return f"{field} is not set" + (f" (its default is {shown})" if value else "")
