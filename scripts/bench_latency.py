"""Time the tutorial's model on one photo: our frozen graph beside the original's in its own TensorFlow 1.15.

Both graphs hold the same weights, each exported by its own exporter from one checkpoint, and take turns.

    ./scripts/bench latency --reference-python ORIGINAL_STACK/bin/python
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from bench_detect import _random_export
from bench_training import Original, clean_environment

from boxwright.cli.console import echo, print_table
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow

BOUND = 0.9  # ours against the original's
TURN = 5  # calls of a split before it is the other's turn
WARM_UP = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference-python", help="the original stack's Python; without it only our split is timed")
    parser.add_argument("--runs", type=int, default=60, help="calls of each split that are counted (default 60)")
    options = parser.parse_args()
    quiet_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder), options.reference_python, options.runs)


def _measure(folder: Path, python: str | None, runs: int) -> None:
    import tensorflow as tf
    from PIL import Image

    from boxwright.demo.scenes import draw_scene
    from boxwright.inference.detector import Detector
    from boxwright.inference.runtimes.base import FROZEN_GRAPH

    export = _random_export(folder)
    image = np.asarray(draw_scene(1)[0].resize((640, 480), Image.Resampling.BILINEAR))
    np.save(folder / "batch.npy", image[np.newaxis])
    detector = Detector.open(export / FROZEN_GRAPH)
    ours = {f"frozen graph, Detector, TensorFlow {tf.__version__}": lambda: detector.detect(image)}
    original = None
    if python:
        theirs = _export_by_the_original(python, export, folder / "original")
        original = Original(python, "bench_reference_detect.py", theirs, folder / "batch.npy")
    _report(_take_turns(ours, original, runs))


def _export_by_the_original(python: str, export: Path, folder: Path) -> Path:
    """Export our checkpoint with the original's exporter."""
    command = [
        *(python, "-m", "object_detection.export_inference_graph", "--input_type=image_tensor"),
        f"--pipeline_config_path={export / 'pipeline.config'}",
        f"--trained_checkpoint_prefix={export / 'model.ckpt'}",
        f"--output_directory={folder}",
    ]
    ended = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"The original's exporter failed:\n{ended.stderr[-2000:]}")
    return folder / "frozen_inference_graph.pb"


def _take_turns(ours: dict[str, Callable[[], object]], original: Original | None, runs: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in ours}
    for call in ours.values():
        for _ in range(WARM_UP):
            call()
    if original:
        taken["the original's frozen graph, session, TensorFlow 1.15"] = []
        original.steps(WARM_UP)
    for _ in range(-(-runs // TURN)):
        for name, call in ours.items():
            for _ in range(TURN):
                start = time.perf_counter()
                call()
                taken[name].append(time.perf_counter() - start)
        if original:
            taken["the original's frozen graph, session, TensorFlow 1.15"] += original.steps(TURN)
    if original:
        original.close()
    return taken


def _report(taken: dict[str, list[float]]) -> None:
    rows = [
        (name, *(f"{1e3 * float(np.percentile(times, part)):.1f}" for part in (50, 90)), f"{1e3 * min(times):.1f}")
        for name, times in taken.items()
    ]
    print_table(("way", "median ms", "p90 ms", "best ms"), rows, title="ssd_inception_v2, 300x300, one 640x480 image")
    if len(taken) == 1:
        echo("ours / the original's: not measured, give --reference-python")
        return
    mine, theirs = taken.values()
    ratio, best = np.median(mine) / np.median(theirs), min(mine) / min(theirs)
    echo(f"ours / the original's: {ratio:.2f} of the medians, {best:.2f} of the best; wanted at most {BOUND}")


if __name__ == "__main__":
    main()
