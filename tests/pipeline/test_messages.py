"""The classes of the messages, and the stubs that type checkers read, say the same as the .proto files."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from boxwright.pipeline import messages

PIPELINE = Path(messages.__file__).parent


def test_the_stubs_are_written_from_the_descriptor_set(project: Path) -> None:
    written = _message_stubs(project).write_stubs((PIPELINE / "protos" / "pipeline.binpb").read_bytes())
    assert (PIPELINE / "messages.pyi").read_text(encoding="utf-8") == written, (
        "a .proto file was changed: run scripts/compile_protos"
    )


def test_every_class_and_field_of_the_stubs_exists_at_run_time() -> None:
    found = 0
    for name, definition in _classes():
        assert isinstance(getattr(messages, name), type)
        found += _assert_fields_exist(getattr(messages, name), definition)
    assert found > 700


def test_enums_convert_between_numbers_and_names() -> None:
    assert messages.ResizeType.Name(messages.FixedShapeResizer().resize_method) == "BILINEAR"
    assert messages.HardExampleMiner.LossType.Value("CLASSIFICATION") == messages.HardExampleMiner.CLASSIFICATION


def test_a_class_is_that_of_the_configs_own_fields() -> None:
    assert isinstance(messages.TrainEvalPipelineConfig().model.ssd, messages.Ssd)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no message or enum 'TrainConfg'"):
        _ = messages.TrainConfg


def test_special_names_are_not_messages() -> None:
    assert not hasattr(messages, "__wrapped__")


def _message_stubs(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("message_stubs", project / "scripts" / "message_stubs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _classes() -> Iterator[tuple[str, ast.ClassDef]]:
    """The messages of the stubs."""
    for statement in ast.parse((PIPELINE / "messages.pyi").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.ClassDef) and statement.name != "EnumType":
            yield statement.name, statement


def _assert_fields_exist(message: type, definition: ast.ClassDef) -> int:
    """Return how many attributes and nested messages the stub has, all of which the class has as well."""
    names = []
    for statement in definition.body:
        if isinstance(statement, ast.ClassDef):
            _assert_fields_exist(getattr(message, statement.name), statement)
        elif isinstance(statement, ast.AnnAssign):
            assert isinstance(statement.target, ast.Name)
            names.append(statement.target.id)
        elif isinstance(statement, ast.FunctionDef) and statement.decorator_list:
            names.append(statement.name)
    for name in names:
        assert hasattr(message(), name), f"{definition.name}.{name}"
    return len(names)
