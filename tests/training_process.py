"""A training of the tiny network in a process of its own: `python training_process.py WORKSPACE DIR STEPS CPUS`.

Prints "step N" after each step. CPUS logical devices train together; TF_CONFIG makes it one of several workers.
"""

from __future__ import annotations

import sys
from pathlib import Path

import tensorflow as tf


def main(root: str, folder: str, steps: str, cpus: str) -> None:
    physical = tf.config.list_physical_devices("CPU")[0]
    if int(cpus) > 1:
        tf.config.set_logical_device_configuration(physical, [tf.config.LogicalDeviceConfiguration()] * int(cpus))

    import tiny_network
    from boxwright.errors import BoxwrightError
    from boxwright.pipeline.load import load_pipeline
    from boxwright.progress import Progress
    from boxwright.training.loop import train
    from boxwright.training.settings import Settings
    from boxwright.workspace import Workspace

    def listen(progress: Progress) -> None:
        if "loss" in progress.metrics:
            print(f"step {progress.done} {progress.metrics['loss']!r}", flush=True)
        elif progress.message:
            print(progress.message, flush=True)

    tiny_network.install()
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
