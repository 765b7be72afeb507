"""Every field of pipeline.config that Boxwright supports, and who obeys it.

A field that is not here is refused when a config sets it to anything but its default: nothing is parsed and
ignored. A default needs no rule, because a field set to its default and a field left out are the same message.
"""

from __future__ import annotations

from boxwright.pipeline.rules import Rule, no_effect, obeyed, only, refused, where

FEATURE_EXTRACTORS: dict[str, dict[str, Rule]] = {
    # Name, and the fields of feature_extractor for which this network has a rule of its own.
    "ssd_inception_v2": {
        "override_base_feature_extractor_hyperparams": only(
            "detection.feature_extractors.inception_v2", True, advice="Write true: this network has no other."
        ),
    },
    "ssd_mobilenet_v1": {},
}

_PADDED = "model_main pads ground truth to it and drops boxes beyond; the tutorial's trainer, like ours, does neither"
_QUEUES = "sizes a queue of the original; tf.data tunes its own"
_ANCHORWISE = "the original's losses are always per anchor"
_SSD_ONLY = f"Supported is model {{ ssd {{ ... }} }} with feature_extractor.type {' or '.join(FEATURE_EXTRACTORS)}."
_CLASSES_ONLY = "Train boxes: instance masks, keypoints and tracks are not supported."

MODEL: dict[str, dict[str, Rule]] = {
    "DetectionModel": {
        "ssd": obeyed("detection.model"),
        "faster_rcnn": refused(_SSD_ONLY),
        "center_net": refused(_SSD_ONLY),
        "experimental_model": refused(_SSD_ONLY),
    },
    "Ssd": {
        "num_classes": where("detection.model", lambda n: n >= 1, "1 or more"),
        "image_resizer": obeyed("detection.preprocessing"),
        "feature_extractor": obeyed("detection.feature_extractors"),
        "box_coder": obeyed("detection.targets"),
        "matcher": obeyed("detection.targets"),
        "similarity_calculator": obeyed("detection.targets"),
        "encode_background_as_zeros": obeyed("detection.targets"),
        "negative_class_weight": obeyed("detection.targets"),
        "box_predictor": obeyed("detection.model"),
        "anchor_generator": obeyed("detection.model"),
        "post_processing": obeyed("detection.postprocessing"),
        "normalize_loss_by_num_matches": obeyed("detection.losses"),
        "normalize_loc_loss_by_codesize": obeyed("detection.losses"),
        "loss": obeyed("detection.losses"),
        "freeze_batchnorm": refused(
            "The original accepts it and trains batch norm all the same on this network. "
            "Write batch_norm { train: false } in feature_extractor.conv_hyperparams to freeze it."
        ),
        "inplace_batchnorm_update": no_effect("moving statistics are always updated in the forward pass"),
        "add_background_class": obeyed("detection.model"),
        "mask_head_config": refused(_CLASSES_ONLY),
    },
    "SsdFeatureExtractor": {
        "type": where(
            "detection.feature_extractors",
            lambda name: name in FEATURE_EXTRACTORS,
            ", ".join(FEATURE_EXTRACTORS),
            "The other networks of the model zoo cannot be trained or exported yet.",
        ),
        "depth_multiplier": where("detection.feature_extractors", lambda x: x > 0, "more than 0"),
        "min_depth": obeyed("detection.feature_extractors"),
        "conv_hyperparams": obeyed("detection.hyperparams"),
        "override_base_feature_extractor_hyperparams": obeyed("detection.feature_extractors"),
        "use_depthwise": obeyed("detection.feature_extractors"),
    },
    "ImageResizer": {
        "fixed_shape_resizer": obeyed("detection.preprocessing"),
        "keep_aspect_ratio_resizer": refused("Use fixed_shape_resizer { height: 300 width: 300 }."),
    },
    "FixedShapeResizer": {
        "height": where("detection.preprocessing", lambda n: n >= 1, "1 or more"),
        "width": where("detection.preprocessing", lambda n: n >= 1, "1 or more"),
        "resize_method": obeyed("detection.preprocessing"),
    },
    "AnchorGenerator": {"ssd_anchor_generator": obeyed("detection.model")},
    "SsdAnchorGenerator": {
        "num_layers": obeyed("detection.anchors"),
        "min_scale": obeyed("detection.anchors"),
        "max_scale": obeyed("detection.anchors"),
        "scales": obeyed("detection.anchors"),
        "aspect_ratios": obeyed("detection.anchors"),
        "interpolated_scale_aspect_ratio": obeyed("detection.anchors"),
        "reduce_boxes_in_lowest_layer": obeyed("detection.anchors"),
        "base_anchor_height": obeyed("detection.anchors"),
        "base_anchor_width": obeyed("detection.anchors"),
        "height_stride": obeyed("detection.anchors"),
        "width_stride": obeyed("detection.anchors"),
        "height_offset": obeyed("detection.anchors"),
        "width_offset": obeyed("detection.anchors"),
    },
    "Matcher": {"argmax_matcher": obeyed("detection.targets")},
    "ArgMaxMatcher": {
        "matched_threshold": obeyed("detection.matcher"),
        "unmatched_threshold": obeyed("detection.matcher"),
        "ignore_thresholds": obeyed("detection.matcher"),
        "negatives_lower_than_unmatched": obeyed("detection.matcher"),
        "force_match_for_each_row": obeyed("detection.matcher"),
        "use_matmul_gather": no_effect("another way to gather the same values, for TPUs"),
    },
    "RegionSimilarityCalculator": {"iou_similarity": obeyed("detection.targets")},
    "IouSimilarity": {},
    "BoxCoder": {"faster_rcnn_box_coder": obeyed("detection.targets")},
    "FasterRcnnBoxCoder": {
        "y_scale": obeyed("detection.box_coder"),
        "x_scale": obeyed("detection.box_coder"),
        "height_scale": obeyed("detection.box_coder"),
        "width_scale": obeyed("detection.box_coder"),
    },
    "BoxPredictor": {"convolutional_box_predictor": obeyed("detection.model")},
    "ConvolutionalBoxPredictor": {
        "conv_hyperparams": obeyed("detection.hyperparams"),
        "min_depth": obeyed("detection.predictors"),
        "max_depth": obeyed("detection.predictors"),
        "num_layers_before_predictor": obeyed("detection.predictors"),
        "use_dropout": obeyed("detection.predictors"),
        "dropout_keep_probability": where("detection.predictors", lambda x: 0 < x <= 1, "more than 0 and at most 1"),
        "kernel_size": where("detection.predictors", lambda n: n >= 1, "1 or more"),
        "box_code_size": only("detection.predictors", 4),
        "apply_sigmoid_to_scores": obeyed("detection.predictors"),
        "class_prediction_bias_init": obeyed("detection.predictors"),
        "use_depthwise": obeyed("detection.predictors"),
        "box_encodings_clip_range": obeyed("detection.predictors"),
    },
    "ConvolutionalBoxPredictor.BoxEncodingsClipRange": {
        "min": obeyed("detection.predictors"),
        "max": obeyed("detection.predictors"),
    },
    "Hyperparams": {
        "op": only("detection.hyperparams", "CONV"),
        "regularizer": obeyed("detection.hyperparams"),
        "initializer": obeyed("detection.hyperparams"),
        "activation": only("detection.hyperparams", "NONE", "RELU", "RELU_6"),
        "batch_norm": obeyed("detection.hyperparams"),
        "sync_batch_norm": refused("Use batch_norm: training runs on one device."),
    },
    "Regularizer": {
        "l1_regularizer": obeyed("detection.hyperparams"),
        "l2_regularizer": obeyed("detection.hyperparams"),
    },
    "L1Regularizer": {"weight": obeyed("detection.hyperparams")},
    "L2Regularizer": {"weight": obeyed("detection.hyperparams")},
    "Initializer": {
        "truncated_normal_initializer": obeyed("detection.hyperparams"),
        "variance_scaling_initializer": obeyed("detection.hyperparams"),
        "random_normal_initializer": obeyed("detection.hyperparams"),
    },
    "TruncatedNormalInitializer": {
        "mean": obeyed("detection.hyperparams"),
        "stddev": obeyed("detection.hyperparams"),
    },
    "RandomNormalInitializer": {
        "mean": obeyed("detection.hyperparams"),
        "stddev": obeyed("detection.hyperparams"),
    },
    "VarianceScalingInitializer": {
        "factor": obeyed("detection.hyperparams"),
        "uniform": obeyed("detection.hyperparams"),
        "mode": obeyed("detection.hyperparams"),
    },
    "BatchNorm": {
        "decay": where("detection.hyperparams", lambda x: 0 <= x <= 1, "0 to 1"),
        "center": obeyed("detection.hyperparams"),
        "scale": obeyed("detection.hyperparams"),
        "epsilon": obeyed("detection.hyperparams"),
        "train": obeyed("detection.hyperparams"),
    },
    "Loss": {
        "localization_loss": obeyed("detection.losses"),
        "classification_loss": obeyed("detection.losses"),
        "hard_example_miner": obeyed("detection.hard_example_miner"),
        "classification_weight": obeyed("detection.losses"),
        "localization_weight": obeyed("detection.losses"),
    },
    "LocalizationLoss": {
        "weighted_l2": obeyed("detection.losses"),
        "weighted_smooth_l1": obeyed("detection.losses"),
    },
    "WeightedL2LocalizationLoss": {"anchorwise_output": no_effect(_ANCHORWISE)},
    "WeightedSmoothL1LocalizationLoss": {
        "anchorwise_output": no_effect(_ANCHORWISE),
        "delta": where("detection.losses", lambda x: x > 0, "more than 0"),
    },
    "ClassificationLoss": {
        "weighted_sigmoid": obeyed("detection.losses"),
        "weighted_sigmoid_focal": obeyed("detection.losses"),
        "weighted_softmax": obeyed("detection.losses"),
    },
    "WeightedSigmoidClassificationLoss": {"anchorwise_output": no_effect(_ANCHORWISE)},
    "SigmoidFocalClassificationLoss": {
        "anchorwise_output": no_effect(_ANCHORWISE),
        "gamma": obeyed("detection.losses"),
        "alpha": obeyed("detection.losses"),
    },
    "WeightedSoftmaxClassificationLoss": {
        "anchorwise_output": no_effect(_ANCHORWISE),
        "logit_scale": obeyed("detection.losses"),
    },
    "HardExampleMiner": {
        "num_hard_examples": obeyed("detection.hard_example_miner"),
        "iou_threshold": obeyed("detection.hard_example_miner"),
        "loss_type": obeyed("detection.hard_example_miner"),
        "max_negatives_per_positive": obeyed("detection.hard_example_miner"),
        "min_negatives_per_image": obeyed("detection.hard_example_miner"),
    },
    "PostProcessing": {
        "batch_non_max_suppression": obeyed("detection.postprocessing"),
        "score_converter": obeyed("detection.postprocessing"),
        "logit_scale": where("detection.postprocessing", lambda x: x > 0, "more than 0"),
        "calibration_config": refused("Delete it: scores are exported as the model gives them."),
    },
    "BatchNonMaxSuppression": {
        "score_threshold": obeyed("detection.postprocessing"),
        "iou_threshold": obeyed("detection.postprocessing"),
        "max_detections_per_class": obeyed("detection.postprocessing"),
        "max_total_detections": obeyed("detection.postprocessing"),
    },
}

TRAIN: dict[str, dict[str, Rule]] = {
    "TrainConfig": {
        "batch_size": where("training.input_pipeline", lambda n: n >= 1, "1 or more"),
        "data_augmentation_options": obeyed("training.augmentation"),
        "sync_replicas": refused("Write false, or delete it: training runs in one process."),
        "keep_checkpoint_every_n_hours": obeyed("training.loop"),
        "optimizer": obeyed("training.optimizers"),
        "gradient_clipping_by_norm": obeyed("training.gradients"),
        "fine_tune_checkpoint": obeyed("pipeline.paths"),
        "fine_tune_checkpoint_type": only(
            "training.restore", "", "detection", "classification", advice="Other types are of TF2 checkpoints."
        ),
        "fine_tune_checkpoint_version": only(
            "training.restore", "V1", advice="V2 is an object-based checkpoint of TF2; take one of the TF1 zoo."
        ),
        "from_detection_checkpoint": obeyed("training.restore"),
        "load_all_detection_checkpoint_vars": obeyed("training.restore"),
        "run_fine_tune_checkpoint_dummy_computation": no_effect("builds Keras variables, which here are always built"),
        "num_steps": obeyed("training.loop"),
        "startup_delay_steps": no_effect("delays every worker but the first; there is one"),
        "bias_grad_multiplier": obeyed("training.gradients"),
        "update_trainable_variables": obeyed("training.gradients"),
        "freeze_variables": obeyed("training.gradients"),
        "replicas_to_aggregate": no_effect("read by the original with sync_replicas only, which is refused"),
        "batch_queue_capacity": no_effect(_QUEUES),
        "num_batch_queue_threads": no_effect(_QUEUES),
        "prefetch_queue_capacity": no_effect(_QUEUES),
        "add_regularization_loss": obeyed("training.step"),
        "max_number_of_boxes": no_effect(_PADDED),
        "unpad_groundtruth_tensors": no_effect("undoes the padding of ground truth, which here is not padded"),
        "use_bfloat16": refused("Delete it: it is of the original's TPU training."),
    },
    "Optimizer": {
        "rms_prop_optimizer": obeyed("training.optimizers"),
        "momentum_optimizer": obeyed("training.optimizers"),
        "adam_optimizer": obeyed("training.optimizers"),
        "use_moving_average": obeyed("training.step"),
        "moving_average_decay": obeyed("training.step"),
    },
    "RMSPropOptimizer": {
        "learning_rate": obeyed("training.schedules"),
        "momentum_optimizer_value": obeyed("training.optimizers"),
        "decay": obeyed("training.optimizers"),
        "epsilon": obeyed("training.optimizers"),
    },
    "MomentumOptimizer": {
        "learning_rate": obeyed("training.schedules"),
        "momentum_optimizer_value": obeyed("training.optimizers"),
    },
    "AdamOptimizer": {
        "learning_rate": obeyed("training.schedules"),
        "epsilon": obeyed("training.optimizers"),
    },
    "LearningRate": {
        "constant_learning_rate": obeyed("training.schedules"),
        "exponential_decay_learning_rate": obeyed("training.schedules"),
        "manual_step_learning_rate": obeyed("training.schedules"),
        "cosine_decay_learning_rate": obeyed("training.schedules"),
    },
    "ConstantLearningRate": {"learning_rate": obeyed("training.schedules")},
    "ExponentialDecayLearningRate": {
        "initial_learning_rate": obeyed("training.schedules"),
        "decay_steps": where("training.schedules", lambda n: n >= 1, "1 or more"),
        "decay_factor": obeyed("training.schedules"),
        "staircase": obeyed("training.schedules"),
        "burnin_learning_rate": obeyed("training.schedules"),
        "burnin_steps": obeyed("training.schedules"),
        "min_learning_rate": obeyed("training.schedules"),
    },
    "ManualStepLearningRate": {
        "initial_learning_rate": obeyed("training.schedules"),
        "schedule": obeyed("training.schedules"),
        "warmup": obeyed("training.schedules"),
    },
    "ManualStepLearningRate.LearningRateSchedule": {
        "step": obeyed("training.schedules"),
        "learning_rate": obeyed("training.schedules"),
    },
    "CosineDecayLearningRate": {
        "learning_rate_base": obeyed("training.schedules"),
        "total_steps": obeyed("training.schedules"),
        "warmup_learning_rate": obeyed("training.schedules"),
        "warmup_steps": obeyed("training.schedules"),
        "hold_base_rate_steps": obeyed("training.schedules"),
    },
    "PreprocessingStep": {
        "random_horizontal_flip": obeyed("training.augmentation"),
        "ssd_random_crop": obeyed("training.augmentation"),
    },
    "RandomHorizontalFlip": {
        "probability": where("training.augmentation", lambda x: 0 <= x <= 1, "0 to 1"),
        "keypoint_flip_permutation": refused(_CLASSES_ONLY),
    },
    "SSDRandomCrop": {"operations": obeyed("training.augmentation")},
    "SSDRandomCropOperation": {
        "min_object_covered": obeyed("training.augmentation"),
        "min_aspect_ratio": obeyed("training.augmentation"),
        "max_aspect_ratio": obeyed("training.augmentation"),
        "min_area": obeyed("training.augmentation"),
        "max_area": obeyed("training.augmentation"),
        "overlap_thresh": obeyed("training.augmentation"),
        "clip_boxes": obeyed("training.augmentation"),
        "random_coef": obeyed("training.augmentation"),
    },
}

READ: dict[str, dict[str, Rule]] = {
    "InputReader": {
        "name": no_effect("a name for the original's logs"),
        "label_map_path": obeyed("pipeline.paths"),
        "shuffle": obeyed("training.record_stream"),
        "shuffle_buffer_size": obeyed("training.record_stream"),
        "filenames_shuffle_buffer_size": obeyed("training.record_stream"),
        "num_epochs": obeyed("training.record_stream"),
        "sample_1_of_n_examples": where("training.record_stream", lambda n: n >= 1, "1 or more"),
        "num_readers": obeyed("training.record_stream"),
        "num_parallel_batches": no_effect(_QUEUES),
        "num_prefetch_batches": no_effect(_QUEUES),
        "queue_capacity": no_effect(_QUEUES),
        "min_after_dequeue": no_effect(_QUEUES),
        "read_block_length": obeyed("training.record_stream"),
        "prefetch_size": no_effect(_QUEUES),
        "num_parallel_map_calls": no_effect(_QUEUES),
        "max_number_of_boxes": no_effect(_PADDED),
        "load_instance_masks": refused(_CLASSES_ONLY),
        "load_keypoint_depth_features": refused(_CLASSES_ONLY),
        "mask_type": no_effect("of instance masks, which are not loaded"),
        "tf_record_input_reader": obeyed("pipeline.paths"),
        "external_input_reader": refused("Write tf_record_input_reader { input_path: ... }."),
    },
    "TFRecordInputReader": {"input_path": obeyed("pipeline.paths")},
}

_ORDER = "only the order in which examples are read, on which no metric depends"

EVAL_READER: dict[str, Rule] = {
    # Fields of InputReader for which an eval_input_reader has a rule of its own.
    "shuffle": no_effect(_ORDER),
    "shuffle_buffer_size": no_effect(_ORDER),
    "filenames_shuffle_buffer_size": no_effect(_ORDER),
    "num_readers": no_effect(_ORDER),
    "read_block_length": no_effect(_ORDER),
    "num_epochs": only("evaluation.evaluate", 0, 1, advice="An evaluation reads each example once."),
    "sample_1_of_n_examples": where("cli.evaluate", lambda n: n >= 1, "1 or more"),
}

EVALUATE: dict[str, dict[str, Rule]] = {
    "EvalConfig": {
        "batch_size": no_effect("results do not depend on it"),
        "num_visualizations": obeyed("cli.evaluate"),
        "num_examples": obeyed("cli.evaluate"),
        "eval_interval_secs": no_effect("`evaluate` looks at one checkpoint and ends; the original waits for the next"),
        "max_evals": no_effect("`evaluate` looks at one checkpoint and ends; the original waits for the next"),
        "metrics_set": only("evaluation.metrics", "coco_detection_metrics", "pascal_voc_detection_metrics"),
        "use_moving_averages": obeyed("inference.restore, export.exporter"),
        "min_score_threshold": obeyed("cli.evaluate"),
        "max_num_boxes_to_visualize": obeyed("cli.evaluate"),
        "include_metrics_per_category": no_effect("metrics are always given per class too"),
        "eval_instance_masks": refused(_CLASSES_ONLY),
    },
}

ROOT: dict[str, dict[str, Rule]] = {
    "TrainEvalPipelineConfig": {
        "model": obeyed("detection.model"),
        "train_config": obeyed("training"),
        "train_input_reader": obeyed("training.input_pipeline"),
        "eval_config": obeyed("cli.evaluate"),
        "eval_input_reader": obeyed("cli.evaluate"),
        "graph_rewriter": obeyed("pipeline.supported"),
    },
    "GraphRewriter": {
        "quantization": refused(
            "Quantisation-aware training changes the network's arithmetic and is not supported; delete the "
            "graph_rewriter block to train and export in float."
        ),
    },
}

SUPPORTED: dict[str, dict[str, Rule]] = {**ROOT, **MODEL, **TRAIN, **READ, **EVALUATE}
"""Message name → field name → rule, over the whole of pipeline.config."""

SECTIONS: dict[str, tuple[str, ...]] = {
    # What each purpose reads, and so what of a config must be supported for it.
    "train": ("model", "train_config", "train_input_reader", "graph_rewriter"),
    "evaluate": ("model", "eval_config", "eval_input_reader", "graph_rewriter"),
    "export": ("model", "graph_rewriter"),
}

REQUIRED: dict[str, tuple[str, ...]] = {
    # Fields without which a purpose cannot start; a message counts as there when it is set.
    "model": (
        "model.ssd.num_classes",
        "model.ssd.image_resizer.fixed_shape_resizer",
        "model.ssd.feature_extractor.type",
        "model.ssd.feature_extractor.conv_hyperparams.initializer",
        "model.ssd.box_coder.faster_rcnn_box_coder",
        "model.ssd.matcher.argmax_matcher",
        "model.ssd.similarity_calculator.iou_similarity",
        "model.ssd.box_predictor.convolutional_box_predictor.conv_hyperparams.initializer",
        "model.ssd.anchor_generator.ssd_anchor_generator",
        "model.ssd.loss.localization_loss",
        "model.ssd.loss.classification_loss",
        "model.ssd.post_processing.batch_non_max_suppression",
    ),
    "train_config": ("train_config.optimizer",),
    "train_input_reader": ("train_input_reader.tf_record_input_reader.input_path", "train_input_reader.label_map_path"),
}
