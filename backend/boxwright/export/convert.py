"""An export's further formats: written into its folder, loaded in their own runtime, held against its SavedModel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boxwright.detection.model import SsdModel
from boxwright.errors import BoxwrightError
from boxwright.export.agreement import Agreement, agreement
from boxwright.export.compare import Arrays, largest_difference
from boxwright.export.formats import Format
from boxwright.export.onnx import onnx_model
from boxwright.export.tflite import tflite_model
from boxwright.inference.detector import Detector
from boxwright.inference.runtimes.base import FROZEN_GRAPH, OUTPUTS, TFLITE_OUTPUTS
from boxwright.runs.model_file import ModelFile

Image = npt.NDArray[np.uint8]

TOLERANCE = 1e-4
"""Largest difference allowed in float32, in normalised coordinates and scores."""


@dataclass(frozen=True)
class Bound:
    """What a format in fewer bits must keep of the detections, by Agreement's measures, on average over the images."""

    overlap: float
    score: float


BOUNDS = {Format.TFLITE_FLOAT16: Bound(overlap=0.98, score=0.01), Format.TFLITE_INT8: Bound(overlap=0.85, score=0.1)}
"""Measured on a trained model: 0.999 and 0.0002 in float16, 0.989 and 0.006 in int8."""


@dataclass(frozen=True)
class FormatReport:
    """A format that was loaded again and agrees with the SavedModel.

    Attributes:
        form: Which.
        size: Of its file, in bytes.
        difference: Largest difference in coordinates and scores, where it is in float32.
        agreement: How well the detections agree, where it is in fewer bits.
    """

    form: Format
    size: int
    difference: float | None = None
    agreement: Agreement | None = None


def add_format(
    form: Format,
    model: SsdModel,
    folder: Path,
    described: ModelFile,
    *,
    expected: Sequence[Arrays],
    images: Sequence[Image],
    calibration: Sequence[Image] = (),
) -> FormatReport:
    """Write a format into an export's folder, and prove it.

    Args:
        form: Which.
        model: With its weights restored.
        folder: The export's, with its frozen graph.
        described: The export's model.json.
        expected: What the SavedModel gives for each of the images.
        images: uint8 [H, W, 3] each.
        calibration: uint8 [H, W, 3] each; photographs like those that the model will see, for TFLITE_INT8.

    Raises:
        UsageError: What it needs is not installed.
        BoxwrightError: It cannot be converted, or gives something else than the SavedModel.
    """
    path = folder / form.file_name
    if form is Format.ONNX:
        path.write_bytes(onnx_model(folder / FROZEN_GRAPH))
    else:
        path.write_bytes(tflite_model(model, form, described, calibration=calibration))
    return check_format(path, form, expected=expected, images=images)


def check_format(path: Path, form: Format, *, expected: Sequence[Arrays], images: Sequence[Image]) -> FormatReport:
    """Load a format's file in its runtime and compare it with what the SavedModel gave.

    Raises:
        BoxwrightError: They differ by more than is allowed.
    """
    detector = Detector.open(path)
    actual = [detector.run(image[np.newaxis]) for image in images]
    size = path.stat().st_size
    if form not in BOUNDS:
        names = OUTPUTS if form is Format.ONNX else TFLITE_OUTPUTS
        difference, where = max(_difference(names, *pair) for pair in zip(expected, actual, strict=True))
        if not difference <= TOLERANCE:
            raise BoxwrightError(
                _mismatch(path, f"{where} differs by {difference:.3g}, where {TOLERANCE:g} is allowed")
                + " This is a defect of Boxwright or of a converter; please report it with the pipeline.config."
            )
        return FormatReport(form, size, difference=difference)
    found, bound = agreement(expected, actual), BOUNDS[form]
    if not (found.overlap >= bound.overlap and found.score <= bound.score):
        deviation = (
            f"its boxes overlap the SavedModel's by {found.overlap:.3f}, where at least {bound.overlap:g} is asked, "
            f"and its scores differ by {found.score:.3f}, where at most {bound.score:g} is, on average over "
            f"{found.detections} detections"
        )
        advice = _INT8_ADVICE if form is Format.TFLITE_INT8 else " Use the format tflite, which keeps float32."
        raise BoxwrightError(_mismatch(path, deviation) + advice)
    return FormatReport(form, size, agreement=found)


def _difference(names: Sequence[str], expected: Arrays, actual: Arrays) -> tuple[float, str]:
    """Return the largest difference and its output; a TFLite file has no raw outputs to compare."""
    for name in names:
        if name not in actual:
            return float("inf"), name
    return largest_difference({name: expected[name] for name in names}, actual)


_INT8_ADVICE = (
    " Its ranges come from photographs of the training records: are they like those of the test split? A model "
    "that was trained for a short time only may lose too much as well. The format tflite-float16 has no such loss."
)


def _mismatch(path: Path, what: str) -> str:
    return f"The export was not kept: loaded again, its {path.name} does not find what its SavedModel finds: {what}."
