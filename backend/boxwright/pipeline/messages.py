"""The messages of pipeline.config as classes.

A class is made when its name is first asked for; its fields are those of protos/*.proto. Type checkers and editors
read `messages.pyi`, which `scripts/compile_protos` writes.

Example:
    >>> from boxwright.pipeline.messages import TrainConfig
    >>> TrainConfig(batch_size=24).batch_size
    24
"""

from __future__ import annotations

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message

from boxwright.pipeline.schema import PACKAGE, message_class, pool


def __getattr__(name: str) -> type[Message] | EnumTypeWrapper:
    found: type[Message] | EnumTypeWrapper
    try:
        found = message_class(name)
    except KeyError:
        try:
            found = EnumTypeWrapper(pool().FindEnumTypeByName(f"{PACKAGE}.{name}"))
        except KeyError:
            raise AttributeError(f"pipeline.config has no message or enum {name!r}; see pipeline/protos") from None
    globals()[name] = found
    return found
