"""Measures what `boxwright detect` adds to the bare call of the SavedModel, and which form of an export is fastest."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from boxwright.cli.console import echo, print_table
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow

BOUND = 1.10  # detect against the bare SavedModel call


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--export", type=Path, help="an export folder; by default one of random weights is made")
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    quiet_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        _measure(options.export or _random_export(Path(folder)), Path(folder), options.runs)


def _random_export(folder: Path) -> Path:
    import numpy as np

    from boxwright.checkpoints.bundle import save_bundle
    from boxwright.detection.model import SsdModel
    from boxwright.export.exporter import export
    from boxwright.pipeline.presets import build_preset

    config = build_preset("ssd_inception_v2", num_classes=3)
    prefix = save_bundle(folder / "model.ckpt-0", SsdModel(config.model).variables_by_name)
    images = [np.zeros((480, 640, 3), np.uint8)]
    return export(config, prefix, folder / "export", images=images).folder


def _measure(export: Path, folder: Path, runs: int) -> None:
    import numpy as np
    import tensorflow as tf

    from boxwright.inference.detector import Detector
    from boxwright.inference.image_files import read_image
    from boxwright.inference.runtimes.base import FROZEN_GRAPH, SAVED_MODEL

    photo = _draw_photo(folder)
    image = read_image(photo)
    frozen, saved = Detector.open(export / FROZEN_GRAPH), Detector.open(export / SAVED_MODEL)
    loaded = tf.saved_model.load(str(export / SAVED_MODEL))
    signature = loaded.signatures["serving_default"]
    key = next(iter(signature.structured_input_signature[1]))
    batch = image[np.newaxis]

    graph_def = tf.compat.v1.GraphDef()
    graph_def.ParseFromString((export / FROZEN_GRAPH).read_bytes())
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(graph_def, name="")
    names = [f"detection_{name}:0" for name in ("boxes", "scores", "classes")]
    session = tf.compat.v1.Session(graph=graph)  # not entered: its graph would become the default one

    def call_bare() -> Any:
        return signature(**{key: tf.constant(batch)})["detection_boxes"].numpy()

    ways: dict[str, Callable[[], Any]] = {
        "SavedModel, bare call": call_bare,
        "frozen graph, TF 1 session": lambda: session.run(names, {"image_tensor:0": batch}),
        "Detector.detect, SavedModel": lambda: saved.detect(image),
        "Detector.detect, frozen graph (what an export folder opens)": lambda: frozen.detect(image),
        "the same, from the JPEG file": lambda: frozen.detect(read_image(photo)),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 3):  # three to warm up; interleaved, so that a busy moment meets every way
        for name, call in ways.items():
            start = time.perf_counter()
            call()
            if run >= 3:
                taken[name].append(time.perf_counter() - start)
    session.close()
    _show(taken, runs)


def _draw_photo(folder: Path) -> Path:
    from PIL import Image

    from boxwright.demo.scenes import draw_scene

    photo = folder / "photo.jpg"
    draw_scene(1)[0].resize((640, 480), Image.Resampling.BILINEAR).save(photo, "JPEG", quality=90)
    return photo


def _show(taken: Mapping[str, Sequence[float]], runs: int) -> None:
    bare = taken["SavedModel, bare call"]
    rows = []
    for name, times in taken.items():
        ratio = statistics.median(one / base for one, base in zip(times, bare, strict=True))
        rows.append((name, 1e3 * statistics.median(times), 1e3 * min(times), ratio))
    title = f"One image of 640x480, {runs} interleaved runs; bound for detect: {BOUND} of the bare call"
    print_table(("way", "median ms", "best ms", "ratio"), rows, title=title)
    echo("Reading and decoding the file is not part of the bound; the last line shows it.")


if __name__ == "__main__":
    main()
