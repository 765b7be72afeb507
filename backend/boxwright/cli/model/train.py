"""`boxwright train`: from records to checkpoints."""

from __future__ import annotations

from pathlib import Path

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import reporting
from boxwright.cli.signals import stop_on_signals
from boxwright.workflow.train import TrainOptions
from boxwright.workflow.train import train as run_training
from boxwright.workspace import Workspace


@takes_options
def train(options: TrainOptions, folder: Folder = Path()) -> None:
    """Train a detector as training/pipeline.config says, from the last checkpoint if there is one.

    First brings the records up to date with the images. Without a training/pipeline.config one is written that starts
    from ssdlite_mobilenet_v2_coco, pretrained weights (19 MB, fetched once); without a network it says so, and starts
    from random ones. Ctrl+C saves and ends; the same command continues.
    TensorBoard (boxwright tensorboard) shows the curves while it runs. The checkpoint with the best evaluation stays in
    training/best, beside the newest.

    Example:
      boxwright train training_demo --num-steps 5000
      boxwright train training_demo --pretrained ssd_mobilenet_v1_coco
      boxwright train training_demo --pretrained none --batch-size 8
      boxwright train training_demo --start-over --effort thorough
      boxwright train training_demo --eval-every 200 --early-stop 5
      boxwright train training_demo --precision bfloat16 --batch-size auto --devices 2
    """
    workspace = Workspace.find(folder)
    with reporting() as reporter, stop_on_signals() as stop:
        run_training(workspace, options, reporter, stop=stop)
