"""The schema of pipeline.config in a private descriptor pool.

An installed `object_detection` registers the same names in protobuf's default pool. Two definitions of one name in one
pool are an error, so the messages of this package are never registered there.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

PACKAGE = "object_detection.protos"
DESCRIPTOR_SET = "pipeline.binpb"  # in protos/, written by scripts/compile_protos


@cache
def pool() -> descriptor_pool.DescriptorPool:
    """Return the private pool that holds every message of pipeline.config."""
    data = (resources.files(__package__) / "protos" / DESCRIPTOR_SET).read_bytes()
    private = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:  # a file comes after those it imports
        private.AddSerializedFile(file.SerializeToString())
    return private


@cache
def message_class(name: str) -> type[Message]:
    """Return the class of a message by its name; where the name is known, import it from `messages`.

    Args:
        name: Without the package, for example "SsdAnchorGenerator" or "Ssd.MaskHead".

    Raises:
        KeyError: The schema has no such message.
    """
    return message_factory.GetMessageClass(pool().FindMessageTypeByName(f"{PACKAGE}.{name}"))
