"""Every augmentation step is supported or refused with a reason, and its fields must fit each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from google.protobuf import text_format

from boxwright.pipeline import PipelineError, build_preset, check_supported, message_class
from boxwright.pipeline.messages import TrainEvalPipelineConfig
from boxwright.pipeline.support.supported_augmentation import AUGMENT, RELATIONS, STEPS

OPTION = "train_config.data_augmentation_options"


def _config(*steps: str) -> TrainEvalPipelineConfig:
    """The tutorial's config with other augmentation steps."""
    config = build_preset("ssd_inception_v2", num_classes=3)
    del config.train_config.data_augmentation_options[:]
    text_format.Merge("".join(f"train_config {{ data_augmentation_options {{ {step} }} }}" for step in steps), config)
    return config


def test_every_step_of_the_api_is_supported_or_refused_with_a_reason() -> None:
    fields = message_class("PreprocessingStep").DESCRIPTOR.fields_by_name
    assert set(STEPS) == set(fields)
    for name, rule in STEPS.items():
        if rule.reason:
            assert fields[name].message_type.name in AUGMENT
            assert set(AUGMENT[fields[name].message_type.name]) == set(fields[name].message_type.fields_by_name)
            continue
        with pytest.raises(PipelineError, match=rf"^train_config\.data_augmentation_options\[0\]\.{name} is not supp"):
            check_supported(_config(f"{name} {{}}"), purpose="train")
        assert rule.advice
    assert sum(1 for rule in STEPS.values() if rule.reason) == 33


NEEDS_A_FIELD = {"resize_image", "random_resize_method", "drop_label_probabilistically", "remap_labels"}


@pytest.mark.parametrize("name", [name for name, rule in STEPS.items() if rule.reason])
def test_a_step_with_the_protos_defaults_is_accepted_or_misses_a_field(name: str) -> None:
    config = _config(f"{name} {{}}")
    if name not in NEEDS_A_FIELD:
        check_supported(config, purpose="train")
        return
    with pytest.raises(PipelineError, match="is not set"):
        check_supported(config, purpose="train")
    check_supported(config, purpose="export")  # which reads no train_config


def test_every_relation_is_about_fields_that_exist() -> None:
    for message, relations in RELATIONS.items():
        for relation in relations:
            assert set(relation.fields) <= set(message_class(message).DESCRIPTOR.fields_by_name)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("", f"{OPTION}[0] is empty: its augmentation step is not set. Write one, or delete the block."),
        (
            "random_pad_image { min_image_height: 300 }",
            f"{OPTION}[0].random_pad_image: min_image_height and min_image_width must both be set, or neither; "
            "min_image_height is 300, min_image_width is not set.",
        ),
        (
            "random_crop_image { min_area: 0.8 max_area: 0.5 }",
            "min_area and max_area must be more than 0, at most 1 and in this order; min_area is 0.8, max_area is 0.5.",
        ),
        (
            "ssd_random_crop { operations { min_area: 0.1 max_area: 1 } }",
            f"{OPTION}[0].ssd_random_crop.operations[0]: min_aspect_ratio and max_aspect_ratio must be more than 0 and "
            "in this order; min_aspect_ratio is not set, max_aspect_ratio is not set.",
        ),
        ("random_jpeg_quality { max_jpeg_quality: 101 }", "must be at least 0 and at most 100 and in this order"),
        ("random_patch_gaussian { min_patch_size: 300 }", "max_patch_size is not set (its default is 250)"),
        ("random_crop_pad_image { min_padded_size_ratio: 1.0 }", "supported: two values from 0 to 10, of height and"),
        ("random_pad_image { pad_color: [1, 2] }", "pad_color is 1, 2, which is not supported; supported: three"),
        ("remap_labels { original_labels: 1 new_label: 4 }", "new_label is 4, but the model has 3 classes"),
        ("remap_labels { new_label: 2 }", "original_labels is not set, new_label is 2"),
        (
            "random_distort_color { color_ordering: 2 }",
            "color_ordering is 2, which is not supported; supported: 0 or 1",
        ),
        ("random_vertical_flip { probability: 1.5 }", "probability is 1.5, which is not supported; supported: 0 to 1"),
        (
            "random_image_scale { max_scale_ratio: 1e9 }",
            "max_scale_ratio is 1e+09, which is not supported; supported: 0.01",
        ),
        ("rgb_to_gray {}", "Write random_rgb_to_gray { probability: 1.0 }"),
    ],
)
def test_what_a_refusal_says(step: str, says: str) -> None:
    with pytest.raises(PipelineError) as caught:
        check_supported(_config(step), purpose="train")
    assert says in str(caught.value)


def test_the_documentation_lists_every_step_and_its_fields(project: Path) -> None:
    lines = (project / "docs" / "reference" / "augmentation.md").read_text(encoding="utf-8").splitlines()
    rows = [set(re.findall(r"`(\w+)`", line)) for line in lines if line.startswith("| `")]
    fields = message_class("PreprocessingStep").DESCRIPTOR.fields_by_name
    for name, rule in STEPS.items():
        (row,) = [
            row for row in rows if name in row and (name != "random_crop_image" or "random_crop_pad_image" not in row)
        ]
        if rule.reason:
            wanted = {one for one in AUGMENT[fields[name].message_type.name] if not one.startswith("keypoint_")}
            if name == "random_crop_pad_image":
                wanted -= set(AUGMENT["RandomCropImage"])
            assert wanted <= row - {name}, name
            assert row - {name, "random_crop_image"} <= wanted | {name}, name
