"""`boxwright demo`: the whole way once, by the commands that a user would give."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from boxwright.cli.console import echo, reporting
from boxwright.errors import BoxwrightError, UsageError
from boxwright.workspace import Workspace, as_argument

IMAGES = 200
PRESET = "demo"
GOOD_ENOUGH = 0.5  # AP@.50 below which something is wrong with the installation, not with the luck of the seed
MIN_SCORE = "0.3"  # a model of a few minutes is less sure than it is right
SHOWN = 8  # test images on which the detections are drawn


def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to work; made when it does not exist.")] = Path(
        "demo"
    ),
    images: Annotated[int, typer.Option(min=20, help="How many photos to draw.")] = IMAGES,
    steps: Annotated[int | None, typer.Option(min=1, help="Training steps.", show_default="as the preset says")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the photos and of the training.")] = 0,
) -> None:
    """Go the whole way once, on scenes that it draws itself: no data, no network, no GPU needed.

    Draws labelled photos of apples, buttons and leaves, with XML as labelImg writes it; then makes the dataset,
    trains, evaluates, exports and detects, printing each command before it runs. The same command again goes on
    where it was interrupted. Fails when the average precision shows that something is wrong.

    Example:
      boxwright demo
      boxwright demo try_it --images 60 --steps 200
    """
    started = time.monotonic()
    workspace = Workspace.at(folder)
    _check_folder(workspace)
    shown = str(folder)
    _draw(workspace, images, seed)
    train = ["train", shown, "--preset", PRESET, "--seed", str(seed)]
    if steps is not None:
        train += ["--num-steps", str(steps)]
    run_command(["init", shown])
    run_command(["dataset", shown])
    run_command(train)
    _end_if_stopped(workspace, shown)
    run_command(["evaluate", shown])
    precision = _average_precision(workspace)
    export = _fresh_export(workspace)
    if export is None:
        run_command(["export", shown])
        export = _newest_export(workspace)
    pictures = folder / "detections"
    model = folder / workspace.relative(export or workspace.exports)
    run_command(
        ["detect", str(model), *_test_images(workspace, folder), "--min-score", MIN_SCORE, "--draw", str(pictures)]
    )
    _conclude(precision, pictures, time.monotonic() - started)


def run_command(arguments: list[str]) -> None:
    """Print a command line, then run it in this process, where TensorFlow is imported once.

    Raises:
        typer.Exit: The command failed and said why.
    """
    from boxwright.cli.app import load_command

    echo(f"\n$ boxwright {' '.join(shlex.quote(argument) for argument in arguments)}")
    command: Callable[..., Any] = load_command(arguments[0]).main
    code = command(arguments[1:], prog_name=f"boxwright {arguments[0]}", standalone_mode=False)
    if code:
        raise typer.Exit(int(code))


def _check_folder(workspace: Workspace) -> None:
    """Refuse a folder with somebody's own work in it: the demo would mix its photos in."""
    if not workspace.root.exists() or not any(workspace.root.iterdir()):
        return
    if not (workspace.state / "demo.json").exists():
        raise UsageError(
            f"{workspace.root} has files in it that are not the demo's. Give a new or an empty folder, "
            "for example: boxwright demo try_it"
        )


def _draw(workspace: Workspace, images: int, seed: int) -> None:
    from boxwright.demo.write import write_scenes
    from boxwright.files import atomic_write_text

    record = workspace.state / "demo.json"
    wanted = {"images": images, "seed": seed}
    if record.exists() and json.loads(record.read_text(encoding="utf-8")) != wanted:
        raise UsageError(
            f"{workspace.root} holds a demo with other --images or --seed. Delete that folder, or give another one."
        )
    workspace.state.mkdir(parents=True, exist_ok=True)
    atomic_write_text(record, json.dumps(wanted))
    echo(f"Drawing {images} labelled photos into {workspace.images}")
    with reporting() as reporter:
        write_scenes(workspace.images, images, seed=seed * 1_000_003, reporter=reporter)


def _end_if_stopped(workspace: Workspace, shown: str) -> None:
    """End where the user stopped the training, which saved and counts as a success."""
    from boxwright.cli.app import EXIT_INTERRUPTED
    from boxwright.runs.record import read_run

    record = read_run(workspace.training)
    if record and record.outcome and record.outcome.startswith("stopped by"):
        echo(f"The demo goes on from there with: boxwright demo {as_argument(Path(shown))}")
        raise typer.Exit(EXIT_INTERRUPTED)


def _test_images(workspace: Workspace, folder: Path) -> list[str]:
    """Return the first images of the test split, as the user would type them."""
    import csv

    with workspace.labels_csv("test").open(newline="", encoding="utf-8") as stream:
        names = dict.fromkeys(row["filename"] for row in csv.DictReader(stream))
    paths = [folder / "images" / name for name in names]
    return [str(path) for path in paths if path.exists()][:SHOWN]


def _average_precision(workspace: Workspace) -> float:
    """Return AP@.50 from the evaluation just made."""
    from boxwright.runs.evaluation_record import read_evaluation

    evaluation = read_evaluation(workspace.training)
    return (evaluation.ap50 if evaluation else None) or 0.0  # null where the test split has no object


def _newest_export(workspace: Workspace) -> Path | None:
    exports = [graph.parent for graph in workspace.exports.glob("*/frozen_inference_graph.pb")]
    return max(exports, key=lambda folder: folder.stat().st_mtime_ns, default=None)


def _fresh_export(workspace: Workspace) -> Path | None:
    """Return the newest export when no checkpoint is newer, which is so when the demo runs again; else None."""
    export = _newest_export(workspace)
    checkpoints = [path.stat().st_mtime_ns for path in workspace.training.glob("model.ckpt-*.index")]
    if export is None or export.stat().st_mtime_ns < max(checkpoints, default=0):
        return None
    return export


def _conclude(precision: float, pictures: Path, seconds: float) -> None:
    echo(f"\nAP@.50 on the test split: {precision:.2f}. The whole way took {seconds // 60:.0f}:{seconds % 60:02.0f}.")
    drawn = sorted(pictures.glob("*.png"))
    if drawn:
        echo(f"Look at the {len(drawn)} pictures with the boxes that the model drew, for example {drawn[0]}")
    if precision < GOOD_ENOUGH:
        raise BoxwrightError(
            f"the demo's model reached AP@.50 {precision:.2f}, below {GOOD_ENOUGH}. With fewer --images or --steps "
            "than the defaults that is to be expected; otherwise something is wrong: see boxwright doctor."
        )
