"""The supported fields of `model` in pipeline.config, each with the module that reads it; see supported.py."""

from __future__ import annotations

from boxwright.pipeline.support.rules import Rule, between, no_effect, only, read_by, refused, where

CLASSES_ONLY = "Train boxes: instance masks, keypoints and tracks are not supported."
MAX_CLASSES = 100_000
MAX_SIDE = 16_384  # pixels; the largest image that a network of the zoo could see on any accelerator
MAX_WIDTH = 16_384  # channels of a layer
MAX_KERNEL = 99  # pixels
MAX_LAYERS = 100
_ANCHORWISE = "the original's losses are always per anchor"

FEATURE_EXTRACTORS: dict[str, dict[str, Rule]] = {
    # Name → the fields of feature_extractor that have a different rule for this network.
    "ssd_inception_v2": {
        "override_base_feature_extractor_hyperparams": only(
            "detection.feature_extractors.inception_v2", True, advice="Write true: this network has no other."
        ),
    },
    "ssd_mobilenet_v1": {},
    "ssd_mobilenet_v2": {},
    "ssd_mobilenet_v1_fpn": {
        "fpn": read_by("detection.feature_extractors"),
        "use_depthwise": only("detection.feature_extractors", False, advice="The zoo's float models have no other."),
    },
    "ssd_resnet50_v1_fpn": {
        "fpn": read_by("detection.feature_extractors"),
        "use_depthwise": no_effect("the original ignores it on this network"),
    },
}

_SSD_ONLY = f"Supported is model {{ ssd {{ ... }} }} with feature_extractor.type {' or '.join(FEATURE_EXTRACTORS)}."

MODEL: dict[str, dict[str, Rule]] = {
    "DetectionModel": {
        "ssd": read_by("detection.model"),
        "faster_rcnn": refused(_SSD_ONLY),
        "center_net": refused(_SSD_ONLY),
        "experimental_model": refused(_SSD_ONLY),
    },
    "Ssd": {
        "num_classes": between("detection.model", 1, MAX_CLASSES),
        "image_resizer": read_by("detection.preprocessing"),
        "feature_extractor": read_by("detection.feature_extractors"),
        "box_coder": read_by("detection.targets"),
        "matcher": read_by("detection.targets"),
        "similarity_calculator": read_by("detection.targets"),
        "encode_background_as_zeros": read_by("detection.targets"),
        "negative_class_weight": read_by("detection.targets"),
        "box_predictor": read_by("detection.model"),
        "anchor_generator": read_by("detection.model"),
        "post_processing": read_by("detection.postprocessing"),
        "normalize_loss_by_num_matches": read_by("detection.losses.ssd_loss"),
        "normalize_loc_loss_by_codesize": read_by("detection.losses.ssd_loss"),
        "loss": read_by("detection.losses.ssd_loss"),
        "freeze_batchnorm": refused(
            "The original freezes by it only what conv_hyperparams does not reach. Write batch_norm { train: false } "
            "in feature_extractor.conv_hyperparams, and override_base_feature_extractor_hyperparams: true, to freeze "
            "the network."
        ),
        "inplace_batchnorm_update": no_effect("moving statistics are always updated in the forward pass"),
        "add_background_class": read_by("detection.model"),
        "mask_head_config": refused(CLASSES_ONLY),
    },
    "SsdFeatureExtractor": {
        "type": where(
            "detection.feature_extractors",
            lambda name: name in FEATURE_EXTRACTORS,
            ", ".join(FEATURE_EXTRACTORS),
            "The other networks of the model zoo cannot be trained or exported yet.",
        ),
        "depth_multiplier": where(
            "detection.feature_extractors", lambda x: 0 < x <= MAX_LAYERS, f"more than 0 and at most {MAX_LAYERS}"
        ),
        "min_depth": between("detection.feature_extractors", 0, MAX_WIDTH),
        "conv_hyperparams": read_by("detection.hyperparams"),
        "override_base_feature_extractor_hyperparams": read_by("detection.feature_extractors"),
        "use_depthwise": read_by("detection.feature_extractors"),
        "fpn": refused("Feature pyramids are of the types whose name ends in _fpn."),
    },
    "ImageResizer": {
        "fixed_shape_resizer": read_by("detection.preprocessing"),
        "keep_aspect_ratio_resizer": read_by("detection.preprocessing"),
    },
    "KeepAspectRatioResizer": {
        "min_dimension": between("detection.preprocessing", 1, MAX_SIDE),
        "max_dimension": between("detection.preprocessing", 1, MAX_SIDE),
        "resize_method": read_by("detection.preprocessing"),
        "pad_to_max_dimension": read_by("detection.preprocessing"),
        "per_channel_pad_value": read_by("detection.preprocessing"),
    },
    "FixedShapeResizer": {
        "height": between("detection.preprocessing", 1, MAX_SIDE),
        "width": between("detection.preprocessing", 1, MAX_SIDE),
        "resize_method": read_by("detection.preprocessing"),
    },
    "AnchorGenerator": {
        "ssd_anchor_generator": read_by("detection.anchors.layout"),
        "multiscale_anchor_generator": read_by("detection.anchors.layout"),
    },
    "MultiscaleAnchorGenerator": {
        "min_level": read_by("detection.anchors.multiscale"),
        "max_level": read_by("detection.anchors.multiscale"),
        "anchor_scale": read_by("detection.anchors.multiscale"),
        "aspect_ratios": read_by("detection.anchors.multiscale"),
        "scales_per_octave": between("detection.anchors.multiscale", 1, MAX_LAYERS),
    },
    "SsdAnchorGenerator": {
        "num_layers": between("detection.anchors.ssd", 1, MAX_LAYERS),
        "min_scale": read_by("detection.anchors.ssd"),
        "max_scale": read_by("detection.anchors.ssd"),
        "scales": read_by("detection.anchors.ssd"),
        "aspect_ratios": read_by("detection.anchors.ssd"),
        "interpolated_scale_aspect_ratio": read_by("detection.anchors.ssd"),
        "reduce_boxes_in_lowest_layer": read_by("detection.anchors.ssd"),
        "base_anchor_height": read_by("detection.anchors.ssd"),
        "base_anchor_width": read_by("detection.anchors.ssd"),
        "height_stride": read_by("detection.anchors.ssd"),
        "width_stride": read_by("detection.anchors.ssd"),
        "height_offset": read_by("detection.anchors.ssd"),
        "width_offset": read_by("detection.anchors.ssd"),
    },
    "Matcher": {"argmax_matcher": read_by("detection.targets")},
    "ArgMaxMatcher": {
        "matched_threshold": read_by("detection.matcher"),
        "unmatched_threshold": read_by("detection.matcher"),
        "ignore_thresholds": read_by("detection.matcher"),
        "negatives_lower_than_unmatched": read_by("detection.matcher"),
        "force_match_for_each_row": read_by("detection.matcher"),
        "use_matmul_gather": no_effect("another way to gather the same values, for TPUs"),
    },
    "RegionSimilarityCalculator": {"iou_similarity": read_by("detection.targets")},
    "IouSimilarity": {},
    "FeaturePyramidNetworks": {
        "min_level": read_by("detection.feature_extractors"),
        "max_level": read_by("detection.feature_extractors"),
        "additional_layer_depth": between("detection.feature_extractors", 1, MAX_WIDTH),
    },
    "BoxCoder": {"faster_rcnn_box_coder": read_by("detection.targets")},
    "FasterRcnnBoxCoder": {
        "y_scale": read_by("detection.box_coder"),
        "x_scale": read_by("detection.box_coder"),
        "height_scale": read_by("detection.box_coder"),
        "width_scale": read_by("detection.box_coder"),
    },
    "BoxPredictor": {
        "convolutional_box_predictor": read_by("detection.predictors.build"),
        "weight_shared_convolutional_box_predictor": read_by("detection.predictors.build"),
    },
    "ConvolutionalBoxPredictor": {
        "conv_hyperparams": read_by("detection.hyperparams"),
        "min_depth": between("detection.predictors.convolutional", 0, MAX_WIDTH),
        "max_depth": between("detection.predictors.convolutional", 0, MAX_WIDTH),
        "num_layers_before_predictor": between("detection.predictors.convolutional", 0, MAX_LAYERS),
        "use_dropout": read_by("detection.predictors.convolutional"),
        "dropout_keep_probability": where(
            "detection.predictors.convolutional", lambda x: 0 < x <= 1, "more than 0 and at most 1"
        ),
        "kernel_size": between("detection.predictors.convolutional", 1, MAX_KERNEL),
        "box_code_size": only("detection.predictors.convolutional", 4),
        "apply_sigmoid_to_scores": read_by("detection.predictors.convolutional"),
        "class_prediction_bias_init": read_by("detection.predictors.convolutional"),
        "use_depthwise": read_by("detection.predictors.convolutional"),
        "box_encodings_clip_range": read_by("detection.predictors.convolutional"),
    },
    "WeightSharedConvolutionalBoxPredictor": {
        "conv_hyperparams": read_by("detection.hyperparams"),
        "num_layers_before_predictor": between("detection.predictors.weight_shared", 0, MAX_LAYERS),
        "depth": between("detection.predictors.weight_shared", 1, MAX_WIDTH),
        "kernel_size": between("detection.predictors.weight_shared", 1, MAX_KERNEL),
        "box_code_size": only("detection.predictors.weight_shared", 4),
        "class_prediction_bias_init": read_by("detection.predictors.weight_shared"),
        "use_dropout": read_by("detection.predictors.convolutional"),
        "dropout_keep_probability": where(
            "detection.predictors.convolutional", lambda x: 0 < x <= 1, "more than 0 and at most 1"
        ),
        "share_prediction_tower": read_by("detection.predictors.weight_shared"),
        "box_encodings_clip_range": read_by("detection.predictors.convolutional"),
    },
    "WeightSharedConvolutionalBoxPredictor.BoxEncodingsClipRange": {
        "min": read_by("detection.predictors.convolutional"),
        "max": read_by("detection.predictors.convolutional"),
    },
    "ConvolutionalBoxPredictor.BoxEncodingsClipRange": {
        "min": read_by("detection.predictors.convolutional"),
        "max": read_by("detection.predictors.convolutional"),
    },
    "Hyperparams": {
        "op": only("detection.hyperparams", "CONV"),
        "regularizer": read_by("detection.hyperparams"),
        "initializer": read_by("detection.hyperparams"),
        "activation": only("detection.hyperparams", "NONE", "RELU", "RELU_6"),
        "batch_norm": read_by("detection.hyperparams"),
        "sync_batch_norm": refused("Use batch_norm: training runs on one device."),
    },
    "Regularizer": {
        "l1_regularizer": read_by("detection.hyperparams"),
        "l2_regularizer": read_by("detection.hyperparams"),
    },
    "L1Regularizer": {"weight": read_by("detection.hyperparams")},
    "L2Regularizer": {"weight": read_by("detection.hyperparams")},
    "Initializer": {
        "truncated_normal_initializer": read_by("detection.hyperparams"),
        "variance_scaling_initializer": read_by("detection.hyperparams"),
        "random_normal_initializer": read_by("detection.hyperparams"),
    },
    "TruncatedNormalInitializer": {
        "mean": read_by("detection.hyperparams"),
        "stddev": read_by("detection.hyperparams"),
    },
    "RandomNormalInitializer": {
        "mean": read_by("detection.hyperparams"),
        "stddev": read_by("detection.hyperparams"),
    },
    "VarianceScalingInitializer": {
        "factor": read_by("detection.hyperparams"),
        "uniform": read_by("detection.hyperparams"),
        "mode": read_by("detection.hyperparams"),
    },
    "BatchNorm": {
        "decay": where("detection.hyperparams", lambda x: 0 <= x <= 1, "0 to 1"),
        "center": read_by("detection.hyperparams"),
        "scale": read_by("detection.hyperparams"),
        "epsilon": read_by("detection.hyperparams"),
        "train": read_by("detection.hyperparams"),
    },
    "Loss": {
        "localization_loss": read_by("detection.losses.ssd_loss"),
        "classification_loss": read_by("detection.losses.ssd_loss"),
        "hard_example_miner": read_by("detection.losses.hard_example_miner"),
        "classification_weight": read_by("detection.losses.ssd_loss"),
        "localization_weight": read_by("detection.losses.ssd_loss"),
    },
    "LocalizationLoss": {
        "weighted_l2": read_by("detection.losses.ssd_loss"),
        "weighted_smooth_l1": read_by("detection.losses.ssd_loss"),
    },
    "WeightedL2LocalizationLoss": {"anchorwise_output": no_effect(_ANCHORWISE)},
    "WeightedSmoothL1LocalizationLoss": {
        "anchorwise_output": no_effect(_ANCHORWISE),
        "delta": where("detection.losses.ssd_loss", lambda x: x > 0, "more than 0"),
    },
    "ClassificationLoss": {
        "weighted_sigmoid": read_by("detection.losses.ssd_loss"),
        "weighted_sigmoid_focal": read_by("detection.losses.ssd_loss"),
        "weighted_softmax": read_by("detection.losses.ssd_loss"),
    },
    "WeightedSigmoidClassificationLoss": {"anchorwise_output": no_effect(_ANCHORWISE)},
    "SigmoidFocalClassificationLoss": {
        "anchorwise_output": no_effect(_ANCHORWISE),
        "gamma": read_by("detection.losses.ssd_loss"),
        "alpha": read_by("detection.losses.ssd_loss"),
    },
    "WeightedSoftmaxClassificationLoss": {
        "anchorwise_output": no_effect(_ANCHORWISE),
        "logit_scale": read_by("detection.losses.ssd_loss"),
    },
    "HardExampleMiner": {
        "num_hard_examples": read_by("detection.losses.hard_example_miner"),
        "iou_threshold": read_by("detection.losses.hard_example_miner"),
        "loss_type": read_by("detection.losses.hard_example_miner"),
        "max_negatives_per_positive": read_by("detection.losses.hard_example_miner"),
        "min_negatives_per_image": read_by("detection.losses.hard_example_miner"),
    },
    "PostProcessing": {
        "batch_non_max_suppression": read_by("detection.postprocessing"),
        "score_converter": read_by("detection.postprocessing"),
        "logit_scale": where("detection.postprocessing", lambda x: x > 0, "more than 0"),
        "calibration_config": refused("Delete it: scores are exported as the model gives them."),
    },
    "BatchNonMaxSuppression": {
        "score_threshold": read_by("detection.postprocessing"),
        "iou_threshold": read_by("detection.postprocessing"),
        "max_detections_per_class": read_by("detection.postprocessing"),
        "max_total_detections": read_by("detection.postprocessing"),
    },
}
