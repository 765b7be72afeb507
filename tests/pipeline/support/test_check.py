"""No field is ignored: it has its effect, or is refused with its full path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import text_format

import boxwright
from boxwright.pipeline import (
    PRESETS,
    PipelineError,
    build_preset,
    check_num_classes,
    check_supported,
    load_pipeline,
    parse_pipeline,
)
from boxwright.pipeline.messages import TrainEvalPipelineConfig
from boxwright.pipeline.schema import PACKAGE, message_class, pool
from boxwright.pipeline.support.supported import EVAL_READER, READ, REQUIRED, SECTIONS, SUPPORTED
from boxwright.pipeline.support.supported_model import FEATURE_EXTRACTORS
from boxwright.pipeline.support.walk import SetField

BACKEND = Path(boxwright.__file__).resolve().parent
PURPOSES = tuple(SECTIONS)


def _preset(extra: str = "") -> Any:
    """The tutorial's config, with something merged into it."""
    config = build_preset("ssd_inception_v2", num_classes=2)
    text_format.Merge(extra, config)
    return config


def test_the_tutorials_config_is_supported_unchanged(shared: Path) -> None:
    seed = shared / "reference" / "configs" / "ssd_inception_v2_seed.config"
    for purpose in PURPOSES:
        check_supported(load_pipeline(seed), purpose=purpose)


def test_the_presets_are_supported() -> None:
    for name in PRESETS:
        for purpose in PURPOSES:
            check_supported(build_preset(name, num_classes=3), purpose=purpose)


REFUSED_IN_PART = {
    # Configs of networks that are built here, and the field for which they are refused all the same.
    "facessd_mobilenet_v2_quantized_320x320_open_image_v4.config": "graph_rewriter.quantization",
    "ssd_mobilenet_v1_0.75_depth_quantized_300x300_coco14_sync.config": "graph_rewriter.quantization",
    "ssd_mobilenet_v1_quantized_300x300_coco14_sync.config": "graph_rewriter.quantization",
    "ssd_mobilenet_v2_quantized_300x300_coco.config": "graph_rewriter.quantization",
    "ssd_mobilenet_v2_fullyconv_coco.config": "model.ssd.feature_extractor.use_explicit_padding",
}
OTHER_METRICS = "ssd_mobilenet_v2_oid_v4.config"  # trains and exports; its evaluation is Open Images' own


def test_the_zoo_is_supported_or_refused_by_name(shared: Path) -> None:
    supported = set()
    for path in sorted((shared / "configs").glob("*.config")):
        config = load_pipeline(path)
        kind = config.model.WhichOneof("model")
        known = kind == "ssd" and config.model.ssd.feature_extractor.type in FEATURE_EXTRACTORS
        for purpose in PURPOSES:
            if known and path.name not in REFUSED_IN_PART:
                if (path.name, purpose) != (OTHER_METRICS, "evaluate"):
                    check_supported(config, purpose=purpose)
                supported.add(config.model.ssd.feature_extractor.type)
                continue
            with pytest.raises(PipelineError) as caught:
                check_supported(config, purpose=purpose, path=path.name)
            named = config.model.ssd.feature_extractor.type if kind == "ssd" else f"model.{kind}"
            named = REFUSED_IN_PART.get(path.name, named)
            assert str(caught.value).startswith(f"{path.name}: {'' if known else 'model.'}")
            assert named in str(caught.value)
            assert known or "ssd_inception_v2" in str(caught.value)
    assert supported == set(FEATURE_EXTRACTORS)


def test_every_rule_is_about_a_field_that_exists() -> None:
    for message, rules in SUPPORTED.items():
        fields = pool().FindMessageTypeByName(f"{PACKAGE}.{message}").fields_by_name
        assert set(rules) <= set(fields), message
    for rules in FEATURE_EXTRACTORS.values():
        assert set(rules) <= set(message_class("SsdFeatureExtractor").DESCRIPTOR.fields_by_name)
    for section, paths in REQUIRED.items():
        for path in paths:
            assert path.startswith(f"{section}.") or section == path.split(".")[0]


def test_every_supported_message_has_rules() -> None:
    """A field that holds a message is supported only if the message's own fields are looked at."""
    for message, rules in SUPPORTED.items():
        for name, rule in rules.items():
            child = pool().FindMessageTypeByName(f"{PACKAGE}.{message}").fields_by_name[name].message_type
            if child is not None and rule.reason:
                assert child.full_name.removeprefix(f"{PACKAGE}.") in SUPPORTED, f"{message}.{name}"


def _reachable(message: Any, path: str = "", seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every field under the supported ones, with its path."""
    name = message.full_name.removeprefix(f"{PACKAGE}.")
    for field in message.fields:
        here = f"{path}.{field.name}" if path else field.name
        yield here, field
        rule = SUPPORTED.get(name, {}).get(field.name)
        if field.message_type is not None and rule is not None and rule.reason and name not in seen:
            yield from _reachable(field.message_type, here, (*seen, name))


FIELDS = dict(_reachable(TrainEvalPipelineConfig().DESCRIPTOR))


def _set(config: Any, path: str, value: Any) -> None:
    """Set a field; every message on the way is made, the first element of a repeated one is taken or added."""
    *parents, last = path.split(".")
    target = config
    for name in parents:
        target = getattr(target, name)
        if hasattr(target, "add"):
            target = target[0] if len(target) else target.add()
    target.SetInParent()
    holder = getattr(target, last)
    if hasattr(holder, "add"):
        holder.add()
    elif hasattr(holder, "SetInParent"):
        holder.SetInParent()
    elif hasattr(holder, "extend"):
        del holder[:]
        holder.append(value)
    elif hasattr(holder, "get_or_create"):
        holder.get_or_create(1)
    elif hasattr(holder, "keys"):
        holder["a"] = "b"
    else:
        setattr(target, last, value)


def _candidates(field: Any) -> list[Any]:
    """Values that are not the field's default, of which a rule that is not a refusal should take one."""
    if field.message_type is not None:
        return [None]
    if field.enum_type is not None:
        return [value.number for value in field.enum_type.values if value.number != field.default_value]
    if field.cpp_type == field.CPPTYPE_BOOL:
        return [not field.default_value]
    if field.cpp_type == field.CPPTYPE_STRING:
        return ["x", "detection", "coco_detection_metrics", "ssd_inception_v2"]
    if field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
        return [0.25]
    return [number for number in (3, 4, 6) if number != field.default_value]


@pytest.mark.parametrize("path", FIELDS)
def test_a_field_is_supported_or_refused_by_its_path(path: str) -> None:
    field = FIELDS[path]
    message = field.containing_type.full_name.removeprefix(f"{PACKAGE}.")
    own = FEATURE_EXTRACTORS["ssd_inception_v2"] if message == "SsdFeatureExtractor" else {}
    if path.startswith("eval_input_reader"):
        own = EVAL_READER
    rule = own.get(field.name) or SUPPORTED.get(message, {}).get(field.name)
    section = path.split(".", maxsplit=1)[0]
    purpose = next(one for one in ("train", "evaluate") if section in SECTIONS[one])
    for value in _candidates(field):
        config = build_preset("ssd_inception_v2", num_classes=2)
        _set(config, path, value)
        seen = SetField(path, message, field, () if value is None else (value,), None)
        taken = bool(rule and rule.reason and rule.accepts(seen))
        if taken:
            try:
                check_supported(config, purpose=purpose)
            except PipelineError as error:  # another member of a oneof went, and something in it is missed
                assert "is not set" in str(error)
        else:
            with pytest.raises(PipelineError) as caught:
                check_supported(config, purpose=purpose)
            assert _without_indices(caught.value.field) == path
            assert _without_indices(str(caught.value)).startswith(path)


def _without_indices(text: str) -> str:
    return text.replace("[0]", "").replace("[1]", "").replace("[2]", "")


def test_an_explicit_default_is_accepted() -> None:
    config = _preset(
        "model { ssd { freeze_batchnorm: false } }"
        "model { ssd { box_predictor { convolutional_box_predictor { use_depthwise: false } } } }"
        "train_config { sync_replicas: false merge_multiple_label_boxes: false }"
        "train_input_reader { load_instance_masks: false drop_remainder: true }"
    )
    check_supported(config, purpose="train")


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ("model { faster_rcnn { num_classes: 3 } }", ["model.faster_rcnn is not supported", "ssd_inception_v2"]),
        (
            "model { ssd { feature_extractor { type: 'ssd_mobilenet_v3_large' } } }",
            ["model.ssd.feature_extractor.type is 'ssd_mobilenet_v3_large'", "supported: ssd_inception_v2"],
        ),
        (
            "model { ssd { feature_extractor { override_base_feature_extractor_hyperparams: false } } }",
            ["override_base_feature_extractor_hyperparams is false", "supported: true"],
        ),
        (
            "train_config { data_augmentation_options { autoaugment_image {} } }",
            ["train_config.data_augmentation_options[2].autoaugment_image", "random_distort_color and ssd_random_crop"],
        ),
        (
            "model { ssd { feature_extractor { fpn { min_level: 3 } } } }",
            ["model.ssd.feature_extractor.fpn is not supported", "whose name ends in _fpn"],
        ),
        ("graph_rewriter { quantization { delay: 1 } }", ["graph_rewriter.quantization", "delete the graph_rewriter"]),
        ("model { ssd { freeze_batchnorm: true } }", ["freeze_batchnorm is true", "train: false"]),
        (
            "model { ssd { feature_extractor { conv_hyperparams { activation: SWISH } } } }",
            ["activation is SWISH", "NONE or RELU or RELU_6"],
        ),
        (
            "model { ssd { post_processing { batch_non_max_suppression { soft_nms_sigma: 0.5 } } } }",
            ["soft_nms_sigma is 0.5", "its default is 0"],
        ),
        (
            "train_config { merge_multiple_label_boxes: true use_bfloat16: true }",
            ["merge_multiple_label_boxes is true", "Also not supported or missing: train_config.use_bfloat16."],
        ),
    ],
)
def test_a_refusal_names_the_field_and_the_next_step(extra: str, says: list[str]) -> None:
    with pytest.raises(PipelineError) as caught:
        check_supported(_preset(extra), purpose="train", path="training/pipeline.config")
    for part in ("training/pipeline.config: ", *says):
        assert part in str(caught.value)


def test_a_base_network_without_the_configs_hyperparameters_is_refused_when_unset_too() -> None:
    config = _preset()
    config.model.ssd.feature_extractor.ClearField("override_base_feature_extractor_hyperparams")
    with pytest.raises(PipelineError, match="override_base_feature_extractor_hyperparams is not set"):
        check_supported(config, purpose="export")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_an_empty_config_names_the_missing_fields(purpose: Any) -> None:
    with pytest.raises(PipelineError, match=r"model\.ssd\.num_classes is not set"):
        check_supported(TrainEvalPipelineConfig(), purpose=purpose)


@pytest.mark.parametrize("path", [path for paths in REQUIRED.values() for path in paths])
def test_each_required_field_is_reported_when_missing(path: str) -> None:
    config = _preset()
    for alternative in path.split(" or "):
        *parents, last = alternative.split(".")
        target = config
        for name in parents:
            target = getattr(target, name)
        target.ClearField(last)
    with pytest.raises(PipelineError) as caught:
        check_supported(config, purpose="train")
    assert caught.value.field == path


def test_export_and_evaluation_do_not_check_training() -> None:
    config = _preset("train_config { use_bfloat16: true } train_input_reader { load_instance_masks: true }")
    check_supported(config, purpose="export")
    check_supported(config, purpose="evaluate")
    with pytest.raises(PipelineError):
        check_supported(config, purpose="train")


def test_an_unknown_field_of_a_binary_config_is_refused() -> None:
    data = _preset().SerializeToString()
    newer = bytes([0xFA, 0x3F, 1, 0x61])  # field 1023, one byte long
    with pytest.raises(PipelineError, match="field with number 1023"):
        check_supported(parse_pipeline(data + newer, name="x"), purpose="export")
    nested = bytes([0x0A, 6, 0x12, 4]) + newer  # the same inside model.ssd
    with pytest.raises(PipelineError, match=r"model\.ssd has a field with number 1023"):
        check_supported(parse_pipeline(data + nested, name="x"), purpose="export")

    value = bytes([0x0A, 8, 0x12, 6, 0x4A, 4, 0x0A, 0, 0x10, 9])  # score_converter 9
    with pytest.raises(PipelineError, match=r"model\.ssd\.post_processing\.score_converter has a value that no known"):
        check_supported(parse_pipeline(data + value, name="x"), purpose="export")


NOTHING_TO_READ = {
    # Fields of which one value only is supported: the code is that value.
    "Hyperparams.op",
    "ConvolutionalBoxPredictor.box_code_size",
    "WeightSharedConvolutionalBoxPredictor.box_code_size",
    "TrainConfig.fine_tune_checkpoint_version",
    # Every supported metric is always measured.
    "EvalConfig.metrics_set",
}
READ_FIELDS = [
    (f"{message}.{field}", module)
    for message, rules in SUPPORTED.items()
    for field, rule in rules.items()
    if rule.has_effect and f"{message}.{field}" not in NOTHING_TO_READ
    for module in rule.reason.split(", ")
    if module
]


@pytest.mark.parametrize(("field", "module"), READ_FIELDS)
def test_the_module_of_a_field_reads_it(field: str, module: str) -> None:
    """A field that its module does not even name is parsed and ignored."""
    source = (BACKEND / module.replace(".", "/")).with_suffix(".py")
    package = BACKEND / module.replace(".", "/")
    files = sorted(package.rglob("*.py")) if package.is_dir() else [source]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert re.search(rf"\b{field.rpartition('.')[2]}\b", text), f"{field} is not read in {module}"


def test_num_classes_that_agree_pass() -> None:
    check_num_classes(_preset(), {"cat": 1, "dog": 2})
    coco = _preset("model { ssd { num_classes: 90 } }")
    check_num_classes(coco, {"person": 1, "toothbrush": 90})  # COCO's ids have gaps


@pytest.mark.parametrize(
    ("label_map", "says"),
    [
        (
            {"cat": 1, "dog": 2, "eel": 3},
            ["num_classes is 2", "is 3 ('eel'", "Write num_classes: 3", "If 'eel' is a typo"],
        ),
        ({"cat": 0, "dog": 1}, ["'cat' has id 0", "ids start at 1"]),
        ({}, ["no label", "boxwright dataset"]),
    ],
)
def test_num_classes_below_the_label_map_name_both_numbers_and_both_files(
    label_map: dict[str, int], says: list[str]
) -> None:
    with pytest.raises(PipelineError) as caught:
        check_num_classes(_preset(), label_map, config_path="p.config", label_map_path="map.pbtxt")
    for part in ("map.pbtxt", *says):
        assert part in str(caught.value)


def test_the_reader_rules_cover_evaluation_too() -> None:
    config = _preset("eval_input_reader { load_instance_masks: true }")
    with pytest.raises(PipelineError, match=r"eval_input_reader\[1\]\.load_instance_masks"):
        check_supported(config, purpose="evaluate")
    assert "InputReader" in READ


def test_more_outputs_than_labels_are_a_warning() -> None:
    # a config of another project, or a class that was given up: the original trains and evaluates it
    assert check_num_classes(_preset(), {"cat": 1, "dog": 2}) == ""
    warning = check_num_classes(_preset(), {"cat": 1}, config_path="p.config", label_map_path="map.pbtxt")
    assert "p.config: model.ssd.num_classes is 2, but the highest id in map.pbtxt is 1 ('cat')" in warning


_HOSTILE = """train_config {
  optimizer { rms_prop_optimizer { learning_rate { constant_learning_rate { learning_rate: %s } } } }
}"""


@pytest.mark.parametrize(
    ("extra", "field", "says"),
    [
        (
            _HOSTILE % "nan",
            "learning_rate.constant_learning_rate.learning_rate",
            "is nan, which is not a finite number",
        ),
        (
            _HOSTILE % "inf",
            "learning_rate.constant_learning_rate.learning_rate",
            "is inf, which is not a finite number",
        ),
        (_HOSTILE % "-0.5", "learning_rate.constant_learning_rate.learning_rate", "supported: 0 or more"),
        ("train_config { batch_size: 1000000000 }", "train_config.batch_size", "supported: 1 to 65,536"),
        (
            "train_config { optimizer { rms_prop_optimizer { momentum_optimizer_value: -1 } } }",
            "train_config.optimizer.rms_prop_optimizer.momentum_optimizer_value",
            "supported: 0 to 1",
        ),
        ("train_config { gradient_clipping_by_norm: -1 }", "train_config.gradient_clipping_by_norm", "0 or more"),
        ("model { ssd { num_classes: 2000000000 } }", "model.ssd.num_classes", "1 to 100,000"),
        (
            "model { ssd { image_resizer { fixed_shape_resizer { height: 1000000 width: 300 } } } }",
            "model.ssd.image_resizer.fixed_shape_resizer.height",
            "1 to 16,384",
        ),
        ("model { ssd { loss { classification_weight: nan } } }", "model.ssd.loss.classification_weight", "finite"),
    ],
)
def test_values_that_no_training_can_have_are_refused_by_name(extra: str, field: str, says: str) -> None:
    with pytest.raises(PipelineError) as caught:
        check_supported(_preset(extra), purpose="train")
    assert caught.value.field.endswith(field)
    assert says in str(caught.value)


def test_fewer_steps_than_none_are_refused_with_the_line() -> None:
    with pytest.raises(PipelineError, match=r"x:1: train_config\.num_steps: .*-5"):
        parse_pipeline(b"train_config { num_steps: -5 }", name="x")


def test_a_batch_that_no_memory_holds_is_refused() -> None:
    large = "train_config { batch_size: 8000 } model { ssd { image_resizer { %s } } }"
    with pytest.raises(PipelineError, match=r"batch_size is 8000: its images of 640 x 640 pixels would take 37 GiB"):
        check_supported(
            _preset(large % "keep_aspect_ratio_resizer { min_dimension: 320 max_dimension: 640 }"), purpose="train"
        )
    check_supported(_preset("train_config { batch_size: 2048 }"), purpose="train")  # the zoo's largest
    check_supported(_preset("train_config { batch_size: 60000 }"), purpose="export")
