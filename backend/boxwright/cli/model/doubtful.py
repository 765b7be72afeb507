"""`boxwright doubtful`: labels of training photos that a model contradicts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import echo, print_table, reporting
from boxwright.cli.signals import stop_on_signals
from boxwright.findings import printable
from boxwright.workflow.doubtful import DoubtfulOptions, DoubtfulResult, find_doubtful_labels
from boxwright.workspace import Workspace

SHOWN_ROWS = 30


@takes_options
def doubtful(
    folder: Folder = Path(),
    *,
    options: DoubtfulOptions,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with all of them.")] = False,
) -> None:
    """List labels of training photos that are probably wrong, the most suspicious first.

    A model is run on the photos that it was trained on. Where it contradicts an annotation, a box may be missing, be
    loose, or have the wrong class. With --folds, each photo is judged by a model that did not see it. The list is
    written to doubtful.json of the run; annotations are never changed.

    Example:
      boxwright doubtful training_demo
      boxwright doubtful training_demo --folds 3 --num-steps 300 --kind "missing box"
    """
    workspace = Workspace.find(folder)
    with stop_on_signals() as stop, reporting() as reporter:
        result = find_doubtful_labels(workspace, options, reporter, stop=stop)
    if as_json:
        labels = [asdict(label) for label in result.labels]
        echo(json.dumps({**asdict(result.record), "labels": labels}, ensure_ascii=False))
        return
    _show(result)
    echo(f"Wrote {printable(str(result.file))}")


def _show(result: DoubtfulResult) -> None:
    rows = []
    for one in result.labels[:SHOWN_ROWS]:
        place = _edges(one.object_box) if one.object_box else _edges(one.box)
        about = printable(one.object_label)
        rows.append((one.kind, printable(one.image), about, printable(one.label), round(one.suspicion, 3), place))
    if rows:
        title = f"{result.record.images:,} training photos"
        print_table(
            ("doubtful", "image", "labelled", "model says", "suspicion", "xmin ymin xmax ymax"), rows, title=title
        )
    else:
        echo(f"The model contradicts no label of {result.record.images:,} training photos.")
    if len(result.labels) > SHOWN_ROWS:
        echo(f"  ... and {len(result.labels) - SHOWN_ROWS:,} more; --json has all.")


def _edges(box: Sequence[float]) -> str:
    return " ".join(str(round(edge)) for edge in box)
