"""Measures how many removed boxes and swapped classes are found again among the doubtful labels.

Boxes are removed from, or classes swapped in, the training images of a data set at random; a model is trained on the
rest from ssdlite_mobilenet_v2_coco, and its doubtful labels are compared with what was changed. A workspace that was
trained is kept, and used again. Needs the folder of data sets that `bench recipe` needs.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench_recipe import BATCH, CASES, MODEL, PROJECT

from boxwright.annotations.model import Annotation, Box
from boxwright.annotations.overlap import iou
from boxwright.cli.console import echo, print_table, reporting
from boxwright.runs.doubtful import SAME_PLACE, DoubtfulLabel, DoubtKind
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workflow.doubtful import DoubtfulOptions, find_doubtful_labels
from boxwright.workspace import Workspace

SETS = ("raccoon", "microcontrollers")
CHANGES_FILE = "changes.json"
FACTORS = (0.5, 1, 2, 3, 5)  # lengths of the list that is looked at, in numbers of changed boxes


@dataclass(frozen=True)
class Change:
    """What was done to a box.

    Attributes:
        image: Path relative to images/, with forward slashes.
        label: Of the box, before.
        xmin, ymin, xmax, ymax: In pixels.
        new_label: The class that it was given; "" for a box that was removed.
    """

    image: str
    label: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    new_label: str = ""


def main() -> None:
    """Train on changed labels where that was not done yet, and print how many changes are found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=PROJECT.parent / "shared" / "data", help="the folder with all")
    parser.add_argument("--sets", nargs="*", default=SETS, choices=SETS)
    parser.add_argument("--removed", type=float, default=0.1, help="share of the training boxes that are removed")
    parser.add_argument("--swapped", type=float, default=0.0, help="share that is given another class")
    parser.add_argument("--folds", type=int, default=0, help="as of boxwright doubtful")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of boxes, and of the training")
    parser.add_argument("--keep", type=Path, default=Path("doubtful"), help="where workspaces are made, and kept")
    options = parser.parse_args()
    quiet_tensorflow()
    for name in options.sets:
        folder = f"{name}-{options.removed:g}-{options.swapped:g}-{options.seed}"
        workspace = Workspace.at(options.keep / folder)
        if not (workspace.root / CHANGES_FILE).exists():
            _lay_out(workspace, options.data, name, removed=options.removed, swapped=options.swapped, seed=options.seed)
        if not workspace.checkpoint_steps():
            _train(workspace, options.seed)
        changes = [Change(**one) for one in json.loads((workspace.root / CHANGES_FILE).read_text())]
        with reporting() as reporter:
            asked = DoubtfulOptions(folds=options.folds, num_steps=CASES[name].steps)
            labels = find_doubtful_labels(workspace, asked, reporter).labels
        shares = {factor: found_share(labels[: round(factor * len(changes))], changes) for factor in FACTORS}
        rows = [(f"{factor:g} k", round(factor * len(changes)), share) for factor, share in shares.items()]
        print_table(("suggestions", "number", "found"), rows, title=f"{folder}, k = {len(changes)} boxes changed")


def change_boxes(
    annotations: dict[str, Annotation], *, removed: float, swapped: float, seed: int
) -> tuple[dict[str, Annotation], list[Change]]:
    """Remove a share of the boxes and give another share another class.

    Args:
        annotations: By image.
        removed, swapped: Shares of all boxes, from 0 to 1; classes are swapped only where there are two.
        seed: Of the choice.

    Returns:
        The annotations as they are then, and what was done.
    """
    chance = random.Random(seed)
    places = [(image, index) for image in sorted(annotations) for index in range(len(annotations[image].boxes))]
    labels = sorted({box.label for one in annotations.values() for box in one.boxes})
    chance.shuffle(places)
    gone = places[: round(removed * len(places))]
    swaps = places[len(gone) : len(gone) + (round(swapped * len(places)) if len(labels) > 1 else 0)]
    changes, new_label = [], {}
    for place in [*gone, *swaps]:
        box = annotations[place[0]].boxes[place[1]]
        if place in swaps:
            new_label[place] = chance.choice([label for label in labels if label != box.label])
        edges = (box.xmin, box.ymin, box.xmax, box.ymax)
        changes.append(Change(place[0], box.label, *edges, new_label.get(place, "")))
    return {
        image: replace(one, boxes=tuple(_kept(image, one.boxes, gone, new_label))) for image, one in annotations.items()
    }, changes


def found_share(labels: Sequence[DoubtfulLabel], changes: Sequence[Change]) -> float:
    """Return the share of the changes that are among doubtful labels: at their place, with the class from before."""
    found = sum(any(_is_found(change, label) for label in labels) for change in changes)
    return found / len(changes) if changes else 0.0


def _is_found(change: Change, label: DoubtfulLabel) -> bool:
    if (label.image, label.label) != (change.image, change.label):
        return False
    box = (change.xmin, change.ymin, change.xmax, change.ymax)
    if change.new_label:
        return (
            label.kind == DoubtKind.WRONG_CLASS.value
            and label.object_box is not None
            and iou(box, label.object_box) > 0.9
        )
    return label.kind == DoubtKind.MISSING_BOX.value and iou(box, label.box) >= SAME_PLACE


def _kept(
    image: str, boxes: tuple[Box, ...], gone: list[tuple[str, int]], new_label: dict[tuple[str, int], str]
) -> list[Box]:
    return [
        replace(box, label=new_label.get((image, index), box.label))
        for index, box in enumerate(boxes)
        if (image, index) not in gone
    ]


def _lay_out(workspace: Workspace, data: Path, name: str, *, removed: float, swapped: float, seed: int) -> None:
    """Make the workspace with changed labels, its records and the weights."""
    from boxwright.annotations.voc import parse_voc, render_voc
    from boxwright.dataset.layout import lay_out
    from boxwright.dataset.sync import sync
    from boxwright.workflow.models import GetModelOptions, get_model

    source = data / name
    lay_out(workspace, images=source)
    train = set(training_images(workspace, source / "reference_split.csv"))
    annotations = {image: parse_voc(_xml(workspace, image).read_bytes()) for image in sorted(train)}
    changed, changes = change_boxes(annotations, removed=removed, swapped=swapped, seed=seed)
    for image, annotation in changed.items():
        place = _xml(workspace, image)
        place.write_bytes(render_voc(annotation, folder=place.parent.name, path=str(workspace.images / image)))
    report = sync(workspace)
    echo(f"{name}: records of {report.images}, {len(changes)} boxes changed")
    (package,) = (data / "weights" / MODEL).glob("*.tgz")
    with reporting() as reporter:
        wanted = GetModelOptions(MODEL, package, num_steps=CASES[name].steps, batch_size=BATCH, force=True)
        get_model(workspace, wanted, reporter)
    (workspace.root / CHANGES_FILE).write_text(json.dumps([asdict(change) for change in changes]))


def _xml(workspace: Workspace, image: str) -> Path:
    return (workspace.images / image).with_suffix(".xml")


def training_images(workspace: Workspace, split_file: Path) -> list[str]:
    """Write the split, where the data set has a file of it; return the training images."""
    if not split_file.exists():
        return [f"train/{path.name}" for path in (workspace.images / "train").glob("*.jpg")]
    with split_file.open(newline="") as file:
        splits = {row["stem"]: row["subset"] for row in csv.DictReader(file)}
    names = sorted(path.name for path in workspace.images.glob("*.jpg"))
    lines = [f"{name},{splits[Path(name).stem]}" for name in names]
    workspace.split_csv.write_text("\n".join(["filename,split", *lines]) + "\n")
    return [name for name in names if splits[Path(name).stem] == "train"]


def _train(workspace: Workspace, seed: int) -> None:
    from boxwright.pipeline.load import load_pipeline
    from boxwright.training.loop import train
    from boxwright.training.settings import Settings

    config = load_pipeline(workspace.pipeline_config)
    with reporting() as reporter:
        train(
            workspace,
            config,
            train_dir=workspace.training,
            settings=Settings(seed=seed, eval_every=0),
            reporter=reporter,
        )


if __name__ == "__main__":
    main()
