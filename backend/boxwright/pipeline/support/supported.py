"""The supported fields of pipeline.config, each with the module that reads it.

A field without a rule is refused when a config sets it to anything but its default, so that no setting is silently
ignored. A default needs no rule: a field set to its default means the same as a field that is left out.
"""

from __future__ import annotations

from boxwright.pipeline.support.rules import (
    Rule,
    between,
    no_effect,
    not_negative,
    only,
    positive,
    read_by,
    refused,
    where,
)
from boxwright.pipeline.support.supported_augmentation import AUGMENT
from boxwright.pipeline.support.supported_model import CLASSES_ONLY, MODEL

MAX_BATCH = 1 << 16
"""Images of a step: more than any machine holds of 300x300 pixels, 32 times the largest of the model zoo."""

_RATE = not_negative("training.optimization.schedules")
_COEFFICIENT = between("training.optimization.optimizers", 0, 1)
_PADDED = "model_main pads ground truth to it and drops boxes beyond; the tutorial's trainer, like ours, does neither"
_QUEUES = "sizes a queue of the original; tf.data tunes its own"

TRAIN: dict[str, dict[str, Rule]] = {
    "TrainConfig": {
        "batch_size": between("training.input.pipeline", 1, MAX_BATCH),
        "data_augmentation_options": read_by("training.input.augmentation"),
        "sync_replicas": no_effect("makes several workers update as one; training runs in one process"),
        "keep_checkpoint_every_n_hours": read_by("training.setup"),
        "optimizer": read_by("training.optimization.optimizers"),
        "gradient_clipping_by_norm": not_negative("training.optimization.gradients"),
        "fine_tune_checkpoint": read_by("pipeline.paths"),
        "fine_tune_checkpoint_type": only(
            "training.run_folder.restore",
            "",
            "detection",
            "classification",
            advice="Other types are of TF2 checkpoints.",
        ),
        "fine_tune_checkpoint_version": only(
            "training.run_folder.restore",
            "V1",
            advice="V2 is an object-based checkpoint of TF2; take one of the TF1 zoo.",
        ),
        "from_detection_checkpoint": read_by("training.run_folder.restore"),
        "load_all_detection_checkpoint_vars": read_by("training.run_folder.restore"),
        "run_fine_tune_checkpoint_dummy_computation": no_effect("builds Keras variables, which here are always built"),
        "num_steps": read_by("training.loop"),
        "startup_delay_steps": no_effect("delays every worker but the first; there is one"),
        "bias_grad_multiplier": read_by("training.optimization.gradients"),
        "update_trainable_variables": read_by("training.optimization.gradients"),
        "freeze_variables": read_by("training.optimization.gradients"),
        "replicas_to_aggregate": no_effect("how many workers update as one; there is one"),
        "batch_queue_capacity": no_effect(_QUEUES),
        "num_batch_queue_threads": no_effect(_QUEUES),
        "prefetch_queue_capacity": no_effect(_QUEUES),
        "add_regularization_loss": read_by("training.step"),
        "max_number_of_boxes": no_effect(_PADDED),
        "unpad_groundtruth_tensors": no_effect("undoes the padding of ground truth, which here is not padded"),
        "use_bfloat16": refused("Delete it: it is of the original's TPU training."),
    },
    "Optimizer": {
        "rms_prop_optimizer": read_by("training.optimization.optimizers"),
        "momentum_optimizer": read_by("training.optimization.optimizers"),
        "adam_optimizer": read_by("training.optimization.optimizers"),
        "use_moving_average": read_by("training.step"),
        "moving_average_decay": between("training.step", 0, 1),
    },
    "RMSPropOptimizer": {
        "learning_rate": read_by("training.optimization.schedules"),
        "momentum_optimizer_value": _COEFFICIENT,
        "decay": _COEFFICIENT,
        "epsilon": positive("training.optimization.optimizers"),
    },
    "MomentumOptimizer": {
        "learning_rate": read_by("training.optimization.schedules"),
        "momentum_optimizer_value": _COEFFICIENT,
    },
    "AdamOptimizer": {
        "learning_rate": read_by("training.optimization.schedules"),
        "epsilon": positive("training.optimization.optimizers"),
    },
    "LearningRate": {
        "constant_learning_rate": read_by("training.optimization.schedules"),
        "exponential_decay_learning_rate": read_by("training.optimization.schedules"),
        "manual_step_learning_rate": read_by("training.optimization.schedules"),
        "cosine_decay_learning_rate": read_by("training.optimization.schedules"),
    },
    "ConstantLearningRate": {"learning_rate": _RATE},
    "ExponentialDecayLearningRate": {
        "initial_learning_rate": _RATE,
        "decay_steps": where("training.optimization.schedules", lambda n: n >= 1, "1 or more"),
        "decay_factor": _RATE,
        "staircase": read_by("training.optimization.schedules"),
        "burnin_learning_rate": _RATE,
        "burnin_steps": read_by("training.optimization.schedules"),
        "min_learning_rate": _RATE,
    },
    "ManualStepLearningRate": {
        "initial_learning_rate": _RATE,
        "schedule": read_by("training.optimization.schedules"),
        "warmup": read_by("training.optimization.schedules"),
    },
    "ManualStepLearningRate.LearningRateSchedule": {
        "step": read_by("training.optimization.schedules"),
        "learning_rate": _RATE,
    },
    "CosineDecayLearningRate": {
        "learning_rate_base": _RATE,
        "total_steps": read_by("training.optimization.schedules"),
        "warmup_learning_rate": _RATE,
        "warmup_steps": read_by("training.optimization.schedules"),
        "hold_base_rate_steps": read_by("training.optimization.schedules"),
    },
}

READ: dict[str, dict[str, Rule]] = {
    "InputReader": {
        "name": no_effect("a name for the original's logs"),
        "label_map_path": read_by("pipeline.paths"),
        "shuffle": read_by("training.input.record_stream"),
        "shuffle_buffer_size": read_by("training.input.record_stream"),
        "filenames_shuffle_buffer_size": read_by("training.input.record_stream"),
        "num_epochs": read_by("training.input.record_stream"),
        "sample_1_of_n_examples": where("training.input.record_stream", lambda n: n >= 1, "1 or more"),
        "num_readers": read_by("training.input.record_stream"),
        "num_parallel_batches": no_effect(_QUEUES),
        "num_prefetch_batches": no_effect(_QUEUES),
        "queue_capacity": no_effect(_QUEUES),
        "min_after_dequeue": no_effect(_QUEUES),
        "read_block_length": read_by("training.input.record_stream"),
        "prefetch_size": no_effect(_QUEUES),
        "num_parallel_map_calls": no_effect(_QUEUES),
        "max_number_of_boxes": no_effect(_PADDED),
        "load_instance_masks": refused(CLASSES_ONLY),
        "load_keypoint_depth_features": refused(CLASSES_ONLY),
        "mask_type": no_effect("of instance masks, which are not loaded"),
        "tf_record_input_reader": read_by("pipeline.paths"),
        "external_input_reader": refused("Write tf_record_input_reader { input_path: ... }."),
    },
    "TFRecordInputReader": {"input_path": read_by("pipeline.paths")},
}

_ORDER = "only the order in which examples are read, on which no metric depends"

EVAL_READER: dict[str, Rule] = {
    # Fields of InputReader that have a different rule in an eval_input_reader.
    "shuffle": no_effect(_ORDER),
    "shuffle_buffer_size": no_effect(_ORDER),
    "filenames_shuffle_buffer_size": no_effect(_ORDER),
    "num_readers": no_effect(_ORDER),
    "read_block_length": no_effect(_ORDER),
    "num_epochs": only("evaluation.evaluate", 0, 1, advice="An evaluation reads each example once."),
    "sample_1_of_n_examples": where("workflow.evaluate", lambda n: n >= 1, "1 or more"),
}

EVALUATE: dict[str, dict[str, Rule]] = {
    "EvalConfig": {
        "batch_size": no_effect("results do not depend on it"),
        "num_visualizations": read_by("workflow.evaluate"),
        "num_examples": read_by("workflow.evaluate"),
        "eval_interval_secs": no_effect("`evaluate` looks at one checkpoint and ends; the original waits for the next"),
        "max_evals": no_effect("`evaluate` looks at one checkpoint and ends; the original waits for the next"),
        "metrics_set": only("evaluation.metrics", "coco_detection_metrics", "pascal_voc_detection_metrics"),
        "use_moving_averages": read_by("inference.restore, export.exporter"),
        "min_score_threshold": read_by("workflow.evaluate"),
        "max_num_boxes_to_visualize": read_by("workflow.evaluate"),
        "include_metrics_per_category": no_effect("metrics are always given per class too"),
        "eval_instance_masks": refused(CLASSES_ONLY),
    },
}

ROOT: dict[str, dict[str, Rule]] = {
    "TrainEvalPipelineConfig": {
        "model": read_by("detection.model"),
        "train_config": read_by("training"),
        "train_input_reader": read_by("training.input.pipeline"),
        "eval_config": read_by("workflow.evaluate"),
        "eval_input_reader": read_by("workflow.evaluate"),
        "graph_rewriter": read_by("pipeline.support.supported"),
    },
    "GraphRewriter": {
        "quantization": refused(
            "Quantisation-aware training changes the network's arithmetic and is not supported; delete the "
            "graph_rewriter block to train and export in float."
        ),
    },
}

SUPPORTED: dict[str, dict[str, Rule]] = {**ROOT, **MODEL, **TRAIN, **AUGMENT, **READ, **EVALUATE}
"""Message name → field name → rule, over the whole of pipeline.config."""

SECTIONS: dict[str, tuple[str, ...]] = {
    # The sections of a config that each purpose reads, and that must be supported for it.
    "train": ("model", "train_config", "train_input_reader", "graph_rewriter"),
    "evaluate": ("model", "eval_config", "eval_input_reader", "graph_rewriter"),
    "export": ("model", "graph_rewriter"),
}

REQUIRED: dict[str, tuple[str, ...]] = {
    # The fields that each section must set; a message counts when it is set. "a or b" means one of them.
    "model": (
        "model.ssd.num_classes",
        "model.ssd.image_resizer.fixed_shape_resizer or model.ssd.image_resizer.keep_aspect_ratio_resizer",
        "model.ssd.feature_extractor.type",
        "model.ssd.feature_extractor.conv_hyperparams.initializer",
        "model.ssd.box_coder.faster_rcnn_box_coder",
        "model.ssd.matcher.argmax_matcher",
        "model.ssd.similarity_calculator.iou_similarity",
        "model.ssd.box_predictor.convolutional_box_predictor.conv_hyperparams.initializer or "
        "model.ssd.box_predictor.weight_shared_convolutional_box_predictor.conv_hyperparams.initializer",
        "model.ssd.anchor_generator.ssd_anchor_generator or model.ssd.anchor_generator.multiscale_anchor_generator",
        "model.ssd.loss.localization_loss",
        "model.ssd.loss.classification_loss",
        "model.ssd.post_processing.batch_non_max_suppression",
    ),
    "train_config": ("train_config.optimizer",),
    "train_input_reader": ("train_input_reader.tf_record_input_reader.input_path", "train_input_reader.label_map_path"),
}
