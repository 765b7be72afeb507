"""Every step gives the original's pixels, boxes, labels and weights when it draws the original's numbers."""

from __future__ import annotations

import numpy as np
import pytest

from augmentation_cases import CASES, FOLDER, Replay, option, picture, replayed, replays
from boxwright.training.input.augmentation.registry import STEPS

ARRAYS = np.load(FOLDER / "replays.npz")
REPLAYS = replays(ARRAYS)


@pytest.mark.parametrize("name", CASES)
def test_a_step_gives_what_the_original_gives_for_the_same_draws(name: str) -> None:
    ours_of_each = replayed(CASES[name], picture(ARRAYS), REPLAYS[name])
    for ours, expected in zip(ours_of_each, REPLAYS[name], strict=True):
        if name.startswith("random_jpeg_quality") and not np.array_equal(expected.image, ARRAYS["image"]):
            # Another version of libjpeg: a few levels here and there.
            assert np.abs(ours.image.numpy() - expected.image).mean() < 1.0
        else:
            np.testing.assert_allclose(ours.image, expected.image, atol=2e-3)
        np.testing.assert_allclose(ours.boxes, expected.boxes, atol=2e-6)
        np.testing.assert_array_equal(ours.classes + 1, expected.labels)
        np.testing.assert_array_equal(ours.weights, expected.weights)


def _changes(one: Replay) -> bool:
    arrays = ARRAYS
    same_image = one.image.shape == arrays["image"].shape and np.allclose(one.image, arrays["image"], atol=1e-3)
    same_truth = np.array_equal(one.boxes, arrays["boxes"]) and np.array_equal(one.labels, arrays["labels"])
    return not (same_image and same_truth)


def test_every_step_has_a_case_and_each_has_one_in_which_something_changes() -> None:
    cases: dict[str, list[str]] = {}
    for name, text in CASES.items():
        cases.setdefault(option(text).WhichOneof("preprocessing_step"), []).append(name)
    assert set(cases) == set(STEPS)
    for step, names in cases.items():
        assert any(_changes(one) for name in names for one in REPLAYS[name]), step
