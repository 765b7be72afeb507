"""The steps that are built are the steps that the check of a config lets through."""

from __future__ import annotations

import pytest

from augmentation_cases import option
from boxwright.pipeline.supported_augmentation import STEPS as SUPPORTED
from boxwright.training.errors import TrainingError
from boxwright.training.input.augmentation import build_augmentation
from boxwright.training.input.augmentation.registry import STEPS


def test_what_is_supported_is_built() -> None:
    assert set(STEPS) == {name for name, rule in SUPPORTED.items() if rule.reason}


@pytest.mark.parametrize("text", ["autoaugment_image {}", ""])
def test_another_step_is_an_error(text: str) -> None:
    with pytest.raises(TrainingError, match=r"is not supported\. Remove it, or use one of adjust_gamma"):
        build_augmentation([option(text)])
