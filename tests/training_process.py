"""A training of the tiny network in a process of its own: `training_process.py WORKSPACE DIR STEPS CPUS HOLD_AT`.

Prints "step N LOSS" after each step, and saves each. CPUS logical devices train together; TF_CONFIG makes it one of
several workers. After step HOLD_AT, unless it is 0, the process waits for the end of its stdin.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tensorflow as tf

import tiny_network
from boxwright.errors import BoxwrightError
from boxwright.pipeline.load import load_pipeline
from boxwright.progress import Progress
from boxwright.training.loop import train
from boxwright.training.run_folder import saver
from boxwright.training.settings import Settings
from boxwright.workspace import Workspace


def main(root: str, folder: str, steps: str, cpus: str, hold_at: str) -> None:
    physical = tf.config.list_physical_devices("CPU")[0]
    if int(cpus) > 1:
        tf.config.set_logical_device_configuration(physical, [tf.config.LogicalDeviceConfiguration()] * int(cpus))

    def listen(progress: Progress) -> None:
        if "loss" in progress.metrics:
            print(f"step {progress.done} {progress.metrics['loss']!r}", flush=True)
            if progress.done == int(hold_at):
                sys.stdin.read()
        elif progress.message:
            print(progress.message, flush=True)

    tiny_network.install()
    saver.CHECKPOINT_EVERY = 0.0
    workspace = Workspace.at(root)
    config = load_pipeline(workspace.root / "my.config")
    settings = Settings(num_steps=int(steps), devices=int(cpus), eval_every=0)
    try:
        train(workspace, config, train_dir=Path(folder), reporter=listen, settings=settings)
    except BoxwrightError as error:
        print(f"boxwright: {error}", flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
