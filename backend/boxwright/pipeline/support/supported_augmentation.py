"""The augmentation steps of pipeline.config that Boxwright supports, their fields, and how these must fit together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from boxwright.pipeline.support.rules import Rule, counted, no_effect, only, read_by, refused, where

_BY = "training.input.augmentation"
_OWN_SCALE = "Delete it: the network scales pixel values itself, and an exported model would not do this step."
_LARGEST_SIDE = 16_384  # pixels; a larger image of float32 does not fit into memory

_ANY = read_by(_BY)
_FRACTION = where(_BY, lambda x: 0 <= x <= 1, "0 to 1")
_NOT_NEGATIVE = where(_BY, lambda x: x >= 0, "0 or more")
_POSITIVE = where(_BY, lambda x: x > 0, "more than 0")
_LABEL = where(_BY, lambda n: n >= 1, "ids of the label map, from 1")
_SIDE = where(_BY, lambda n: 1 <= n <= _LARGEST_SIDE, f"1 to {_LARGEST_SIDE} pixels")
_PADDING = where(_BY, lambda n: 0 <= n <= _LARGEST_SIDE, f"0 to {_LARGEST_SIDE} pixels")
_KEYPOINTS = no_effect("permutes keypoints, which are not loaded")
_COLOR = counted(_BY, 3, lambda x: 0 <= x <= 255, "three values from 0 to 255, of red, green and blue")
_SIZE_RATIO = counted(_BY, 2, lambda x: 0 <= x <= 10, "two values from 0 to 10, of height and width")
_SCALE = where(_BY, lambda x: 0.01 <= x <= 10, "0.01 to 10")
_ASPECT_RATIO = where(_BY, lambda x: 0.01 <= x <= 100, "0.01 to 100")

_AREA: dict[str, Rule] = {
    "min_object_covered": _FRACTION,
    "min_area": _ANY,
    "max_area": _ANY,
    "overlap_thresh": _ANY,
    "clip_boxes": _ANY,
    "random_coef": _ANY,
}
_CROP: dict[str, Rule] = {**_AREA, "min_aspect_ratio": _ANY, "max_aspect_ratio": _ANY}
_PAD: dict[str, Rule] = {"min_padded_size_ratio": _SIZE_RATIO, "max_padded_size_ratio": _SIZE_RATIO}
_RANGE: dict[str, Rule] = {"min_delta": _ANY, "max_delta": _ANY}

STEPS: dict[str, Rule] = {
    "random_horizontal_flip": _ANY,
    "random_vertical_flip": _ANY,
    "random_rotation90": _ANY,
    "random_pixel_value_scale": _ANY,
    "random_image_scale": _ANY,
    "random_rgb_to_gray": _ANY,
    "random_adjust_brightness": _ANY,
    "random_adjust_contrast": _ANY,
    "random_adjust_hue": _ANY,
    "random_adjust_saturation": _ANY,
    "random_distort_color": _ANY,
    "random_jitter_boxes": _ANY,
    "random_crop_image": _ANY,
    "random_pad_image": _ANY,
    "random_absolute_pad_image": _ANY,
    "random_crop_pad_image": _ANY,
    "random_crop_to_aspect_ratio": _ANY,
    "random_black_patches": _ANY,
    "random_resize_method": _ANY,
    "resize_image": _ANY,
    "ssd_random_crop": _ANY,
    "ssd_random_crop_pad": _ANY,
    "ssd_random_crop_fixed_aspect_ratio": _ANY,
    "ssd_random_crop_pad_fixed_aspect_ratio": _ANY,
    "random_self_concat_image": _ANY,
    "drop_label_probabilistically": _ANY,
    "remap_labels": _ANY,
    "random_jpeg_quality": _ANY,
    "random_downscale_to_target_pixels": _ANY,
    "random_patch_gaussian": _ANY,
    "random_square_crop_by_scale": _ANY,
    "random_scale_crop_and_pad_to_square": _ANY,
    "adjust_gamma": _ANY,
    "normalize_image": refused(_OWN_SCALE),
    "subtract_channel_mean": refused(_OWN_SCALE),
    "scale_boxes_to_pixel_coordinates": refused("Delete it: an SSD's boxes are normalised to the image."),
    "rgb_to_gray": refused(
        "It leaves one channel and the network takes three. Write random_rgb_to_gray { probability: 1.0 }."
    ),
    "convert_class_logits_to_softmax": refused("Delete it: records hold labels, not a score for every class."),
    "autoaugment_image": refused(
        "Its policies are made of operations that are not built here. Delete it, or write steps such as "
        "random_horizontal_flip, random_distort_color and ssd_random_crop, each in its own data_augmentation_options."
    ),
}

AUGMENT: dict[str, dict[str, Rule]] = {
    "PreprocessingStep": STEPS,
    "RandomHorizontalFlip": {"probability": _FRACTION, "keypoint_flip_permutation": _KEYPOINTS},
    "RandomVerticalFlip": {"probability": _FRACTION, "keypoint_flip_permutation": _KEYPOINTS},
    "RandomRotation90": {"probability": _FRACTION, "keypoint_rot_permutation": _KEYPOINTS},
    "RandomPixelValueScale": {"minval": _NOT_NEGATIVE, "maxval": _NOT_NEGATIVE},
    "RandomImageScale": {"min_scale_ratio": _SCALE, "max_scale_ratio": _SCALE},
    "RandomRGBtoGray": {"probability": _FRACTION},
    "RandomAdjustBrightness": {"max_delta": _FRACTION},
    "RandomAdjustContrast": _RANGE,
    "RandomAdjustHue": {"max_delta": _FRACTION},
    "RandomAdjustSaturation": _RANGE,
    "RandomDistortColor": {"color_ordering": only(_BY, 0, 1)},
    "RandomJitterBoxes": {"ratio": _FRACTION, "jitter_mode": _ANY},
    "RandomCropImage": _CROP,
    "RandomPadImage": {
        "min_image_height": _SIDE,
        "min_image_width": _SIDE,
        "max_image_height": _SIDE,
        "max_image_width": _SIDE,
        "pad_color": _COLOR,
    },
    "RandomAbsolutePadImage": {"max_height_padding": _PADDING, "max_width_padding": _PADDING, "pad_color": _COLOR},
    "RandomCropPadImage": {**_CROP, **_PAD, "pad_color": _COLOR},
    "RandomCropToAspectRatio": {"aspect_ratio": _ASPECT_RATIO, "overlap_thresh": _ANY, "clip_boxes": _ANY},
    "RandomBlackPatches": {
        "max_black_patches": where(_BY, lambda n: 0 <= n <= 1000, "0 to 1000"),
        "probability": _FRACTION,
        "size_to_image_ratio": _FRACTION,
    },
    "RandomResizeMethod": {"target_height": _SIDE, "target_width": _SIDE},
    "ResizeImage": {"new_height": _SIDE, "new_width": _SIDE, "method": _ANY},
    "SSDRandomCrop": {"operations": _ANY},
    "SSDRandomCropOperation": _CROP,
    "SSDRandomCropPad": {"operations": _ANY},
    "SSDRandomCropPadOperation": {**_CROP, **_PAD, "pad_color_r": _ANY, "pad_color_g": _ANY, "pad_color_b": _ANY},
    "SSDRandomCropFixedAspectRatio": {"operations": _ANY, "aspect_ratio": _ASPECT_RATIO},
    "SSDRandomCropFixedAspectRatioOperation": _AREA,
    "SSDRandomCropPadFixedAspectRatio": {"operations": _ANY, "aspect_ratio": _ASPECT_RATIO, **_PAD},
    "SSDRandomCropPadFixedAspectRatioOperation": _CROP,
    "RandomSelfConcatImage": {
        "concat_vertical_probability": _FRACTION,
        "concat_horizontal_probability": _FRACTION,
    },
    "DropLabelProbabilistically": {"label": _LABEL, "drop_probability": _FRACTION},
    "RemapLabels": {"original_labels": _LABEL, "new_label": _LABEL},
    "RandomJpegQuality": {"random_coef": _ANY, "min_jpeg_quality": _ANY, "max_jpeg_quality": _ANY},
    "RandomDownscaleToTargetPixels": {
        "random_coef": _ANY,
        "min_target_pixels": _POSITIVE,
        "max_target_pixels": _POSITIVE,
    },
    "RandomPatchGaussian": {
        "random_coef": _ANY,
        "min_patch_size": _SIDE,
        "max_patch_size": _SIDE,
        "min_gaussian_stddev": _NOT_NEGATIVE,
        "max_gaussian_stddev": _NOT_NEGATIVE,
    },
    "RandomSquareCropByScale": {
        "max_border": _PADDING,
        "scale_min": _SCALE,
        "scale_max": _SCALE,
        "num_scales": where(_BY, lambda n: 1 <= n <= 1000, "1 to 1000"),
    },
    "RandomScaleCropAndPadToSquare": {"output_size": _SIDE, "scale_min": _SCALE, "scale_max": _SCALE},
    "AdjustGamma": {"gamma": _NOT_NEGATIVE, "gain": _NOT_NEGATIVE},
}
"""Message → field → rule, of everything in train_config.data_augmentation_options."""


@dataclass(frozen=True)
class Relation:
    """What several fields of one message must be together.

    Attributes:
        fields: Their names.
        must: The rule in words, to follow the names.
        holds: Whether a message keeps it.
    """

    fields: tuple[str, ...]
    must: str
    holds: Callable[[Any], bool]


def _ordered(low: str, high: str, *, least: float = float("-inf"), most: float = float("inf")) -> Relation:
    """The first field is not above the second, and both are within bounds."""
    bounds = [f"at least {least:g}"] * (least > float("-inf")) + [f"at most {most:g}"] * (most < float("inf"))
    must = " and ".join([*bounds, "in this order"])
    return Relation(
        (low, high), f"must be {must}", lambda message: least <= getattr(message, low) <= getattr(message, high) <= most
    )


def _positive_range(low: str, high: str, *, most: float = float("inf")) -> Relation:
    limit = f", at most {most:g}" if most < float("inf") else ""
    return Relation(
        (low, high),
        f"must be more than 0{limit} and in this order",
        lambda message: 0 < getattr(message, low) <= getattr(message, high) <= most,
    )


def _both_or_none(*fields: str) -> Relation:
    return Relation(
        fields,
        "must both be set, or neither",
        lambda message: len({message.HasField(field) for field in fields}) == 1,
    )


def _all_set(*fields: str) -> Relation:
    return Relation(fields, "must be set", lambda message: all(_is_set(message, field) for field in fields))


def _is_set(message: Any, field: str) -> bool:
    value = getattr(message, field)
    return len(value) > 0 if hasattr(value, "append") else bool(message.HasField(field))


def _in_order_where_set(low: str, high: str) -> Relation:
    return Relation(
        (low, high),
        "must be in this order",
        lambda message: not message.HasField(high) or getattr(message, low) <= getattr(message, high),
    )


_AREAS = _positive_range("min_area", "max_area", most=1)
_CROPS = (_AREAS, _positive_range("min_aspect_ratio", "max_aspect_ratio"))

RELATIONS: dict[str, tuple[Relation, ...]] = {
    "RandomPixelValueScale": (_ordered("minval", "maxval"),),
    "RandomImageScale": (_ordered("min_scale_ratio", "max_scale_ratio"),),
    "RandomAdjustContrast": (_ordered("min_delta", "max_delta", least=0),),
    "RandomAdjustSaturation": (_ordered("min_delta", "max_delta", least=0),),
    "RandomCropImage": _CROPS,
    "RandomPadImage": (
        _both_or_none("min_image_height", "min_image_width"),
        _both_or_none("max_image_height", "max_image_width"),
    ),
    "RandomCropPadImage": _CROPS,
    "RandomResizeMethod": (_all_set("target_height", "target_width"),),
    "ResizeImage": (_all_set("new_height", "new_width"),),
    "SSDRandomCropOperation": _CROPS,
    "SSDRandomCropPadOperation": _CROPS,
    "SSDRandomCropFixedAspectRatioOperation": (_AREAS,),
    "SSDRandomCropPadFixedAspectRatioOperation": _CROPS,
    "DropLabelProbabilistically": (_all_set("label"),),
    "RemapLabels": (_all_set("original_labels", "new_label"),),
    "RandomJpegQuality": (_ordered("min_jpeg_quality", "max_jpeg_quality", least=0, most=100),),
    "RandomDownscaleToTargetPixels": (_in_order_where_set("min_target_pixels", "max_target_pixels"),),
    "RandomPatchGaussian": (
        _ordered("min_patch_size", "max_patch_size"),
        _ordered("min_gaussian_stddev", "max_gaussian_stddev"),
    ),
    "RandomSquareCropByScale": (_ordered("scale_min", "scale_max"),),
    "RandomScaleCropAndPadToSquare": (_ordered("scale_min", "scale_max"),),
}
"""Message → what its fields must be together."""
