"""Two configurations differ in what a user changed, and in nothing else."""

from __future__ import annotations

from boxwright.pipeline import PRESETS, build_preset, parse_pipeline
from boxwright.pipeline.differences import Change, config_changes
from boxwright.pipeline.messages import TrainEvalPipelineConfig


def options(*texts: str) -> TrainEvalPipelineConfig:
    """Return a configuration with these augmentation options."""
    return parse_pipeline(
        f"train_config {{ {' '.join(f'data_augmentation_options {{ {text} }}' for text in texts)} }}".encode(), name=""
    )


def changes(before: TrainEvalPipelineConfig, after: TrainEvalPipelineConfig) -> list[Change]:
    return list(config_changes(before, after))


def test_equal_configurations_differ_in_nothing() -> None:
    for name in PRESETS:
        assert not changes(build_preset(name, num_classes=2), build_preset(name, num_classes=2))


def test_each_changed_field_is_named_with_both_values() -> None:
    before, after = build_preset("small", num_classes=2), build_preset("small", num_classes=3)
    after.train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate.learning_rate_base = 0.004
    after.model.ssd.anchor_generator.ssd_anchor_generator.aspect_ratios.append(0.1)
    after.model.ssd.loss.hard_example_miner.loss_type = 0
    after.train_config.fine_tune_checkpoint = "model.ckpt"
    rate = "train_config.optimizer.adam_optimizer.learning_rate.cosine_decay_learning_rate.learning_rate_base"
    ratios = [1.0, 2.0, 0.5, 3.0, 0.3333]
    assert changes(before, after) == [
        Change("model.ssd.num_classes", 2, 3),
        Change("model.ssd.anchor_generator.ssd_anchor_generator.aspect_ratios", ratios, [*ratios, 0.1]),
        Change("model.ssd.loss.hard_example_miner.loss_type", "CLASSIFICATION", "BOTH"),
        Change(rate, 0.002, 0.004),
        Change("train_config.fine_tune_checkpoint", "", "model.ckpt"),
    ]


def test_an_explicit_default_is_no_difference_but_a_block_is() -> None:
    one = parse_pipeline(b"train_input_reader { shuffle: true }", name="")
    other = parse_pipeline(b"train_input_reader { num_readers: 3 } eval_config {}", name="")
    other.train_input_reader.num_readers = one.train_input_reader.num_readers
    assert changes(one, other) == [Change("eval_config", None, "{}")]
    adam = parse_pipeline(b"train_config { optimizer { adam_optimizer { epsilon: 1e-8 } } }", name="")
    sgd = parse_pipeline(b"train_config { optimizer { momentum_optimizer {} } }", name="")
    assert changes(adam, sgd) == [
        Change("train_config.optimizer.momentum_optimizer", None, "{}"),
        Change("train_config.optimizer.adam_optimizer", "{ epsilon: 1e-08 }", None),
    ]


def test_an_inserted_option_does_not_change_the_later_ones() -> None:
    flip, crop, grey = "random_horizontal_flip {}", "ssd_random_crop {}", "random_rgb_to_gray { probability: 0.2 }"
    where = "train_config.data_augmentation_options"
    assert changes(options(flip, crop), options(flip, grey, crop)) == [
        Change(f"{where}[1]", None, "{ random_rgb_to_gray { probability: 0.2 } }")
    ]
    assert changes(options(flip, grey, crop), options(grey, crop)) == [
        Change(f"{where}[0]", "{ random_horizontal_flip { } }", None)
    ]


def test_an_option_of_the_same_kind_is_reported_as_changed() -> None:
    flip, crop = "random_horizontal_flip {}", "ssd_random_crop {{ operations {{ min_object_covered: {} }} }}"
    where = "train_config.data_augmentation_options"
    assert changes(options(crop.format(0.1)), options(flip, crop.format(0.3))) == [
        Change(f"{where}[0]", None, "{ random_horizontal_flip { } }"),
        Change(f"{where}[1].ssd_random_crop.operations[0].min_object_covered", 0.1, 0.3),
    ]
    assert changes(options(flip), options(crop.format(0.1))) == [
        Change(f"{where}[0]", "{ random_horizontal_flip { } }", None),
        Change(f"{where}[0]", None, "{ ssd_random_crop { operations { min_object_covered: 0.1 } } }"),
    ]


def test_a_map_is_compared_as_a_whole() -> None:
    one = parse_pipeline(b'eval_config { super_categories { key: "pet" value: "cat" } }', name="")
    other = parse_pipeline(b'eval_config { super_categories { key: "pet" value: "cat,dog" } }', name="")
    assert changes(one, one) == []
    assert changes(one, other) == [Change("eval_config.super_categories", {"pet": "cat"}, {"pet": "cat,dog"})]
