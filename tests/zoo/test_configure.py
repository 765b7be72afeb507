"""Adapting a model's own pipeline.config to a workspace."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from boxwright.pipeline import PipelineError, check_supported, load_pipeline, resolve_paths, save_pipeline
from boxwright.pipeline.presets import build_preset
from boxwright.workspace import Workspace
from boxwright.zoo.catalogue import MODELS
from boxwright.zoo.configure import Configured, configure
from boxwright.zoo.errors import ZooError

PREFIX = "pre-trained-model/ssd_inception_v2_coco/model.ckpt"


def zoo_config() -> str:
    """Return what an archive of 2018 has: the tutorial's network, with the zoo's placeholders and oddities."""
    text = (resources.files("boxwright.pipeline") / "presets" / "ssd_inception_v2.config").read_text(encoding="utf-8")
    assert "num_classes: 1" in text
    for old, new in (
        ("num_classes: 1", "num_classes: 90"),
        ("      override_base_feature_extractor_hyperparams: true\n", "      batch_norm_trainable: true\n"),
        ("score_threshold: 1e-8", "score_threshold: 0.300000011921"),
        ("annotations/train.record", "PATH_TO_BE_CONFIGURED/mscoco_train.record"),
        ("annotations/test.record", "PATH_TO_BE_CONFIGURED/mscoco_val.record"),
        ("annotations/label_map.pbtxt", "PATH_TO_BE_CONFIGURED/mscoco_label_map.pbtxt"),
        ("train_config {", 'train_config {\n  fine_tune_checkpoint: "PATH_TO_BE_CONFIGURED/model.ckpt"\n'),
        ("train_config {", "train_config {\n  sync_replicas: true\n  from_detection_checkpoint: true\n"),
    ):
        assert old in text
        text = text.replace(old, new)
    return text


def configured(tmp_path: Path, text: str | None, **options: object) -> Configured:
    workspace = Workspace.at(tmp_path)
    source = None
    if text is not None:
        source = tmp_path / "zoo.config"
        source.write_text(text)
    settings = {"extractor": None, "prefix": workspace.root / PREFIX, "num_classes": 1, **options}
    return configure(workspace, source=source, **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("num_classes", [1, 4])
def test_classes_paths_and_schedule_are_the_workspaces(tmp_path: Path, num_classes: int) -> None:
    result = configured(tmp_path, zoo_config(), num_classes=num_classes)
    path = tmp_path / "training" / "pipeline.config"
    save_pipeline(result.config, path, header=result.header("ssd_inception_v2_coco"))
    config = load_pipeline(path)
    assert config.model.ssd.num_classes == num_classes
    for purpose in ("train", "evaluate", "export"):
        check_supported(config, purpose=purpose)
        paths = resolve_paths(config, tmp_path, purpose=purpose)
    assert paths.train_records == ("annotations/train.record",)
    assert paths.eval_records == ("annotations/test.record",)
    assert paths.train_label_map == paths.eval_label_map == tmp_path / "annotations/label_map.pbtxt"
    assert paths.fine_tune_checkpoint == tmp_path / PREFIX
    train = config.train_config
    assert (train.fine_tune_checkpoint_type, train.num_steps, train.batch_size) == ("detection", 2000, 8)
    assert train.load_all_detection_checkpoint_vars
    cosine = train.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate
    assert (cosine.total_steps, cosine.learning_rate_base) == (2000, pytest.approx(0.0003))
    assert [step.WhichOneof("preprocessing_step") for step in train.data_augmentation_options] == [
        "random_horizontal_flip",
        "ssd_random_crop",
    ]
    text = path.read_text()
    assert text.startswith("# Zoo ssd_inception_v2_coco: its own pipeline.config")
    assert "PATH_TO_BE_CONFIGURED" not in text


def test_the_network_is_unchanged_except_for_the_listed_changes(tmp_path: Path) -> None:
    result = configured(tmp_path, zoo_config())
    expected = build_preset("ssd_inception_v2", num_classes=1).model
    assert expected.ssd.feature_extractor.conv_hyperparams.batch_norm.train
    expected.ssd.feature_extractor.conv_hyperparams.batch_norm.train = False
    expected.ssd.box_predictor.convolutional_box_predictor.class_prediction_bias_init = -4.6
    assert result.config.model == expected
    said = "\n".join(result.changes)
    assert "its statistics stay those of the checkpoint" in said
    assert "class_prediction_bias_init: -4.6" in said
    assert "score_threshold: 1e-8" in said


def test_a_class_bias_of_the_models_own_is_kept(tmp_path: Path) -> None:
    text = zoo_config().replace("apply_sigmoid_to_scores", "class_prediction_bias_init: -2.0 apply_sigmoid_to_scores")
    result = configured(tmp_path, text)
    predictor = result.config.model.ssd.box_predictor.convolutional_box_predictor
    assert predictor.class_prediction_bias_init == pytest.approx(-2.0)
    assert not any("class_prediction_bias_init" in change for change in result.changes)


def test_softmax_scores_get_no_class_bias(tmp_path: Path) -> None:
    text = zoo_config()
    assert "weighted_sigmoid" in text
    result = configured(tmp_path, text.replace("weighted_sigmoid", "weighted_softmax"))
    assert not result.config.model.ssd.box_predictor.convolutional_box_predictor.class_prediction_bias_init


def test_steps_and_batch_size_are_set(tmp_path: Path) -> None:
    train = configured(tmp_path, zoo_config(), num_steps=20_000, batch_size=3).config.train_config
    assert (train.num_steps, train.batch_size) == (20_000, 3)
    short = configured(tmp_path, zoo_config(), num_steps=50).config.train_config
    assert short.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate.warmup_steps == 5


@pytest.mark.parametrize(("steps", "decay"), [(2000, 0.97), (20_000, 0.9997)])
def test_statistics_of_the_predictors_follow_within_the_run(tmp_path: Path, steps: int, decay: float) -> None:
    norm = "batch_norm { decay: 0.9997 epsilon: 0.001 }"
    before, predictor, after = zoo_config().partition("convolutional_box_predictor {")
    text = before + predictor + after.replace("conv_hyperparams {", f"conv_hyperparams {{ {norm}", 1)
    result = configured(tmp_path, text, num_steps=steps)
    ssd = result.config.model.ssd
    assert ssd.box_predictor.convolutional_box_predictor.conv_hyperparams.batch_norm.decay == pytest.approx(decay)
    assert ssd.feature_extractor.conv_hyperparams.batch_norm.decay == pytest.approx(0.9997)
    assert any("decay: 0.97 for 0.9997" in change for change in result.changes) == (decay < 0.99)


@pytest.mark.parametrize(("pixels", "batch"), [(300, 8), (640, 4)])
def test_a_schedule_for_many_tpus_becomes_one_for_a_batch(tmp_path: Path, pixels: int, batch: int) -> None:
    before, _, rest = zoo_config().partition("    rms_prop_optimizer")
    after = rest[rest.index("\n  }\n") :]
    text = before + "    momentum_optimizer { momentum_optimizer_value: 0.5 }" + after
    text = text.replace("height: 300 width: 300", f"height: {pixels} width: {pixels}")
    train = configured(tmp_path, text).config.train_config
    assert train.batch_size == batch
    assert train.optimizer.WhichOneof("optimizer") == "adam_optimizer"
    assert not train.sync_replicas


def test_simulated_quantisation_is_removed_and_listed(tmp_path: Path) -> None:
    text = zoo_config() + "graph_rewriter { quantization { delay: 48000 weight_bits: 8 activation_bits: 8 } }\n"
    result = configured(tmp_path, text)
    assert not result.config.HasField("graph_rewriter")
    assert any("in float" in change for change in result.changes)


def test_without_a_config_the_preset_of_the_network_is_used(tmp_path: Path) -> None:
    result = configured(tmp_path, None, extractor="ssd_inception_v2", num_classes=4)
    assert result.source == "the preset ssd_inception_v2"
    assert result.config.train_config.fine_tune_checkpoint == PREFIX
    assert result.config.model.ssd.num_classes == 4
    with pytest.raises(ZooError, match=r"no pipeline\.config beside its checkpoint.*--from"):
        configured(tmp_path, None, extractor="ssd_nothing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("model {", "model { # {{{\n }"), r"The model's own zoo\.config:\d+"),
        (('"ssd_inception_v2"', '"ssd_pnasnet"'), "cannot be trained here.*'ssd_pnasnet', which is not supported"),
        (("{ random_horizontal_flip {} }", "{ autoaugment_image {} }"), "cannot be trained here.*autoaugment_image"),
    ],
)
def test_a_field_that_is_not_supported_is_named(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(PipelineError, match=message):
        configured(tmp_path, zoo_config().replace(*change))


def test_a_faster_rcnn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"model\.faster_rcnn"):
        configured(tmp_path, "model { faster_rcnn { num_classes: 90 } }")


def test_a_network_is_listed_as_supported_exactly_when_its_config_is(shared: Path, tmp_path: Path) -> None:
    """Whatever this Boxwright builds: "works here" is said of a model exactly when its config can be fitted."""
    compared = 0
    for model in MODELS:
        path = shared / "configs" / f"{re.sub(r'_20[0-9_]+$', '', model.archive)}.config"
        if not path.exists():
            continue
        assert load_pipeline(path).model.ssd.feature_extractor.type == model.extractor
        try:
            config = configured(tmp_path, path.read_text(), num_classes=4).config
            check_supported(config, purpose="evaluate", path=path.name)
        except PipelineError as error:
            assert not model.is_supported, f"{model.name}: {error}"
        else:
            assert model.is_supported, model.name
        compared += 1
    assert compared >= 12
