"""model.json and labels.txt of an export: what a program must know to use the model without reading pipeline.config."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from boxwright.typed_json import from_json_value, to_json_value

MODEL_FILE = "model.json"
LABEL_LIST = "labels.txt"
NO_LABEL = "???"
"""The line of an id that no class has, as in the label files of COCO models."""
VERSION = 1


@dataclass(frozen=True)
class ModelClass:
    """A class of a model.

    Attributes:
        id: From 1; detection_classes of the SavedModel, the frozen graph and ONNX. TFLite's classes are one less.
        name: Of the label map.
        display_name: Of the label map, where it has one.
        ap50: AP@.50 on the test split of the run's last evaluation; None when it was not measured.
        best_score: The score that maximises F1 on that split: what scores less is better left out. None likewise.
    """

    id: int
    name: str
    display_name: str | None = None
    ap50: float | None = None
    best_score: float | None = None


@dataclass(frozen=True)
class ModelInput:
    """What a model takes.

    Attributes:
        width, height: Of the network in pixels. The SavedModel, the frozen graph and ONNX take images of any size and
            scale them inside; TFLite takes this size.
        resize: "stretch" when width and height are scaled alone, "pad" when the aspect ratio is kept and the rest, at
            the bottom and on the right, is padded.
        dtype: Type of the pixels.
        range: Lowest and highest value; they are normalized inside.
        layout: Order of the axes.
        colors: Order of the channels.
    """

    width: int
    height: int
    resize: str
    dtype: str = "uint8"
    range: tuple[int, int] = (0, 255)
    layout: str = "NHWC"
    colors: str = "RGB"


@dataclass(frozen=True)
class ModelOutput:
    """A tensor that a model gives.

    Attributes:
        name: By which it is found.
        shape: In letters: B images, N detections.
        meaning: In words.
    """

    name: str
    shape: str
    meaning: str


DETECTION_OUTPUTS = (
    ModelOutput("detection_boxes", "[B, N, 4]", "ymin, xmin, ymax, xmax in fractions of the image, 0 to 1"),
    ModelOutput("detection_scores", "[B, N]", "0 to 1, highest first"),
    ModelOutput("detection_classes", "[B, N]", "class ids as float; from 1, of TFLite from 0"),
    ModelOutput("num_detections", "[B]", "how many of the N are detections; the rest is padding"),
)


@dataclass(frozen=True)
class ModelTraining:
    """Where a model comes from; None stands for what its run does not say.

    Attributes:
        step: Global step of the checkpoint.
        dataset_fingerprint: Of the training records.
        images: How many they hold.
        config_sha256: Of the configuration's text.
        started_from: Where the first weights come from, in words.
        weights_licence: Of those weights, where they are known.
        test_images: How many images they were measured on.
        ap: AP@[.50:.95] on the test split, of this very step.
        ap50: AP@.50 on the test split.
    """

    step: int
    dataset_fingerprint: str | None = None
    images: int | None = None
    config_sha256: str | None = None
    started_from: str | None = None
    weights_licence: str | None = None
    test_images: int | None = None
    ap: float | None = None
    ap50: float | None = None


@dataclass(frozen=True)
class ModelFile:
    """model.json.

    Attributes:
        feature_extractor: Name of the network.
        classes: By id.
        input: What the model takes.
        training: Where it comes from.
        outputs: What it gives, in every format.
        made_by: Program and version.
        version: Of the file's form.
    """

    feature_extractor: str
    classes: tuple[ModelClass, ...]
    input: ModelInput
    training: ModelTraining
    outputs: tuple[ModelOutput, ...] = DETECTION_OUTPUTS
    made_by: str = ""
    version: int = VERSION

    @property
    def best_scores(self) -> dict[str, float]:
        """The score that maximises F1, by the label that detections have, of the classes that have such a score."""
        return {
            row.display_name or row.name: row.best_score
            for row in self.classes
            if row.best_score is not None and 0 <= row.best_score <= 1
        }

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(to_json_value(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ModelFile:
        """Return what the file's text says.

        Raises:
            ValueError: It is no JSON, or lacks a field without a default.
        """
        return from_json_value(cls, json.loads(text))


def read_model_file(export: Path) -> ModelFile | None:
    """Return model.json of an export; None when there is none or it cannot be read."""
    try:
        return ModelFile.from_json((export / MODEL_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def label_lines(names: Mapping[int, str]) -> str:
    """Return labels.txt: a label a line, so that line k, from 0, is the class that TFLite calls k.

    Frigate, Home Assistant and MediaPipe read it.

    Args:
        names: By id, from 1.
    """
    return "".join(f"{names.get(number, NO_LABEL)}\n" for number in range(1, max(names, default=0) + 1))
