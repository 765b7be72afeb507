"""Time a training step of the tutorial's config at batch 12, beside the original stack's and the machine's peak.

Both splits train the same model on the same fixed batch and take turns, so that a busy machine slows both.

    ./scripts/bench training --reference-python ORIGINAL_STACK/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

SCRIPTS = Path(__file__).resolve().parent
BATCH_SIZE = 12
STEP_GFLOP = 268.0  # forward and backward of SSD Inception V2 at 300x300, batch 12, one class: products and sums


class Original:
    """A script of the original stack in a process of its own, stepping on request."""

    def __init__(self, python: str, script: str, *arguments: Path) -> None:
        command = [python, str(SCRIPTS / script), *map(str, arguments)]
        self._process = subprocess.Popen(
            command,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self._read() != "ready":
            raise SystemExit("The original stack did not start; run its split alone to see why: " + " ".join(command))

    def steps(self, count: int) -> list[float]:
        """Do `count` steps; the seconds of each."""
        assert self._process.stdin
        print(count, file=self._process.stdin, flush=True)
        return [float(seconds) for seconds in json.loads(self._read())]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)

    def _read(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


def clean_environment() -> dict[str, str]:
    """Ours without what importing TensorFlow sets, such as TF2_BEHAVIOR, which would break the original's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TF")}


class Ours:
    """Boxwright's step on the same batch."""

    def __init__(self, config: Any, images: np.ndarray, boxes: list[np.ndarray]) -> None:
        import tensorflow as tf

        from boxwright.detection.model import SsdModel
        from boxwright.detection.targets import Targets
        from boxwright.training.step import TrainStep

        start = time.perf_counter()
        model = SsdModel(config.model)
        self._step = TrainStep(model, config.train_config)
        self._images = model.preprocess(tf.constant(images, tf.float32))
        assigned = [model.target_assigner.assign(tf.constant(b), tf.zeros([len(b)], tf.int32)) for b in boxes]
        self._targets = Targets(*(tf.stack(parts) for parts in zip(*assigned, strict=True)))
        self.steps(1)
        self.first_step = time.perf_counter() - start

    def steps(self, count: int) -> list[float]:
        """Train `count` steps; the seconds of each."""
        seconds = []
        for _ in range(count):
            start = time.perf_counter()
            self._step(self._images, self._targets, 0.0004)
            seconds.append(time.perf_counter() - start)
        return seconds


def matrix_peak(size: int = 4096, repeats: int = 3) -> float:
    """GFLOP/s of the machine's best float32 matrix product."""
    import tensorflow as tf

    left, right = tf.random.normal([size, size]), tf.random.normal([size, size])
    product = tf.function(tf.matmul)
    product(left, right).numpy()
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        product(left, right).numpy()
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best / 1e9


def make_batch() -> tuple[np.ndarray, list[np.ndarray]]:
    """Noise with two boxes an image: the step's cost does not depend on what the pixels show."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, [BATCH_SIZE, 300, 300, 3], dtype=np.uint8)
    corners = random.uniform(0.0, 0.5, [BATCH_SIZE, 2, 2]).astype(np.float32)
    return images, [np.concatenate([corner, corner + 0.4], axis=1) for corner in corners]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference-python", help="the original stack's Python; without it only our split is timed")
    parser.add_argument("--steps", type=int, default=12, help="steps of each split that are counted (default 12)")
    parser.add_argument("--deterministic", action="store_true", help="ours as with boxwright train --deterministic")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    start = time.perf_counter()
    import tensorflow as tf

    from boxwright.pipeline.presets import build_preset
    from boxwright.pipeline.save import save_pipeline
    from boxwright.training.hardware.determinism import make_deterministic

    imported = time.perf_counter() - start
    make_deterministic(0, options.deterministic)
    config = build_preset("ssd_inception_v2", num_classes=1)
    images, boxes = make_batch()
    ours = Ours(config, images, boxes)
    peaks, mine, theirs = [matrix_peak()], [], []
    original = None
    if options.reference_python:
        with tempfile.TemporaryDirectory() as folder:
            save_pipeline(config, Path(folder) / "pipeline.config")
            np.savez(Path(folder) / "batch.npz", images=images, **{f"boxes_{i}": b for i, b in enumerate(boxes)})
            files = Path(folder) / "pipeline.config", Path(folder) / "batch.npz"
            original = Original(options.reference_python, "bench_reference_step.py", *files)
        original.steps(2)
    for _ in range(max(1, options.steps // 3)):
        mine += ours.steps(3)
        theirs += original.steps(3) if original else []
    peaks.append(matrix_peak())
    if original:
        original.close()
    report(mine, theirs, imported, ours.first_step, max(peaks), tf.__version__)


def report(mine: list[float], theirs: list[float], imported: float, first: float, peak: float, version: str) -> None:
    """Print what was measured."""
    seconds = float(np.median(mine))
    rows = [
        (f"import of TensorFlow {version}", f"{imported:.1f} s"),
        ("from the import to the end of the first step", f"{first:.1f} s"),
        (f"step, batch {BATCH_SIZE}, median of {len(mine)}", f"{seconds:.2f} s ({min(mine):.2f} to {max(mine):.2f})"),
        ("best matrix product", f"{peak:.0f} GFLOP/s"),
        ("the step as a fraction of it", f"{STEP_GFLOP / seconds / peak:.2f}"),
    ]
    if theirs:
        rows += [
            ("the original's step", f"{np.median(theirs):.2f} s ({min(theirs):.2f} to {max(theirs):.2f})"),
            ("ours / the original's", f"{seconds / float(np.median(theirs)):.2f}"),
        ]
    else:
        rows.append(("ours / the original's", "not measured: give --reference-python"))
    for name, value in rows:
        print(f"{name:<48} {value}")


if __name__ == "__main__":
    main()
