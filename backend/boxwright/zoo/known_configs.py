"""The pipeline.config of networks whose weights are also distributed without one."""

from __future__ import annotations

from importlib import resources

from boxwright.pipeline import messages
from boxwright.pipeline.load import parse_pipeline

KNOWN_CONFIGS = ("ssdlite_mobilenet_v2_coco",)
"""Names of the catalogue."""


def known_config(name: str) -> bytes:
    """Return the text of the pipeline.config of a model in KNOWN_CONFIGS."""
    return resources.files("boxwright.zoo").joinpath("configs").joinpath(f"{name}.config").read_bytes()


def parse_known_config(name: str) -> messages.TrainEvalPipelineConfig:
    """Return the pipeline.config of a model in KNOWN_CONFIGS as a message."""
    return parse_pipeline(known_config(name), name=f"The config of {name}")
