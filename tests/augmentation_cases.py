"""The golden cases of augmentation: what the original makes of one picture, for draws that are known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import text_format

from boxwright.pipeline.schema import message_class
from boxwright.training.input.augmentation import Example
from boxwright.training.input.augmentation.draws import Draws, Window
from boxwright.training.input.augmentation.registry import build_step

FOLDER = Path(__file__).parent / "golden" / "augmentation"
CASES: dict[str, str] = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))


def option(text: str) -> Any:
    """Return the PreprocessingStep of its text."""
    return text_format.Parse(text, message_class("PreprocessingStep")())


def picture(arrays: Any) -> Example:
    """Return the picture that the original was given, 0-based classes."""
    return Example(
        tf.constant(arrays["image"]),
        tf.constant(arrays["boxes"]),
        tf.constant(arrays["labels"] - 1, tf.int32),
        tf.constant(arrays["weights"]),
    )


@dataclass(frozen=True)
class Replay:
    """One picture by the original, and the draws that it came from, in the order in which they were asked for."""

    draws: np.ndarray
    image: np.ndarray
    boxes: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


def replays(arrays: Any) -> dict[str, list[Replay]]:
    """Return the pictures of each case."""
    counts = arrays["counts"]
    draws = iter(np.split(arrays["draws"], np.cumsum(counts[:, 1])[:-1]))
    images = iter(np.split(arrays["out_images"], np.cumsum(counts[:, 2])[:-1]))
    ends = np.cumsum(counts[:, 3])[:-1]
    truths: list[Iterator[np.ndarray]] = [
        iter(np.split(arrays[name], ends)) for name in ("out_boxes", "out_labels", "out_weights")
    ]
    shapes = iter(arrays["image_shapes"])
    each = len(counts) // len(CASES)
    return {
        name: [
            Replay(next(draws), next(images).reshape(next(shapes)), *(next(truth) for truth in truths))
            for _ in range(each)
        ]
        for name in CASES
    }


class Replayed(Draws):
    """Draws that were the original's, one after another."""

    def __init__(self, values: tf.Tensor) -> None:
        super().__init__(tf.zeros([2], tf.int64))
        self._values, self.taken = values, 0

    def unit(self, shape: Any = ()) -> tf.Tensor:
        size = [int(one) for one in tf.get_static_value(tf.convert_to_tensor(shape, tf.int32))]
        first, self.taken = self.taken, self.taken + int(np.prod(size))
        return tf.reshape(self._values[first : self.taken], size)

    def normal(self, shape: Any) -> tf.Tensor:
        return self.unit(shape)

    def window(self, image: tf.Tensor, boxes: tf.Tensor, **_: Any) -> Window:
        begin, size = tf.split(self.unit([4]), 2)
        corners = tf.concat([begin, begin + size], axis=0) / [12.0, 16.0, 12.0, 16.0]
        begin, size = (tf.cast(pair, tf.int32) for pair in (begin, size))
        return Window(tf.concat([begin, [0]], axis=0), tf.concat([size, [-1]], axis=0), corners)


def replayed(text: str, example: Example, originals: list[Replay]) -> list[Example]:
    """Return what our step makes of the picture with the draws of each of the originals."""
    step = build_step(option(text))

    @tf.function(autograph=False)
    def run(values: tf.Tensor) -> tuple[tf.Tensor, ...]:
        draws = Replayed(values)
        out = step(example, draws)
        assert draws.taken == values.shape[0]
        return tuple(out)

    return [Example(*run(tf.constant(one.draws))) for one in originals]


def kolmogorov_smirnov(ours: np.ndarray, theirs: np.ndarray, significance: float = 1e-3) -> float:
    """Return the two-sample statistic over its critical value: above 1 the samples differ.

    The tests' seeds are fixed, so a pass stays a pass.
    """
    values = np.union1d(ours, theirs)
    cdfs = [np.searchsorted(np.sort(one), values, side="right") / len(one) for one in (ours, theirs)]
    critical = np.sqrt(-0.5 * np.log(significance / 2) * (len(ours) + len(theirs)) / (len(ours) * len(theirs)))
    return float(np.abs(cdfs[0] - cdfs[1]).max() / critical)
