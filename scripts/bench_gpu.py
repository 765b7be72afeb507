"""Time training on the GPU: precision, XLA and batch, with the input's share and the card's own peak beside them.

Each row is a `boxwright train` of its own on drawn scenes. On a machine without a GPU it says so and ends.

    ./scripts/bench gpu --steps 200
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from boxwright.cli.console import echo, print_table
from boxwright.runs.metrics import read_metrics

SCENES = 240
LEFT_OUT = 20  # steps: the graph is built, XLA compiles, the input gets ahead
PROBE = """
import json, time
import tensorflow as tf
gpus = tf.config.list_physical_devices("GPU")
if not gpus:
    print("GPU" + json.dumps({}))
    raise SystemExit
def tflops(kind, side=8192, times=20):
    a = tf.random.normal([side, side]); a = tf.cast(a, kind)
    run = tf.function(lambda: tf.linalg.matmul(a, a))
    run(); float(tf.reduce_sum(tf.cast(run(), tf.float32)))
    start = time.perf_counter()
    for _ in range(times):
        last = run()
    float(tf.reduce_sum(tf.cast(last, tf.float32)))
    return 2 * side**3 * times / (time.perf_counter() - start) / 1e12
details = tf.config.experimental.get_device_details(gpus[0])
print("GPU" + json.dumps({"name": details.get("device_name", gpus[0].name), "tensorflow": tf.__version__,
    "cuda": tf.sysconfig.get_build_info().get("cuda_version", ""),
    "peak": {kind: tflops(kind) for kind in ("float32", "bfloat16", "float16")}}))
"""
STEP_GFLOP_AN_IMAGE = {"ssd_inception_v2": 268.0 / 12}
"""Products and sums, forward and backward, at 300x300; of other presets the share of the peak is not known."""


def main() -> int:
    """Print the table; return 1 when a training failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="ssd_inception_v2", help="what to train (default ssd_inception_v2)")
    parser.add_argument("--steps", type=int, default=120, help="of each training (default 120)")
    parser.add_argument("--batches", default="12,64,auto", help="batch sizes (default 12,64,auto)")
    options = parser.parse_args()
    card = probe()
    if not card:
        echo("No GPU: TensorFlow sees none here. `boxwright doctor` says why, docs/guides/gpu.md what it takes.")
        return 0
    echo(f"{card['name']}, TensorFlow {card['tensorflow']}, CUDA {card['cuda']}")
    rows, failed = [], 0
    with tempfile.TemporaryDirectory(prefix="boxwright-bench-") as folder:
        make_dataset(Path(folder))
        for batch in options.batches.split(","):
            for precision in ("float32", "bfloat16", "float16"):
                for xla in (False, True):
                    rate, said = train(Path(folder), options, batch, precision, xla=xla)
                    failed += rate is None
                    gflop = STEP_GFLOP_AN_IMAGE.get(options.preset)
                    share = rate * gflop / 1000 / card["peak"][precision] if rate and gflop else None
                    rows.append((batch, precision, xla, rate, share, said))
    print_table(("batch", "precision", "XLA", "images/s", "of the peak", "failed"), rows)
    echo("Peak is that of a matrix product of 8192x8192 in the same precision, measured here:")
    echo(", ".join(f"{kind} {value:.1f} TFLOP/s" for kind, value in card["peak"].items()))
    return 1 if failed else 0


def probe() -> dict:  # type: ignore[type-arg]
    """Return what the card is and does at best; empty without a GPU. In a process of its own, which frees the card."""
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False)
    line = next((line for line in done.stdout.splitlines() if line.startswith("GPU")), "GPU{}")
    return dict(json.loads(line.removeprefix("GPU")))


def make_dataset(root: Path) -> None:
    """Draw scenes and write their records."""
    from boxwright.demo.write import write_scenes

    write_scenes(root / "images", SCENES, seed=1)
    subprocess.run([sys.executable, "-m", "boxwright", "dataset", str(root)], check=True, capture_output=True)


def train(
    root: Path, options: argparse.Namespace, batch: str, precision: str, *, xla: bool
) -> tuple[float | None, str]:
    """Return the images per second of a training in a folder of its own, or None and why it failed."""
    run = root / f"run-{batch}-{precision}-{xla}"
    command = [sys.executable, "-m", "boxwright", "train", str(root), "--train-dir", str(run), "--eval-every", "0"]
    command += ["--num-steps", str(options.steps), "--batch-size", batch, "--precision", precision, "--log-every", "10"]
    command += (
        ["--preset", options.preset, "--pretrained", "none"] if not (root / "training/pipeline.config").exists() else []
    )
    command += ["--xla"] if xla else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rates = [row.images_per_second for row in read_metrics(run) if row.images_per_second and row.step > LEFT_OUT]
    if done.returncode or not rates:
        lines = (done.stderr or done.stdout).strip().splitlines()
        return None, lines[-1][:80] if lines else f"exit {done.returncode}"
    return statistics.median(rates), ""


if __name__ == "__main__":
    sys.exit(main())
