"""Measures what `boxwright detect` adds to the bare call of the SavedModel, of one photo and of a folder of photos."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from boxwright.cli.console import echo, print_table
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow

BOUND = 1.10  # detect against the bare SavedModel call
FOLDER_BOUND = 0.8  # photos per second of a folder against the bare SavedModel at its best batch
BATCHES = (1, 2, 4, 8, 16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--export", type=Path, help="an export folder; by default one of random weights is made")
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--photos", type=int, default=200, help="of the folder that is gone through as a whole")
    options = parser.parse_args()
    quiet_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        export = options.export or _random_export(Path(folder))
        _measure(export, Path(folder), options.runs)
        _measure_folder(export, Path(folder), options.photos)


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


def _measure_folder(export: Path, folder: Path, photos: int) -> None:
    """Compare `boxwright detect` on a folder of JPEG files with the bare SavedModel on decoded pixels."""
    import numpy as np
    import tensorflow as tf

    from boxwright.inference.image_files import read_image
    from boxwright.inference.runtimes.base import SAVED_MODEL
    from boxwright.workflow.detect import DetectOptions, detect
    from boxwright.workspace import Workspace

    data = _draw_photo(folder).read_bytes()
    image = read_image(folder / "photo.jpg")
    (folder / "photos").mkdir()
    for number in range(photos):
        (folder / "photos" / f"{number:05}.jpg").write_bytes(data)
    signature = tf.saved_model.load(str(export / SAVED_MODEL)).signatures["serving_default"]
    key = next(iter(signature.structured_input_signature[1]))
    rows: list[tuple[object, ...]] = []

    def timed(name: str, count: int, call: Callable[[], Any]) -> float:
        start, cpu = time.perf_counter(), time.process_time()
        call()
        seconds, busy = time.perf_counter() - start, time.process_time() - cpu
        rows.append((name, count / seconds, 1e3 * busy / count))
        return count / seconds

    def bare(batch: Any, times: int) -> None:
        for _ in range(times):
            signature(**{key: tf.constant(batch)})["detection_boxes"].numpy()

    best = 0.0
    for size in BATCHES:
        batch = np.repeat(image[np.newaxis], size, axis=0)
        bare(batch, 2)
        times = max(1, photos // size // 2)
        best = max(best, timed(f"SavedModel, bare call, batch {size}", times * size, partial(bare, batch, times)))
    workspace, options = Workspace.at(folder), DetectOptions(model=export, images=(folder / "photos",))
    rate = timed("boxwright detect, the folder, with start and files", photos, lambda: detect(workspace, options))
    print_table(("way", "photos/s", "CPU ms/photo"), rows, title=f"A folder of {photos} photos of 640x480")
    echo(f"Ratio to the best batch: {rate / best:.2f}; bound: {FOLDER_BOUND}")


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
