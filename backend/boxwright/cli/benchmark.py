"""`boxwright benchmark`: how long an export takes for one image on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boxwright.cli.console import echo, print_table, reporting
from boxwright.cli.tensorflow_quiet import quiet_tensorflow
from boxwright.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def benchmark(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="EXPORT",
            help="An export folder, of which every form is measured; or one file of a frozen graph, .tflite or .onnx, "
            "or a SavedModel's folder.",
        ),
    ],
    image: Annotated[
        Path | None, typer.Option(help="Photo to measure with.", show_default="a drawn scene of 640x480")
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Calls that count, of each form.")] = 50,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Of the TFLite and ONNX runtimes; TensorFlow takes all.", show_default="all cores"),
    ] = None,
    json_path: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the numbers there as well.")
    ] = None,
) -> None:
    """Measure how long an export takes for one image on this machine, in each of its forms.

    The forms take turns, after a few calls that are not counted. From the pixels of one image to its boxes: decoding
    the file is not part of it.

    Example:
      boxwright benchmark training_demo/trained-inference-graphs/output_inference_graph_v1 --json latency.json
    """
    quiet_tensorflow()
    from boxwright.files import atomic_write_text
    from boxwright.inference.benchmark import PERCENTILES, find_forms, machine, measure

    forms = find_forms(model)
    pixels = _pixels(image)
    with reporting() as reporter:
        found, skipped = measure(forms, pixels, runs=runs, threads=threads, reporter=reporter)
    rows = [
        (
            one.form,
            one.runtime,
            f"{one.size / 1e6:.1f}",
            f"{one.load_seconds:.2f}",
            *(f"{one.percentiles_ms[key]:.1f}" for key in PERCENTILES),
            f"{one.best_ms:.1f}",
        )
        for one in found
    ]
    height, width = pixels.shape[:2]
    here = machine(threads)
    title = f"One image of {width}x{height}, {runs} runs in turns, in ms; {here['processor']}, {here['cores']} cores"
    print_table(("form", "runtime", "MB", "load s", *(f"p{key}" for key in PERCENTILES), "best"), rows, title=title)
    for reason in skipped:
        echo(f"Not measured: {reason}")
    if json_path is not None:
        content = {
            "model": str(model),
            "image": {"file": str(image) if image else None, "width": width, "height": height},
            "runs": runs,
            "machine": here,
            "latencies": [one.as_dict() for one in found],
            "not_measured": skipped,
        }
        json_path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(json_path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        echo(f"Numbers: {json_path}")


def _pixels(image: Path | None) -> npt.NDArray[np.uint8]:
    import numpy as np
    from PIL import Image

    from boxwright.demo.scenes import draw_scene
    from boxwright.inference.image_files import read_image

    if image is None:
        return np.asarray(draw_scene(1)[0].resize((640, 480), Image.Resampling.BILINEAR))
    if not image.is_file():
        raise UsageError(f"{image}: there is no such image.")
    return read_image(image)
