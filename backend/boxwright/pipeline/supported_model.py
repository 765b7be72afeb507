"""The supported fields of `model` in pipeline.config, each with the module that reads it; see supported.py."""

from __future__ import annotations

from boxwright.pipeline.rules import Rule, between, no_effect, obeyed, only, refused, where

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
        "fpn": obeyed("detection.feature_extractors"),
        "use_depthwise": only("detection.feature_extractors", False, advice="The zoo's float models have no other."),
    },
    "ssd_resnet50_v1_fpn": {
        "fpn": obeyed("detection.feature_extractors"),
        "use_depthwise": no_effect("the original ignores it on this network"),
    },
}

_SSD_ONLY = f"Supported is model {{ ssd {{ ... }} }} with feature_extractor.type {' or '.join(FEATURE_EXTRACTORS)}."

MODEL: dict[str, dict[str, Rule]] = {
    "DetectionModel": {
        "ssd": obeyed("detection.model"),
        "faster_rcnn": refused(_SSD_ONLY),
        "center_net": refused(_SSD_ONLY),
        "experimental_model": refused(_SSD_ONLY),
    },
    "Ssd": {
        "num_classes": between("detection.model", 1, MAX_CLASSES),
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
        "normalize_loss_by_num_matches": obeyed("detection.losses.ssd_loss"),
        "normalize_loc_loss_by_codesize": obeyed("detection.losses.ssd_loss"),
        "loss": obeyed("detection.losses.ssd_loss"),
        "freeze_batchnorm": refused(
            "The original freezes by it only what conv_hyperparams does not reach. Write batch_norm { train: false } "
            "in feature_extractor.conv_hyperparams, and override_base_feature_extractor_hyperparams: true, to freeze "
            "the network."
        ),
        "inplace_batchnorm_update": no_effect("moving statistics are always updated in the forward pass"),
        "add_background_class": obeyed("detection.model"),
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
        "conv_hyperparams": obeyed("detection.hyperparams"),
        "override_base_feature_extractor_hyperparams": obeyed("detection.feature_extractors"),
        "use_depthwise": obeyed("detection.feature_extractors"),
        "fpn": refused("Feature pyramids are of the types whose name ends in _fpn."),
    },
    "ImageResizer": {
        "fixed_shape_resizer": obeyed("detection.preprocessing"),
        "keep_aspect_ratio_resizer": obeyed("detection.preprocessing"),
    },
    "KeepAspectRatioResizer": {
        "min_dimension": between("detection.preprocessing", 1, MAX_SIDE),
        "max_dimension": between("detection.preprocessing", 1, MAX_SIDE),
        "resize_method": obeyed("detection.preprocessing"),
        "pad_to_max_dimension": obeyed("detection.preprocessing"),
        "per_channel_pad_value": obeyed("detection.preprocessing"),
    },
    "FixedShapeResizer": {
        "height": between("detection.preprocessing", 1, MAX_SIDE),
        "width": between("detection.preprocessing", 1, MAX_SIDE),
        "resize_method": obeyed("detection.preprocessing"),
    },
    "AnchorGenerator": {
        "ssd_anchor_generator": obeyed("detection.anchors.layout"),
        "multiscale_anchor_generator": obeyed("detection.anchors.layout"),
    },
    "MultiscaleAnchorGenerator": {
        "min_level": obeyed("detection.anchors.multiscale"),
        "max_level": obeyed("detection.anchors.multiscale"),
        "anchor_scale": obeyed("detection.anchors.multiscale"),
        "aspect_ratios": obeyed("detection.anchors.multiscale"),
        "scales_per_octave": between("detection.anchors.multiscale", 1, MAX_LAYERS),
    },
    "SsdAnchorGenerator": {
        "num_layers": between("detection.anchors.ssd", 1, MAX_LAYERS),
        "min_scale": obeyed("detection.anchors.ssd"),
        "max_scale": obeyed("detection.anchors.ssd"),
        "scales": obeyed("detection.anchors.ssd"),
        "aspect_ratios": obeyed("detection.anchors.ssd"),
        "interpolated_scale_aspect_ratio": obeyed("detection.anchors.ssd"),
        "reduce_boxes_in_lowest_layer": obeyed("detection.anchors.ssd"),
        "base_anchor_height": obeyed("detection.anchors.ssd"),
        "base_anchor_width": obeyed("detection.anchors.ssd"),
        "height_stride": obeyed("detection.anchors.ssd"),
        "width_stride": obeyed("detection.anchors.ssd"),
        "height_offset": obeyed("detection.anchors.ssd"),
        "width_offset": obeyed("detection.anchors.ssd"),
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
    "FeaturePyramidNetworks": {
        "min_level": obeyed("detection.feature_extractors"),
        "max_level": obeyed("detection.feature_extractors"),
        "additional_layer_depth": between("detection.feature_extractors", 1, MAX_WIDTH),
    },
    "BoxCoder": {"faster_rcnn_box_coder": obeyed("detection.targets")},
    "FasterRcnnBoxCoder": {
        "y_scale": obeyed("detection.box_coder"),
        "x_scale": obeyed("detection.box_coder"),
        "height_scale": obeyed("detection.box_coder"),
        "width_scale": obeyed("detection.box_coder"),
    },
    "BoxPredictor": {
        "convolutional_box_predictor": obeyed("detection.predictors.build"),
        "weight_shared_convolutional_box_predictor": obeyed("detection.predictors.build"),
    },
    "ConvolutionalBoxPredictor": {
        "conv_hyperparams": obeyed("detection.hyperparams"),
        "min_depth": between("detection.predictors.convolutional", 0, MAX_WIDTH),
        "max_depth": between("detection.predictors.convolutional", 0, MAX_WIDTH),
        "num_layers_before_predictor": between("detection.predictors.convolutional", 0, MAX_LAYERS),
        "use_dropout": obeyed("detection.predictors.convolutional"),
        "dropout_keep_probability": where(
            "detection.predictors.convolutional", lambda x: 0 < x <= 1, "more than 0 and at most 1"
        ),
        "kernel_size": between("detection.predictors.convolutional", 1, MAX_KERNEL),
        "box_code_size": only("detection.predictors.convolutional", 4),
        "apply_sigmoid_to_scores": obeyed("detection.predictors.convolutional"),
        "class_prediction_bias_init": obeyed("detection.predictors.convolutional"),
        "use_depthwise": obeyed("detection.predictors.convolutional"),
        "box_encodings_clip_range": obeyed("detection.predictors.convolutional"),
    },
    "WeightSharedConvolutionalBoxPredictor": {
        "conv_hyperparams": obeyed("detection.hyperparams"),
        "num_layers_before_predictor": between("detection.predictors.weight_shared", 0, MAX_LAYERS),
        "depth": between("detection.predictors.weight_shared", 1, MAX_WIDTH),
        "kernel_size": between("detection.predictors.weight_shared", 1, MAX_KERNEL),
        "box_code_size": only("detection.predictors.weight_shared", 4),
        "class_prediction_bias_init": obeyed("detection.predictors.weight_shared"),
        "use_dropout": obeyed("detection.predictors.convolutional"),
        "dropout_keep_probability": where(
            "detection.predictors.convolutional", lambda x: 0 < x <= 1, "more than 0 and at most 1"
        ),
        "share_prediction_tower": obeyed("detection.predictors.weight_shared"),
        "box_encodings_clip_range": obeyed("detection.predictors.convolutional"),
    },
    "WeightSharedConvolutionalBoxPredictor.BoxEncodingsClipRange": {
        "min": obeyed("detection.predictors.convolutional"),
        "max": obeyed("detection.predictors.convolutional"),
    },
    "ConvolutionalBoxPredictor.BoxEncodingsClipRange": {
        "min": obeyed("detection.predictors.convolutional"),
        "max": obeyed("detection.predictors.convolutional"),
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
        "localization_loss": obeyed("detection.losses.ssd_loss"),
        "classification_loss": obeyed("detection.losses.ssd_loss"),
        "hard_example_miner": obeyed("detection.losses.hard_example_miner"),
        "classification_weight": obeyed("detection.losses.ssd_loss"),
        "localization_weight": obeyed("detection.losses.ssd_loss"),
    },
    "LocalizationLoss": {
        "weighted_l2": obeyed("detection.losses.ssd_loss"),
        "weighted_smooth_l1": obeyed("detection.losses.ssd_loss"),
    },
    "WeightedL2LocalizationLoss": {"anchorwise_output": no_effect(_ANCHORWISE)},
    "WeightedSmoothL1LocalizationLoss": {
        "anchorwise_output": no_effect(_ANCHORWISE),
        "delta": where("detection.losses.ssd_loss", lambda x: x > 0, "more than 0"),
    },
    "ClassificationLoss": {
        "weighted_sigmoid": obeyed("detection.losses.ssd_loss"),
        "weighted_sigmoid_focal": obeyed("detection.losses.ssd_loss"),
        "weighted_softmax": obeyed("detection.losses.ssd_loss"),
    },
    "WeightedSigmoidClassificationLoss": {"anchorwise_output": no_effect(_ANCHORWISE)},
    "SigmoidFocalClassificationLoss": {
        "anchorwise_output": no_effect(_ANCHORWISE),
        "gamma": obeyed("detection.losses.ssd_loss"),
        "alpha": obeyed("detection.losses.ssd_loss"),
    },
    "WeightedSoftmaxClassificationLoss": {
        "anchorwise_output": no_effect(_ANCHORWISE),
        "logit_scale": obeyed("detection.losses.ssd_loss"),
    },
    "HardExampleMiner": {
        "num_hard_examples": obeyed("detection.losses.hard_example_miner"),
        "iou_threshold": obeyed("detection.losses.hard_example_miner"),
        "loss_type": obeyed("detection.losses.hard_example_miner"),
        "max_negatives_per_positive": obeyed("detection.losses.hard_example_miner"),
        "min_negatives_per_image": obeyed("detection.losses.hard_example_miner"),
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
