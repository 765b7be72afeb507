"""The rows of the class predictors, each taken from the class of the same name in another checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float32]

CLASS_PREDICTOR = "/ClassPredictor/"
"""In the names of the variables whose last axis is [anchors * (1 + num_classes)], background first."""

_BACKGROUND = 0


@dataclass(frozen=True)
class ClassRows:
    """Which rows a model takes from a checkpoint of other classes.

    Attributes:
        num_classes: Of the model.
        sources: Id of the model to id of the checkpoint; a class that is not in it starts fresh.
    """

    num_classes: int
    sources: Mapping[int, int]

    def take(
        self, name: str, there: npt.NDArray[np.float32], fresh: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """Return a variable's value: the checkpoint's, or rows of it in the order of the model's classes.

        Args:
            name: Of the variable.
            there: The checkpoint's value.
            fresh: The model's value; rows without a source keep it.
        """
        slots = 1 + self.num_classes
        if CLASS_PREDICTOR not in name or fresh.shape[-1] % slots or there.shape[:-1] != fresh.shape[:-1]:
            return there
        anchors = fresh.shape[-1] // slots
        if there.shape[-1] % anchors:
            return there
        old = there.reshape(*there.shape[:-1], anchors, -1)
        new = fresh.reshape(*fresh.shape[:-1], anchors, slots).copy()
        for row, source in {_BACKGROUND: _BACKGROUND, **self.sources}.items():
            if row < slots and source < old.shape[-1]:
                new[..., row] = old[..., source]
        return new.reshape(fresh.shape)


def rows_by_name(before: Mapping[str, int], now: Mapping[str, int], num_classes: int) -> ClassRows:
    """Return the rows that classes keep by their names.

    A name that is new at the id of one that is gone is taken for its new name.

    Args:
        before: Class to id, of the checkpoint's training.
        now: Class to id, of the model.
        num_classes: Of the model.
    """
    sources = {number: before[name] for name, number in now.items() if name in before}
    gone = {number for name, number in before.items() if name not in now}
    sources |= {number: number for name, number in now.items() if name not in before and number in gone}
    return ClassRows(num_classes, sources)
