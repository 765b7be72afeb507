"""What a TFLite file says of itself, in the form that MediaPipe Tasks and Android Studio read.

Source: metadata_schema.fbs 1.5.0 of TensorFlow Lite Support, a FlatBuffers schema. Its tables are few, so they are
written field by field: a field is known by its position in the schema, where a union takes two.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np

from boxwright.runs.model_file import LABEL_LIST, ModelFile, label_lines

METADATA_NAME = "TFLITE_METADATA"
"""By which a TFLite file's list of metadata names the buffer with ours."""

_IDENTIFIER, _PARSER = b"M001", "1.2.0"  # of the schema; the first version that knows every field used here
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of zip files: an export holds no time of its own
_VALUE_LABELS = 3  # AssociatedFileType: line k names the value k
_FEATURE, _IMAGE, _BOUNDING_BOX = 1, 2, 3  # ContentProperties
_NORMALIZATION, _SCORE_THRESHOLDING = 1, 3  # ProcessUnitOptions
_RGB, _BOUNDARIES = 1, 1
_CORNERS = (1, 0, 3, 2)  # where left, top, right and bottom stand in ymin, xmin, ymax, xmax
_OUTPUTS = ("location", "category", "score", "number of detections")  # MediaPipe finds the tensors by these names


def metadata_of(described: ModelFile, score_threshold: float) -> bytes:
    """Return the metadata of a detector whose outputs are TFLITE_OUTPUTS, as a FlatBuffers buffer.

    Args:
        described: The model's model.json.
        score_threshold: What scores less is not shown, unless the app says otherwise.
    """
    write = _Writer()
    image = write.tensor(
        "image",
        f"RGB, {described.input.width}x{described.input.height} pixels, 0 to 255, normalized inside",
        write.content(_IMAGE, {0: _Byte(_RGB)}),
        [write.unit(_NORMALIZATION, {0: write.floats([0.0]), 1: write.floats([1.0])})],
        write.table({0: write.floats([255.0]), 1: write.floats([0.0])}),
    )
    labels = write.table({0: write.text(LABEL_LIST), 1: write.text("A class a line."), 2: _Byte(_VALUE_LABELS)})
    corners: dict[int, _Field] = {0: write.numbers(_CORNERS), 1: _Byte(_BOUNDARIES)}
    outputs = [
        write.tensor(_OUTPUTS[0], "ymin, xmin, ymax, xmax from 0 to 1", write.content(_BOUNDING_BOX, corners, [2, 2])),
        write.tensor(_OUTPUTS[1], "from 0", write.content(_FEATURE, {}, [2, 2]), files=[labels]),
        write.tensor(
            _OUTPUTS[2],
            "0 to 1, highest first",
            write.content(_FEATURE, {}, [2, 2]),
            [write.unit(_SCORE_THRESHOLDING, {0: _Float(score_threshold)})],
        ),
        write.tensor(_OUTPUTS[3], "the rest is padding", write.content(_FEATURE, {})),
    ]
    names = write.offsets([write.text(name) for name in _OUTPUTS[:3]])
    group = write.table({0: write.text("detection result"), 1: names})
    subgraph = write.table({2: write.offsets([image]), 3: write.offsets(outputs), 8: write.offsets([group])})
    licence = described.training.weights_licence
    root = write.table(
        {
            0: write.text("ObjectDetector"),
            1: write.text(f"{described.feature_extractor}, step {described.training.step}"),
            2: write.text(described.made_by),
            3: write.offsets([subgraph]),
            **({5: write.text(licence)} if licence else {}),
            7: write.text(_PARSER),
        }
    )
    return write.finish(root)


def with_label_file(content: bytes, described: ModelFile) -> bytes:
    """Append labels.txt to a TFLite file as a zip archive, which is how apps find it; TFLite itself does not see it."""
    buffer = io.BytesIO(content)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_STORED) as archive:
        entry = zipfile.ZipInfo(LABEL_LIST, _EPOCH)
        archive.writestr(entry, label_lines({row.id: row.name for row in described.classes}))
    return buffer.getvalue()


@dataclass(frozen=True)
class _Byte:
    value: int


@dataclass(frozen=True)
class _Float:
    value: float


_Field = int | _Byte | _Float
"""An integer is the offset of what was written before."""


class _Writer:
    """Tables, vectors and strings of FlatBuffers, each written before what refers to it; they return offsets."""

    def __init__(self) -> None:
        self._builder = flatbuffers.Builder()

    def text(self, text: str) -> int:
        return self._offset(self._builder.CreateString(text))

    def floats(self, values: Sequence[float]) -> int:
        return self._offset(self._builder.CreateNumpyVector(np.asarray(values, np.float32)))

    def numbers(self, values: Sequence[int]) -> int:
        return self._offset(self._builder.CreateNumpyVector(np.asarray(values, np.uint32)))

    def offsets(self, offsets: Sequence[int]) -> int:
        self._builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self._builder.PrependUOffsetTRelative(offset)
        return self._offset(self._builder.EndVector())

    def table(self, fields: dict[int, _Field]) -> int:
        """Write a table of fields by their positions."""
        self._builder.StartObject(max(fields, default=-1) + 1)
        for position, field in fields.items():
            if isinstance(field, _Byte):
                self._builder.PrependInt8Slot(position, field.value, 0)
            elif isinstance(field, _Float):
                self._builder.PrependFloat32Slot(position, field.value, 0.0)
            else:
                self._builder.PrependUOffsetTRelativeSlot(position, field, 0)
        return self._offset(self._builder.EndObject())

    def content(self, kind: int, properties: dict[int, _Field], dimensions: Sequence[int] = ()) -> int:
        """Write a Content; `dimensions` are the first and last one that it is about."""
        fields: dict[int, _Field] = {0: _Byte(kind), 1: self.table(properties)}
        if dimensions:
            fields[2] = self._range(*dimensions)
        return self.table(fields)

    def unit(self, kind: int, options: dict[int, _Field]) -> int:
        """Write a ProcessUnit."""
        return self.table({0: _Byte(kind), 1: self.table(options)})

    def tensor(
        self,
        name: str,
        description: str,
        content: int,
        units: Sequence[int] = (),
        stats: int | None = None,
        files: Sequence[int] = (),
    ) -> int:
        """Write a TensorMetadata."""
        fields: dict[int, _Field] = {0: self.text(name), 1: self.text(description), 3: content}
        if units:
            fields[4] = self.offsets(units)
        if stats is not None:
            fields[5] = stats
        if files:
            fields[6] = self.offsets(files)
        return self.table(fields)

    def finish(self, root: int) -> bytes:
        self._builder.Finish(root, file_identifier=_IDENTIFIER)
        return bytes(self._builder.Output())

    def _range(self, first: int, last: int) -> int:
        self._builder.StartObject(2)
        self._builder.PrependInt32Slot(0, first, 0)
        self._builder.PrependInt32Slot(1, last, 0)
        return self._offset(self._builder.EndObject())

    def _offset(self, offset: Any) -> int:
        return int(offset)
