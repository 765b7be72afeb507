"""The augmentation steps by their names in pipeline.config, with the fields that each reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import tensorflow as tf

from boxwright.pipeline import messages
from boxwright.training.errors import TrainingError
from boxwright.training.input.augmentation import boxes, color, crop, damage, geometry, pad
from boxwright.training.input.augmentation.crop import SSD_CROP_CASES, CropCase
from boxwright.training.input.augmentation.draws import Draws
from boxwright.training.input.augmentation.example import Example, Step, in_order, one_of
from boxwright.training.input.augmentation.pad import Color, PadRatios

Message: TypeAlias = Any
"""A message whose fields several steps share, for example those of a crop."""

Augmentation = Callable[[Example, tf.Tensor], Example]
"""From an example and a seed (int32 or int64 [2]) to the example that the model sees."""

MAX_TARGET_PIXELS = 800_000  # what the original takes without max_target_pixels; its proto says 500,000


def build_augmentation(options: Iterable[messages.PreprocessingStep]) -> Augmentation:
    """Return the train_config.data_augmentation_options as one function, in the config's order.

    Args:
        options: The messages, one per step.

    Raises:
        TrainingError: A step is not supported.
    """
    steps = [build_step(option) for option in options]

    def augment(example: Example, seed: tf.Tensor) -> Example:
        seeds = tf.random.experimental.stateless_split(seed, max(len(steps), 1))
        for number, step in enumerate(steps):
            example = step(example, Draws(seeds[number]))
        return example

    return augment


def build_step(option: messages.PreprocessingStep) -> Step:
    """Return one step of a config.

    Args:
        option: The message, with one step set.

    Raises:
        TrainingError: The step is not supported.
    """
    name = option.WhichOneof("preprocessing_step")
    if name is None or name not in STEPS:
        raise TrainingError(
            f"train_config: the augmentation {name or 'in an empty data_augmentation_options'} is not supported. "
            f"Remove it, or use one of {', '.join(sorted(STEPS))}."
        )
    return STEPS[name](getattr(option, name))


def _crop_case(message: Message, *, aspect_ratio_range: tuple[float, float] | None = None) -> CropCase:
    return CropCase(
        min_object_covered=message.min_object_covered,
        aspect_ratio_range=aspect_ratio_range or (message.min_aspect_ratio, message.max_aspect_ratio),
        area_range=(message.min_area, message.max_area),
        overlap_thresh=message.overlap_thresh,
        clip_boxes=message.clip_boxes,
        random_coef=message.random_coef,
    )


def _cases(message: Message) -> tuple[CropCase, ...]:
    return tuple(map(_crop_case, message.operations)) or SSD_CROP_CASES


def _pad_ratios(message: Message) -> PadRatios:
    (low_height, low_width), (high_height, high_width) = (
        tuple(message.min_padded_size_ratio) or PadRatios.least,
        tuple(message.max_padded_size_ratio) or PadRatios.most,
    )
    return PadRatios((low_height, low_width), (high_height, high_width))


def _color(message: Message) -> Color:
    return tuple(message.pad_color) or None


def _jitter_boxes(message: messages.RandomJitterBoxes) -> Step:
    return boxes.jitter_boxes(message.ratio, message.JitterMode.Name(message.jitter_mode))


def _pad_image(message: messages.RandomPadImage) -> Step:
    least = (message.min_image_height, message.min_image_width) if message.HasField("min_image_height") else None
    most = (message.max_image_height, message.max_image_width) if message.HasField("max_image_height") else None
    return pad.pad_image(least, most, _color(message))


def _absolute_pad_image(message: messages.RandomAbsolutePadImage) -> Step:
    return pad.absolute_pad_image(message.max_height_padding or 1, message.max_width_padding or 1, _color(message))


def _resize_image(message: messages.ResizeImage) -> Step:
    return geometry.resize_image(message.new_height, message.new_width, message.Method.Name(message.method))


def _downscale_to_target_pixels(message: messages.RandomDownscaleToTargetPixels) -> Step:
    most = message.max_target_pixels if message.HasField("max_target_pixels") else MAX_TARGET_PIXELS
    return geometry.downscale_to_pixels(message.min_target_pixels, most, message.random_coef)


def _patch_gaussian(message: messages.RandomPatchGaussian) -> Step:
    return damage.patch_gaussian(
        (message.min_patch_size, message.max_patch_size),
        (message.min_gaussian_stddev, message.max_gaussian_stddev),
        message.random_coef,
    )


def _ssd_random_crop_pad(message: messages.SSDRandomCropPad) -> Step:
    """Without operations the original's six cases, which leave out the one that covers any part of any box."""
    steps = [
        pad.crop_pad_image(_crop_case(one), _pad_ratios(one), (one.pad_color_r, one.pad_color_g, one.pad_color_b))
        for one in message.operations
    ]
    return one_of(steps or [pad.crop_pad_image(case, PadRatios(), None) for case in SSD_CROP_CASES[1:]])


def _ssd_random_crop_fixed_aspect_ratio(message: messages.SSDRandomCropFixedAspectRatio) -> Step:
    """A crop of that shape as ssd_random_crop makes them, then a cut for the images that it kept whole."""
    shape = (message.aspect_ratio, message.aspect_ratio)
    cases = [_crop_case(one, aspect_ratio_range=shape) for one in message.operations]
    shaped = cases or [replace(case, aspect_ratio_range=shape) for case in SSD_CROP_CASES]
    return in_order(crop.random_crop(shaped), crop.crop_to_aspect_ratio(message.aspect_ratio))


def _ssd_random_crop_pad_fixed_aspect_ratio(message: messages.SSDRandomCropPadFixedAspectRatio) -> Step:
    return in_order(
        crop.random_crop(_cases(message)), pad.pad_to_aspect_ratio(message.aspect_ratio, _pad_ratios(message))
    )


STEPS: Mapping[str, Callable[[Message], Step]] = {
    "random_horizontal_flip": lambda m: geometry.horizontal_flip(m.probability),
    "random_vertical_flip": lambda m: geometry.vertical_flip(m.probability),
    "random_rotation90": lambda m: geometry.rotation90(m.probability),
    "random_self_concat_image": lambda m: geometry.self_concat(
        m.concat_vertical_probability, m.concat_horizontal_probability
    ),
    "random_image_scale": lambda m: geometry.image_scale(m.min_scale_ratio, m.max_scale_ratio),
    "resize_image": _resize_image,
    "random_resize_method": lambda m: geometry.resize_method(m.target_height, m.target_width),
    "random_downscale_to_target_pixels": _downscale_to_target_pixels,
    "random_pixel_value_scale": lambda m: color.pixel_value_scale(m.minval, m.maxval),
    "random_rgb_to_gray": lambda m: color.rgb_to_gray(m.probability),
    "random_adjust_brightness": lambda m: color.adjust_brightness(m.max_delta),
    "random_adjust_contrast": lambda m: color.adjust_contrast(m.min_delta, m.max_delta),
    "random_adjust_hue": lambda m: color.adjust_hue(m.max_delta),
    "random_adjust_saturation": lambda m: color.adjust_saturation(m.min_delta, m.max_delta),
    "random_distort_color": lambda m: color.distort_color(m.color_ordering),
    "adjust_gamma": lambda m: color.adjust_gamma(m.gamma, m.gain),
    "random_black_patches": lambda m: damage.black_patches(m.max_black_patches, m.probability, m.size_to_image_ratio),
    "random_jpeg_quality": lambda m: damage.jpeg_quality(m.min_jpeg_quality, m.max_jpeg_quality, m.random_coef),
    "random_patch_gaussian": _patch_gaussian,
    "random_jitter_boxes": _jitter_boxes,
    "drop_label_probabilistically": lambda m: boxes.drop_label(m.label, m.drop_probability),
    "remap_labels": lambda m: boxes.remap_labels(m.original_labels, m.new_label),
    "random_crop_image": lambda m: crop.crop_image(_crop_case(m)),
    "random_crop_to_aspect_ratio": lambda m: crop.crop_to_aspect_ratio(
        m.aspect_ratio, m.overlap_thresh, clip_boxes=m.clip_boxes
    ),
    "random_square_crop_by_scale": lambda m: crop.square_crop_by_scale(
        m.max_border, (m.scale_min, m.scale_max), m.num_scales
    ),
    "random_scale_crop_and_pad_to_square": lambda m: crop.scale_crop_and_pad_to_square(
        m.output_size, (m.scale_min, m.scale_max)
    ),
    "random_pad_image": _pad_image,
    "random_absolute_pad_image": _absolute_pad_image,
    "random_crop_pad_image": lambda m: pad.crop_pad_image(_crop_case(m), _pad_ratios(m), _color(m)),
    "ssd_random_crop": lambda m: crop.random_crop(_cases(m)),
    "ssd_random_crop_pad": _ssd_random_crop_pad,
    "ssd_random_crop_fixed_aspect_ratio": _ssd_random_crop_fixed_aspect_ratio,
    "ssd_random_crop_pad_fixed_aspect_ratio": _ssd_random_crop_pad_fixed_aspect_ratio,
}
"""Name of a step → the function that makes it of its message in PreprocessingStep."""
