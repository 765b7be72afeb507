"""`boxwright mistakes`: what the model does wrong on the test split."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import echo, print_table
from boxwright.findings import printable
from boxwright.workflow.mistakes import MistakesOptions, MistakesResult, list_mistakes
from boxwright.workspace import Workspace

SHOWN_ROWS = 30


@takes_options
def mistakes(
    folder: Folder = Path(),
    *,
    options: MistakesOptions,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object with all mistakes.")] = False,
) -> None:
    """List what the model does wrong on the test split, the worst first.

    Reads verdicts.json, which boxwright evaluate writes into the training folder.

    Example:
      boxwright mistakes training_demo
      boxwright mistakes training_demo --kind missed --label raccoon
    """
    result = list_mistakes(Workspace.find(folder), options)
    if as_json:
        content = {
            "checkpoint": result.record.checkpoint,
            "min_scores": result.min_scores,
            "counts": {label: asdict(counts) for label, counts in result.counts.items()},
            "mistakes": [asdict(mistake) for mistake in result.mistakes],
        }
        echo(json.dumps(content, ensure_ascii=False))
        return
    _show_counts(result)
    echo()
    _show_mistakes(result)


def _show_counts(result: MistakesResult) -> None:
    rows = [
        (printable(label), result.min_scores[label], counts.correct, counts.false, counts.missed, counts.f1)
        for label, counts in result.counts.items()
    ]
    title = f"{printable(result.record.checkpoint)} on {len(result.record.images):,} test images"
    print_table(("class", "min score", "correct", "false", "missed", "F1"), rows, title=title)


def _show_mistakes(result: MistakesResult) -> None:
    rows = []
    for one in result.mistakes[:SHOWN_ROWS]:
        about = one.object_label if one.object_label != one.label else ""
        box = " ".join(str(round(edge)) for edge in (one.xmin, one.ymin, one.xmax, one.ymax))
        score = None if one.score is None else round(one.score, 3)
        rows.append((one.kind.value, printable(one.image), printable(one.label), printable(about), score, one.iou, box))
    if rows:
        print_table(("mistake", "image", "class", "is", "score", "IoU", "xmin ymin xmax ymax"), rows)
    if len(result.mistakes) > SHOWN_ROWS:
        echo(f"  ... and {len(result.mistakes) - SHOWN_ROWS:,} more; --json has all.")
    if not rows:
        echo("No mistake.")
