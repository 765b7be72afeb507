"""Measures what a public checkpoint is worth: fine-tuning on photos of raccoons, beside training from random weights.

Needs a folder with raccoon/ (images/, annotations/, reference_split.csv) and weights/ssd_mobilenet_v1_0.75_depth_coco/
(model.ckpt, finetune_raccoon.config). Boxwright does not come with them.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
from pathlib import Path
from typing import Any

from boxwright.cli.console import echo, print_table, reporting
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workspace import Workspace

PROJECT = Path(__file__).resolve().parent.parent
ORIGINAL = 0.618  # AP@.50 of the original stack, one run of 300 steps from the checkpoint
WANTED = 0.62  # as the median of the seeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=PROJECT.parent / "shared" / "data", help="the folder with both")
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2], help="of the runs from the checkpoint")
    parser.add_argument("--random-seeds", type=int, nargs="*", default=[0], help="of the runs from random weights")
    parser.add_argument("--steps", type=int, default=300)
    options = parser.parse_args()
    quiet_tensorflow()
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        workspace = _lay_out(Workspace.at(Path(folder) / "raccoons"), options.data)
        runs = [(True, seed) for seed in options.seeds] + [(False, seed) for seed in options.random_seeds]
        for pretrained, seed in runs:
            result, seconds = _run(workspace, options.data, pretrained=pretrained, seed=seed, steps=options.steps)
            start = "COCO checkpoint" if pretrained else "random weights"
            mean = result.metrics.summary["DetectionBoxes_Precision/mAP"]
            rows.append((start, seed, result.metrics.ap50, mean, 1e3 * seconds))
            echo(f"{start}, seed {seed}: AP@.50 {result.metrics.ap50:.3f}")
    title = f"SSD MobileNet V1 0.75 on 40 photos of raccoons after {options.steps} steps of 8"
    print_table(("from", "seed", "AP@.50", "AP@[.50:.95]", "ms/step"), rows, title=title)
    found = [float(row[2]) for row in rows if row[0] == "COCO checkpoint"]  # type: ignore[arg-type]
    if found:
        median = statistics.median(found)
        verdict = "reached" if median >= WANTED else "NOT reached"
        echo(f"Median from the checkpoint {median:.3f}; wanted {WANTED} ({verdict}); the original {ORIGINAL}, one run.")


def _lay_out(workspace: Workspace, data: Path) -> Workspace:
    """Make the workspace with the reference split and its records."""
    from boxwright.dataset.layout import lay_out
    from boxwright.dataset.sync import sync

    lay_out(workspace, images=data / "raccoon")
    splits = {
        row["stem"]: row["subset"]
        for row in csv.DictReader((data / "raccoon" / "reference_split.csv").open(newline=""))
    }
    images = sorted(path.name for path in workspace.images.glob("*.jpg"))
    lines = [f"{name},{splits[Path(name).stem]}" for name in images]
    workspace.split_csv.write_text("\n".join(["filename,split", *lines]) + "\n")
    report = sync(workspace)
    echo(f"records: {report.images}")
    return workspace


def _run(workspace: Workspace, data: Path, *, pretrained: bool, seed: int, steps: int) -> tuple[Any, float]:
    """Train and evaluate; return the result of the evaluation and the seconds of a step."""
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.evaluation.evaluate import evaluate
    from boxwright.inference.restore import restore_model
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.presets import set_num_steps
    from boxwright.training.loop import train
    from boxwright.training.settings import Settings

    weights = data / "weights" / "ssd_mobilenet_v1_0.75_depth_coco"
    config = load_pipeline(weights / "finetune_raccoon.config")
    set_num_steps(config, steps)
    config.train_config.ClearField("fine_tune_checkpoint")
    if pretrained:
        config.train_config.fine_tune_checkpoint = str(weights / "model.ckpt")
    train_dir = workspace.root / f"training-{'coco' if pretrained else 'random'}-{seed}"
    with reporting() as reporter:
        trained = train(workspace, config, train_dir=train_dir, settings=Settings(seed=seed), reporter=reporter)
    assert trained.checkpoint is not None
    model, _ = restore_model(config, trained.checkpoint)
    result = evaluate(model, [workspace.record("test")], read_label_map(workspace.label_map))
    return result, trained.seconds_per_step


if __name__ == "__main__":
    main()
