"""Tables of a file's keys: a line `% fields MODULE CLASS` in a page becomes the fields of that frozen dataclass.

The dataclasses that its fields hold follow, each in a table of its own. A line `% attributes MODULE CLASS` becomes the
attributes of a dataclass for programmers. They are read from its source, as its module may import TensorFlow.

The dataclass is what writes and reads the file, so that the page cannot drift from it.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import importlib.util
import inspect
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

FIELDS, ATTRIBUTES = "% fields ", "% attributes "

_WORDS = {str: "text", int: "integer", float: "number", bool: "true or false", Any: "any"}


def insert(sphinx: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the marked lines of a page, before Sphinx parses it."""
    lines = source[0].split("\n")
    for number, line in enumerate(lines):
        if not line.startswith((FIELDS, ATTRIBUTES)):
            continue
        kind, module, name = line.removeprefix("% ").split()
        file = importlib.util.find_spec(module).origin  # type: ignore[union-attr]
        sphinx.env.note_dependency(str(file))
        if kind == "fields":
            lines[number] = tables(getattr(importlib.import_module(module), name))
        else:
            lines[number] = attributes_table(Path(str(file)), name)
    source[0] = "\n".join(lines)


def attributes_table(file: Path, name: str) -> str:
    """Return a table of a dataclass's attributes in Markdown: type, default and meaning, from its source.

    Raises:
        KeyError: The docstring's section Attributes leaves one out.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (described,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    texts = _attributes_section(ast.get_docstring(described) or "")
    rows = [
        f"| `{node.target.id}` | {_code(node.annotation)} | {_code(_default(node.value))} | {texts[node.target.id]} |"
        for node in described.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]
    return "\n".join(["| attribute | type | default | meaning |", "|---|---|---|---|", *rows])


def _default(value: ast.expr | None) -> ast.expr | None:
    """Return a field's default; that of an option is the first argument of `option(...)`."""
    return value.args[0] if isinstance(value, ast.Call) and value.args else value


def _code(node: ast.expr | None) -> str:
    return "" if node is None else f"`{ast.unparse(node)}`".replace("|", "\\|")


def tables(described: type) -> str:
    """Return the table of a dataclass, and below it those of the dataclasses that it holds."""
    parts = [table(described)]
    for nested in dict.fromkeys(_dataclasses_in(described)):
        parts += [f"`{nested.__name__}`: {(nested.__doc__ or '').splitlines()[0]}", table(nested)]
    return "\n\n".join(parts)


def table(described: type) -> str:
    """Return a table of a dataclass's fields in Markdown.

    Raises:
        KeyError: The docstring's section Attributes leaves a field out.
    """
    hints = typing.get_type_hints(described)
    texts = attribute_texts(described) or dict.fromkeys(hints, "")
    rows = [
        f"| `{field.name}` | {type_text(hints[field.name])} | {texts[field.name]} |"
        for field in dataclasses.fields(described)
    ]
    return "\n".join(["| key | value | meaning |", "|---|---|---|", *rows])


def _dataclasses_in(described: type) -> Iterator[type]:
    for hint in typing.get_type_hints(described).values():
        for part in _leaves(hint):
            if dataclasses.is_dataclass(part):
                yield part
                yield from _dataclasses_in(part)


def _leaves(hint: Any) -> Iterator[type]:
    """Yield the classes in a type such as tuple[Losses, ...] | None."""
    if isinstance(hint, type) and not typing.get_args(hint):
        yield hint
    for part in typing.get_args(hint):
        yield from _leaves(part)


def attribute_texts(described: type) -> dict[str, str]:
    """Return what the section Attributes of a class's docstring, and those of its bases, say of each field."""
    texts: dict[str, str] = {}
    for base in reversed(described.__mro__[:-1]):
        texts |= _attributes_section(inspect.cleandoc(base.__doc__ or ""))
    return texts


def type_text(hint: Any) -> str:
    """Return a field's type in words: "list of text" for tuple[str, ...]; that a value may be missing is left out."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return " or ".join(type_text(part) for part in typing.get_args(hint) if part is not types.NoneType)
    arguments = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is tuple and arguments[1:] != (...,):
        return "list of " + ", ".join(type_text(part) for part in arguments)
    if origin is tuple:
        return f"list of {type_text(arguments[0])}"
    if origin is not None:
        return f"object: {type_text(arguments[0])} to {type_text(arguments[1])}"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f"`{member.value}`" for member in hint)
    return _WORDS.get(hint) or f"`{hint.__name__}`"


def _attributes_section(doc: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    names: list[str] = []
    _, _, section = doc.partition("\nAttributes:\n")
    for line in section.split("\n"):
        if line and not line.startswith(" "):
            break
        if line.startswith("     "):
            texts |= {name: f"{texts[name]} {line.strip()}" for name in names}
        elif line.strip():
            names_text, _, text = line.strip().partition(": ")
            names = [name.strip() for name in names_text.split(",")]
            texts |= dict.fromkeys(names, text.replace("|", "\\|"))
    return texts


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    sphinx.connect("source-read", insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
