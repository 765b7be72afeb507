"""pipeline.config: schema, reading, checking, presets."""

from boxwright.pipeline.errors import PipelineError
from boxwright.pipeline.load import load_pipeline, parse_pipeline
from boxwright.pipeline.paths import InputPaths, resolve_paths
from boxwright.pipeline.presets import PRESETS, Preset, build_preset, set_num_steps
from boxwright.pipeline.save import save_pipeline
from boxwright.pipeline.schema import message_class
from boxwright.pipeline.support.check import check_num_classes, check_supported

__all__ = [
    "PRESETS",
    "InputPaths",
    "PipelineError",
    "Preset",
    "build_preset",
    "check_num_classes",
    "check_supported",
    "load_pipeline",
    "message_class",
    "parse_pipeline",
    "resolve_paths",
    "save_pipeline",
    "set_num_steps",
]
