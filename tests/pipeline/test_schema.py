"""The schema equals the original's, field for field, and is registered in a private pool."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool

from boxwright.pipeline import schema

PROJECT = Path(__file__).resolve().parents[2]
PROTOS = PROJECT / "backend" / "boxwright" / "pipeline" / "protos"


def test_every_field_has_the_original_name_number_type_and_default(golden: Path) -> None:
    facts = (golden / "schema" / "object_detection_protos_2.5.0.fds").read_bytes()
    assert _by_name(facts) == _by_name((PROTOS / "pipeline.binpb").read_bytes())


def test_the_descriptor_set_is_compiled_from_the_proto_files(tmp_path: Path) -> None:
    pytest.importorskip("grpc_tools", reason="grpcio-tools comes with the test extra")
    fresh = tmp_path / "pipeline.binpb"
    subprocess.run([sys.executable, PROJECT / "scripts" / "compile_protos", "--output", fresh], check=True)
    assert _by_name(fresh.read_bytes()) == _by_name((PROTOS / "pipeline.binpb").read_bytes()), (
        "a .proto file was changed: run scripts/compile_protos"
    )


def test_each_proto_file_is_in_the_descriptor_set() -> None:
    compiled = {Path(name).name for name in _by_name((PROTOS / "pipeline.binpb").read_bytes())}
    assert compiled == {path.name for path in PROTOS.glob("*.proto")}


_WITH_THE_ORIGINAL = """
import sys
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

def register():
    for file in descriptor_pb2.FileDescriptorSet.FromString(open(sys.argv[1], "rb").read()).file:
        if file.name.endswith("/ssd.proto"):  # another version than ours
            file.message_type[0].field.add(name="of_another_version", number=999, label=1, type=5)
        descriptor_pool.Default().AddSerializedFile(file.SerializeToString())

if sys.argv[2] == "before":
    register()
from boxwright.pipeline import build_preset, message_class
config = build_preset("small", num_classes=2)
if sys.argv[2] == "after":
    register()
assert "of_another_version" not in message_class("Ssd").DESCRIPTOR.fields_by_name
theirs = descriptor_pool.Default().FindMessageTypeByName("object_detection.protos.Ssd")
assert "of_another_version" in theirs.fields_by_name
original = message_factory.GetMessageClass(
    descriptor_pool.Default().FindMessageTypeByName("object_detection.protos.TrainEvalPipelineConfig"))
assert original.FromString(config.SerializeToString()).model.ssd.num_classes == 2
assert "tensorflow" not in sys.modules
"""


@pytest.mark.parametrize("order", ["before", "after"])
def test_an_installed_object_detection_does_not_clash(order: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITH_THE_ORIGINAL, PROTOS / "pipeline.binpb", order],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_default_pool_contains_no_message_of_this_package() -> None:
    schema.message_class("TrainEvalPipelineConfig")()
    with pytest.raises(KeyError):
        descriptor_pool.Default().FindMessageTypeByName(f"{schema.PACKAGE}.SsdAnchorGenerator")


def test_message_class_finds_nested_messages_and_refuses_unknown_ones() -> None:
    assert schema.message_class("Ssd.MaskHead")().mask_height == 15
    with pytest.raises(KeyError):
        schema.message_class("Sdd")


def _by_name(data: bytes) -> dict[str, descriptor_pb2.FileDescriptorProto]:
    """Files of a descriptor set by name, without what only some compilers write."""
    files = {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        file.ClearField("syntax")
        queue = list(file.message_type)
        while queue:
            message = queue.pop()
            queue += message.nested_type
            for field in message.field:
                field.ClearField("json_name")
        files[file.name] = file
    return files
