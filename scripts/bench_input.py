"""Time training steps on real photographs beside the same steps on one batch that is kept: is the input the limit?

Both kinds take turns in one process that trains as `boxwright train` does. A turn's first steps are not counted: they
live on batches that were made ready while the other kind had its turn.

    ./scripts/bench input --preset small
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from boxwright.cli.console import echo, print_table
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow

PROJECT = Path(__file__).resolve().parent.parent
BOUND = 1.03
LEFT_OUT = 3  # steps of a turn; the input keeps two batches ready and works on a third


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="ssd_inception_v2", help="what to train (default ssd_inception_v2)")
    parser.add_argument("--turns", type=int, default=6, help="of each kind (default 6)")
    parser.add_argument("--steps", type=int, default=5, help="steps that count in a turn (default 5)")
    parser.add_argument("--shared", type=Path, default=PROJECT.parent / "shared", help="where data/raccoon is")
    options = parser.parse_args()
    photos = options.shared / "data" / "raccoon"
    if not photos.is_dir():
        echo(f"Left out: the photographs are not at {photos}; name their folder with --shared.")
        return
    quiet_tensorflow()
    with tempfile.TemporaryDirectory(prefix="boxwright-bench-") as folder:
        _measure(_workspace(photos, Path(folder)), options)


def _workspace(photos: Path, root: Path) -> Any:
    from boxwright.dataset.layout import lay_out
    from boxwright.dataset.sync import sync
    from boxwright.workspace import Workspace

    workspace = Workspace.at(root)
    lay_out(workspace, images=photos, link=True)
    sync(workspace)
    return workspace


def _measure(workspace: Any, options: argparse.Namespace) -> None:
    step, batches = _training(workspace, options.preset)
    kept = next(batches)
    step(kept)  # builds the graph
    real: list[float] = []
    cached: list[float] = []
    waited: list[float] = []
    for _ in range(options.turns):
        _take(options.steps, lambda: kept, step, cached, [])
        _take(options.steps, lambda: next(batches), step, real, waited)
    turns = np.median(np.reshape([cached, real], [2, options.turns, options.steps]), axis=2)
    ratio = float(np.median(turns[1] / turns[0]))  # of neighbours: a busy minute slows both
    rows = [
        ("a step on one batch that is kept", _spread(cached), ""),
        ("a step on real photographs", _spread(real), ""),
        ("  of which waiting for the batch", _spread(waited), ""),
        ("real / kept, median of the turns", f"{ratio:.3f}", f"{BOUND} {'ok' if ratio <= BOUND else 'MISSED'}"),
        ("real / kept, fastest of each", f"{min(real) / min(cached):.3f}", ""),
    ]
    images = f"{len(list(workspace.images.glob('*.jpg')))} photographs, {os.cpu_count()} cores"
    print_table(("measured", "median, fastest, slowest", "limit"), rows, title=f"{options.preset}, {images}")


def _training(workspace: Any, preset: str) -> tuple[Callable[[Any], Any], Any]:
    """Return the step, given a batch, and the batches of a training of the workspace."""
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.detection.example_decoder import decode_example, label_table
    from boxwright.detection.model import SsdModel
    from boxwright.pipeline.presets import build_preset
    from boxwright.training.hardware.determinism import make_deterministic
    from boxwright.training.input.pipeline import training_batches
    from boxwright.training.input.record_index import index_records
    from boxwright.training.step import TrainStep

    make_deterministic(0, wanted=False)
    labels = read_label_map(workspace.label_map)
    config = build_preset(preset, num_classes=len(labels))
    model = SsdModel(config.model)
    table = label_table(labels)
    train_step = TrainStep(model, config.train_config)
    index = index_records([workspace.record("train")])
    batches = training_batches(index, config, model, lambda serialized: decode_example(serialized, table), seed=0)
    return lambda batch: train_step(batch.images, batch.targets, 0.0004), iter(batches)


def _take(
    count: int, batch: Callable[[], Any], step: Callable[[Any], Any], taken: list[float], waited: list[float]
) -> None:
    """Make the steps of a turn; add the seconds of those that count, and of waiting for their batches."""
    for number in range(LEFT_OUT + count):
        start = time.perf_counter()
        one = batch()
        got = time.perf_counter()
        step(one)
        if number >= LEFT_OUT:
            taken.append(time.perf_counter() - start)
            waited.append(got - start)


def _spread(seconds: list[float]) -> str:
    return f"{1e3 * float(np.median(seconds)):.1f} ms ({1e3 * min(seconds):.1f} to {1e3 * max(seconds):.1f})"


if __name__ == "__main__":
    main()
