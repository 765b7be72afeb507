"""Augmentation of an image with its boxes, on the original image before it is resized.

Every draw is a pure function of a seed pair, so a run with the same seed sees the same pictures. The steps, their
fields and their order are those of the TF Object Detection API's preprocessor; `registry` lists them.
"""

from boxwright.training.input.augmentation.example import Example
from boxwright.training.input.augmentation.registry import Augmentation, build_augmentation

__all__ = ["Augmentation", "Example", "build_augmentation"]
