"""How long an export takes for one image on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxwright.errors import UsageError
from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.option import Options, option
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from boxwright.inference.benchmark import Latency

DRAWN_SIZE = (640, 480)  # of the scene that stands in for a photo: width and height in pixels


@dataclass(frozen=True)
class BenchmarkOptions(Options):
    """Options of `benchmark`.

    Attributes:
        model: An export folder, of which every form is measured, or one form; None for the workspace's newest export.
        image: Photo to measure with; None for a drawn scene.
        runs: Calls of each form that count.
        threads: Of the TFLite and ONNX runtimes; None for all cores.
        trust: Load TensorFlow graphs whatever their operations are.
    """

    model: Path | None = option(
        None,
        "An export folder, of which every form is measured; or one file of a frozen graph, .tflite or .onnx, or a "
        "SavedModel's folder.",
        metavar="EXPORT",
        is_argument=True,
        is_required=True,
    )
    image: Path | None = option(None, "Photo to measure with.", show_default="a drawn scene of 640x480")
    runs: int = option(50, "Calls that count, of each form.", minimum=1)
    threads: int | None = option(
        None, "Of the TFLite and ONNX runtimes; TensorFlow takes all.", minimum=1, show_default="all cores"
    )
    trust: bool = option(
        False, "Load a model that could also read and write your files: only if you trust whoever made it."
    )


@dataclass(frozen=True)
class BenchmarkResult:
    """The times of every form.

    Attributes:
        latencies: One of each form that could be measured.
        not_measured: Why the others could not.
        width, height: Of the image, in pixels.
        machine: What it ran on, for example its processor and cores.
        model: What was measured.
    """

    latencies: tuple[Latency, ...]
    not_measured: tuple[str, ...]
    width: int
    height: int
    machine: Mapping[str, Any]
    model: Path


def benchmark(
    workspace: Workspace,
    options: BenchmarkOptions = BenchmarkOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> BenchmarkResult:
    """Measure how long an export takes for one image, in each of its forms, which take turns.

    From the pixels of one image to its boxes: decoding the file is not part of it.

    Args:
        workspace: Whose newest export is measured where `options` names none.
        options: What is measured, and how often.
        reporter: Receives a report of each call.
        stop: Ends the work between two calls.

    Raises:
        UsageError: There is no such model or image.
    """
    model = options.model or workspace.newest_export()
    quiet_tensorflow()
    from boxwright.inference.benchmark import find_forms, machine, measure

    forms = find_forms(model)
    pixels = _pixels(options.image)
    latencies, not_measured = measure(
        forms,
        pixels,
        runs=options.runs,
        threads=options.threads,
        trust=options.trust,
        reporter=interruptible(reporter, stop),
    )
    height, width = pixels.shape[:2]
    return BenchmarkResult(tuple(latencies), tuple(not_measured), width, height, machine(options.threads), model)


def _pixels(image: Path | None) -> npt.NDArray[np.uint8]:
    import numpy as np
    from PIL import Image

    from boxwright.demo.scenes import draw_scene
    from boxwright.inference.image_files import read_image

    if image is None:
        return np.asarray(draw_scene(1)[0].resize(DRAWN_SIZE, Image.Resampling.BILINEAR))
    if not image.is_file():
        raise UsageError(f"{image}: there is no such image.")
    return read_image(image)
