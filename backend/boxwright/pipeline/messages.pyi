"""Types of the messages of pipeline.config. Written by scripts/message_stubs.py: do not edit.

A name that ends in Value is the type of an enum's numbers; it exists for type checkers only.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Generic, Literal, NewType, TypeVar, overload

from google.protobuf.internal.containers import (
    MessageMap,
    RepeatedCompositeFieldContainer,
    RepeatedScalarFieldContainer,
    ScalarMap,
)
from google.protobuf.message import Message

_Number = TypeVar("_Number", bound=int)
_Name = TypeVar("_Name", bound=str)

class EnumType(Generic[_Number, _Name]):
    def Name(self, number: _Number) -> _Name: ...
    def Value(self, name: _Name) -> _Number: ...
    def keys(self) -> list[_Name]: ...
    def values(self) -> list[_Number]: ...
    def items(self) -> list[tuple[_Name, _Number]]: ...

class FlexibleGridAnchorGenerator(Message):
    @property
    def anchor_grid(self) -> RepeatedCompositeFieldContainer[AnchorGrid]: ...
    normalize_coordinates: bool  # default: true
    def __init__(
        self,
        *,
        anchor_grid: Iterable[AnchorGrid] = ...,
        normalize_coordinates: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["normalize_coordinates"]) -> bool: ...
    def ClearField(self, field_name: Literal["anchor_grid", "normalize_coordinates"]) -> None: ...

class AnchorGrid(Message):
    @property
    def base_sizes(self) -> RepeatedScalarFieldContainer[float]: ...
    @property
    def aspect_ratios(self) -> RepeatedScalarFieldContainer[float]: ...
    height_stride: int
    width_stride: int
    height_offset: int  # default: 0
    width_offset: int  # default: 0
    def __init__(
        self,
        *,
        base_sizes: Iterable[float] = ...,
        aspect_ratios: Iterable[float] = ...,
        height_stride: int | None = ...,
        width_stride: int | None = ...,
        height_offset: int | None = ...,
        width_offset: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["height_stride", "width_stride", "height_offset", "width_offset"]) -> bool: ...
    def ClearField(self, field_name: Literal["base_sizes", "aspect_ratios", "height_stride", "width_stride", "height_offset", "width_offset"]) -> None: ...

class GridAnchorGenerator(Message):
    height: int  # default: 256
    width: int  # default: 256
    height_stride: int  # default: 16
    width_stride: int  # default: 16
    height_offset: int  # default: 0
    width_offset: int  # default: 0
    @property
    def scales(self) -> RepeatedScalarFieldContainer[float]: ...
    @property
    def aspect_ratios(self) -> RepeatedScalarFieldContainer[float]: ...
    def __init__(
        self,
        *,
        height: int | None = ...,
        width: int | None = ...,
        height_stride: int | None = ...,
        width_stride: int | None = ...,
        height_offset: int | None = ...,
        width_offset: int | None = ...,
        scales: Iterable[float] = ...,
        aspect_ratios: Iterable[float] = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["height", "width", "height_stride", "width_stride", "height_offset", "width_offset"]) -> bool: ...
    def ClearField(self, field_name: Literal["height", "width", "height_stride", "width_stride", "height_offset", "width_offset", "scales", "aspect_ratios"]) -> None: ...

class MultiscaleAnchorGenerator(Message):
    min_level: int  # default: 3
    max_level: int  # default: 7
    anchor_scale: float  # default: 4
    @property
    def aspect_ratios(self) -> RepeatedScalarFieldContainer[float]: ...
    scales_per_octave: int  # default: 2
    normalize_coordinates: bool  # default: true
    def __init__(
        self,
        *,
        min_level: int | None = ...,
        max_level: int | None = ...,
        anchor_scale: float | None = ...,
        aspect_ratios: Iterable[float] = ...,
        scales_per_octave: int | None = ...,
        normalize_coordinates: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_level", "max_level", "anchor_scale", "scales_per_octave", "normalize_coordinates"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_level", "max_level", "anchor_scale", "aspect_ratios", "scales_per_octave", "normalize_coordinates"]) -> None: ...

class SsdAnchorGenerator(Message):
    num_layers: int  # default: 6
    min_scale: float  # default: 0.2
    max_scale: float  # default: 0.95
    @property
    def scales(self) -> RepeatedScalarFieldContainer[float]: ...
    @property
    def aspect_ratios(self) -> RepeatedScalarFieldContainer[float]: ...
    interpolated_scale_aspect_ratio: float  # default: 1
    reduce_boxes_in_lowest_layer: bool  # default: true
    base_anchor_height: float  # default: 1
    base_anchor_width: float  # default: 1
    @property
    def height_stride(self) -> RepeatedScalarFieldContainer[int]: ...
    @property
    def width_stride(self) -> RepeatedScalarFieldContainer[int]: ...
    @property
    def height_offset(self) -> RepeatedScalarFieldContainer[int]: ...
    @property
    def width_offset(self) -> RepeatedScalarFieldContainer[int]: ...
    def __init__(
        self,
        *,
        num_layers: int | None = ...,
        min_scale: float | None = ...,
        max_scale: float | None = ...,
        scales: Iterable[float] = ...,
        aspect_ratios: Iterable[float] = ...,
        interpolated_scale_aspect_ratio: float | None = ...,
        reduce_boxes_in_lowest_layer: bool | None = ...,
        base_anchor_height: float | None = ...,
        base_anchor_width: float | None = ...,
        height_stride: Iterable[int] = ...,
        width_stride: Iterable[int] = ...,
        height_offset: Iterable[int] = ...,
        width_offset: Iterable[int] = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["num_layers", "min_scale", "max_scale", "interpolated_scale_aspect_ratio", "reduce_boxes_in_lowest_layer", "base_anchor_height", "base_anchor_width"]) -> bool: ...
    def ClearField(self, field_name: Literal["num_layers", "min_scale", "max_scale", "scales", "aspect_ratios", "interpolated_scale_aspect_ratio", "reduce_boxes_in_lowest_layer", "base_anchor_height", "base_anchor_width", "height_stride", "width_stride", "height_offset", "width_offset"]) -> None: ...

class AnchorGenerator(Message):
    @property
    def grid_anchor_generator(self) -> GridAnchorGenerator: ...
    @property
    def ssd_anchor_generator(self) -> SsdAnchorGenerator: ...
    @property
    def multiscale_anchor_generator(self) -> MultiscaleAnchorGenerator: ...
    @property
    def flexible_grid_anchor_generator(self) -> FlexibleGridAnchorGenerator: ...
    def __init__(
        self,
        *,
        grid_anchor_generator: GridAnchorGenerator | None = ...,
        ssd_anchor_generator: SsdAnchorGenerator | None = ...,
        multiscale_anchor_generator: MultiscaleAnchorGenerator | None = ...,
        flexible_grid_anchor_generator: FlexibleGridAnchorGenerator | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["grid_anchor_generator", "ssd_anchor_generator", "multiscale_anchor_generator", "flexible_grid_anchor_generator", "anchor_generator_oneof"]) -> bool: ...
    def ClearField(self, field_name: Literal["grid_anchor_generator", "ssd_anchor_generator", "multiscale_anchor_generator", "flexible_grid_anchor_generator", "anchor_generator_oneof"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["anchor_generator_oneof"]) -> Literal["grid_anchor_generator", "ssd_anchor_generator", "multiscale_anchor_generator", "flexible_grid_anchor_generator"] | None: ...

class ArgMaxMatcher(Message):
    matched_threshold: float  # default: 0.5
    unmatched_threshold: float  # default: 0.5
    ignore_thresholds: bool  # default: false
    negatives_lower_than_unmatched: bool  # default: true
    force_match_for_each_row: bool  # default: false
    use_matmul_gather: bool  # default: false
    def __init__(
        self,
        *,
        matched_threshold: float | None = ...,
        unmatched_threshold: float | None = ...,
        ignore_thresholds: bool | None = ...,
        negatives_lower_than_unmatched: bool | None = ...,
        force_match_for_each_row: bool | None = ...,
        use_matmul_gather: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["matched_threshold", "unmatched_threshold", "ignore_thresholds", "negatives_lower_than_unmatched", "force_match_for_each_row", "use_matmul_gather"]) -> bool: ...
    def ClearField(self, field_name: Literal["matched_threshold", "unmatched_threshold", "ignore_thresholds", "negatives_lower_than_unmatched", "force_match_for_each_row", "use_matmul_gather"]) -> None: ...

class BipartiteMatcher(Message):
    use_matmul_gather: bool  # default: false
    def __init__(
        self,
        *,
        use_matmul_gather: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["use_matmul_gather"]) -> bool: ...
    def ClearField(self, field_name: Literal["use_matmul_gather"]) -> None: ...

class FasterRcnnBoxCoder(Message):
    y_scale: float  # default: 10
    x_scale: float  # default: 10
    height_scale: float  # default: 5
    width_scale: float  # default: 5
    def __init__(
        self,
        *,
        y_scale: float | None = ...,
        x_scale: float | None = ...,
        height_scale: float | None = ...,
        width_scale: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["y_scale", "x_scale", "height_scale", "width_scale"]) -> bool: ...
    def ClearField(self, field_name: Literal["y_scale", "x_scale", "height_scale", "width_scale"]) -> None: ...

class KeypointBoxCoder(Message):
    num_keypoints: int
    y_scale: float  # default: 10
    x_scale: float  # default: 10
    height_scale: float  # default: 5
    width_scale: float  # default: 5
    def __init__(
        self,
        *,
        num_keypoints: int | None = ...,
        y_scale: float | None = ...,
        x_scale: float | None = ...,
        height_scale: float | None = ...,
        width_scale: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["num_keypoints", "y_scale", "x_scale", "height_scale", "width_scale"]) -> bool: ...
    def ClearField(self, field_name: Literal["num_keypoints", "y_scale", "x_scale", "height_scale", "width_scale"]) -> None: ...

class MeanStddevBoxCoder(Message):
    stddev: float  # default: 0.01
    def __init__(
        self,
        *,
        stddev: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["stddev"]) -> bool: ...
    def ClearField(self, field_name: Literal["stddev"]) -> None: ...

class SquareBoxCoder(Message):
    y_scale: float  # default: 10
    x_scale: float  # default: 10
    length_scale: float  # default: 5
    def __init__(
        self,
        *,
        y_scale: float | None = ...,
        x_scale: float | None = ...,
        length_scale: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["y_scale", "x_scale", "length_scale"]) -> bool: ...
    def ClearField(self, field_name: Literal["y_scale", "x_scale", "length_scale"]) -> None: ...

class BoxCoder(Message):
    @property
    def faster_rcnn_box_coder(self) -> FasterRcnnBoxCoder: ...
    @property
    def mean_stddev_box_coder(self) -> MeanStddevBoxCoder: ...
    @property
    def square_box_coder(self) -> SquareBoxCoder: ...
    @property
    def keypoint_box_coder(self) -> KeypointBoxCoder: ...
    def __init__(
        self,
        *,
        faster_rcnn_box_coder: FasterRcnnBoxCoder | None = ...,
        mean_stddev_box_coder: MeanStddevBoxCoder | None = ...,
        square_box_coder: SquareBoxCoder | None = ...,
        keypoint_box_coder: KeypointBoxCoder | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["faster_rcnn_box_coder", "mean_stddev_box_coder", "square_box_coder", "keypoint_box_coder", "box_coder_oneof"]) -> bool: ...
    def ClearField(self, field_name: Literal["faster_rcnn_box_coder", "mean_stddev_box_coder", "square_box_coder", "keypoint_box_coder", "box_coder_oneof"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["box_coder_oneof"]) -> Literal["faster_rcnn_box_coder", "mean_stddev_box_coder", "square_box_coder", "keypoint_box_coder"] | None: ...

class Hyperparams(Message):
    OpValue = NewType("OpValue", int)
    Op: ClassVar[EnumType[Hyperparams.OpValue, Literal["CONV", "FC"]]]
    CONV: ClassVar[Hyperparams.OpValue]
    FC: ClassVar[Hyperparams.OpValue]
    ActivationValue = NewType("ActivationValue", int)
    Activation: ClassVar[EnumType[Hyperparams.ActivationValue, Literal["NONE", "RELU", "RELU_6", "SWISH"]]]
    NONE: ClassVar[Hyperparams.ActivationValue]
    RELU: ClassVar[Hyperparams.ActivationValue]
    RELU_6: ClassVar[Hyperparams.ActivationValue]
    SWISH: ClassVar[Hyperparams.ActivationValue]
    op: Hyperparams.OpValue  # default: CONV
    @property
    def regularizer(self) -> Regularizer: ...
    @property
    def initializer(self) -> Initializer: ...
    activation: Hyperparams.ActivationValue  # default: RELU
    @property
    def batch_norm(self) -> BatchNorm: ...
    @property
    def sync_batch_norm(self) -> BatchNorm: ...
    @property
    def group_norm(self) -> GroupNorm: ...
    regularize_depthwise: bool  # default: false
    force_use_bias: bool  # default: false
    def __init__(
        self,
        *,
        op: Hyperparams.OpValue | None = ...,
        regularizer: Regularizer | None = ...,
        initializer: Initializer | None = ...,
        activation: Hyperparams.ActivationValue | None = ...,
        batch_norm: BatchNorm | None = ...,
        sync_batch_norm: BatchNorm | None = ...,
        group_norm: GroupNorm | None = ...,
        regularize_depthwise: bool | None = ...,
        force_use_bias: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["op", "regularizer", "initializer", "activation", "batch_norm", "sync_batch_norm", "group_norm", "regularize_depthwise", "force_use_bias", "normalizer_oneof"]) -> bool: ...
    def ClearField(self, field_name: Literal["op", "regularizer", "initializer", "activation", "batch_norm", "sync_batch_norm", "group_norm", "regularize_depthwise", "force_use_bias", "normalizer_oneof"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["normalizer_oneof"]) -> Literal["batch_norm", "sync_batch_norm", "group_norm"] | None: ...

class Regularizer(Message):
    @property
    def l1_regularizer(self) -> L1Regularizer: ...
    @property
    def l2_regularizer(self) -> L2Regularizer: ...
    def __init__(
        self,
        *,
        l1_regularizer: L1Regularizer | None = ...,
        l2_regularizer: L2Regularizer | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["l1_regularizer", "l2_regularizer", "regularizer_oneof"]) -> bool: ...
    def ClearField(self, field_name: Literal["l1_regularizer", "l2_regularizer", "regularizer_oneof"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["regularizer_oneof"]) -> Literal["l1_regularizer", "l2_regularizer"] | None: ...

class L1Regularizer(Message):
    weight: float  # default: 1
    def __init__(
        self,
        *,
        weight: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["weight"]) -> bool: ...
    def ClearField(self, field_name: Literal["weight"]) -> None: ...

class L2Regularizer(Message):
    weight: float  # default: 1
    def __init__(
        self,
        *,
        weight: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["weight"]) -> bool: ...
    def ClearField(self, field_name: Literal["weight"]) -> None: ...

class Initializer(Message):
    @property
    def truncated_normal_initializer(self) -> TruncatedNormalInitializer: ...
    @property
    def variance_scaling_initializer(self) -> VarianceScalingInitializer: ...
    @property
    def random_normal_initializer(self) -> RandomNormalInitializer: ...
    keras_initializer_by_name: str
    def __init__(
        self,
        *,
        truncated_normal_initializer: TruncatedNormalInitializer | None = ...,
        variance_scaling_initializer: VarianceScalingInitializer | None = ...,
        random_normal_initializer: RandomNormalInitializer | None = ...,
        keras_initializer_by_name: str | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["truncated_normal_initializer", "variance_scaling_initializer", "random_normal_initializer", "keras_initializer_by_name", "initializer_oneof"]) -> bool: ...
    def ClearField(self, field_name: Literal["truncated_normal_initializer", "variance_scaling_initializer", "random_normal_initializer", "keras_initializer_by_name", "initializer_oneof"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["initializer_oneof"]) -> Literal["truncated_normal_initializer", "variance_scaling_initializer", "random_normal_initializer", "keras_initializer_by_name"] | None: ...

class TruncatedNormalInitializer(Message):
    mean: float  # default: 0
    stddev: float  # default: 1
    def __init__(
        self,
        *,
        mean: float | None = ...,
        stddev: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["mean", "stddev"]) -> bool: ...
    def ClearField(self, field_name: Literal["mean", "stddev"]) -> None: ...

class VarianceScalingInitializer(Message):
    ModeValue = NewType("ModeValue", int)
    Mode: ClassVar[EnumType[VarianceScalingInitializer.ModeValue, Literal["FAN_IN", "FAN_OUT", "FAN_AVG"]]]
    FAN_IN: ClassVar[VarianceScalingInitializer.ModeValue]
    FAN_OUT: ClassVar[VarianceScalingInitializer.ModeValue]
    FAN_AVG: ClassVar[VarianceScalingInitializer.ModeValue]
    factor: float  # default: 2
    uniform: bool  # default: false
    mode: VarianceScalingInitializer.ModeValue  # default: FAN_IN
    def __init__(
        self,
        *,
        factor: float | None = ...,
        uniform: bool | None = ...,
        mode: VarianceScalingInitializer.ModeValue | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["factor", "uniform", "mode"]) -> bool: ...
    def ClearField(self, field_name: Literal["factor", "uniform", "mode"]) -> None: ...

class RandomNormalInitializer(Message):
    mean: float  # default: 0
    stddev: float  # default: 1
    def __init__(
        self,
        *,
        mean: float | None = ...,
        stddev: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["mean", "stddev"]) -> bool: ...
    def ClearField(self, field_name: Literal["mean", "stddev"]) -> None: ...

class BatchNorm(Message):
    decay: float  # default: 0.999
    center: bool  # default: true
    scale: bool  # default: false
    epsilon: float  # default: 0.001
    train: bool  # default: true
    def __init__(
        self,
        *,
        decay: float | None = ...,
        center: bool | None = ...,
        scale: bool | None = ...,
        epsilon: float | None = ...,
        train: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["decay", "center", "scale", "epsilon", "train"]) -> bool: ...
    def ClearField(self, field_name: Literal["decay", "center", "scale", "epsilon", "train"]) -> None: ...

class GroupNorm(Message):
    def __init__(self) -> None: ...

class BoxPredictor(Message):
    @property
    def convolutional_box_predictor(self) -> ConvolutionalBoxPredictor: ...
    @property
    def mask_rcnn_box_predictor(self) -> MaskRCNNBoxPredictor: ...
    @property
    def rfcn_box_predictor(self) -> RfcnBoxPredictor: ...
    @property
    def weight_shared_convolutional_box_predictor(self) -> WeightSharedConvolutionalBoxPredictor: ...
    def __init__(
        self,
        *,
        convolutional_box_predictor: ConvolutionalBoxPredictor | None = ...,
        mask_rcnn_box_predictor: MaskRCNNBoxPredictor | None = ...,
        rfcn_box_predictor: RfcnBoxPredictor | None = ...,
        weight_shared_convolutional_box_predictor: WeightSharedConvolutionalBoxPredictor | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["convolutional_box_predictor", "mask_rcnn_box_predictor", "rfcn_box_predictor", "weight_shared_convolutional_box_predictor", "box_predictor_oneof"]) -> bool: ...
    def ClearField(self, field_name: Literal["convolutional_box_predictor", "mask_rcnn_box_predictor", "rfcn_box_predictor", "weight_shared_convolutional_box_predictor", "box_predictor_oneof"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["box_predictor_oneof"]) -> Literal["convolutional_box_predictor", "mask_rcnn_box_predictor", "rfcn_box_predictor", "weight_shared_convolutional_box_predictor"] | None: ...

class ConvolutionalBoxPredictor(Message):
    class BoxEncodingsClipRange(Message):
        min: float
        max: float
        def __init__(
            self,
            *,
            min: float | None = ...,
            max: float | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["min", "max"]) -> bool: ...
        def ClearField(self, field_name: Literal["min", "max"]) -> None: ...
    @property
    def conv_hyperparams(self) -> Hyperparams: ...
    min_depth: int  # default: 0
    max_depth: int  # default: 0
    num_layers_before_predictor: int  # default: 0
    use_dropout: bool  # default: true
    dropout_keep_probability: float  # default: 0.8
    kernel_size: int  # default: 1
    box_code_size: int  # default: 4
    apply_sigmoid_to_scores: bool  # default: false
    class_prediction_bias_init: float  # default: 0
    use_depthwise: bool  # default: false
    @property
    def box_encodings_clip_range(self) -> ConvolutionalBoxPredictor.BoxEncodingsClipRange: ...
    def __init__(
        self,
        *,
        conv_hyperparams: Hyperparams | None = ...,
        min_depth: int | None = ...,
        max_depth: int | None = ...,
        num_layers_before_predictor: int | None = ...,
        use_dropout: bool | None = ...,
        dropout_keep_probability: float | None = ...,
        kernel_size: int | None = ...,
        box_code_size: int | None = ...,
        apply_sigmoid_to_scores: bool | None = ...,
        class_prediction_bias_init: float | None = ...,
        use_depthwise: bool | None = ...,
        box_encodings_clip_range: ConvolutionalBoxPredictor.BoxEncodingsClipRange | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["conv_hyperparams", "min_depth", "max_depth", "num_layers_before_predictor", "use_dropout", "dropout_keep_probability", "kernel_size", "box_code_size", "apply_sigmoid_to_scores", "class_prediction_bias_init", "use_depthwise", "box_encodings_clip_range"]) -> bool: ...
    def ClearField(self, field_name: Literal["conv_hyperparams", "min_depth", "max_depth", "num_layers_before_predictor", "use_dropout", "dropout_keep_probability", "kernel_size", "box_code_size", "apply_sigmoid_to_scores", "class_prediction_bias_init", "use_depthwise", "box_encodings_clip_range"]) -> None: ...

class WeightSharedConvolutionalBoxPredictor(Message):
    ScoreConverterValue = NewType("ScoreConverterValue", int)
    ScoreConverter: ClassVar[EnumType[WeightSharedConvolutionalBoxPredictor.ScoreConverterValue, Literal["IDENTITY", "SIGMOID"]]]
    IDENTITY: ClassVar[WeightSharedConvolutionalBoxPredictor.ScoreConverterValue]
    SIGMOID: ClassVar[WeightSharedConvolutionalBoxPredictor.ScoreConverterValue]
    class BoxEncodingsClipRange(Message):
        min: float
        max: float
        def __init__(
            self,
            *,
            min: float | None = ...,
            max: float | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["min", "max"]) -> bool: ...
        def ClearField(self, field_name: Literal["min", "max"]) -> None: ...
    @property
    def conv_hyperparams(self) -> Hyperparams: ...
    apply_conv_hyperparams_to_heads: bool  # default: false
    apply_conv_hyperparams_pointwise: bool  # default: false
    num_layers_before_predictor: int  # default: 0
    depth: int  # default: 0
    kernel_size: int  # default: 3
    box_code_size: int  # default: 4
    class_prediction_bias_init: float  # default: 0
    use_dropout: bool  # default: false
    dropout_keep_probability: float  # default: 0.8
    share_prediction_tower: bool  # default: false
    use_depthwise: bool  # default: false
    score_converter: WeightSharedConvolutionalBoxPredictor.ScoreConverterValue  # default: IDENTITY
    @property
    def box_encodings_clip_range(self) -> WeightSharedConvolutionalBoxPredictor.BoxEncodingsClipRange: ...
    def __init__(
        self,
        *,
        conv_hyperparams: Hyperparams | None = ...,
        apply_conv_hyperparams_to_heads: bool | None = ...,
        apply_conv_hyperparams_pointwise: bool | None = ...,
        num_layers_before_predictor: int | None = ...,
        depth: int | None = ...,
        kernel_size: int | None = ...,
        box_code_size: int | None = ...,
        class_prediction_bias_init: float | None = ...,
        use_dropout: bool | None = ...,
        dropout_keep_probability: float | None = ...,
        share_prediction_tower: bool | None = ...,
        use_depthwise: bool | None = ...,
        score_converter: WeightSharedConvolutionalBoxPredictor.ScoreConverterValue | None = ...,
        box_encodings_clip_range: WeightSharedConvolutionalBoxPredictor.BoxEncodingsClipRange | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["conv_hyperparams", "apply_conv_hyperparams_to_heads", "apply_conv_hyperparams_pointwise", "num_layers_before_predictor", "depth", "kernel_size", "box_code_size", "class_prediction_bias_init", "use_dropout", "dropout_keep_probability", "share_prediction_tower", "use_depthwise", "score_converter", "box_encodings_clip_range"]) -> bool: ...
    def ClearField(self, field_name: Literal["conv_hyperparams", "apply_conv_hyperparams_to_heads", "apply_conv_hyperparams_pointwise", "num_layers_before_predictor", "depth", "kernel_size", "box_code_size", "class_prediction_bias_init", "use_dropout", "dropout_keep_probability", "share_prediction_tower", "use_depthwise", "score_converter", "box_encodings_clip_range"]) -> None: ...

class MaskRCNNBoxPredictor(Message):
    @property
    def fc_hyperparams(self) -> Hyperparams: ...
    use_dropout: bool  # default: false
    dropout_keep_probability: float  # default: 0.5
    box_code_size: int  # default: 4
    @property
    def conv_hyperparams(self) -> Hyperparams: ...
    predict_instance_masks: bool  # default: false
    mask_prediction_conv_depth: int  # default: 256
    predict_keypoints: bool  # default: false
    mask_height: int  # default: 15
    mask_width: int  # default: 15
    mask_prediction_num_conv_layers: int  # default: 2
    masks_are_class_agnostic: bool  # default: false
    share_box_across_classes: bool  # default: false
    convolve_then_upsample_masks: bool  # default: false
    def __init__(
        self,
        *,
        fc_hyperparams: Hyperparams | None = ...,
        use_dropout: bool | None = ...,
        dropout_keep_probability: float | None = ...,
        box_code_size: int | None = ...,
        conv_hyperparams: Hyperparams | None = ...,
        predict_instance_masks: bool | None = ...,
        mask_prediction_conv_depth: int | None = ...,
        predict_keypoints: bool | None = ...,
        mask_height: int | None = ...,
        mask_width: int | None = ...,
        mask_prediction_num_conv_layers: int | None = ...,
        masks_are_class_agnostic: bool | None = ...,
        share_box_across_classes: bool | None = ...,
        convolve_then_upsample_masks: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["fc_hyperparams", "use_dropout", "dropout_keep_probability", "box_code_size", "conv_hyperparams", "predict_instance_masks", "mask_prediction_conv_depth", "predict_keypoints", "mask_height", "mask_width", "mask_prediction_num_conv_layers", "masks_are_class_agnostic", "share_box_across_classes", "convolve_then_upsample_masks"]) -> bool: ...
    def ClearField(self, field_name: Literal["fc_hyperparams", "use_dropout", "dropout_keep_probability", "box_code_size", "conv_hyperparams", "predict_instance_masks", "mask_prediction_conv_depth", "predict_keypoints", "mask_height", "mask_width", "mask_prediction_num_conv_layers", "masks_are_class_agnostic", "share_box_across_classes", "convolve_then_upsample_masks"]) -> None: ...

class RfcnBoxPredictor(Message):
    @property
    def conv_hyperparams(self) -> Hyperparams: ...
    num_spatial_bins_height: int  # default: 3
    num_spatial_bins_width: int  # default: 3
    depth: int  # default: 1024
    box_code_size: int  # default: 4
    crop_height: int  # default: 12
    crop_width: int  # default: 12
    def __init__(
        self,
        *,
        conv_hyperparams: Hyperparams | None = ...,
        num_spatial_bins_height: int | None = ...,
        num_spatial_bins_width: int | None = ...,
        depth: int | None = ...,
        box_code_size: int | None = ...,
        crop_height: int | None = ...,
        crop_width: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["conv_hyperparams", "num_spatial_bins_height", "num_spatial_bins_width", "depth", "box_code_size", "crop_height", "crop_width"]) -> bool: ...
    def ClearField(self, field_name: Literal["conv_hyperparams", "num_spatial_bins_height", "num_spatial_bins_width", "depth", "box_code_size", "crop_height", "crop_width"]) -> None: ...

TrainingDataTypeValue = NewType("TrainingDataTypeValue", int)
TrainingDataType: EnumType[TrainingDataTypeValue, Literal["DATA_TYPE_UNKNOWN", "ALL_CLASSES", "CLASS_SPECIFIC"]]

class CalibrationConfig(Message):
    @property
    def function_approximation(self) -> FunctionApproximation: ...
    @property
    def class_id_function_approximations(self) -> ClassIdFunctionApproximations: ...
    @property
    def sigmoid_calibration(self) -> SigmoidCalibration: ...
    @property
    def class_id_sigmoid_calibrations(self) -> ClassIdSigmoidCalibrations: ...
    @property
    def temperature_scaling_calibration(self) -> TemperatureScalingCalibration: ...
    def __init__(
        self,
        *,
        function_approximation: FunctionApproximation | None = ...,
        class_id_function_approximations: ClassIdFunctionApproximations | None = ...,
        sigmoid_calibration: SigmoidCalibration | None = ...,
        class_id_sigmoid_calibrations: ClassIdSigmoidCalibrations | None = ...,
        temperature_scaling_calibration: TemperatureScalingCalibration | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["function_approximation", "class_id_function_approximations", "sigmoid_calibration", "class_id_sigmoid_calibrations", "temperature_scaling_calibration", "calibrator"]) -> bool: ...
    def ClearField(self, field_name: Literal["function_approximation", "class_id_function_approximations", "sigmoid_calibration", "class_id_sigmoid_calibrations", "temperature_scaling_calibration", "calibrator"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["calibrator"]) -> Literal["function_approximation", "class_id_function_approximations", "sigmoid_calibration", "class_id_sigmoid_calibrations", "temperature_scaling_calibration"] | None: ...

class FunctionApproximation(Message):
    @property
    def x_y_pairs(self) -> XYPairs: ...
    def __init__(
        self,
        *,
        x_y_pairs: XYPairs | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["x_y_pairs"]) -> bool: ...
    def ClearField(self, field_name: Literal["x_y_pairs"]) -> None: ...

class ClassIdFunctionApproximations(Message):
    @property
    def class_id_xy_pairs_map(self) -> MessageMap[int, XYPairs]: ...
    def __init__(
        self,
        *,
        class_id_xy_pairs_map: Mapping[int, XYPairs] = ...,
    ) -> None: ...
    def ClearField(self, field_name: Literal["class_id_xy_pairs_map"]) -> None: ...

class SigmoidCalibration(Message):
    @property
    def sigmoid_parameters(self) -> SigmoidParameters: ...
    def __init__(
        self,
        *,
        sigmoid_parameters: SigmoidParameters | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["sigmoid_parameters"]) -> bool: ...
    def ClearField(self, field_name: Literal["sigmoid_parameters"]) -> None: ...

class ClassIdSigmoidCalibrations(Message):
    @property
    def class_id_sigmoid_parameters_map(self) -> MessageMap[int, SigmoidParameters]: ...
    def __init__(
        self,
        *,
        class_id_sigmoid_parameters_map: Mapping[int, SigmoidParameters] = ...,
    ) -> None: ...
    def ClearField(self, field_name: Literal["class_id_sigmoid_parameters_map"]) -> None: ...

class TemperatureScalingCalibration(Message):
    scaler: float
    def __init__(
        self,
        *,
        scaler: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["scaler"]) -> bool: ...
    def ClearField(self, field_name: Literal["scaler"]) -> None: ...

class XYPairs(Message):
    class XYPair(Message):
        x: float
        y: float
        def __init__(
            self,
            *,
            x: float | None = ...,
            y: float | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["x", "y"]) -> bool: ...
        def ClearField(self, field_name: Literal["x", "y"]) -> None: ...
    @property
    def x_y_pair(self) -> RepeatedCompositeFieldContainer[XYPairs.XYPair]: ...
    training_data_type: TrainingDataTypeValue
    def __init__(
        self,
        *,
        x_y_pair: Iterable[XYPairs.XYPair] = ...,
        training_data_type: TrainingDataTypeValue | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["training_data_type"]) -> bool: ...
    def ClearField(self, field_name: Literal["x_y_pair", "training_data_type"]) -> None: ...

class SigmoidParameters(Message):
    a: float  # default: -1
    b: float  # default: 0
    def __init__(
        self,
        *,
        a: float | None = ...,
        b: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["a", "b"]) -> bool: ...
    def ClearField(self, field_name: Literal["a", "b"]) -> None: ...

ResizeTypeValue = NewType("ResizeTypeValue", int)
ResizeType: EnumType[ResizeTypeValue, Literal["BILINEAR", "NEAREST_NEIGHBOR", "BICUBIC", "AREA"]]

class ImageResizer(Message):
    @property
    def keep_aspect_ratio_resizer(self) -> KeepAspectRatioResizer: ...
    @property
    def fixed_shape_resizer(self) -> FixedShapeResizer: ...
    @property
    def identity_resizer(self) -> IdentityResizer: ...
    @property
    def conditional_shape_resizer(self) -> ConditionalShapeResizer: ...
    @property
    def pad_to_multiple_resizer(self) -> PadToMultipleResizer: ...
    def __init__(
        self,
        *,
        keep_aspect_ratio_resizer: KeepAspectRatioResizer | None = ...,
        fixed_shape_resizer: FixedShapeResizer | None = ...,
        identity_resizer: IdentityResizer | None = ...,
        conditional_shape_resizer: ConditionalShapeResizer | None = ...,
        pad_to_multiple_resizer: PadToMultipleResizer | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["keep_aspect_ratio_resizer", "fixed_shape_resizer", "identity_resizer", "conditional_shape_resizer", "pad_to_multiple_resizer", "image_resizer_oneof"]) -> bool: ...
    def ClearField(self, field_name: Literal["keep_aspect_ratio_resizer", "fixed_shape_resizer", "identity_resizer", "conditional_shape_resizer", "pad_to_multiple_resizer", "image_resizer_oneof"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["image_resizer_oneof"]) -> Literal["keep_aspect_ratio_resizer", "fixed_shape_resizer", "identity_resizer", "conditional_shape_resizer", "pad_to_multiple_resizer"] | None: ...

class IdentityResizer(Message):
    def __init__(self) -> None: ...

class KeepAspectRatioResizer(Message):
    min_dimension: int  # default: 600
    max_dimension: int  # default: 1024
    resize_method: ResizeTypeValue  # default: BILINEAR
    pad_to_max_dimension: bool  # default: false
    convert_to_grayscale: bool  # default: false
    @property
    def per_channel_pad_value(self) -> RepeatedScalarFieldContainer[float]: ...
    def __init__(
        self,
        *,
        min_dimension: int | None = ...,
        max_dimension: int | None = ...,
        resize_method: ResizeTypeValue | None = ...,
        pad_to_max_dimension: bool | None = ...,
        convert_to_grayscale: bool | None = ...,
        per_channel_pad_value: Iterable[float] = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_dimension", "max_dimension", "resize_method", "pad_to_max_dimension", "convert_to_grayscale"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_dimension", "max_dimension", "resize_method", "pad_to_max_dimension", "convert_to_grayscale", "per_channel_pad_value"]) -> None: ...

class FixedShapeResizer(Message):
    height: int  # default: 300
    width: int  # default: 300
    resize_method: ResizeTypeValue  # default: BILINEAR
    convert_to_grayscale: bool  # default: false
    def __init__(
        self,
        *,
        height: int | None = ...,
        width: int | None = ...,
        resize_method: ResizeTypeValue | None = ...,
        convert_to_grayscale: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["height", "width", "resize_method", "convert_to_grayscale"]) -> bool: ...
    def ClearField(self, field_name: Literal["height", "width", "resize_method", "convert_to_grayscale"]) -> None: ...

class ConditionalShapeResizer(Message):
    ResizeConditionValue = NewType("ResizeConditionValue", int)
    ResizeCondition: ClassVar[EnumType[ConditionalShapeResizer.ResizeConditionValue, Literal["INVALID", "GREATER", "SMALLER"]]]
    INVALID: ClassVar[ConditionalShapeResizer.ResizeConditionValue]
    GREATER: ClassVar[ConditionalShapeResizer.ResizeConditionValue]
    SMALLER: ClassVar[ConditionalShapeResizer.ResizeConditionValue]
    condition: ConditionalShapeResizer.ResizeConditionValue  # default: GREATER
    size_threshold: int  # default: 300
    resize_method: ResizeTypeValue  # default: BILINEAR
    convert_to_grayscale: bool  # default: false
    def __init__(
        self,
        *,
        condition: ConditionalShapeResizer.ResizeConditionValue | None = ...,
        size_threshold: int | None = ...,
        resize_method: ResizeTypeValue | None = ...,
        convert_to_grayscale: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["condition", "size_threshold", "resize_method", "convert_to_grayscale"]) -> bool: ...
    def ClearField(self, field_name: Literal["condition", "size_threshold", "resize_method", "convert_to_grayscale"]) -> None: ...

class PadToMultipleResizer(Message):
    multiple: int  # default: 1
    convert_to_grayscale: bool  # default: false
    def __init__(
        self,
        *,
        multiple: int | None = ...,
        convert_to_grayscale: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["multiple", "convert_to_grayscale"]) -> bool: ...
    def ClearField(self, field_name: Literal["multiple", "convert_to_grayscale"]) -> None: ...

class Loss(Message):
    ExpectedLossWeightsValue = NewType("ExpectedLossWeightsValue", int)
    ExpectedLossWeights: ClassVar[EnumType[Loss.ExpectedLossWeightsValue, Literal["NONE", "EXPECTED_SAMPLING", "REWEIGHTING_UNMATCHED_ANCHORS"]]]
    NONE: ClassVar[Loss.ExpectedLossWeightsValue]
    EXPECTED_SAMPLING: ClassVar[Loss.ExpectedLossWeightsValue]
    REWEIGHTING_UNMATCHED_ANCHORS: ClassVar[Loss.ExpectedLossWeightsValue]
    class EqualizationLoss(Message):
        weight: float  # default: 0
        @property
        def exclude_prefixes(self) -> RepeatedScalarFieldContainer[str]: ...
        def __init__(
            self,
            *,
            weight: float | None = ...,
            exclude_prefixes: Iterable[str] = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["weight"]) -> bool: ...
        def ClearField(self, field_name: Literal["weight", "exclude_prefixes"]) -> None: ...
    @property
    def localization_loss(self) -> LocalizationLoss: ...
    @property
    def classification_loss(self) -> ClassificationLoss: ...
    @property
    def hard_example_miner(self) -> HardExampleMiner: ...
    classification_weight: float  # default: 1
    localization_weight: float  # default: 1
    @property
    def random_example_sampler(self) -> RandomExampleSampler: ...
    @property
    def equalization_loss(self) -> Loss.EqualizationLoss: ...
    expected_loss_weights: Loss.ExpectedLossWeightsValue  # default: NONE
    min_num_negative_samples: float  # default: 0
    desired_negative_sampling_ratio: float  # default: 3
    def __init__(
        self,
        *,
        localization_loss: LocalizationLoss | None = ...,
        classification_loss: ClassificationLoss | None = ...,
        hard_example_miner: HardExampleMiner | None = ...,
        classification_weight: float | None = ...,
        localization_weight: float | None = ...,
        random_example_sampler: RandomExampleSampler | None = ...,
        equalization_loss: Loss.EqualizationLoss | None = ...,
        expected_loss_weights: Loss.ExpectedLossWeightsValue | None = ...,
        min_num_negative_samples: float | None = ...,
        desired_negative_sampling_ratio: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["localization_loss", "classification_loss", "hard_example_miner", "classification_weight", "localization_weight", "random_example_sampler", "equalization_loss", "expected_loss_weights", "min_num_negative_samples", "desired_negative_sampling_ratio"]) -> bool: ...
    def ClearField(self, field_name: Literal["localization_loss", "classification_loss", "hard_example_miner", "classification_weight", "localization_weight", "random_example_sampler", "equalization_loss", "expected_loss_weights", "min_num_negative_samples", "desired_negative_sampling_ratio"]) -> None: ...

class LocalizationLoss(Message):
    @property
    def weighted_l2(self) -> WeightedL2LocalizationLoss: ...
    @property
    def weighted_smooth_l1(self) -> WeightedSmoothL1LocalizationLoss: ...
    @property
    def weighted_iou(self) -> WeightedIOULocalizationLoss: ...
    @property
    def l1_localization_loss(self) -> L1LocalizationLoss: ...
    @property
    def weighted_giou(self) -> WeightedGIOULocalizationLoss: ...
    def __init__(
        self,
        *,
        weighted_l2: WeightedL2LocalizationLoss | None = ...,
        weighted_smooth_l1: WeightedSmoothL1LocalizationLoss | None = ...,
        weighted_iou: WeightedIOULocalizationLoss | None = ...,
        l1_localization_loss: L1LocalizationLoss | None = ...,
        weighted_giou: WeightedGIOULocalizationLoss | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["weighted_l2", "weighted_smooth_l1", "weighted_iou", "l1_localization_loss", "weighted_giou", "localization_loss"]) -> bool: ...
    def ClearField(self, field_name: Literal["weighted_l2", "weighted_smooth_l1", "weighted_iou", "l1_localization_loss", "weighted_giou", "localization_loss"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["localization_loss"]) -> Literal["weighted_l2", "weighted_smooth_l1", "weighted_iou", "l1_localization_loss", "weighted_giou"] | None: ...

class WeightedL2LocalizationLoss(Message):
    anchorwise_output: bool  # default: false
    def __init__(
        self,
        *,
        anchorwise_output: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["anchorwise_output"]) -> bool: ...
    def ClearField(self, field_name: Literal["anchorwise_output"]) -> None: ...

class WeightedSmoothL1LocalizationLoss(Message):
    anchorwise_output: bool  # default: false
    delta: float  # default: 1
    def __init__(
        self,
        *,
        anchorwise_output: bool | None = ...,
        delta: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["anchorwise_output", "delta"]) -> bool: ...
    def ClearField(self, field_name: Literal["anchorwise_output", "delta"]) -> None: ...

class WeightedIOULocalizationLoss(Message):
    def __init__(self) -> None: ...

class L1LocalizationLoss(Message):
    def __init__(self) -> None: ...

class WeightedGIOULocalizationLoss(Message):
    def __init__(self) -> None: ...

class ClassificationLoss(Message):
    @property
    def weighted_sigmoid(self) -> WeightedSigmoidClassificationLoss: ...
    @property
    def weighted_softmax(self) -> WeightedSoftmaxClassificationLoss: ...
    @property
    def weighted_logits_softmax(self) -> WeightedSoftmaxClassificationAgainstLogitsLoss: ...
    @property
    def bootstrapped_sigmoid(self) -> BootstrappedSigmoidClassificationLoss: ...
    @property
    def weighted_sigmoid_focal(self) -> SigmoidFocalClassificationLoss: ...
    @property
    def penalty_reduced_logistic_focal_loss(self) -> PenaltyReducedLogisticFocalLoss: ...
    @property
    def weighted_dice_classification_loss(self) -> WeightedDiceClassificationLoss: ...
    def __init__(
        self,
        *,
        weighted_sigmoid: WeightedSigmoidClassificationLoss | None = ...,
        weighted_softmax: WeightedSoftmaxClassificationLoss | None = ...,
        weighted_logits_softmax: WeightedSoftmaxClassificationAgainstLogitsLoss | None = ...,
        bootstrapped_sigmoid: BootstrappedSigmoidClassificationLoss | None = ...,
        weighted_sigmoid_focal: SigmoidFocalClassificationLoss | None = ...,
        penalty_reduced_logistic_focal_loss: PenaltyReducedLogisticFocalLoss | None = ...,
        weighted_dice_classification_loss: WeightedDiceClassificationLoss | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["weighted_sigmoid", "weighted_softmax", "weighted_logits_softmax", "bootstrapped_sigmoid", "weighted_sigmoid_focal", "penalty_reduced_logistic_focal_loss", "weighted_dice_classification_loss", "classification_loss"]) -> bool: ...
    def ClearField(self, field_name: Literal["weighted_sigmoid", "weighted_softmax", "weighted_logits_softmax", "bootstrapped_sigmoid", "weighted_sigmoid_focal", "penalty_reduced_logistic_focal_loss", "weighted_dice_classification_loss", "classification_loss"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["classification_loss"]) -> Literal["weighted_sigmoid", "weighted_softmax", "weighted_logits_softmax", "bootstrapped_sigmoid", "weighted_sigmoid_focal", "penalty_reduced_logistic_focal_loss", "weighted_dice_classification_loss"] | None: ...

class WeightedSigmoidClassificationLoss(Message):
    anchorwise_output: bool  # default: false
    def __init__(
        self,
        *,
        anchorwise_output: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["anchorwise_output"]) -> bool: ...
    def ClearField(self, field_name: Literal["anchorwise_output"]) -> None: ...

class SigmoidFocalClassificationLoss(Message):
    anchorwise_output: bool  # default: false
    gamma: float  # default: 2
    alpha: float
    def __init__(
        self,
        *,
        anchorwise_output: bool | None = ...,
        gamma: float | None = ...,
        alpha: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["anchorwise_output", "gamma", "alpha"]) -> bool: ...
    def ClearField(self, field_name: Literal["anchorwise_output", "gamma", "alpha"]) -> None: ...

class WeightedSoftmaxClassificationLoss(Message):
    anchorwise_output: bool  # default: false
    logit_scale: float  # default: 1
    def __init__(
        self,
        *,
        anchorwise_output: bool | None = ...,
        logit_scale: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["anchorwise_output", "logit_scale"]) -> bool: ...
    def ClearField(self, field_name: Literal["anchorwise_output", "logit_scale"]) -> None: ...

class WeightedSoftmaxClassificationAgainstLogitsLoss(Message):
    anchorwise_output: bool  # default: false
    logit_scale: float  # default: 1
    def __init__(
        self,
        *,
        anchorwise_output: bool | None = ...,
        logit_scale: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["anchorwise_output", "logit_scale"]) -> bool: ...
    def ClearField(self, field_name: Literal["anchorwise_output", "logit_scale"]) -> None: ...

class BootstrappedSigmoidClassificationLoss(Message):
    alpha: float
    hard_bootstrap: bool  # default: false
    anchorwise_output: bool  # default: false
    def __init__(
        self,
        *,
        alpha: float | None = ...,
        hard_bootstrap: bool | None = ...,
        anchorwise_output: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["alpha", "hard_bootstrap", "anchorwise_output"]) -> bool: ...
    def ClearField(self, field_name: Literal["alpha", "hard_bootstrap", "anchorwise_output"]) -> None: ...

class PenaltyReducedLogisticFocalLoss(Message):
    alpha: float
    beta: float
    def __init__(
        self,
        *,
        alpha: float | None = ...,
        beta: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["alpha", "beta"]) -> bool: ...
    def ClearField(self, field_name: Literal["alpha", "beta"]) -> None: ...

class HardExampleMiner(Message):
    LossTypeValue = NewType("LossTypeValue", int)
    LossType: ClassVar[EnumType[HardExampleMiner.LossTypeValue, Literal["BOTH", "CLASSIFICATION", "LOCALIZATION"]]]
    BOTH: ClassVar[HardExampleMiner.LossTypeValue]
    CLASSIFICATION: ClassVar[HardExampleMiner.LossTypeValue]
    LOCALIZATION: ClassVar[HardExampleMiner.LossTypeValue]
    num_hard_examples: int  # default: 64
    iou_threshold: float  # default: 0.7
    loss_type: HardExampleMiner.LossTypeValue  # default: BOTH
    max_negatives_per_positive: int  # default: 0
    min_negatives_per_image: int  # default: 0
    def __init__(
        self,
        *,
        num_hard_examples: int | None = ...,
        iou_threshold: float | None = ...,
        loss_type: HardExampleMiner.LossTypeValue | None = ...,
        max_negatives_per_positive: int | None = ...,
        min_negatives_per_image: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["num_hard_examples", "iou_threshold", "loss_type", "max_negatives_per_positive", "min_negatives_per_image"]) -> bool: ...
    def ClearField(self, field_name: Literal["num_hard_examples", "iou_threshold", "loss_type", "max_negatives_per_positive", "min_negatives_per_image"]) -> None: ...

class RandomExampleSampler(Message):
    positive_sample_fraction: float  # default: 0.01
    def __init__(
        self,
        *,
        positive_sample_fraction: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["positive_sample_fraction"]) -> bool: ...
    def ClearField(self, field_name: Literal["positive_sample_fraction"]) -> None: ...

class WeightedDiceClassificationLoss(Message):
    squared_normalization: bool  # default: false
    def __init__(
        self,
        *,
        squared_normalization: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["squared_normalization"]) -> bool: ...
    def ClearField(self, field_name: Literal["squared_normalization"]) -> None: ...

class BatchNonMaxSuppression(Message):
    score_threshold: float  # default: 0
    iou_threshold: float  # default: 0.6
    max_detections_per_class: int  # default: 100
    max_total_detections: int  # default: 100
    use_static_shapes: bool  # default: false
    use_class_agnostic_nms: bool  # default: false
    max_classes_per_detection: int  # default: 1
    soft_nms_sigma: float  # default: 0
    use_partitioned_nms: bool  # default: false
    use_combined_nms: bool  # default: false
    change_coordinate_frame: bool  # default: true
    use_hard_nms: bool  # default: false
    use_cpu_nms: bool  # default: false
    def __init__(
        self,
        *,
        score_threshold: float | None = ...,
        iou_threshold: float | None = ...,
        max_detections_per_class: int | None = ...,
        max_total_detections: int | None = ...,
        use_static_shapes: bool | None = ...,
        use_class_agnostic_nms: bool | None = ...,
        max_classes_per_detection: int | None = ...,
        soft_nms_sigma: float | None = ...,
        use_partitioned_nms: bool | None = ...,
        use_combined_nms: bool | None = ...,
        change_coordinate_frame: bool | None = ...,
        use_hard_nms: bool | None = ...,
        use_cpu_nms: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["score_threshold", "iou_threshold", "max_detections_per_class", "max_total_detections", "use_static_shapes", "use_class_agnostic_nms", "max_classes_per_detection", "soft_nms_sigma", "use_partitioned_nms", "use_combined_nms", "change_coordinate_frame", "use_hard_nms", "use_cpu_nms"]) -> bool: ...
    def ClearField(self, field_name: Literal["score_threshold", "iou_threshold", "max_detections_per_class", "max_total_detections", "use_static_shapes", "use_class_agnostic_nms", "max_classes_per_detection", "soft_nms_sigma", "use_partitioned_nms", "use_combined_nms", "change_coordinate_frame", "use_hard_nms", "use_cpu_nms"]) -> None: ...

class PostProcessing(Message):
    ScoreConverterValue = NewType("ScoreConverterValue", int)
    ScoreConverter: ClassVar[EnumType[PostProcessing.ScoreConverterValue, Literal["IDENTITY", "SIGMOID", "SOFTMAX"]]]
    IDENTITY: ClassVar[PostProcessing.ScoreConverterValue]
    SIGMOID: ClassVar[PostProcessing.ScoreConverterValue]
    SOFTMAX: ClassVar[PostProcessing.ScoreConverterValue]
    @property
    def batch_non_max_suppression(self) -> BatchNonMaxSuppression: ...
    score_converter: PostProcessing.ScoreConverterValue  # default: IDENTITY
    logit_scale: float  # default: 1
    @property
    def calibration_config(self) -> CalibrationConfig: ...
    def __init__(
        self,
        *,
        batch_non_max_suppression: BatchNonMaxSuppression | None = ...,
        score_converter: PostProcessing.ScoreConverterValue | None = ...,
        logit_scale: float | None = ...,
        calibration_config: CalibrationConfig | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["batch_non_max_suppression", "score_converter", "logit_scale", "calibration_config"]) -> bool: ...
    def ClearField(self, field_name: Literal["batch_non_max_suppression", "score_converter", "logit_scale", "calibration_config"]) -> None: ...

class PreprocessingStep(Message):
    @property
    def normalize_image(self) -> NormalizeImage: ...
    @property
    def random_horizontal_flip(self) -> RandomHorizontalFlip: ...
    @property
    def random_pixel_value_scale(self) -> RandomPixelValueScale: ...
    @property
    def random_image_scale(self) -> RandomImageScale: ...
    @property
    def random_rgb_to_gray(self) -> RandomRGBtoGray: ...
    @property
    def random_adjust_brightness(self) -> RandomAdjustBrightness: ...
    @property
    def random_adjust_contrast(self) -> RandomAdjustContrast: ...
    @property
    def random_adjust_hue(self) -> RandomAdjustHue: ...
    @property
    def random_adjust_saturation(self) -> RandomAdjustSaturation: ...
    @property
    def random_distort_color(self) -> RandomDistortColor: ...
    @property
    def random_jitter_boxes(self) -> RandomJitterBoxes: ...
    @property
    def random_crop_image(self) -> RandomCropImage: ...
    @property
    def random_pad_image(self) -> RandomPadImage: ...
    @property
    def random_crop_pad_image(self) -> RandomCropPadImage: ...
    @property
    def random_crop_to_aspect_ratio(self) -> RandomCropToAspectRatio: ...
    @property
    def random_black_patches(self) -> RandomBlackPatches: ...
    @property
    def random_resize_method(self) -> RandomResizeMethod: ...
    @property
    def scale_boxes_to_pixel_coordinates(self) -> ScaleBoxesToPixelCoordinates: ...
    @property
    def resize_image(self) -> ResizeImage: ...
    @property
    def subtract_channel_mean(self) -> SubtractChannelMean: ...
    @property
    def ssd_random_crop(self) -> SSDRandomCrop: ...
    @property
    def ssd_random_crop_pad(self) -> SSDRandomCropPad: ...
    @property
    def ssd_random_crop_fixed_aspect_ratio(self) -> SSDRandomCropFixedAspectRatio: ...
    @property
    def ssd_random_crop_pad_fixed_aspect_ratio(self) -> SSDRandomCropPadFixedAspectRatio: ...
    @property
    def random_vertical_flip(self) -> RandomVerticalFlip: ...
    @property
    def random_rotation90(self) -> RandomRotation90: ...
    @property
    def rgb_to_gray(self) -> RGBtoGray: ...
    @property
    def convert_class_logits_to_softmax(self) -> ConvertClassLogitsToSoftmax: ...
    @property
    def random_absolute_pad_image(self) -> RandomAbsolutePadImage: ...
    @property
    def random_self_concat_image(self) -> RandomSelfConcatImage: ...
    @property
    def autoaugment_image(self) -> AutoAugmentImage: ...
    @property
    def drop_label_probabilistically(self) -> DropLabelProbabilistically: ...
    @property
    def remap_labels(self) -> RemapLabels: ...
    @property
    def random_jpeg_quality(self) -> RandomJpegQuality: ...
    @property
    def random_downscale_to_target_pixels(self) -> RandomDownscaleToTargetPixels: ...
    @property
    def random_patch_gaussian(self) -> RandomPatchGaussian: ...
    @property
    def random_square_crop_by_scale(self) -> RandomSquareCropByScale: ...
    @property
    def random_scale_crop_and_pad_to_square(self) -> RandomScaleCropAndPadToSquare: ...
    @property
    def adjust_gamma(self) -> AdjustGamma: ...
    def __init__(
        self,
        *,
        normalize_image: NormalizeImage | None = ...,
        random_horizontal_flip: RandomHorizontalFlip | None = ...,
        random_pixel_value_scale: RandomPixelValueScale | None = ...,
        random_image_scale: RandomImageScale | None = ...,
        random_rgb_to_gray: RandomRGBtoGray | None = ...,
        random_adjust_brightness: RandomAdjustBrightness | None = ...,
        random_adjust_contrast: RandomAdjustContrast | None = ...,
        random_adjust_hue: RandomAdjustHue | None = ...,
        random_adjust_saturation: RandomAdjustSaturation | None = ...,
        random_distort_color: RandomDistortColor | None = ...,
        random_jitter_boxes: RandomJitterBoxes | None = ...,
        random_crop_image: RandomCropImage | None = ...,
        random_pad_image: RandomPadImage | None = ...,
        random_crop_pad_image: RandomCropPadImage | None = ...,
        random_crop_to_aspect_ratio: RandomCropToAspectRatio | None = ...,
        random_black_patches: RandomBlackPatches | None = ...,
        random_resize_method: RandomResizeMethod | None = ...,
        scale_boxes_to_pixel_coordinates: ScaleBoxesToPixelCoordinates | None = ...,
        resize_image: ResizeImage | None = ...,
        subtract_channel_mean: SubtractChannelMean | None = ...,
        ssd_random_crop: SSDRandomCrop | None = ...,
        ssd_random_crop_pad: SSDRandomCropPad | None = ...,
        ssd_random_crop_fixed_aspect_ratio: SSDRandomCropFixedAspectRatio | None = ...,
        ssd_random_crop_pad_fixed_aspect_ratio: SSDRandomCropPadFixedAspectRatio | None = ...,
        random_vertical_flip: RandomVerticalFlip | None = ...,
        random_rotation90: RandomRotation90 | None = ...,
        rgb_to_gray: RGBtoGray | None = ...,
        convert_class_logits_to_softmax: ConvertClassLogitsToSoftmax | None = ...,
        random_absolute_pad_image: RandomAbsolutePadImage | None = ...,
        random_self_concat_image: RandomSelfConcatImage | None = ...,
        autoaugment_image: AutoAugmentImage | None = ...,
        drop_label_probabilistically: DropLabelProbabilistically | None = ...,
        remap_labels: RemapLabels | None = ...,
        random_jpeg_quality: RandomJpegQuality | None = ...,
        random_downscale_to_target_pixels: RandomDownscaleToTargetPixels | None = ...,
        random_patch_gaussian: RandomPatchGaussian | None = ...,
        random_square_crop_by_scale: RandomSquareCropByScale | None = ...,
        random_scale_crop_and_pad_to_square: RandomScaleCropAndPadToSquare | None = ...,
        adjust_gamma: AdjustGamma | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["normalize_image", "random_horizontal_flip", "random_pixel_value_scale", "random_image_scale", "random_rgb_to_gray", "random_adjust_brightness", "random_adjust_contrast", "random_adjust_hue", "random_adjust_saturation", "random_distort_color", "random_jitter_boxes", "random_crop_image", "random_pad_image", "random_crop_pad_image", "random_crop_to_aspect_ratio", "random_black_patches", "random_resize_method", "scale_boxes_to_pixel_coordinates", "resize_image", "subtract_channel_mean", "ssd_random_crop", "ssd_random_crop_pad", "ssd_random_crop_fixed_aspect_ratio", "ssd_random_crop_pad_fixed_aspect_ratio", "random_vertical_flip", "random_rotation90", "rgb_to_gray", "convert_class_logits_to_softmax", "random_absolute_pad_image", "random_self_concat_image", "autoaugment_image", "drop_label_probabilistically", "remap_labels", "random_jpeg_quality", "random_downscale_to_target_pixels", "random_patch_gaussian", "random_square_crop_by_scale", "random_scale_crop_and_pad_to_square", "adjust_gamma", "preprocessing_step"]) -> bool: ...
    def ClearField(self, field_name: Literal["normalize_image", "random_horizontal_flip", "random_pixel_value_scale", "random_image_scale", "random_rgb_to_gray", "random_adjust_brightness", "random_adjust_contrast", "random_adjust_hue", "random_adjust_saturation", "random_distort_color", "random_jitter_boxes", "random_crop_image", "random_pad_image", "random_crop_pad_image", "random_crop_to_aspect_ratio", "random_black_patches", "random_resize_method", "scale_boxes_to_pixel_coordinates", "resize_image", "subtract_channel_mean", "ssd_random_crop", "ssd_random_crop_pad", "ssd_random_crop_fixed_aspect_ratio", "ssd_random_crop_pad_fixed_aspect_ratio", "random_vertical_flip", "random_rotation90", "rgb_to_gray", "convert_class_logits_to_softmax", "random_absolute_pad_image", "random_self_concat_image", "autoaugment_image", "drop_label_probabilistically", "remap_labels", "random_jpeg_quality", "random_downscale_to_target_pixels", "random_patch_gaussian", "random_square_crop_by_scale", "random_scale_crop_and_pad_to_square", "adjust_gamma", "preprocessing_step"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["preprocessing_step"]) -> Literal["normalize_image", "random_horizontal_flip", "random_pixel_value_scale", "random_image_scale", "random_rgb_to_gray", "random_adjust_brightness", "random_adjust_contrast", "random_adjust_hue", "random_adjust_saturation", "random_distort_color", "random_jitter_boxes", "random_crop_image", "random_pad_image", "random_crop_pad_image", "random_crop_to_aspect_ratio", "random_black_patches", "random_resize_method", "scale_boxes_to_pixel_coordinates", "resize_image", "subtract_channel_mean", "ssd_random_crop", "ssd_random_crop_pad", "ssd_random_crop_fixed_aspect_ratio", "ssd_random_crop_pad_fixed_aspect_ratio", "random_vertical_flip", "random_rotation90", "rgb_to_gray", "convert_class_logits_to_softmax", "random_absolute_pad_image", "random_self_concat_image", "autoaugment_image", "drop_label_probabilistically", "remap_labels", "random_jpeg_quality", "random_downscale_to_target_pixels", "random_patch_gaussian", "random_square_crop_by_scale", "random_scale_crop_and_pad_to_square", "adjust_gamma"] | None: ...

class NormalizeImage(Message):
    original_minval: float
    original_maxval: float
    target_minval: float  # default: 0
    target_maxval: float  # default: 1
    def __init__(
        self,
        *,
        original_minval: float | None = ...,
        original_maxval: float | None = ...,
        target_minval: float | None = ...,
        target_maxval: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["original_minval", "original_maxval", "target_minval", "target_maxval"]) -> bool: ...
    def ClearField(self, field_name: Literal["original_minval", "original_maxval", "target_minval", "target_maxval"]) -> None: ...

class RandomHorizontalFlip(Message):
    @property
    def keypoint_flip_permutation(self) -> RepeatedScalarFieldContainer[int]: ...
    probability: float  # default: 0.5
    def __init__(
        self,
        *,
        keypoint_flip_permutation: Iterable[int] = ...,
        probability: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["probability"]) -> bool: ...
    def ClearField(self, field_name: Literal["keypoint_flip_permutation", "probability"]) -> None: ...

class RandomVerticalFlip(Message):
    @property
    def keypoint_flip_permutation(self) -> RepeatedScalarFieldContainer[int]: ...
    probability: float  # default: 0.5
    def __init__(
        self,
        *,
        keypoint_flip_permutation: Iterable[int] = ...,
        probability: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["probability"]) -> bool: ...
    def ClearField(self, field_name: Literal["keypoint_flip_permutation", "probability"]) -> None: ...

class RandomRotation90(Message):
    @property
    def keypoint_rot_permutation(self) -> RepeatedScalarFieldContainer[int]: ...
    probability: float  # default: 0.5
    def __init__(
        self,
        *,
        keypoint_rot_permutation: Iterable[int] = ...,
        probability: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["probability"]) -> bool: ...
    def ClearField(self, field_name: Literal["keypoint_rot_permutation", "probability"]) -> None: ...

class RandomPixelValueScale(Message):
    minval: float  # default: 0.9
    maxval: float  # default: 1.1
    def __init__(
        self,
        *,
        minval: float | None = ...,
        maxval: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["minval", "maxval"]) -> bool: ...
    def ClearField(self, field_name: Literal["minval", "maxval"]) -> None: ...

class RandomImageScale(Message):
    min_scale_ratio: float  # default: 0.5
    max_scale_ratio: float  # default: 2
    def __init__(
        self,
        *,
        min_scale_ratio: float | None = ...,
        max_scale_ratio: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_scale_ratio", "max_scale_ratio"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_scale_ratio", "max_scale_ratio"]) -> None: ...

class RandomRGBtoGray(Message):
    probability: float  # default: 0.1
    def __init__(
        self,
        *,
        probability: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["probability"]) -> bool: ...
    def ClearField(self, field_name: Literal["probability"]) -> None: ...

class RandomAdjustBrightness(Message):
    max_delta: float  # default: 0.2
    def __init__(
        self,
        *,
        max_delta: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["max_delta"]) -> bool: ...
    def ClearField(self, field_name: Literal["max_delta"]) -> None: ...

class RandomAdjustContrast(Message):
    min_delta: float  # default: 0.8
    max_delta: float  # default: 1.25
    def __init__(
        self,
        *,
        min_delta: float | None = ...,
        max_delta: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_delta", "max_delta"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_delta", "max_delta"]) -> None: ...

class RandomAdjustHue(Message):
    max_delta: float  # default: 0.02
    def __init__(
        self,
        *,
        max_delta: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["max_delta"]) -> bool: ...
    def ClearField(self, field_name: Literal["max_delta"]) -> None: ...

class RandomAdjustSaturation(Message):
    min_delta: float  # default: 0.8
    max_delta: float  # default: 1.25
    def __init__(
        self,
        *,
        min_delta: float | None = ...,
        max_delta: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_delta", "max_delta"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_delta", "max_delta"]) -> None: ...

class RandomDistortColor(Message):
    color_ordering: int
    def __init__(
        self,
        *,
        color_ordering: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["color_ordering"]) -> bool: ...
    def ClearField(self, field_name: Literal["color_ordering"]) -> None: ...

class RandomJitterBoxes(Message):
    JitterModeValue = NewType("JitterModeValue", int)
    JitterMode: ClassVar[EnumType[RandomJitterBoxes.JitterModeValue, Literal["DEFAULT", "EXPAND", "SHRINK", "EXPAND_SYMMETRIC", "SHRINK_SYMMETRIC", "EXPAND_SYMMETRIC_XY", "SHRINK_SYMMETRIC_XY"]]]
    DEFAULT: ClassVar[RandomJitterBoxes.JitterModeValue]
    EXPAND: ClassVar[RandomJitterBoxes.JitterModeValue]
    SHRINK: ClassVar[RandomJitterBoxes.JitterModeValue]
    EXPAND_SYMMETRIC: ClassVar[RandomJitterBoxes.JitterModeValue]
    SHRINK_SYMMETRIC: ClassVar[RandomJitterBoxes.JitterModeValue]
    EXPAND_SYMMETRIC_XY: ClassVar[RandomJitterBoxes.JitterModeValue]
    SHRINK_SYMMETRIC_XY: ClassVar[RandomJitterBoxes.JitterModeValue]
    ratio: float  # default: 0.05
    jitter_mode: RandomJitterBoxes.JitterModeValue  # default: DEFAULT
    def __init__(
        self,
        *,
        ratio: float | None = ...,
        jitter_mode: RandomJitterBoxes.JitterModeValue | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["ratio", "jitter_mode"]) -> bool: ...
    def ClearField(self, field_name: Literal["ratio", "jitter_mode"]) -> None: ...

class RandomCropImage(Message):
    min_object_covered: float  # default: 1
    min_aspect_ratio: float  # default: 0.75
    max_aspect_ratio: float  # default: 1.33
    min_area: float  # default: 0.1
    max_area: float  # default: 1
    overlap_thresh: float  # default: 0.3
    clip_boxes: bool  # default: true
    random_coef: float  # default: 0
    def __init__(
        self,
        *,
        min_object_covered: float | None = ...,
        min_aspect_ratio: float | None = ...,
        max_aspect_ratio: float | None = ...,
        min_area: float | None = ...,
        max_area: float | None = ...,
        overlap_thresh: float | None = ...,
        clip_boxes: bool | None = ...,
        random_coef: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_object_covered", "min_aspect_ratio", "max_aspect_ratio", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_object_covered", "min_aspect_ratio", "max_aspect_ratio", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef"]) -> None: ...

class RandomPadImage(Message):
    min_image_height: int
    min_image_width: int
    max_image_height: int
    max_image_width: int
    @property
    def pad_color(self) -> RepeatedScalarFieldContainer[float]: ...
    def __init__(
        self,
        *,
        min_image_height: int | None = ...,
        min_image_width: int | None = ...,
        max_image_height: int | None = ...,
        max_image_width: int | None = ...,
        pad_color: Iterable[float] = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_image_height", "min_image_width", "max_image_height", "max_image_width"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_image_height", "min_image_width", "max_image_height", "max_image_width", "pad_color"]) -> None: ...

class RandomAbsolutePadImage(Message):
    max_height_padding: int
    max_width_padding: int
    @property
    def pad_color(self) -> RepeatedScalarFieldContainer[float]: ...
    def __init__(
        self,
        *,
        max_height_padding: int | None = ...,
        max_width_padding: int | None = ...,
        pad_color: Iterable[float] = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["max_height_padding", "max_width_padding"]) -> bool: ...
    def ClearField(self, field_name: Literal["max_height_padding", "max_width_padding", "pad_color"]) -> None: ...

class RandomCropPadImage(Message):
    min_object_covered: float  # default: 1
    min_aspect_ratio: float  # default: 0.75
    max_aspect_ratio: float  # default: 1.33
    min_area: float  # default: 0.1
    max_area: float  # default: 1
    overlap_thresh: float  # default: 0.3
    clip_boxes: bool  # default: true
    random_coef: float  # default: 0
    @property
    def min_padded_size_ratio(self) -> RepeatedScalarFieldContainer[float]: ...
    @property
    def max_padded_size_ratio(self) -> RepeatedScalarFieldContainer[float]: ...
    @property
    def pad_color(self) -> RepeatedScalarFieldContainer[float]: ...
    def __init__(
        self,
        *,
        min_object_covered: float | None = ...,
        min_aspect_ratio: float | None = ...,
        max_aspect_ratio: float | None = ...,
        min_area: float | None = ...,
        max_area: float | None = ...,
        overlap_thresh: float | None = ...,
        clip_boxes: bool | None = ...,
        random_coef: float | None = ...,
        min_padded_size_ratio: Iterable[float] = ...,
        max_padded_size_ratio: Iterable[float] = ...,
        pad_color: Iterable[float] = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_object_covered", "min_aspect_ratio", "max_aspect_ratio", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_object_covered", "min_aspect_ratio", "max_aspect_ratio", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef", "min_padded_size_ratio", "max_padded_size_ratio", "pad_color"]) -> None: ...

class RandomCropToAspectRatio(Message):
    aspect_ratio: float  # default: 1
    overlap_thresh: float  # default: 0.3
    clip_boxes: bool  # default: true
    def __init__(
        self,
        *,
        aspect_ratio: float | None = ...,
        overlap_thresh: float | None = ...,
        clip_boxes: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["aspect_ratio", "overlap_thresh", "clip_boxes"]) -> bool: ...
    def ClearField(self, field_name: Literal["aspect_ratio", "overlap_thresh", "clip_boxes"]) -> None: ...

class RandomBlackPatches(Message):
    max_black_patches: int  # default: 10
    probability: float  # default: 0.5
    size_to_image_ratio: float  # default: 0.1
    def __init__(
        self,
        *,
        max_black_patches: int | None = ...,
        probability: float | None = ...,
        size_to_image_ratio: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["max_black_patches", "probability", "size_to_image_ratio"]) -> bool: ...
    def ClearField(self, field_name: Literal["max_black_patches", "probability", "size_to_image_ratio"]) -> None: ...

class RandomResizeMethod(Message):
    target_height: int
    target_width: int
    def __init__(
        self,
        *,
        target_height: int | None = ...,
        target_width: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["target_height", "target_width"]) -> bool: ...
    def ClearField(self, field_name: Literal["target_height", "target_width"]) -> None: ...

class RGBtoGray(Message):
    def __init__(self) -> None: ...

class ScaleBoxesToPixelCoordinates(Message):
    def __init__(self) -> None: ...

class ResizeImage(Message):
    MethodValue = NewType("MethodValue", int)
    Method: ClassVar[EnumType[ResizeImage.MethodValue, Literal["AREA", "BICUBIC", "BILINEAR", "NEAREST_NEIGHBOR"]]]
    AREA: ClassVar[ResizeImage.MethodValue]
    BICUBIC: ClassVar[ResizeImage.MethodValue]
    BILINEAR: ClassVar[ResizeImage.MethodValue]
    NEAREST_NEIGHBOR: ClassVar[ResizeImage.MethodValue]
    new_height: int
    new_width: int
    method: ResizeImage.MethodValue  # default: BILINEAR
    def __init__(
        self,
        *,
        new_height: int | None = ...,
        new_width: int | None = ...,
        method: ResizeImage.MethodValue | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["new_height", "new_width", "method"]) -> bool: ...
    def ClearField(self, field_name: Literal["new_height", "new_width", "method"]) -> None: ...

class SubtractChannelMean(Message):
    @property
    def means(self) -> RepeatedScalarFieldContainer[float]: ...
    def __init__(
        self,
        *,
        means: Iterable[float] = ...,
    ) -> None: ...
    def ClearField(self, field_name: Literal["means"]) -> None: ...

class SSDRandomCropOperation(Message):
    min_object_covered: float
    min_aspect_ratio: float
    max_aspect_ratio: float
    min_area: float
    max_area: float
    overlap_thresh: float
    clip_boxes: bool  # default: true
    random_coef: float
    def __init__(
        self,
        *,
        min_object_covered: float | None = ...,
        min_aspect_ratio: float | None = ...,
        max_aspect_ratio: float | None = ...,
        min_area: float | None = ...,
        max_area: float | None = ...,
        overlap_thresh: float | None = ...,
        clip_boxes: bool | None = ...,
        random_coef: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_object_covered", "min_aspect_ratio", "max_aspect_ratio", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_object_covered", "min_aspect_ratio", "max_aspect_ratio", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef"]) -> None: ...

class SSDRandomCrop(Message):
    @property
    def operations(self) -> RepeatedCompositeFieldContainer[SSDRandomCropOperation]: ...
    def __init__(
        self,
        *,
        operations: Iterable[SSDRandomCropOperation] = ...,
    ) -> None: ...
    def ClearField(self, field_name: Literal["operations"]) -> None: ...

class SSDRandomCropPadOperation(Message):
    min_object_covered: float
    min_aspect_ratio: float
    max_aspect_ratio: float
    min_area: float
    max_area: float
    overlap_thresh: float
    clip_boxes: bool  # default: true
    random_coef: float
    @property
    def min_padded_size_ratio(self) -> RepeatedScalarFieldContainer[float]: ...
    @property
    def max_padded_size_ratio(self) -> RepeatedScalarFieldContainer[float]: ...
    pad_color_r: float
    pad_color_g: float
    pad_color_b: float
    def __init__(
        self,
        *,
        min_object_covered: float | None = ...,
        min_aspect_ratio: float | None = ...,
        max_aspect_ratio: float | None = ...,
        min_area: float | None = ...,
        max_area: float | None = ...,
        overlap_thresh: float | None = ...,
        clip_boxes: bool | None = ...,
        random_coef: float | None = ...,
        min_padded_size_ratio: Iterable[float] = ...,
        max_padded_size_ratio: Iterable[float] = ...,
        pad_color_r: float | None = ...,
        pad_color_g: float | None = ...,
        pad_color_b: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_object_covered", "min_aspect_ratio", "max_aspect_ratio", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef", "pad_color_r", "pad_color_g", "pad_color_b"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_object_covered", "min_aspect_ratio", "max_aspect_ratio", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef", "min_padded_size_ratio", "max_padded_size_ratio", "pad_color_r", "pad_color_g", "pad_color_b"]) -> None: ...

class SSDRandomCropPad(Message):
    @property
    def operations(self) -> RepeatedCompositeFieldContainer[SSDRandomCropPadOperation]: ...
    def __init__(
        self,
        *,
        operations: Iterable[SSDRandomCropPadOperation] = ...,
    ) -> None: ...
    def ClearField(self, field_name: Literal["operations"]) -> None: ...

class SSDRandomCropFixedAspectRatioOperation(Message):
    min_object_covered: float
    min_area: float
    max_area: float
    overlap_thresh: float
    clip_boxes: bool  # default: true
    random_coef: float
    def __init__(
        self,
        *,
        min_object_covered: float | None = ...,
        min_area: float | None = ...,
        max_area: float | None = ...,
        overlap_thresh: float | None = ...,
        clip_boxes: bool | None = ...,
        random_coef: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_object_covered", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_object_covered", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef"]) -> None: ...

class SSDRandomCropFixedAspectRatio(Message):
    @property
    def operations(self) -> RepeatedCompositeFieldContainer[SSDRandomCropFixedAspectRatioOperation]: ...
    aspect_ratio: float  # default: 1
    def __init__(
        self,
        *,
        operations: Iterable[SSDRandomCropFixedAspectRatioOperation] = ...,
        aspect_ratio: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["aspect_ratio"]) -> bool: ...
    def ClearField(self, field_name: Literal["operations", "aspect_ratio"]) -> None: ...

class SSDRandomCropPadFixedAspectRatioOperation(Message):
    min_object_covered: float
    min_aspect_ratio: float
    max_aspect_ratio: float
    min_area: float
    max_area: float
    overlap_thresh: float
    clip_boxes: bool  # default: true
    random_coef: float
    def __init__(
        self,
        *,
        min_object_covered: float | None = ...,
        min_aspect_ratio: float | None = ...,
        max_aspect_ratio: float | None = ...,
        min_area: float | None = ...,
        max_area: float | None = ...,
        overlap_thresh: float | None = ...,
        clip_boxes: bool | None = ...,
        random_coef: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_object_covered", "min_aspect_ratio", "max_aspect_ratio", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_object_covered", "min_aspect_ratio", "max_aspect_ratio", "min_area", "max_area", "overlap_thresh", "clip_boxes", "random_coef"]) -> None: ...

class SSDRandomCropPadFixedAspectRatio(Message):
    @property
    def operations(self) -> RepeatedCompositeFieldContainer[SSDRandomCropPadFixedAspectRatioOperation]: ...
    aspect_ratio: float  # default: 1
    @property
    def min_padded_size_ratio(self) -> RepeatedScalarFieldContainer[float]: ...
    @property
    def max_padded_size_ratio(self) -> RepeatedScalarFieldContainer[float]: ...
    def __init__(
        self,
        *,
        operations: Iterable[SSDRandomCropPadFixedAspectRatioOperation] = ...,
        aspect_ratio: float | None = ...,
        min_padded_size_ratio: Iterable[float] = ...,
        max_padded_size_ratio: Iterable[float] = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["aspect_ratio"]) -> bool: ...
    def ClearField(self, field_name: Literal["operations", "aspect_ratio", "min_padded_size_ratio", "max_padded_size_ratio"]) -> None: ...

class ConvertClassLogitsToSoftmax(Message):
    temperature: float  # default: 1
    def __init__(
        self,
        *,
        temperature: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["temperature"]) -> bool: ...
    def ClearField(self, field_name: Literal["temperature"]) -> None: ...

class RandomSelfConcatImage(Message):
    concat_vertical_probability: float  # default: 0.1
    concat_horizontal_probability: float  # default: 0.1
    def __init__(
        self,
        *,
        concat_vertical_probability: float | None = ...,
        concat_horizontal_probability: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["concat_vertical_probability", "concat_horizontal_probability"]) -> bool: ...
    def ClearField(self, field_name: Literal["concat_vertical_probability", "concat_horizontal_probability"]) -> None: ...

class AutoAugmentImage(Message):
    policy_name: str  # default: v0
    def __init__(
        self,
        *,
        policy_name: str | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["policy_name"]) -> bool: ...
    def ClearField(self, field_name: Literal["policy_name"]) -> None: ...

class DropLabelProbabilistically(Message):
    label: int
    drop_probability: float  # default: 1
    def __init__(
        self,
        *,
        label: int | None = ...,
        drop_probability: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["label", "drop_probability"]) -> bool: ...
    def ClearField(self, field_name: Literal["label", "drop_probability"]) -> None: ...

class RemapLabels(Message):
    @property
    def original_labels(self) -> RepeatedScalarFieldContainer[int]: ...
    new_label: int
    def __init__(
        self,
        *,
        original_labels: Iterable[int] = ...,
        new_label: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["new_label"]) -> bool: ...
    def ClearField(self, field_name: Literal["original_labels", "new_label"]) -> None: ...

class RandomJpegQuality(Message):
    random_coef: float  # default: 0
    min_jpeg_quality: int  # default: 0
    max_jpeg_quality: int  # default: 100
    def __init__(
        self,
        *,
        random_coef: float | None = ...,
        min_jpeg_quality: int | None = ...,
        max_jpeg_quality: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["random_coef", "min_jpeg_quality", "max_jpeg_quality"]) -> bool: ...
    def ClearField(self, field_name: Literal["random_coef", "min_jpeg_quality", "max_jpeg_quality"]) -> None: ...

class RandomDownscaleToTargetPixels(Message):
    random_coef: float  # default: 0
    min_target_pixels: int  # default: 300000
    max_target_pixels: int  # default: 500000
    def __init__(
        self,
        *,
        random_coef: float | None = ...,
        min_target_pixels: int | None = ...,
        max_target_pixels: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["random_coef", "min_target_pixels", "max_target_pixels"]) -> bool: ...
    def ClearField(self, field_name: Literal["random_coef", "min_target_pixels", "max_target_pixels"]) -> None: ...

class RandomPatchGaussian(Message):
    random_coef: float  # default: 0
    min_patch_size: int  # default: 1
    max_patch_size: int  # default: 250
    min_gaussian_stddev: float  # default: 0
    max_gaussian_stddev: float  # default: 1
    def __init__(
        self,
        *,
        random_coef: float | None = ...,
        min_patch_size: int | None = ...,
        max_patch_size: int | None = ...,
        min_gaussian_stddev: float | None = ...,
        max_gaussian_stddev: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["random_coef", "min_patch_size", "max_patch_size", "min_gaussian_stddev", "max_gaussian_stddev"]) -> bool: ...
    def ClearField(self, field_name: Literal["random_coef", "min_patch_size", "max_patch_size", "min_gaussian_stddev", "max_gaussian_stddev"]) -> None: ...

class RandomSquareCropByScale(Message):
    max_border: int  # default: 128
    scale_min: float  # default: 0.6
    scale_max: float  # default: 1.3
    num_scales: int  # default: 8
    def __init__(
        self,
        *,
        max_border: int | None = ...,
        scale_min: float | None = ...,
        scale_max: float | None = ...,
        num_scales: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["max_border", "scale_min", "scale_max", "num_scales"]) -> bool: ...
    def ClearField(self, field_name: Literal["max_border", "scale_min", "scale_max", "num_scales"]) -> None: ...

class RandomScaleCropAndPadToSquare(Message):
    output_size: int  # default: 512
    scale_min: float  # default: 0.1
    scale_max: float  # default: 2
    def __init__(
        self,
        *,
        output_size: int | None = ...,
        scale_min: float | None = ...,
        scale_max: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["output_size", "scale_min", "scale_max"]) -> bool: ...
    def ClearField(self, field_name: Literal["output_size", "scale_min", "scale_max"]) -> None: ...

class AdjustGamma(Message):
    gamma: float  # default: 1
    gain: float  # default: 1
    def __init__(
        self,
        *,
        gamma: float | None = ...,
        gain: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["gamma", "gain"]) -> bool: ...
    def ClearField(self, field_name: Literal["gamma", "gain"]) -> None: ...

class CenterNet(Message):
    class PredictionHeadParams(Message):
        @property
        def num_filters(self) -> RepeatedScalarFieldContainer[int]: ...
        @property
        def kernel_sizes(self) -> RepeatedScalarFieldContainer[int]: ...
        def __init__(
            self,
            *,
            num_filters: Iterable[int] = ...,
            kernel_sizes: Iterable[int] = ...,
        ) -> None: ...
        def ClearField(self, field_name: Literal["num_filters", "kernel_sizes"]) -> None: ...
    class ObjectDetection(Message):
        task_loss_weight: float  # default: 1
        offset_loss_weight: float  # default: 1
        scale_loss_weight: float  # default: 0.1
        @property
        def localization_loss(self) -> LocalizationLoss: ...
        @property
        def scale_head_params(self) -> CenterNet.PredictionHeadParams: ...
        @property
        def offset_head_params(self) -> CenterNet.PredictionHeadParams: ...
        def __init__(
            self,
            *,
            task_loss_weight: float | None = ...,
            offset_loss_weight: float | None = ...,
            scale_loss_weight: float | None = ...,
            localization_loss: LocalizationLoss | None = ...,
            scale_head_params: CenterNet.PredictionHeadParams | None = ...,
            offset_head_params: CenterNet.PredictionHeadParams | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["task_loss_weight", "offset_loss_weight", "scale_loss_weight", "localization_loss", "scale_head_params", "offset_head_params"]) -> bool: ...
        def ClearField(self, field_name: Literal["task_loss_weight", "offset_loss_weight", "scale_loss_weight", "localization_loss", "scale_head_params", "offset_head_params"]) -> None: ...
    class ObjectCenterParams(Message):
        object_center_loss_weight: float  # default: 1
        @property
        def classification_loss(self) -> ClassificationLoss: ...
        heatmap_bias_init: float  # default: -2.19
        min_box_overlap_iou: float  # default: 0.7
        max_box_predictions: int  # default: 100
        use_labeled_classes: bool  # default: false
        @property
        def keypoint_weights_for_center(self) -> RepeatedScalarFieldContainer[float]: ...
        @property
        def center_head_params(self) -> CenterNet.PredictionHeadParams: ...
        def __init__(
            self,
            *,
            object_center_loss_weight: float | None = ...,
            classification_loss: ClassificationLoss | None = ...,
            heatmap_bias_init: float | None = ...,
            min_box_overlap_iou: float | None = ...,
            max_box_predictions: int | None = ...,
            use_labeled_classes: bool | None = ...,
            keypoint_weights_for_center: Iterable[float] = ...,
            center_head_params: CenterNet.PredictionHeadParams | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["object_center_loss_weight", "classification_loss", "heatmap_bias_init", "min_box_overlap_iou", "max_box_predictions", "use_labeled_classes", "center_head_params"]) -> bool: ...
        def ClearField(self, field_name: Literal["object_center_loss_weight", "classification_loss", "heatmap_bias_init", "min_box_overlap_iou", "max_box_predictions", "use_labeled_classes", "keypoint_weights_for_center", "center_head_params"]) -> None: ...
    class KeypointEstimation(Message):
        task_name: str
        task_loss_weight: float  # default: 1
        @property
        def loss(self) -> Loss: ...
        keypoint_class_name: str
        @property
        def keypoint_label_to_std(self) -> ScalarMap[str, float]: ...
        keypoint_regression_loss_weight: float  # default: 1
        keypoint_heatmap_loss_weight: float  # default: 1
        keypoint_offset_loss_weight: float  # default: 1
        heatmap_bias_init: float  # default: -2.19
        keypoint_candidate_score_threshold: float  # default: 0.1
        num_candidates_per_keypoint: int  # default: 100
        peak_max_pool_kernel_size: int  # default: 3
        unmatched_keypoint_score: float  # default: 0.1
        box_scale: float  # default: 1.2
        candidate_search_scale: float  # default: 0.3
        candidate_ranking_mode: str  # default: min_distance
        score_distance_offset: float  # default: 1
        score_distance_multiplier: float  # default: 0.1
        std_dev_multiplier: float  # default: 1
        offset_peak_radius: int  # default: 0
        per_keypoint_offset: bool  # default: false
        predict_depth: bool  # default: false
        per_keypoint_depth: bool  # default: false
        keypoint_depth_loss_weight: float  # default: 1
        clip_out_of_frame_keypoints: bool  # default: false
        rescore_instances: bool  # default: false
        rescoring_threshold: float  # default: 0
        @property
        def heatmap_head_params(self) -> CenterNet.PredictionHeadParams: ...
        @property
        def offset_head_params(self) -> CenterNet.PredictionHeadParams: ...
        @property
        def regress_head_params(self) -> CenterNet.PredictionHeadParams: ...
        def __init__(
            self,
            *,
            task_name: str | None = ...,
            task_loss_weight: float | None = ...,
            loss: Loss | None = ...,
            keypoint_class_name: str | None = ...,
            keypoint_label_to_std: Mapping[str, float] = ...,
            keypoint_regression_loss_weight: float | None = ...,
            keypoint_heatmap_loss_weight: float | None = ...,
            keypoint_offset_loss_weight: float | None = ...,
            heatmap_bias_init: float | None = ...,
            keypoint_candidate_score_threshold: float | None = ...,
            num_candidates_per_keypoint: int | None = ...,
            peak_max_pool_kernel_size: int | None = ...,
            unmatched_keypoint_score: float | None = ...,
            box_scale: float | None = ...,
            candidate_search_scale: float | None = ...,
            candidate_ranking_mode: str | None = ...,
            score_distance_offset: float | None = ...,
            score_distance_multiplier: float | None = ...,
            std_dev_multiplier: float | None = ...,
            offset_peak_radius: int | None = ...,
            per_keypoint_offset: bool | None = ...,
            predict_depth: bool | None = ...,
            per_keypoint_depth: bool | None = ...,
            keypoint_depth_loss_weight: float | None = ...,
            clip_out_of_frame_keypoints: bool | None = ...,
            rescore_instances: bool | None = ...,
            rescoring_threshold: float | None = ...,
            heatmap_head_params: CenterNet.PredictionHeadParams | None = ...,
            offset_head_params: CenterNet.PredictionHeadParams | None = ...,
            regress_head_params: CenterNet.PredictionHeadParams | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["task_name", "task_loss_weight", "loss", "keypoint_class_name", "keypoint_regression_loss_weight", "keypoint_heatmap_loss_weight", "keypoint_offset_loss_weight", "heatmap_bias_init", "keypoint_candidate_score_threshold", "num_candidates_per_keypoint", "peak_max_pool_kernel_size", "unmatched_keypoint_score", "box_scale", "candidate_search_scale", "candidate_ranking_mode", "score_distance_offset", "score_distance_multiplier", "std_dev_multiplier", "offset_peak_radius", "per_keypoint_offset", "predict_depth", "per_keypoint_depth", "keypoint_depth_loss_weight", "clip_out_of_frame_keypoints", "rescore_instances", "rescoring_threshold", "heatmap_head_params", "offset_head_params", "regress_head_params"]) -> bool: ...
        def ClearField(self, field_name: Literal["task_name", "task_loss_weight", "loss", "keypoint_class_name", "keypoint_label_to_std", "keypoint_regression_loss_weight", "keypoint_heatmap_loss_weight", "keypoint_offset_loss_weight", "heatmap_bias_init", "keypoint_candidate_score_threshold", "num_candidates_per_keypoint", "peak_max_pool_kernel_size", "unmatched_keypoint_score", "box_scale", "candidate_search_scale", "candidate_ranking_mode", "score_distance_offset", "score_distance_multiplier", "std_dev_multiplier", "offset_peak_radius", "per_keypoint_offset", "predict_depth", "per_keypoint_depth", "keypoint_depth_loss_weight", "clip_out_of_frame_keypoints", "rescore_instances", "rescoring_threshold", "heatmap_head_params", "offset_head_params", "regress_head_params"]) -> None: ...
    class MaskEstimation(Message):
        task_loss_weight: float  # default: 1
        @property
        def classification_loss(self) -> ClassificationLoss: ...
        mask_height: int  # default: 256
        mask_width: int  # default: 256
        score_threshold: float  # default: 0.5
        heatmap_bias_init: float  # default: -2.19
        @property
        def mask_head_params(self) -> CenterNet.PredictionHeadParams: ...
        def __init__(
            self,
            *,
            task_loss_weight: float | None = ...,
            classification_loss: ClassificationLoss | None = ...,
            mask_height: int | None = ...,
            mask_width: int | None = ...,
            score_threshold: float | None = ...,
            heatmap_bias_init: float | None = ...,
            mask_head_params: CenterNet.PredictionHeadParams | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["task_loss_weight", "classification_loss", "mask_height", "mask_width", "score_threshold", "heatmap_bias_init", "mask_head_params"]) -> bool: ...
        def ClearField(self, field_name: Literal["task_loss_weight", "classification_loss", "mask_height", "mask_width", "score_threshold", "heatmap_bias_init", "mask_head_params"]) -> None: ...
    class DensePoseEstimation(Message):
        task_loss_weight: float  # default: 1
        class_id: int
        @property
        def loss(self) -> Loss: ...
        num_parts: int  # default: 24
        part_loss_weight: float  # default: 1
        coordinate_loss_weight: float  # default: 1
        upsample_to_input_res: bool  # default: true
        heatmap_bias_init: float  # default: -2.19
        def __init__(
            self,
            *,
            task_loss_weight: float | None = ...,
            class_id: int | None = ...,
            loss: Loss | None = ...,
            num_parts: int | None = ...,
            part_loss_weight: float | None = ...,
            coordinate_loss_weight: float | None = ...,
            upsample_to_input_res: bool | None = ...,
            heatmap_bias_init: float | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["task_loss_weight", "class_id", "loss", "num_parts", "part_loss_weight", "coordinate_loss_weight", "upsample_to_input_res", "heatmap_bias_init"]) -> bool: ...
        def ClearField(self, field_name: Literal["task_loss_weight", "class_id", "loss", "num_parts", "part_loss_weight", "coordinate_loss_weight", "upsample_to_input_res", "heatmap_bias_init"]) -> None: ...
    class TrackEstimation(Message):
        task_loss_weight: float  # default: 1
        num_track_ids: int
        reid_embed_size: int  # default: 128
        num_fc_layers: int  # default: 1
        @property
        def classification_loss(self) -> ClassificationLoss: ...
        def __init__(
            self,
            *,
            task_loss_weight: float | None = ...,
            num_track_ids: int | None = ...,
            reid_embed_size: int | None = ...,
            num_fc_layers: int | None = ...,
            classification_loss: ClassificationLoss | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["task_loss_weight", "num_track_ids", "reid_embed_size", "num_fc_layers", "classification_loss"]) -> bool: ...
        def ClearField(self, field_name: Literal["task_loss_weight", "num_track_ids", "reid_embed_size", "num_fc_layers", "classification_loss"]) -> None: ...
    class TemporalOffsetEstimation(Message):
        task_loss_weight: float  # default: 1
        @property
        def localization_loss(self) -> LocalizationLoss: ...
        def __init__(
            self,
            *,
            task_loss_weight: float | None = ...,
            localization_loss: LocalizationLoss | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["task_loss_weight", "localization_loss"]) -> bool: ...
        def ClearField(self, field_name: Literal["task_loss_weight", "localization_loss"]) -> None: ...
    class DeepMACMaskEstimation(Message):
        @property
        def classification_loss(self) -> ClassificationLoss: ...
        task_loss_weight: float  # default: 1
        dim: int  # default: 256
        pixel_embedding_dim: int  # default: 16
        @property
        def allowed_masked_classes_ids(self) -> RepeatedScalarFieldContainer[int]: ...
        mask_size: int  # default: 32
        mask_num_subsamples: int  # default: -1
        use_xy: bool  # default: true
        network_type: str  # default: hourglass52
        use_instance_embedding: bool  # default: true
        num_init_channels: int  # default: 64
        predict_full_resolution_masks: bool  # default: false
        postprocess_crop_size: int  # default: 256
        max_roi_jitter_ratio: float  # default: 0
        jitter_mode: RandomJitterBoxes.JitterModeValue  # default: DEFAULT
        def __init__(
            self,
            *,
            classification_loss: ClassificationLoss | None = ...,
            task_loss_weight: float | None = ...,
            dim: int | None = ...,
            pixel_embedding_dim: int | None = ...,
            allowed_masked_classes_ids: Iterable[int] = ...,
            mask_size: int | None = ...,
            mask_num_subsamples: int | None = ...,
            use_xy: bool | None = ...,
            network_type: str | None = ...,
            use_instance_embedding: bool | None = ...,
            num_init_channels: int | None = ...,
            predict_full_resolution_masks: bool | None = ...,
            postprocess_crop_size: int | None = ...,
            max_roi_jitter_ratio: float | None = ...,
            jitter_mode: RandomJitterBoxes.JitterModeValue | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["classification_loss", "task_loss_weight", "dim", "pixel_embedding_dim", "mask_size", "mask_num_subsamples", "use_xy", "network_type", "use_instance_embedding", "num_init_channels", "predict_full_resolution_masks", "postprocess_crop_size", "max_roi_jitter_ratio", "jitter_mode"]) -> bool: ...
        def ClearField(self, field_name: Literal["classification_loss", "task_loss_weight", "dim", "pixel_embedding_dim", "allowed_masked_classes_ids", "mask_size", "mask_num_subsamples", "use_xy", "network_type", "use_instance_embedding", "num_init_channels", "predict_full_resolution_masks", "postprocess_crop_size", "max_roi_jitter_ratio", "jitter_mode"]) -> None: ...
    num_classes: int
    @property
    def feature_extractor(self) -> CenterNetFeatureExtractor: ...
    @property
    def image_resizer(self) -> ImageResizer: ...
    use_depthwise: bool  # default: false
    compute_heatmap_sparse: bool  # default: false
    @property
    def object_detection_task(self) -> CenterNet.ObjectDetection: ...
    @property
    def object_center_params(self) -> CenterNet.ObjectCenterParams: ...
    keypoint_label_map_path: str
    @property
    def keypoint_estimation_task(self) -> RepeatedCompositeFieldContainer[CenterNet.KeypointEstimation]: ...
    @property
    def mask_estimation_task(self) -> CenterNet.MaskEstimation: ...
    @property
    def densepose_estimation_task(self) -> CenterNet.DensePoseEstimation: ...
    @property
    def track_estimation_task(self) -> CenterNet.TrackEstimation: ...
    @property
    def temporal_offset_task(self) -> CenterNet.TemporalOffsetEstimation: ...
    @property
    def deepmac_mask_estimation(self) -> CenterNet.DeepMACMaskEstimation: ...
    @property
    def post_processing(self) -> PostProcessing: ...
    def __init__(
        self,
        *,
        num_classes: int | None = ...,
        feature_extractor: CenterNetFeatureExtractor | None = ...,
        image_resizer: ImageResizer | None = ...,
        use_depthwise: bool | None = ...,
        compute_heatmap_sparse: bool | None = ...,
        object_detection_task: CenterNet.ObjectDetection | None = ...,
        object_center_params: CenterNet.ObjectCenterParams | None = ...,
        keypoint_label_map_path: str | None = ...,
        keypoint_estimation_task: Iterable[CenterNet.KeypointEstimation] = ...,
        mask_estimation_task: CenterNet.MaskEstimation | None = ...,
        densepose_estimation_task: CenterNet.DensePoseEstimation | None = ...,
        track_estimation_task: CenterNet.TrackEstimation | None = ...,
        temporal_offset_task: CenterNet.TemporalOffsetEstimation | None = ...,
        deepmac_mask_estimation: CenterNet.DeepMACMaskEstimation | None = ...,
        post_processing: PostProcessing | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["num_classes", "feature_extractor", "image_resizer", "use_depthwise", "compute_heatmap_sparse", "object_detection_task", "object_center_params", "keypoint_label_map_path", "mask_estimation_task", "densepose_estimation_task", "track_estimation_task", "temporal_offset_task", "deepmac_mask_estimation", "post_processing"]) -> bool: ...
    def ClearField(self, field_name: Literal["num_classes", "feature_extractor", "image_resizer", "use_depthwise", "compute_heatmap_sparse", "object_detection_task", "object_center_params", "keypoint_label_map_path", "keypoint_estimation_task", "mask_estimation_task", "densepose_estimation_task", "track_estimation_task", "temporal_offset_task", "deepmac_mask_estimation", "post_processing"]) -> None: ...

class CenterNetFeatureExtractor(Message):
    type: str
    @property
    def channel_means(self) -> RepeatedScalarFieldContainer[float]: ...
    @property
    def channel_stds(self) -> RepeatedScalarFieldContainer[float]: ...
    bgr_ordering: bool  # default: false
    use_depthwise: bool  # default: false
    depth_multiplier: float  # default: 1
    use_separable_conv: bool  # default: false
    upsampling_interpolation: str  # default: nearest
    def __init__(
        self,
        *,
        type: str | None = ...,
        channel_means: Iterable[float] = ...,
        channel_stds: Iterable[float] = ...,
        bgr_ordering: bool | None = ...,
        use_depthwise: bool | None = ...,
        depth_multiplier: float | None = ...,
        use_separable_conv: bool | None = ...,
        upsampling_interpolation: str | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["type", "bgr_ordering", "use_depthwise", "depth_multiplier", "use_separable_conv", "upsampling_interpolation"]) -> bool: ...
    def ClearField(self, field_name: Literal["type", "channel_means", "channel_stds", "bgr_ordering", "use_depthwise", "depth_multiplier", "use_separable_conv", "upsampling_interpolation"]) -> None: ...

class EvalConfig(Message):
    batch_size: int  # default: 1
    num_visualizations: int  # default: 10
    num_examples: int  # default: 5000
    eval_interval_secs: int  # default: 300
    max_evals: int  # default: 0
    save_graph: bool  # default: false
    visualization_export_dir: str
    eval_master: str
    @property
    def metrics_set(self) -> RepeatedScalarFieldContainer[str]: ...
    @property
    def parameterized_metric(self) -> RepeatedCompositeFieldContainer[ParameterizedMetric]: ...
    export_path: str
    ignore_groundtruth: bool  # default: false
    use_moving_averages: bool  # default: false
    eval_instance_masks: bool  # default: false
    min_score_threshold: float  # default: 0.5
    max_num_boxes_to_visualize: int  # default: 20
    skip_scores: bool  # default: false
    skip_labels: bool  # default: false
    visualize_groundtruth_boxes: bool  # default: false
    groundtruth_box_visualization_color: str  # default: black
    keep_image_id_for_visualization_export: bool  # default: false
    retain_original_images: bool  # default: true
    include_metrics_per_category: bool  # default: false
    all_metrics_per_category: bool  # default: false
    @property
    def super_categories(self) -> ScalarMap[str, str]: ...
    recall_lower_bound: float  # default: 0
    recall_upper_bound: float  # default: 1
    retain_original_image_additional_channels: bool  # default: false
    force_no_resize: bool  # default: false
    use_dummy_loss_in_eval: bool  # default: false
    @property
    def keypoint_edge(self) -> RepeatedCompositeFieldContainer[KeypointEdge]: ...
    skip_predictions_for_unlabeled_class: bool  # default: false
    def __init__(
        self,
        *,
        batch_size: int | None = ...,
        num_visualizations: int | None = ...,
        num_examples: int | None = ...,
        eval_interval_secs: int | None = ...,
        max_evals: int | None = ...,
        save_graph: bool | None = ...,
        visualization_export_dir: str | None = ...,
        eval_master: str | None = ...,
        metrics_set: Iterable[str] = ...,
        parameterized_metric: Iterable[ParameterizedMetric] = ...,
        export_path: str | None = ...,
        ignore_groundtruth: bool | None = ...,
        use_moving_averages: bool | None = ...,
        eval_instance_masks: bool | None = ...,
        min_score_threshold: float | None = ...,
        max_num_boxes_to_visualize: int | None = ...,
        skip_scores: bool | None = ...,
        skip_labels: bool | None = ...,
        visualize_groundtruth_boxes: bool | None = ...,
        groundtruth_box_visualization_color: str | None = ...,
        keep_image_id_for_visualization_export: bool | None = ...,
        retain_original_images: bool | None = ...,
        include_metrics_per_category: bool | None = ...,
        all_metrics_per_category: bool | None = ...,
        super_categories: Mapping[str, str] = ...,
        recall_lower_bound: float | None = ...,
        recall_upper_bound: float | None = ...,
        retain_original_image_additional_channels: bool | None = ...,
        force_no_resize: bool | None = ...,
        use_dummy_loss_in_eval: bool | None = ...,
        keypoint_edge: Iterable[KeypointEdge] = ...,
        skip_predictions_for_unlabeled_class: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["batch_size", "num_visualizations", "num_examples", "eval_interval_secs", "max_evals", "save_graph", "visualization_export_dir", "eval_master", "export_path", "ignore_groundtruth", "use_moving_averages", "eval_instance_masks", "min_score_threshold", "max_num_boxes_to_visualize", "skip_scores", "skip_labels", "visualize_groundtruth_boxes", "groundtruth_box_visualization_color", "keep_image_id_for_visualization_export", "retain_original_images", "include_metrics_per_category", "all_metrics_per_category", "recall_lower_bound", "recall_upper_bound", "retain_original_image_additional_channels", "force_no_resize", "use_dummy_loss_in_eval", "skip_predictions_for_unlabeled_class"]) -> bool: ...
    def ClearField(self, field_name: Literal["batch_size", "num_visualizations", "num_examples", "eval_interval_secs", "max_evals", "save_graph", "visualization_export_dir", "eval_master", "metrics_set", "parameterized_metric", "export_path", "ignore_groundtruth", "use_moving_averages", "eval_instance_masks", "min_score_threshold", "max_num_boxes_to_visualize", "skip_scores", "skip_labels", "visualize_groundtruth_boxes", "groundtruth_box_visualization_color", "keep_image_id_for_visualization_export", "retain_original_images", "include_metrics_per_category", "all_metrics_per_category", "super_categories", "recall_lower_bound", "recall_upper_bound", "retain_original_image_additional_channels", "force_no_resize", "use_dummy_loss_in_eval", "keypoint_edge", "skip_predictions_for_unlabeled_class"]) -> None: ...

class ParameterizedMetric(Message):
    @property
    def coco_keypoint_metrics(self) -> CocoKeypointMetrics: ...
    def __init__(
        self,
        *,
        coco_keypoint_metrics: CocoKeypointMetrics | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["coco_keypoint_metrics", "parameterized_metric"]) -> bool: ...
    def ClearField(self, field_name: Literal["coco_keypoint_metrics", "parameterized_metric"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["parameterized_metric"]) -> Literal["coco_keypoint_metrics"] | None: ...

class CocoKeypointMetrics(Message):
    class_label: str
    @property
    def keypoint_label_to_sigmas(self) -> ScalarMap[str, float]: ...
    def __init__(
        self,
        *,
        class_label: str | None = ...,
        keypoint_label_to_sigmas: Mapping[str, float] = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["class_label"]) -> bool: ...
    def ClearField(self, field_name: Literal["class_label", "keypoint_label_to_sigmas"]) -> None: ...

class KeypointEdge(Message):
    start: int
    end: int
    def __init__(
        self,
        *,
        start: int | None = ...,
        end: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["start", "end"]) -> bool: ...
    def ClearField(self, field_name: Literal["start", "end"]) -> None: ...

class FeaturePyramidNetworks(Message):
    min_level: int  # default: 3
    max_level: int  # default: 7
    additional_layer_depth: int  # default: 256
    def __init__(
        self,
        *,
        min_level: int | None = ...,
        max_level: int | None = ...,
        additional_layer_depth: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_level", "max_level", "additional_layer_depth"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_level", "max_level", "additional_layer_depth"]) -> None: ...

class BidirectionalFeaturePyramidNetworks(Message):
    min_level: int  # default: 3
    max_level: int  # default: 7
    num_iterations: int
    num_filters: int
    combine_method: str  # default: fast_attention
    def __init__(
        self,
        *,
        min_level: int | None = ...,
        max_level: int | None = ...,
        num_iterations: int | None = ...,
        num_filters: int | None = ...,
        combine_method: str | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["min_level", "max_level", "num_iterations", "num_filters", "combine_method"]) -> bool: ...
    def ClearField(self, field_name: Literal["min_level", "max_level", "num_iterations", "num_filters", "combine_method"]) -> None: ...

AttentionPositionValue = NewType("AttentionPositionValue", int)
AttentionPosition: EnumType[AttentionPositionValue, Literal["ATTENTION_DEFAULT", "POST_BOX_CLASSIFIER", "POST_RPN"]]

class FasterRcnn(Message):
    number_of_stages: int  # default: 2
    num_classes: int
    @property
    def image_resizer(self) -> ImageResizer: ...
    @property
    def feature_extractor(self) -> FasterRcnnFeatureExtractor: ...
    @property
    def first_stage_anchor_generator(self) -> AnchorGenerator: ...
    first_stage_atrous_rate: int  # default: 1
    @property
    def first_stage_box_predictor_conv_hyperparams(self) -> Hyperparams: ...
    first_stage_box_predictor_kernel_size: int  # default: 3
    first_stage_box_predictor_depth: int  # default: 512
    first_stage_minibatch_size: int  # default: 256
    first_stage_positive_balance_fraction: float  # default: 0.5
    first_stage_nms_score_threshold: float  # default: 0
    first_stage_nms_iou_threshold: float  # default: 0.7
    first_stage_max_proposals: int  # default: 300
    first_stage_localization_loss_weight: float  # default: 1
    first_stage_objectness_loss_weight: float  # default: 1
    initial_crop_size: int
    maxpool_kernel_size: int
    maxpool_stride: int
    @property
    def second_stage_box_predictor(self) -> BoxPredictor: ...
    second_stage_batch_size: int  # default: 64
    second_stage_balance_fraction: float  # default: 0.25
    @property
    def second_stage_post_processing(self) -> PostProcessing: ...
    second_stage_localization_loss_weight: float  # default: 1
    second_stage_classification_loss_weight: float  # default: 1
    second_stage_mask_prediction_loss_weight: float  # default: 1
    @property
    def hard_example_miner(self) -> HardExampleMiner: ...
    @property
    def second_stage_classification_loss(self) -> ClassificationLoss: ...
    inplace_batchnorm_update: bool  # default: false
    use_matmul_crop_and_resize: bool  # default: false
    clip_anchors_to_image: bool  # default: false
    use_matmul_gather_in_matcher: bool  # default: false
    use_static_balanced_label_sampler: bool  # default: false
    use_static_shapes: bool  # default: false
    resize_masks: bool  # default: true
    use_static_shapes_for_eval: bool  # default: false
    use_partitioned_nms_in_first_stage: bool  # default: true
    return_raw_detections_during_predict: bool  # default: false
    use_combined_nms_in_first_stage: bool  # default: false
    output_final_box_features: bool  # default: false
    output_final_box_rpn_features: bool  # default: false
    @property
    def context_config(self) -> Context: ...
    def __init__(
        self,
        *,
        number_of_stages: int | None = ...,
        num_classes: int | None = ...,
        image_resizer: ImageResizer | None = ...,
        feature_extractor: FasterRcnnFeatureExtractor | None = ...,
        first_stage_anchor_generator: AnchorGenerator | None = ...,
        first_stage_atrous_rate: int | None = ...,
        first_stage_box_predictor_conv_hyperparams: Hyperparams | None = ...,
        first_stage_box_predictor_kernel_size: int | None = ...,
        first_stage_box_predictor_depth: int | None = ...,
        first_stage_minibatch_size: int | None = ...,
        first_stage_positive_balance_fraction: float | None = ...,
        first_stage_nms_score_threshold: float | None = ...,
        first_stage_nms_iou_threshold: float | None = ...,
        first_stage_max_proposals: int | None = ...,
        first_stage_localization_loss_weight: float | None = ...,
        first_stage_objectness_loss_weight: float | None = ...,
        initial_crop_size: int | None = ...,
        maxpool_kernel_size: int | None = ...,
        maxpool_stride: int | None = ...,
        second_stage_box_predictor: BoxPredictor | None = ...,
        second_stage_batch_size: int | None = ...,
        second_stage_balance_fraction: float | None = ...,
        second_stage_post_processing: PostProcessing | None = ...,
        second_stage_localization_loss_weight: float | None = ...,
        second_stage_classification_loss_weight: float | None = ...,
        second_stage_mask_prediction_loss_weight: float | None = ...,
        hard_example_miner: HardExampleMiner | None = ...,
        second_stage_classification_loss: ClassificationLoss | None = ...,
        inplace_batchnorm_update: bool | None = ...,
        use_matmul_crop_and_resize: bool | None = ...,
        clip_anchors_to_image: bool | None = ...,
        use_matmul_gather_in_matcher: bool | None = ...,
        use_static_balanced_label_sampler: bool | None = ...,
        use_static_shapes: bool | None = ...,
        resize_masks: bool | None = ...,
        use_static_shapes_for_eval: bool | None = ...,
        use_partitioned_nms_in_first_stage: bool | None = ...,
        return_raw_detections_during_predict: bool | None = ...,
        use_combined_nms_in_first_stage: bool | None = ...,
        output_final_box_features: bool | None = ...,
        output_final_box_rpn_features: bool | None = ...,
        context_config: Context | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["number_of_stages", "num_classes", "image_resizer", "feature_extractor", "first_stage_anchor_generator", "first_stage_atrous_rate", "first_stage_box_predictor_conv_hyperparams", "first_stage_box_predictor_kernel_size", "first_stage_box_predictor_depth", "first_stage_minibatch_size", "first_stage_positive_balance_fraction", "first_stage_nms_score_threshold", "first_stage_nms_iou_threshold", "first_stage_max_proposals", "first_stage_localization_loss_weight", "first_stage_objectness_loss_weight", "initial_crop_size", "maxpool_kernel_size", "maxpool_stride", "second_stage_box_predictor", "second_stage_batch_size", "second_stage_balance_fraction", "second_stage_post_processing", "second_stage_localization_loss_weight", "second_stage_classification_loss_weight", "second_stage_mask_prediction_loss_weight", "hard_example_miner", "second_stage_classification_loss", "inplace_batchnorm_update", "use_matmul_crop_and_resize", "clip_anchors_to_image", "use_matmul_gather_in_matcher", "use_static_balanced_label_sampler", "use_static_shapes", "resize_masks", "use_static_shapes_for_eval", "use_partitioned_nms_in_first_stage", "return_raw_detections_during_predict", "use_combined_nms_in_first_stage", "output_final_box_features", "output_final_box_rpn_features", "context_config"]) -> bool: ...
    def ClearField(self, field_name: Literal["number_of_stages", "num_classes", "image_resizer", "feature_extractor", "first_stage_anchor_generator", "first_stage_atrous_rate", "first_stage_box_predictor_conv_hyperparams", "first_stage_box_predictor_kernel_size", "first_stage_box_predictor_depth", "first_stage_minibatch_size", "first_stage_positive_balance_fraction", "first_stage_nms_score_threshold", "first_stage_nms_iou_threshold", "first_stage_max_proposals", "first_stage_localization_loss_weight", "first_stage_objectness_loss_weight", "initial_crop_size", "maxpool_kernel_size", "maxpool_stride", "second_stage_box_predictor", "second_stage_batch_size", "second_stage_balance_fraction", "second_stage_post_processing", "second_stage_localization_loss_weight", "second_stage_classification_loss_weight", "second_stage_mask_prediction_loss_weight", "hard_example_miner", "second_stage_classification_loss", "inplace_batchnorm_update", "use_matmul_crop_and_resize", "clip_anchors_to_image", "use_matmul_gather_in_matcher", "use_static_balanced_label_sampler", "use_static_shapes", "resize_masks", "use_static_shapes_for_eval", "use_partitioned_nms_in_first_stage", "return_raw_detections_during_predict", "use_combined_nms_in_first_stage", "output_final_box_features", "output_final_box_rpn_features", "context_config"]) -> None: ...

class Context(Message):
    max_num_context_features: int  # default: 2000
    attention_bottleneck_dimension: int  # default: 2048
    attention_temperature: float  # default: 0.01
    context_feature_length: int  # default: 2057
    use_self_attention: bool  # default: false
    use_long_term_attention: bool  # default: true
    self_attention_in_sequence: bool  # default: false
    num_attention_heads: int  # default: 1
    num_attention_layers: int  # default: 1
    attention_position: AttentionPositionValue  # default: POST_BOX_CLASSIFIER
    def __init__(
        self,
        *,
        max_num_context_features: int | None = ...,
        attention_bottleneck_dimension: int | None = ...,
        attention_temperature: float | None = ...,
        context_feature_length: int | None = ...,
        use_self_attention: bool | None = ...,
        use_long_term_attention: bool | None = ...,
        self_attention_in_sequence: bool | None = ...,
        num_attention_heads: int | None = ...,
        num_attention_layers: int | None = ...,
        attention_position: AttentionPositionValue | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["max_num_context_features", "attention_bottleneck_dimension", "attention_temperature", "context_feature_length", "use_self_attention", "use_long_term_attention", "self_attention_in_sequence", "num_attention_heads", "num_attention_layers", "attention_position"]) -> bool: ...
    def ClearField(self, field_name: Literal["max_num_context_features", "attention_bottleneck_dimension", "attention_temperature", "context_feature_length", "use_self_attention", "use_long_term_attention", "self_attention_in_sequence", "num_attention_heads", "num_attention_layers", "attention_position"]) -> None: ...

class FasterRcnnFeatureExtractor(Message):
    type: str
    first_stage_features_stride: int  # default: 16
    batch_norm_trainable: bool  # default: false
    @property
    def conv_hyperparams(self) -> Hyperparams: ...
    override_base_feature_extractor_hyperparams: bool  # default: false
    pad_to_multiple: int  # default: 32
    @property
    def fpn(self) -> FeaturePyramidNetworks: ...
    def __init__(
        self,
        *,
        type: str | None = ...,
        first_stage_features_stride: int | None = ...,
        batch_norm_trainable: bool | None = ...,
        conv_hyperparams: Hyperparams | None = ...,
        override_base_feature_extractor_hyperparams: bool | None = ...,
        pad_to_multiple: int | None = ...,
        fpn: FeaturePyramidNetworks | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["type", "first_stage_features_stride", "batch_norm_trainable", "conv_hyperparams", "override_base_feature_extractor_hyperparams", "pad_to_multiple", "fpn"]) -> bool: ...
    def ClearField(self, field_name: Literal["type", "first_stage_features_stride", "batch_norm_trainable", "conv_hyperparams", "override_base_feature_extractor_hyperparams", "pad_to_multiple", "fpn"]) -> None: ...

class GraphRewriter(Message):
    @property
    def quantization(self) -> Quantization: ...
    def __init__(
        self,
        *,
        quantization: Quantization | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["quantization"]) -> bool: ...
    def ClearField(self, field_name: Literal["quantization"]) -> None: ...

class Quantization(Message):
    delay: int  # default: 500000
    weight_bits: int  # default: 8
    activation_bits: int  # default: 8
    symmetric: bool  # default: false
    def __init__(
        self,
        *,
        delay: int | None = ...,
        weight_bits: int | None = ...,
        activation_bits: int | None = ...,
        symmetric: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["delay", "weight_bits", "activation_bits", "symmetric"]) -> bool: ...
    def ClearField(self, field_name: Literal["delay", "weight_bits", "activation_bits", "symmetric"]) -> None: ...

InstanceMaskTypeValue = NewType("InstanceMaskTypeValue", int)
InstanceMaskType: EnumType[InstanceMaskTypeValue, Literal["DEFAULT", "NUMERICAL_MASKS", "PNG_MASKS"]]

InputTypeValue = NewType("InputTypeValue", int)
InputType: EnumType[InputTypeValue, Literal["INPUT_DEFAULT", "TF_EXAMPLE", "TF_SEQUENCE_EXAMPLE"]]

class InputReader(Message):
    name: str
    label_map_path: str
    shuffle: bool  # default: true
    shuffle_buffer_size: int  # default: 2048
    filenames_shuffle_buffer_size: int  # default: 100
    num_epochs: int  # default: 0
    sample_1_of_n_examples: int  # default: 1
    num_readers: int  # default: 64
    num_parallel_batches: int  # default: 8
    num_prefetch_batches: int  # default: 2
    queue_capacity: int  # default: 2000
    min_after_dequeue: int  # default: 1000
    read_block_length: int  # default: 32
    prefetch_size: int  # default: 512
    num_parallel_map_calls: int  # default: 64
    drop_remainder: bool  # default: true
    num_additional_channels: int  # default: 0
    num_keypoints: int  # default: 0
    @property
    def keypoint_type_weight(self) -> RepeatedScalarFieldContainer[float]: ...
    max_number_of_boxes: int  # default: 100
    load_multiclass_scores: bool  # default: false
    load_context_features: bool  # default: false
    load_context_image_ids: bool  # default: false
    load_instance_masks: bool  # default: false
    mask_type: InstanceMaskTypeValue  # default: NUMERICAL_MASKS
    load_dense_pose: bool  # default: false
    load_track_id: bool  # default: false
    load_keypoint_depth_features: bool  # default: false
    use_display_name: bool  # default: false
    include_source_id: bool  # default: false
    input_type: InputTypeValue  # default: TF_EXAMPLE
    frame_index: int  # default: -1
    @property
    def tf_record_input_reader(self) -> TFRecordInputReader: ...
    @property
    def external_input_reader(self) -> ExternalInputReader: ...
    @property
    def sample_from_datasets_weights(self) -> RepeatedScalarFieldContainer[float]: ...
    expand_labels_hierarchy: bool  # default: false
    def __init__(
        self,
        *,
        name: str | None = ...,
        label_map_path: str | None = ...,
        shuffle: bool | None = ...,
        shuffle_buffer_size: int | None = ...,
        filenames_shuffle_buffer_size: int | None = ...,
        num_epochs: int | None = ...,
        sample_1_of_n_examples: int | None = ...,
        num_readers: int | None = ...,
        num_parallel_batches: int | None = ...,
        num_prefetch_batches: int | None = ...,
        queue_capacity: int | None = ...,
        min_after_dequeue: int | None = ...,
        read_block_length: int | None = ...,
        prefetch_size: int | None = ...,
        num_parallel_map_calls: int | None = ...,
        drop_remainder: bool | None = ...,
        num_additional_channels: int | None = ...,
        num_keypoints: int | None = ...,
        keypoint_type_weight: Iterable[float] = ...,
        max_number_of_boxes: int | None = ...,
        load_multiclass_scores: bool | None = ...,
        load_context_features: bool | None = ...,
        load_context_image_ids: bool | None = ...,
        load_instance_masks: bool | None = ...,
        mask_type: InstanceMaskTypeValue | None = ...,
        load_dense_pose: bool | None = ...,
        load_track_id: bool | None = ...,
        load_keypoint_depth_features: bool | None = ...,
        use_display_name: bool | None = ...,
        include_source_id: bool | None = ...,
        input_type: InputTypeValue | None = ...,
        frame_index: int | None = ...,
        tf_record_input_reader: TFRecordInputReader | None = ...,
        external_input_reader: ExternalInputReader | None = ...,
        sample_from_datasets_weights: Iterable[float] = ...,
        expand_labels_hierarchy: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["name", "label_map_path", "shuffle", "shuffle_buffer_size", "filenames_shuffle_buffer_size", "num_epochs", "sample_1_of_n_examples", "num_readers", "num_parallel_batches", "num_prefetch_batches", "queue_capacity", "min_after_dequeue", "read_block_length", "prefetch_size", "num_parallel_map_calls", "drop_remainder", "num_additional_channels", "num_keypoints", "max_number_of_boxes", "load_multiclass_scores", "load_context_features", "load_context_image_ids", "load_instance_masks", "mask_type", "load_dense_pose", "load_track_id", "load_keypoint_depth_features", "use_display_name", "include_source_id", "input_type", "frame_index", "tf_record_input_reader", "external_input_reader", "expand_labels_hierarchy", "input_reader"]) -> bool: ...
    def ClearField(self, field_name: Literal["name", "label_map_path", "shuffle", "shuffle_buffer_size", "filenames_shuffle_buffer_size", "num_epochs", "sample_1_of_n_examples", "num_readers", "num_parallel_batches", "num_prefetch_batches", "queue_capacity", "min_after_dequeue", "read_block_length", "prefetch_size", "num_parallel_map_calls", "drop_remainder", "num_additional_channels", "num_keypoints", "keypoint_type_weight", "max_number_of_boxes", "load_multiclass_scores", "load_context_features", "load_context_image_ids", "load_instance_masks", "mask_type", "load_dense_pose", "load_track_id", "load_keypoint_depth_features", "use_display_name", "include_source_id", "input_type", "frame_index", "tf_record_input_reader", "external_input_reader", "sample_from_datasets_weights", "expand_labels_hierarchy", "input_reader"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["input_reader"]) -> Literal["tf_record_input_reader", "external_input_reader"] | None: ...

class TFRecordInputReader(Message):
    @property
    def input_path(self) -> RepeatedScalarFieldContainer[str]: ...
    def __init__(
        self,
        *,
        input_path: Iterable[str] = ...,
    ) -> None: ...
    def ClearField(self, field_name: Literal["input_path"]) -> None: ...

class ExternalInputReader(Message):
    def __init__(self) -> None: ...

class Matcher(Message):
    @property
    def argmax_matcher(self) -> ArgMaxMatcher: ...
    @property
    def bipartite_matcher(self) -> BipartiteMatcher: ...
    def __init__(
        self,
        *,
        argmax_matcher: ArgMaxMatcher | None = ...,
        bipartite_matcher: BipartiteMatcher | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["argmax_matcher", "bipartite_matcher", "matcher_oneof"]) -> bool: ...
    def ClearField(self, field_name: Literal["argmax_matcher", "bipartite_matcher", "matcher_oneof"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["matcher_oneof"]) -> Literal["argmax_matcher", "bipartite_matcher"] | None: ...

class RegionSimilarityCalculator(Message):
    @property
    def neg_sq_dist_similarity(self) -> NegSqDistSimilarity: ...
    @property
    def iou_similarity(self) -> IouSimilarity: ...
    @property
    def ioa_similarity(self) -> IoaSimilarity: ...
    @property
    def thresholded_iou_similarity(self) -> ThresholdedIouSimilarity: ...
    def __init__(
        self,
        *,
        neg_sq_dist_similarity: NegSqDistSimilarity | None = ...,
        iou_similarity: IouSimilarity | None = ...,
        ioa_similarity: IoaSimilarity | None = ...,
        thresholded_iou_similarity: ThresholdedIouSimilarity | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["neg_sq_dist_similarity", "iou_similarity", "ioa_similarity", "thresholded_iou_similarity", "region_similarity"]) -> bool: ...
    def ClearField(self, field_name: Literal["neg_sq_dist_similarity", "iou_similarity", "ioa_similarity", "thresholded_iou_similarity", "region_similarity"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["region_similarity"]) -> Literal["neg_sq_dist_similarity", "iou_similarity", "ioa_similarity", "thresholded_iou_similarity"] | None: ...

class NegSqDistSimilarity(Message):
    def __init__(self) -> None: ...

class IouSimilarity(Message):
    def __init__(self) -> None: ...

class IoaSimilarity(Message):
    def __init__(self) -> None: ...

class ThresholdedIouSimilarity(Message):
    iou_threshold: float  # default: 0.5
    def __init__(
        self,
        *,
        iou_threshold: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["iou_threshold"]) -> bool: ...
    def ClearField(self, field_name: Literal["iou_threshold"]) -> None: ...

class Ssd(Message):
    class MaskHead(Message):
        mask_height: int  # default: 15
        mask_width: int  # default: 15
        masks_are_class_agnostic: bool  # default: true
        mask_prediction_conv_depth: int  # default: 256
        mask_prediction_num_conv_layers: int  # default: 2
        convolve_then_upsample_masks: bool  # default: false
        mask_loss_weight: float  # default: 5
        mask_loss_sample_size: int  # default: 16
        @property
        def conv_hyperparams(self) -> Hyperparams: ...
        initial_crop_size: int  # default: 15
        def __init__(
            self,
            *,
            mask_height: int | None = ...,
            mask_width: int | None = ...,
            masks_are_class_agnostic: bool | None = ...,
            mask_prediction_conv_depth: int | None = ...,
            mask_prediction_num_conv_layers: int | None = ...,
            convolve_then_upsample_masks: bool | None = ...,
            mask_loss_weight: float | None = ...,
            mask_loss_sample_size: int | None = ...,
            conv_hyperparams: Hyperparams | None = ...,
            initial_crop_size: int | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["mask_height", "mask_width", "masks_are_class_agnostic", "mask_prediction_conv_depth", "mask_prediction_num_conv_layers", "convolve_then_upsample_masks", "mask_loss_weight", "mask_loss_sample_size", "conv_hyperparams", "initial_crop_size"]) -> bool: ...
        def ClearField(self, field_name: Literal["mask_height", "mask_width", "masks_are_class_agnostic", "mask_prediction_conv_depth", "mask_prediction_num_conv_layers", "convolve_then_upsample_masks", "mask_loss_weight", "mask_loss_sample_size", "conv_hyperparams", "initial_crop_size"]) -> None: ...
    num_classes: int
    @property
    def image_resizer(self) -> ImageResizer: ...
    @property
    def feature_extractor(self) -> SsdFeatureExtractor: ...
    @property
    def box_coder(self) -> BoxCoder: ...
    @property
    def matcher(self) -> Matcher: ...
    @property
    def similarity_calculator(self) -> RegionSimilarityCalculator: ...
    encode_background_as_zeros: bool  # default: false
    negative_class_weight: float  # default: 1
    @property
    def box_predictor(self) -> BoxPredictor: ...
    @property
    def anchor_generator(self) -> AnchorGenerator: ...
    @property
    def post_processing(self) -> PostProcessing: ...
    normalize_loss_by_num_matches: bool  # default: true
    normalize_loc_loss_by_codesize: bool  # default: false
    @property
    def loss(self) -> Loss: ...
    freeze_batchnorm: bool  # default: false
    inplace_batchnorm_update: bool  # default: false
    add_background_class: bool  # default: true
    explicit_background_class: bool  # default: false
    use_confidences_as_targets: bool  # default: false
    implicit_example_weight: float  # default: 1
    return_raw_detections_during_predict: bool  # default: false
    @property
    def mask_head_config(self) -> Ssd.MaskHead: ...
    def __init__(
        self,
        *,
        num_classes: int | None = ...,
        image_resizer: ImageResizer | None = ...,
        feature_extractor: SsdFeatureExtractor | None = ...,
        box_coder: BoxCoder | None = ...,
        matcher: Matcher | None = ...,
        similarity_calculator: RegionSimilarityCalculator | None = ...,
        encode_background_as_zeros: bool | None = ...,
        negative_class_weight: float | None = ...,
        box_predictor: BoxPredictor | None = ...,
        anchor_generator: AnchorGenerator | None = ...,
        post_processing: PostProcessing | None = ...,
        normalize_loss_by_num_matches: bool | None = ...,
        normalize_loc_loss_by_codesize: bool | None = ...,
        loss: Loss | None = ...,
        freeze_batchnorm: bool | None = ...,
        inplace_batchnorm_update: bool | None = ...,
        add_background_class: bool | None = ...,
        explicit_background_class: bool | None = ...,
        use_confidences_as_targets: bool | None = ...,
        implicit_example_weight: float | None = ...,
        return_raw_detections_during_predict: bool | None = ...,
        mask_head_config: Ssd.MaskHead | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["num_classes", "image_resizer", "feature_extractor", "box_coder", "matcher", "similarity_calculator", "encode_background_as_zeros", "negative_class_weight", "box_predictor", "anchor_generator", "post_processing", "normalize_loss_by_num_matches", "normalize_loc_loss_by_codesize", "loss", "freeze_batchnorm", "inplace_batchnorm_update", "add_background_class", "explicit_background_class", "use_confidences_as_targets", "implicit_example_weight", "return_raw_detections_during_predict", "mask_head_config"]) -> bool: ...
    def ClearField(self, field_name: Literal["num_classes", "image_resizer", "feature_extractor", "box_coder", "matcher", "similarity_calculator", "encode_background_as_zeros", "negative_class_weight", "box_predictor", "anchor_generator", "post_processing", "normalize_loss_by_num_matches", "normalize_loc_loss_by_codesize", "loss", "freeze_batchnorm", "inplace_batchnorm_update", "add_background_class", "explicit_background_class", "use_confidences_as_targets", "implicit_example_weight", "return_raw_detections_during_predict", "mask_head_config"]) -> None: ...

class SsdFeatureExtractor(Message):
    type: str
    depth_multiplier: float  # default: 1
    min_depth: int  # default: 16
    @property
    def conv_hyperparams(self) -> Hyperparams: ...
    override_base_feature_extractor_hyperparams: bool  # default: false
    pad_to_multiple: int  # default: 1
    use_explicit_padding: bool  # default: false
    use_depthwise: bool  # default: false
    @property
    def fpn(self) -> FeaturePyramidNetworks: ...
    @property
    def bifpn(self) -> BidirectionalFeaturePyramidNetworks: ...
    replace_preprocessor_with_placeholder: bool  # default: false
    num_layers: int  # default: 6
    def __init__(
        self,
        *,
        type: str | None = ...,
        depth_multiplier: float | None = ...,
        min_depth: int | None = ...,
        conv_hyperparams: Hyperparams | None = ...,
        override_base_feature_extractor_hyperparams: bool | None = ...,
        pad_to_multiple: int | None = ...,
        use_explicit_padding: bool | None = ...,
        use_depthwise: bool | None = ...,
        fpn: FeaturePyramidNetworks | None = ...,
        bifpn: BidirectionalFeaturePyramidNetworks | None = ...,
        replace_preprocessor_with_placeholder: bool | None = ...,
        num_layers: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["type", "depth_multiplier", "min_depth", "conv_hyperparams", "override_base_feature_extractor_hyperparams", "pad_to_multiple", "use_explicit_padding", "use_depthwise", "fpn", "bifpn", "replace_preprocessor_with_placeholder", "num_layers", "feature_pyramid_oneof"]) -> bool: ...
    def ClearField(self, field_name: Literal["type", "depth_multiplier", "min_depth", "conv_hyperparams", "override_base_feature_extractor_hyperparams", "pad_to_multiple", "use_explicit_padding", "use_depthwise", "fpn", "bifpn", "replace_preprocessor_with_placeholder", "num_layers", "feature_pyramid_oneof"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["feature_pyramid_oneof"]) -> Literal["fpn", "bifpn"] | None: ...

class DetectionModel(Message):
    @property
    def faster_rcnn(self) -> FasterRcnn: ...
    @property
    def ssd(self) -> Ssd: ...
    @property
    def experimental_model(self) -> ExperimentalModel: ...
    @property
    def center_net(self) -> CenterNet: ...
    def __init__(
        self,
        *,
        faster_rcnn: FasterRcnn | None = ...,
        ssd: Ssd | None = ...,
        experimental_model: ExperimentalModel | None = ...,
        center_net: CenterNet | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["faster_rcnn", "ssd", "experimental_model", "center_net", "model"]) -> bool: ...
    def ClearField(self, field_name: Literal["faster_rcnn", "ssd", "experimental_model", "center_net", "model"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["model"]) -> Literal["faster_rcnn", "ssd", "experimental_model", "center_net"] | None: ...

class ExperimentalModel(Message):
    name: str
    def __init__(
        self,
        *,
        name: str | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["name"]) -> bool: ...
    def ClearField(self, field_name: Literal["name"]) -> None: ...

class Optimizer(Message):
    @property
    def rms_prop_optimizer(self) -> RMSPropOptimizer: ...
    @property
    def momentum_optimizer(self) -> MomentumOptimizer: ...
    @property
    def adam_optimizer(self) -> AdamOptimizer: ...
    use_moving_average: bool  # default: true
    moving_average_decay: float  # default: 0.9999
    def __init__(
        self,
        *,
        rms_prop_optimizer: RMSPropOptimizer | None = ...,
        momentum_optimizer: MomentumOptimizer | None = ...,
        adam_optimizer: AdamOptimizer | None = ...,
        use_moving_average: bool | None = ...,
        moving_average_decay: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["rms_prop_optimizer", "momentum_optimizer", "adam_optimizer", "use_moving_average", "moving_average_decay", "optimizer"]) -> bool: ...
    def ClearField(self, field_name: Literal["rms_prop_optimizer", "momentum_optimizer", "adam_optimizer", "use_moving_average", "moving_average_decay", "optimizer"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["optimizer"]) -> Literal["rms_prop_optimizer", "momentum_optimizer", "adam_optimizer"] | None: ...

class RMSPropOptimizer(Message):
    @property
    def learning_rate(self) -> LearningRate: ...
    momentum_optimizer_value: float  # default: 0.9
    decay: float  # default: 0.9
    epsilon: float  # default: 1
    def __init__(
        self,
        *,
        learning_rate: LearningRate | None = ...,
        momentum_optimizer_value: float | None = ...,
        decay: float | None = ...,
        epsilon: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["learning_rate", "momentum_optimizer_value", "decay", "epsilon"]) -> bool: ...
    def ClearField(self, field_name: Literal["learning_rate", "momentum_optimizer_value", "decay", "epsilon"]) -> None: ...

class MomentumOptimizer(Message):
    @property
    def learning_rate(self) -> LearningRate: ...
    momentum_optimizer_value: float  # default: 0.9
    def __init__(
        self,
        *,
        learning_rate: LearningRate | None = ...,
        momentum_optimizer_value: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["learning_rate", "momentum_optimizer_value"]) -> bool: ...
    def ClearField(self, field_name: Literal["learning_rate", "momentum_optimizer_value"]) -> None: ...

class AdamOptimizer(Message):
    @property
    def learning_rate(self) -> LearningRate: ...
    epsilon: float  # default: 1e-08
    def __init__(
        self,
        *,
        learning_rate: LearningRate | None = ...,
        epsilon: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["learning_rate", "epsilon"]) -> bool: ...
    def ClearField(self, field_name: Literal["learning_rate", "epsilon"]) -> None: ...

class LearningRate(Message):
    @property
    def constant_learning_rate(self) -> ConstantLearningRate: ...
    @property
    def exponential_decay_learning_rate(self) -> ExponentialDecayLearningRate: ...
    @property
    def manual_step_learning_rate(self) -> ManualStepLearningRate: ...
    @property
    def cosine_decay_learning_rate(self) -> CosineDecayLearningRate: ...
    def __init__(
        self,
        *,
        constant_learning_rate: ConstantLearningRate | None = ...,
        exponential_decay_learning_rate: ExponentialDecayLearningRate | None = ...,
        manual_step_learning_rate: ManualStepLearningRate | None = ...,
        cosine_decay_learning_rate: CosineDecayLearningRate | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["constant_learning_rate", "exponential_decay_learning_rate", "manual_step_learning_rate", "cosine_decay_learning_rate", "learning_rate"]) -> bool: ...
    def ClearField(self, field_name: Literal["constant_learning_rate", "exponential_decay_learning_rate", "manual_step_learning_rate", "cosine_decay_learning_rate", "learning_rate"]) -> None: ...
    def WhichOneof(self, oneof_group: Literal["learning_rate"]) -> Literal["constant_learning_rate", "exponential_decay_learning_rate", "manual_step_learning_rate", "cosine_decay_learning_rate"] | None: ...

class ConstantLearningRate(Message):
    learning_rate: float  # default: 0.002
    def __init__(
        self,
        *,
        learning_rate: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["learning_rate"]) -> bool: ...
    def ClearField(self, field_name: Literal["learning_rate"]) -> None: ...

class ExponentialDecayLearningRate(Message):
    initial_learning_rate: float  # default: 0.002
    decay_steps: int  # default: 4000000
    decay_factor: float  # default: 0.95
    staircase: bool  # default: true
    burnin_learning_rate: float  # default: 0
    burnin_steps: int  # default: 0
    min_learning_rate: float  # default: 0
    def __init__(
        self,
        *,
        initial_learning_rate: float | None = ...,
        decay_steps: int | None = ...,
        decay_factor: float | None = ...,
        staircase: bool | None = ...,
        burnin_learning_rate: float | None = ...,
        burnin_steps: int | None = ...,
        min_learning_rate: float | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["initial_learning_rate", "decay_steps", "decay_factor", "staircase", "burnin_learning_rate", "burnin_steps", "min_learning_rate"]) -> bool: ...
    def ClearField(self, field_name: Literal["initial_learning_rate", "decay_steps", "decay_factor", "staircase", "burnin_learning_rate", "burnin_steps", "min_learning_rate"]) -> None: ...

class ManualStepLearningRate(Message):
    class LearningRateSchedule(Message):
        step: int
        learning_rate: float  # default: 0.002
        def __init__(
            self,
            *,
            step: int | None = ...,
            learning_rate: float | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["step", "learning_rate"]) -> bool: ...
        def ClearField(self, field_name: Literal["step", "learning_rate"]) -> None: ...
    initial_learning_rate: float  # default: 0.002
    @property
    def schedule(self) -> RepeatedCompositeFieldContainer[ManualStepLearningRate.LearningRateSchedule]: ...
    warmup: bool  # default: false
    def __init__(
        self,
        *,
        initial_learning_rate: float | None = ...,
        schedule: Iterable[ManualStepLearningRate.LearningRateSchedule] = ...,
        warmup: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["initial_learning_rate", "warmup"]) -> bool: ...
    def ClearField(self, field_name: Literal["initial_learning_rate", "schedule", "warmup"]) -> None: ...

class CosineDecayLearningRate(Message):
    learning_rate_base: float  # default: 0.002
    total_steps: int  # default: 4000000
    warmup_learning_rate: float  # default: 0.0002
    warmup_steps: int  # default: 10000
    hold_base_rate_steps: int  # default: 0
    def __init__(
        self,
        *,
        learning_rate_base: float | None = ...,
        total_steps: int | None = ...,
        warmup_learning_rate: float | None = ...,
        warmup_steps: int | None = ...,
        hold_base_rate_steps: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["learning_rate_base", "total_steps", "warmup_learning_rate", "warmup_steps", "hold_base_rate_steps"]) -> bool: ...
    def ClearField(self, field_name: Literal["learning_rate_base", "total_steps", "warmup_learning_rate", "warmup_steps", "hold_base_rate_steps"]) -> None: ...

CheckpointVersionValue = NewType("CheckpointVersionValue", int)
CheckpointVersion: EnumType[CheckpointVersionValue, Literal["UNKNOWN", "V1", "V2"]]

class TrainConfig(Message):
    batch_size: int  # default: 32
    @property
    def data_augmentation_options(self) -> RepeatedCompositeFieldContainer[PreprocessingStep]: ...
    sync_replicas: bool  # default: false
    keep_checkpoint_every_n_hours: float  # default: 10000
    @property
    def optimizer(self) -> Optimizer: ...
    gradient_clipping_by_norm: float  # default: 0
    fine_tune_checkpoint: str
    fine_tune_checkpoint_type: str
    fine_tune_checkpoint_version: CheckpointVersionValue  # default: V1
    from_detection_checkpoint: bool  # default: false
    load_all_detection_checkpoint_vars: bool  # default: false
    run_fine_tune_checkpoint_dummy_computation: bool  # default: true
    num_steps: int  # default: 0
    startup_delay_steps: float  # default: 15
    bias_grad_multiplier: float  # default: 0
    @property
    def update_trainable_variables(self) -> RepeatedScalarFieldContainer[str]: ...
    @property
    def freeze_variables(self) -> RepeatedScalarFieldContainer[str]: ...
    replicas_to_aggregate: int  # default: 1
    batch_queue_capacity: int  # default: 150
    num_batch_queue_threads: int  # default: 8
    prefetch_queue_capacity: int  # default: 5
    merge_multiple_label_boxes: bool  # default: false
    use_multiclass_scores: bool  # default: false
    add_regularization_loss: bool  # default: true
    max_number_of_boxes: int  # default: 100
    unpad_groundtruth_tensors: bool  # default: true
    retain_original_images: bool  # default: false
    use_bfloat16: bool  # default: false
    summarize_gradients: bool  # default: false
    def __init__(
        self,
        *,
        batch_size: int | None = ...,
        data_augmentation_options: Iterable[PreprocessingStep] = ...,
        sync_replicas: bool | None = ...,
        keep_checkpoint_every_n_hours: float | None = ...,
        optimizer: Optimizer | None = ...,
        gradient_clipping_by_norm: float | None = ...,
        fine_tune_checkpoint: str | None = ...,
        fine_tune_checkpoint_type: str | None = ...,
        fine_tune_checkpoint_version: CheckpointVersionValue | None = ...,
        from_detection_checkpoint: bool | None = ...,
        load_all_detection_checkpoint_vars: bool | None = ...,
        run_fine_tune_checkpoint_dummy_computation: bool | None = ...,
        num_steps: int | None = ...,
        startup_delay_steps: float | None = ...,
        bias_grad_multiplier: float | None = ...,
        update_trainable_variables: Iterable[str] = ...,
        freeze_variables: Iterable[str] = ...,
        replicas_to_aggregate: int | None = ...,
        batch_queue_capacity: int | None = ...,
        num_batch_queue_threads: int | None = ...,
        prefetch_queue_capacity: int | None = ...,
        merge_multiple_label_boxes: bool | None = ...,
        use_multiclass_scores: bool | None = ...,
        add_regularization_loss: bool | None = ...,
        max_number_of_boxes: int | None = ...,
        unpad_groundtruth_tensors: bool | None = ...,
        retain_original_images: bool | None = ...,
        use_bfloat16: bool | None = ...,
        summarize_gradients: bool | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["batch_size", "sync_replicas", "keep_checkpoint_every_n_hours", "optimizer", "gradient_clipping_by_norm", "fine_tune_checkpoint", "fine_tune_checkpoint_type", "fine_tune_checkpoint_version", "from_detection_checkpoint", "load_all_detection_checkpoint_vars", "run_fine_tune_checkpoint_dummy_computation", "num_steps", "startup_delay_steps", "bias_grad_multiplier", "replicas_to_aggregate", "batch_queue_capacity", "num_batch_queue_threads", "prefetch_queue_capacity", "merge_multiple_label_boxes", "use_multiclass_scores", "add_regularization_loss", "max_number_of_boxes", "unpad_groundtruth_tensors", "retain_original_images", "use_bfloat16", "summarize_gradients"]) -> bool: ...
    def ClearField(self, field_name: Literal["batch_size", "data_augmentation_options", "sync_replicas", "keep_checkpoint_every_n_hours", "optimizer", "gradient_clipping_by_norm", "fine_tune_checkpoint", "fine_tune_checkpoint_type", "fine_tune_checkpoint_version", "from_detection_checkpoint", "load_all_detection_checkpoint_vars", "run_fine_tune_checkpoint_dummy_computation", "num_steps", "startup_delay_steps", "bias_grad_multiplier", "update_trainable_variables", "freeze_variables", "replicas_to_aggregate", "batch_queue_capacity", "num_batch_queue_threads", "prefetch_queue_capacity", "merge_multiple_label_boxes", "use_multiclass_scores", "add_regularization_loss", "max_number_of_boxes", "unpad_groundtruth_tensors", "retain_original_images", "use_bfloat16", "summarize_gradients"]) -> None: ...

class TrainEvalPipelineConfig(Message):
    @property
    def model(self) -> DetectionModel: ...
    @property
    def train_config(self) -> TrainConfig: ...
    @property
    def train_input_reader(self) -> InputReader: ...
    @property
    def eval_config(self) -> EvalConfig: ...
    @property
    def eval_input_reader(self) -> RepeatedCompositeFieldContainer[InputReader]: ...
    @property
    def graph_rewriter(self) -> GraphRewriter: ...
    def __init__(
        self,
        *,
        model: DetectionModel | None = ...,
        train_config: TrainConfig | None = ...,
        train_input_reader: InputReader | None = ...,
        eval_config: EvalConfig | None = ...,
        eval_input_reader: Iterable[InputReader] = ...,
        graph_rewriter: GraphRewriter | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["model", "train_config", "train_input_reader", "eval_config", "graph_rewriter"]) -> bool: ...
    def ClearField(self, field_name: Literal["model", "train_config", "train_input_reader", "eval_config", "eval_input_reader", "graph_rewriter"]) -> None: ...

LVISFrequencyValue = NewType("LVISFrequencyValue", int)
LVISFrequency: EnumType[LVISFrequencyValue, Literal["UNSPECIFIED", "FREQUENT", "COMMON", "RARE"]]

class StringIntLabelMapItem(Message):
    class KeypointMap(Message):
        id: int
        label: str
        def __init__(
            self,
            *,
            id: int | None = ...,
            label: str | None = ...,
        ) -> None: ...
        def HasField(self, field_name: Literal["id", "label"]) -> bool: ...
        def ClearField(self, field_name: Literal["id", "label"]) -> None: ...
    name: str
    id: int
    display_name: str
    @property
    def keypoints(self) -> RepeatedCompositeFieldContainer[StringIntLabelMapItem.KeypointMap]: ...
    @property
    def ancestor_ids(self) -> RepeatedScalarFieldContainer[int]: ...
    @property
    def descendant_ids(self) -> RepeatedScalarFieldContainer[int]: ...
    frequency: LVISFrequencyValue
    instance_count: int
    def __init__(
        self,
        *,
        name: str | None = ...,
        id: int | None = ...,
        display_name: str | None = ...,
        keypoints: Iterable[StringIntLabelMapItem.KeypointMap] = ...,
        ancestor_ids: Iterable[int] = ...,
        descendant_ids: Iterable[int] = ...,
        frequency: LVISFrequencyValue | None = ...,
        instance_count: int | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["name", "id", "display_name", "frequency", "instance_count"]) -> bool: ...
    def ClearField(self, field_name: Literal["name", "id", "display_name", "keypoints", "ancestor_ids", "descendant_ids", "frequency", "instance_count"]) -> None: ...

class StringIntLabelMap(Message):
    @property
    def item(self) -> RepeatedCompositeFieldContainer[StringIntLabelMapItem]: ...
    def __init__(
        self,
        *,
        item: Iterable[StringIntLabelMapItem] = ...,
    ) -> None: ...
    def ClearField(self, field_name: Literal["item"]) -> None: ...

class TargetAssigner(Message):
    @property
    def matcher(self) -> Matcher: ...
    @property
    def similarity_calculator(self) -> RegionSimilarityCalculator: ...
    @property
    def box_coder(self) -> BoxCoder: ...
    def __init__(
        self,
        *,
        matcher: Matcher | None = ...,
        similarity_calculator: RegionSimilarityCalculator | None = ...,
        box_coder: BoxCoder | None = ...,
    ) -> None: ...
    def HasField(self, field_name: Literal["matcher", "similarity_calculator", "box_coder"]) -> bool: ...
    def ClearField(self, field_name: Literal["matcher", "similarity_calculator", "box_coder"]) -> None: ...
