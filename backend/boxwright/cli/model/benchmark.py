"""`boxwright benchmark`: how long an export takes for one image on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.command import takes_options
from boxwright.cli.console import echo, print_table, reporting
from boxwright.files import atomic_write_text
from boxwright.workflow.benchmark import BenchmarkOptions, BenchmarkResult
from boxwright.workflow.benchmark import benchmark as measure
from boxwright.workspace import Workspace


@takes_options
def benchmark(
    options: BenchmarkOptions,
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
    with reporting() as reporter:
        result = measure(Workspace.at(Path()), options, reporter)
    _show(result, options.runs)
    if json_path is not None:
        content = {
            "model": str(result.model),
            "image": {
                "file": str(options.image) if options.image else None,
                "width": result.width,
                "height": result.height,
            },
            "runs": options.runs,
            "machine": dict(result.machine),
            "latencies": [one.as_dict() for one in result.latencies],
            "not_measured": list(result.not_measured),
        }
        json_path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(json_path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        echo(f"Numbers: {json_path}")


def _show(result: BenchmarkResult, runs: int) -> None:
    from boxwright.inference.benchmark import PERCENTILES

    rows = [
        (
            one.form,
            one.runtime,
            f"{one.size / 1e6:.1f}",
            f"{one.load_seconds:.2f}",
            *(f"{one.percentiles_ms[key]:.1f}" for key in PERCENTILES),
            f"{one.best_ms:.1f}",
        )
        for one in result.latencies
    ]
    image, machine = f"{result.width}x{result.height}", result.machine
    title = f"One image of {image}, {runs} runs in turns, in ms; {machine['processor']}, {machine['cores']} cores"
    print_table(("form", "runtime", "MB", "load s", *(f"p{key}" for key in PERCENTILES), "best"), rows, title=title)
    for reason in result.not_measured:
        echo(f"Not measured: {reason}")
