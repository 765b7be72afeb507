"""The messages of pipeline.config, as classes of a descriptor pool of our own.

An installed `object_detection` registers the same names in protobuf's default pool; two definitions of one
name in one pool are an error, so ours never go there.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

PACKAGE = "object_detection.protos"
DESCRIPTOR_SET = "pipeline.binpb"  # in protos/, written by scripts/compile_protos

# Message classes exist at run time only, so to a type checker the fields of a config are Any.
PipelineConfig = Any


@cache
def pool() -> descriptor_pool.DescriptorPool:
    """Return the private pool that holds every message of pipeline.config."""
    data = (resources.files(__package__) / "protos" / DESCRIPTOR_SET).read_bytes()
    own = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:  # each after what it imports
        own.AddSerializedFile(file.SerializeToString())
    return own


@cache
def message_class(name: str) -> type[Message]:
    """Return the class of a message.

    Args:
        name: Without the package, for example "SsdAnchorGenerator" or "Ssd.MaskHead".

    Raises:
        KeyError: The schema has no such message.
    """
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(f"{PACKAGE}.{name}"))


def new_config() -> PipelineConfig:
    """Return an empty TrainEvalPipelineConfig."""
    return message_class("TrainEvalPipelineConfig")()
