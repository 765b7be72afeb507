"""Reading a pipeline.config, text or binary."""

from __future__ import annotations

import codecs
import difflib
import re
from pathlib import Path

from google.protobuf import text_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError

from boxwright.pipeline import messages
from boxwright.pipeline.compatibility import Note, drop_removed_fields, set_added_fields
from boxwright.pipeline.errors import PipelineError
from boxwright.pipeline.schema import PACKAGE, pool
from boxwright.pipeline.source import field_path_at
from boxwright.pipeline.support.walk import set_fields
from boxwright.text_files import explain_look_alike

MAX_BYTES = 16 << 20  # the zoo's configs are under 6 KB; anything this large is a file of another kind
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")  # control characters that no text has; every tag of ssd is one


def _ignore(note: str) -> None:
    """Say nothing of lines of older versions."""


def load_pipeline(path: Path, *, note: Note = _ignore) -> messages.TrainEvalPipelineConfig:
    """Read a pipeline.config.

    Args:
        path: Text format (UTF-8 with or without a byte order mark, UTF-16 with one, any line ends) or the
            binary form of the same message.
        note: Receives a sentence about each line of an older version, which is taken for what it means today.

    Returns:
        The configuration. Whether its settings are supported is not checked here: see `check_supported`.

    Raises:
        PipelineError: The file is missing, unreadable, or no pipeline.config; the message names file, line
            and field, and the field that was probably meant.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PipelineError(
                f"{path}: {path.stat().st_size:,} bytes is more than any pipeline.config has (limit {MAX_BYTES:,}). "
                "Give the path of the configuration, not of a record or a checkpoint."
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise PipelineError(
            f"{path}: there is no such file. Give the path of a pipeline.config, or leave it out and `boxwright train` "
            "writes training/pipeline.config from a preset."
        ) from None
    except OSError as error:
        raise PipelineError(
            f"{path}: cannot be read ({error.strerror}). Give the path of a pipeline.config."
        ) from error
    return parse_pipeline(data, name=str(path), note=note)


def parse_pipeline(data: bytes, *, name: str, note: Note = _ignore) -> messages.TrainEvalPipelineConfig:
    """Read a pipeline.config from its bytes; `name` stands for the file in messages. See `load_pipeline`."""
    if not data.strip():
        raise PipelineError(
            f"{name}: the file is empty. Write a pipeline.config there, or delete it to start from a preset."
        )
    text = _decode(data, name)
    if text is None:
        pipeline_config = _parse_binary(data, name)
    else:
        pipeline_config = _parse_text(drop_removed_fields(text, name, note), name)
    set_added_fields(pipeline_config, name, note)
    _refuse_control_characters(pipeline_config, name)
    return pipeline_config


def _decode(data: bytes, name: str) -> str | None:
    """Return the text with Unix line ends, or None when the bytes are a binary message."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # Notepad's "Unicode"
        try:
            return _unix(data.decode("utf-16"))
        except UnicodeDecodeError:
            return None
    data = data.removeprefix(codecs.BOM_UTF8)
    if _BINARY.search(data):
        return None
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            code, hash_sign, comment = line.partition(b"#")
            if not hash_sign or not code.isascii():
                raise PipelineError(
                    f"{name}:{number}: byte 0x{line[error.start]:02X} at column {error.start + 1} is not UTF-8. "
                    "Save the file as UTF-8 in your editor.",
                    line=number,
                ) from None
            lines.append(code.decode() + "#" + comment.decode("latin-1"))  # a comment in any encoding does no harm
    return "\n".join(lines)


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parse_binary(data: bytes, name: str) -> messages.TrainEvalPipelineConfig:
    pipeline_config = messages.TrainEvalPipelineConfig()
    try:
        pipeline_config.ParseFromString(data)
    except DecodeError as error:
        raise PipelineError(
            f"{name}: neither the text nor the binary form of a pipeline.config ({error}). Give the path of the "
            "configuration, not of a record, a checkpoint or a frozen graph."
        ) from None
    return pipeline_config


def _parse_text(text: str, name: str) -> messages.TrainEvalPipelineConfig:
    pipeline_config = messages.TrainEvalPipelineConfig()
    try:
        text_format.Parse(text, pipeline_config, descriptor_pool=pool())
    except text_format.ParseError as error:
        raise _explain(error, text, name) from None
    return pipeline_config


def _explain(error: text_format.ParseError, text: str, name: str) -> PipelineError:
    line, column = error.GetLine() or 1, error.GetColumn() or 1
    source = text.split("\n")[line - 1]
    field = field_path_at(text, line, column)
    problem = (
        re.sub(r"^\d+:\d+ : ", "", str(error)).removeprefix(f"'{source}': ").replace(f"{PACKAGE}.", "").rstrip(".")
    )
    advice = explain_look_alike(source) or _advice(problem, field)
    where = f"{name}:{line}" + (f": {field}" if field else "")
    return PipelineError(f"{where}: {problem}, in the line `{source.strip()}`. {advice}", field=field, line=line)


def _advice(problem: str, field: str) -> str:
    """Return the next step for a message of protobuf's parser about a field, by its dotted path."""
    if "specified along with" in problem and field.startswith(f"{_AUGMENTATION}."):
        return f"A block holds one augmentation step: give each its own {_AUGMENTATION.rpartition('.')[2]} {{ ... }}."
    if match := re.search(r'Message type "([\w.]+)" has no field named "(\w+)"', problem):
        return _advice_on_field(pool().FindMessageTypeByName(f"{PACKAGE}.{match[1]}"), match[2])
    if match := re.search(r'Enum type "([\w.]+)" has no value named (\w+)', problem):
        values = list(pool().FindEnumTypeByName(f"{PACKAGE}.{match[1]}").values_by_name)
        near = difflib.get_close_matches(match[2].upper(), values, n=1)
        return (f"Did you mean {near[0]}? " if near else "") + f"It takes {', '.join(values)}."
    return next((advice for sign, advice in _ADVICE if sign in problem), "Correct the line.")


_AUGMENTATION = "train_config.data_augmentation_options"

_ADVICE = (
    ("escape", "Write a path with / instead of \\: in this format a backslash begins an escape."),
    ('Expected "}"', "A block that was opened is not closed: add a }."),
    ("multiple", "Keep one of them."),
    ("specified along with", "Keep one of them."),
    ("number, got <", "This looks like XML or HTML: give the path of a pipeline.config."),
)
"""A part of a message of protobuf's parser → advice."""


def _advice_on_field(message: Descriptor, wrong: str) -> str:
    near = difflib.get_close_matches(wrong, list(message.fields_by_name), n=1)
    if near:
        return f"Did you mean {near[0]}?"
    homes = sorted(_messages_with(wrong))
    if homes:
        return f"That field belongs to {' or '.join(homes)}: check where the blocks around it close."
    return f"{message.name} takes {', '.join(sorted(message.fields_by_name))}."


def _messages_with(field: str) -> set[str]:
    """Return the names of the messages, reachable from the root, that have a field of this name."""
    seen: dict[str, Descriptor] = {}
    queue = [pool().FindMessageTypeByName(f"{PACKAGE}.TrainEvalPipelineConfig")]
    while queue:
        message = queue.pop()
        if message.full_name not in seen:
            seen[message.full_name] = message
            queue += [child.message_type for child in message.fields if child.message_type is not None]
    return {
        full_name.removeprefix(f"{PACKAGE}.") for full_name, message in seen.items() if field in message.fields_by_name
    }


def _refuse_control_characters(pipeline_config: messages.TrainEvalPipelineConfig, name: str) -> None:
    """Refuse control characters in strings: `"annotations\\train.record"` parses as a path with a tab in it."""
    for item in set_fields(pipeline_config):
        if item.descriptor.type != FieldDescriptor.TYPE_STRING:
            continue
        for value in item.values:
            if re.search(r"[\x00-\x1f]", value):
                raise PipelineError(
                    f"{name}: {item.path} is {value!r}, with a control character in it: a single backslash begins an "
                    "escape in this format. Write the path with / instead of \\.",
                    field=item.path,
                )
