"""A TFLite file of integers gets photos in the size that it takes, resized as in training."""

from __future__ import annotations

import numpy as np
import pytest

from boxwright.detection.preprocessing import legacy_resize_bilinear
from boxwright.inference.runtimes.tflite_model import resize_as_trained


@pytest.mark.parametrize("shape", [(31, 47), (300, 300), (700, 450), (1, 2)])
def test_it_resizes_as_the_network_does(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, [*shape, 3], np.uint8)
    wanted = legacy_resize_bilinear(image[np.newaxis].astype(np.float32), (300, 200)).numpy()[0]
    assert np.abs(resize_as_trained(image, (300, 200)) - wanted).max() <= 0.51
