"""The event file of a training: curves and pictures for TensorBoard."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import tensorflow as tf

from boxwright.training.step import StepResult


class Summaries:
    """Writes a run's event file; use it in a `with` block.

    Args:
        folder: Where the event file goes.
    """

    def __init__(self, folder: Path) -> None:
        self._writer = tf.summary.create_file_writer(os.fspath(folder))

    def __enter__(self) -> Summaries:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def scalars(self, step: int, result: StepResult, *, learning_rate: float, rate: float, batch_size: int) -> None:
        """Write the curves' points of a step, by the original's tags: curves of a run that it started continue.

        Args:
            step: The global step.
            result: Its losses.
            learning_rate: What its update used.
            rate: Steps per second; 0 when it is not known yet.
            batch_size: Images per step.
        """
        points = {
            "Losses/TotalLoss": result.total_loss,
            "Losses/Loss/localization_loss": result.localization_loss,
            "Losses/Loss/classification_loss": result.classification_loss,
            "Losses/regularization_loss": result.regularization_loss,
            "gradient_norm": result.gradient_norm,
            "LearningRate/LearningRate/learning_rate": learning_rate,
        }
        if rate:
            points |= {"speed/steps_per_second": rate, "speed/images_per_second": rate * batch_size}
        with self._writer.as_default(step=step):
            for name, value in points.items():
                tf.summary.scalar(name, value)
        self._writer.flush()

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        """Write an evaluation's numbers, by the original's tags."""
        with self._writer.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        self._writer.flush()

    def images(self, step: int, pictures: Sequence[tuple[str, np.ndarray]]) -> None:
        """Write pictures, uint8 [H, W, 3] by name."""
        with self._writer.as_default(step=step):
            for name, picture in pictures:
                tf.summary.image(name, picture[np.newaxis])
        self._writer.flush()
