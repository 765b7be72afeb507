"""`boxwright detect`: find objects in images with an exported model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer

from boxwright.cli.command import takes_options
from boxwright.cli.console import echo, print_findings, print_table, reporting
from boxwright.workflow.detect import DetectOptions, DetectResult
from boxwright.workflow.detect import detect as find_objects
from boxwright.workspace import Workspace

SHOWN_ROWS = 40
"""How many detections the table shows; the files have them all."""
LOW_SCORE = 0.2  # below it nearly all boxes of a model in training are wrong


@takes_options
def detect(options: DetectOptions) -> None:
    """Find objects in images with an exported model.

    Writes detections.json and detections.csv, with boxes in pixels of the upright image (EXIF orientation is
    applied) and normalised ones. Images that cannot be read are named and left out. Of a clip, each frame is an image
    with its time; sound is not copied.

    Example:
      boxwright detect training_demo/trained-inference-graphs/output_inference_graph_v1 photos --draw drawn
      boxwright detect training_demo/trained-inference-graphs/output_inference_graph_v1 garden.mp4 --draw out.mp4
    """
    # without a workspace: what is written goes here
    options = replace(options, output=options.output or _folder_of(options.draw) or Path())
    with reporting() as reporter:
        result = find_objects(Workspace.at(Path()), options, reporter)
    show_detections(result, options)
    if result.findings:
        raise typer.Exit(1)


def show_detections(result: DetectResult, options: DetectOptions) -> None:
    """Print what was found, and where it is."""
    _show_found(result)
    if not result.has_labels:
        echo("There is no label map beside the model, so classes are named by their ids; give one with --label-map.")
    echo(f"Boxes: {result.folder / 'detections.json'} and {result.folder / 'detections.csv'}")
    if result.clip is not None:
        echo(f"Clip with boxes: {result.clip}")
    elif options.draw is not None:
        echo(f"Drawings: {len(result.found):,} in {options.draw}")
    if options.voc is not None:
        present = result.present_xml
        stays = f"; {present:,} were there already and are not overwritten" if present else ""
        echo(f"XML: {len(result.found) - present:,} in {options.voc}{stays}")
    if result.findings:
        print_findings(result.findings, all_are_in=str(result.folder / "detections.json"))


def _folder_of(draw: Path | None) -> Path | None:
    """Return the folder that is drawn into: of OUT.mp4, the one that it is in."""
    from boxwright.video.clip import is_clip

    return draw.parent if draw is not None and is_clip(draw) and not draw.is_dir() else draw


def _show_found(result: DetectResult) -> None:
    rows = [
        (file.name, label, float(score), " ".join(str(round(edge)) for edge in (left, top, right, bottom)))
        for file, detections in result.found
        for label, score, (top, left, bottom, right) in zip(
            detections.labels, detections.scores.tolist(), detections.pixel_boxes().tolist(), strict=True
        )
    ]
    if rows:
        print_table(("image", "class", "score", "xmin ymin xmax ymax"), rows[:SHOWN_ROWS])
    if len(rows) > SHOWN_ROWS:
        echo(f"  ... and {len(rows) - SHOWN_ROWS:,} more in {result.folder / 'detections.csv'}")
    without = sum(not len(detections) for _, detections in result.found)
    other, by_label = result.thresholds.other, result.thresholds.by_label
    least = "the score with the best F1 of each class" if by_label else f"{other:g}"
    echo(f"{len(rows):,} objects in {len(result.found):,} images; {without:,} images with none at {least} or above")
    if result.found and not rows and max((other, *by_label.values())) > LOW_SCORE:
        echo(f"To see what the model is unsure of: --min-score {LOW_SCORE:g}. More training or photos make it surer.")
