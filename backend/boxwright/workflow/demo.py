"""Everything once, from drawn photos to detections, on scenes that Boxwright draws itself."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boxwright.errors import BoxwrightError, UsageError
from boxwright.progress import Reporter, end_stage, log, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.option import Options, option
from boxwright.workflow.common.pipeline_config import RANDOM, is_from_preset
from boxwright.workflow.common.step import OnStep, Step, ignore
from boxwright.workflow.dataset import DatasetOptions, make_dataset
from boxwright.workflow.detect import DetectOptions, detect
from boxwright.workflow.evaluate import EvaluateOptions, evaluate
from boxwright.workflow.export import ExportOptions, export_model
from boxwright.workflow.init import InitOptions, init
from boxwright.workflow.preparation.pretrained import DEFAULT_MODEL, can_have_default
from boxwright.workflow.train import TrainOptions, train
from boxwright.workspace import Workspace

PRESET = "demo"
PRETRAINED_STEPS = 200  # less than two minutes on two CPU cores
GOOD_ENOUGH = 0.5  # AP@.50 below which something is wrong with the installation, not with the luck of the seed
SHOWN = 8  # test images on which the detections are drawn
_SEEDS_APART = 1_000_003  # between the first scenes of two demos


@dataclass(frozen=True)
class DemoOptions(Options):
    """Options of `run_demo`.

    Attributes:
        images: How many photos to draw.
        steps: Training steps; None for what suits the weights that it starts from.
        pretrained: Name of the pretrained model to start from, "none" for a small network with random weights; None for
            pretrained.DEFAULT_MODEL where it can be had, else the small network.
        seed: Of the photos and of the training.
    """

    images: int = option(200, "How many photos to draw.", minimum=20)
    steps: int | None = option(None, "Training steps.", minimum=1, show_default="200 from pretrained weights, else 600")
    pretrained: str | None = option(
        None,
        "A model of boxwright models to start from; none for a small network with random weights.",
        metavar="NAME|none",
        show_default="ssdlite_mobilenet_v2_coco, fetched once; without a network none",
    )
    seed: int = option(0, "Seed of the photos and of the training.")


@dataclass(frozen=True)
class DemoResult:
    """How the demo ended.

    Attributes:
        ap50: AP@.50 on the test split; 0 when it has no object.
        pictures: Where the test images with their detections are; None when the training was stopped.
        stopped_by: Who stopped the training, which is saved; "" for nobody.
        seconds: Time it took.
    """

    ap50: float
    pictures: Path | None
    stopped_by: str
    seconds: float


def run_demo(
    workspace: Workspace,
    options: DemoOptions = DemoOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
    on_step: OnStep = ignore,
) -> DemoResult:
    """Draw labelled photos, then make the dataset, train, evaluate, export and detect.

    The same call again continues where it was interrupted.

    Args:
        workspace: A new or an empty folder, or one of an earlier demo.
        options: How much of it.
        reporter: Receives the progress of every verb.
        stop: Ends the training, which saves.
        on_step: Called before and after each verb.

    Raises:
        UsageError: The folder holds somebody's own work.
        BoxwrightError: A step failed, or the precision shows that something is wrong.
    """
    started = time.monotonic()
    _check_folder(workspace)
    draw_photos(workspace, options, interruptible(reporter, stop))

    def do(name: str, verb: Callable[..., Any], options: Options) -> Any:
        end_stage(reporter)
        on_step(Step(name, options))
        result = verb(workspace, options, reporter, stop=stop)
        end_stage(reporter)
        on_step(Step(name, options, result))
        return result

    do("init", init, InitOptions())
    report = do("dataset", make_dataset, DatasetOptions())
    if report.has_errors():
        raise BoxwrightError("the demo's own photos have errors, see above: were they edited? Give a new folder.")
    trained = do("train", train, _train_options(workspace, options, reporter, stop))
    if stop:
        return DemoResult(0.0, None, trained.interrupted or stop.reason, time.monotonic() - started)
    do("evaluate", evaluate, EvaluateOptions())
    ap50 = read_ap50(workspace)
    if fresh_export(workspace) is None:
        do("export", export_model, ExportOptions())
    pictures = workspace.detections
    do("detect", detect, _detect_options(workspace, pictures))
    _check_precision(ap50)
    return DemoResult(ap50, pictures, "", time.monotonic() - started)


def _train_options(
    workspace: Workspace, options: DemoOptions, reporter: Reporter, stop: StopSignal | None
) -> TrainOptions:
    """Return how the demo trains: as it began, or as the options say."""
    pretrained = options.pretrained
    if workspace.pipeline_config.exists():
        is_small = is_from_preset(workspace.pipeline_config, PRESET)
        pretrained = RANDOM if is_small else pretrained or DEFAULT_MODEL
    elif pretrained is None:
        pretrained = DEFAULT_MODEL if can_have_default(workspace, reporter, stop=stop) else RANDOM
    if pretrained == RANDOM:
        return TrainOptions(preset=PRESET, seed=options.seed, num_steps=options.steps)
    return TrainOptions(pretrained=pretrained, seed=options.seed, num_steps=options.steps or PRETRAINED_STEPS)


def draw_photos(workspace: Workspace, options: DemoOptions, reporter: Reporter) -> None:
    """Draw the photos with their XML into images/.

    Raises:
        UsageError: The folder holds a demo of other photos.
    """
    from boxwright.demo.write import write_scenes
    from boxwright.files import atomic_write_text

    record = workspace.state / "demo.json"
    wanted = {"images": options.images, "seed": options.seed}
    if record.exists() and json.loads(record.read_text(encoding="utf-8")) != wanted:
        raise UsageError(
            f"{workspace.root} holds a demo with other --images or --seed. Delete that folder, or give another one."
        )
    workspace.state.mkdir(parents=True, exist_ok=True)
    atomic_write_text(record, json.dumps(wanted))
    log(reporter, f"Drawing {options.images} labelled photos into {workspace.images}")
    write_scenes(workspace.images, options.images, seed=options.seed * _SEEDS_APART, reporter=reporter)


def read_ap50(workspace: Workspace) -> float:
    """Return AP@.50 from the evaluation just made; 0 where the test split has no object."""
    from boxwright.runs.evaluation_record import read_evaluation

    evaluation = read_evaluation(workspace.training)
    return (evaluation.ap50 if evaluation else None) or 0.0


def fresh_export(workspace: Workspace) -> Path | None:
    """Return the newest export when no checkpoint is newer, which is so when the demo runs again; else None."""
    exported = workspace.find_newest_export()
    steps = workspace.checkpoint_steps()
    checkpoints = [Path(f"{workspace.checkpoint_prefix(step)}.index").stat().st_mtime_ns for step in steps]
    if exported is None or exported.stat().st_mtime_ns < max(checkpoints, default=0):
        return None
    return exported


def _check_folder(workspace: Workspace) -> None:
    """Refuse a folder with somebody's own work in it: the demo would mix its photos in."""
    if not workspace.root.exists() or not any(workspace.root.iterdir()):
        return
    if not (workspace.state / "demo.json").exists():
        raise UsageError(
            f"{workspace.root} has files in it that are not the demo's. Give a new or an empty folder, "
            "for example: boxwright demo try_it"
        )


def _check_precision(ap50: float) -> None:
    if ap50 < GOOD_ENOUGH:
        raise BoxwrightError(
            f"the demo's model reached AP@.50 {ap50:.2f}, below {GOOD_ENOUGH}. With fewer --images or --steps "
            "than the defaults that is to be expected; otherwise something is wrong: see boxwright doctor."
        )


def _detect_options(workspace: Workspace, pictures: Path) -> DetectOptions:
    model, images = workspace.newest_export(), _test_images(workspace)
    return DetectOptions(model=model, images=images, draw=pictures)


def _test_images(workspace: Workspace) -> tuple[Path, ...]:
    """Return the first images of the test split."""
    with workspace.labels_csv("test").open(newline="", encoding="utf-8") as stream:
        names = dict.fromkeys(row["filename"] for row in csv.DictReader(stream))
    paths = [workspace.images / name for name in names]
    return tuple(path for path in paths if path.exists())[:SHOWN]
