"""`boxwright detect`: find objects in images with an exported model."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boxwright.cli.console import echo, print_findings, print_table, reporting
from boxwright.cli.tensorflow_quiet import quiet_tensorflow
from boxwright.errors import UsageError
from boxwright.findings import Finding

if TYPE_CHECKING:
    from boxwright.inference.detections import Detections
    from boxwright.inference.detector import Detector
    from boxwright.inference.image_files import ImageFile

SHOWN_ROWS = 40
"""How many detections the table shows; the files have them all."""
LOW_SCORE = 0.2  # below it nearly all boxes of a model in training are wrong


def detect(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="EXPORT",
            help="An export folder, a SavedModel's folder or a frozen_inference_graph.pb, of Boxwright or of the "
            "TF Object Detection API; or a .tflite or .onnx file that boxwright export wrote.",
        ),
    ],
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE_OR_DIR...", help="Images, and folders with images at any depth.")
    ],
    min_score: Annotated[float, typer.Option(min=0.0, max=1.0, help="Leave out what scores less.")] = 0.5,
    label_map: Annotated[
        Path | None, typer.Option(help="Names the classes.", show_default="label_map.pbtxt beside the model")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where detections.json and detections.csv go; earlier ones are replaced.",
            show_default="the folder of --draw, else the current one",
        ),
    ] = None,
    draw: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Draw each image with its boxes there, as NAME.detections.png.")
    ] = None,
    voc: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write XML for labelImg there. An XML that is there already is kept."),
    ] = None,
) -> None:
    """Find objects in images with an exported model.

    Writes detections.json and detections.csv, with boxes in pixels of the upright image (EXIF orientation is
    applied) and normalised ones. Images that cannot be read are named, and the rest goes on.

    Example:
      boxwright detect training_demo/trained-inference-graphs/output_inference_graph_v1 photos --draw drawn
    """
    for given in (output, draw, voc):
        if given is not None and given.exists() and not given.is_dir():
            raise UsageError(f"{given}: this is a file; give a folder.")
    quiet_tensorflow()
    from boxwright.inference.detector import Detector
    from boxwright.inference.image_files import find_images
    from boxwright.inference.outputs import write_csv, write_json

    files = find_images(images)
    detector = Detector.open(model, label_map=label_map)
    run = _detect(detector, files, min_score=min_score, draw=draw, voc=voc)
    folder = output or draw or Path()
    write_json(folder / "detections.json", run.found, run.findings, model=str(model), min_score=min_score)
    write_csv(folder / "detections.csv", run.found)

    _say_found(run, min_score, folder)
    if not detector.labels:
        echo("There is no label map beside the model, so classes are named by their ids; give one with --label-map.")
    echo(f"Boxes: {folder / 'detections.json'} and {folder / 'detections.csv'}")
    if draw is not None:
        echo(f"Drawings: {len(run.found):,} in {draw}")
    if voc is not None:
        kept = f"; {run.kept_xml:,} were there already and are kept" if run.kept_xml else ""
        echo(f"XML: {len(run.found) - run.kept_xml:,} in {voc}{kept}")
    if run.findings:
        print_findings(run.findings)
        raise typer.Exit(1)


@dataclass
class _Run:
    found: list[tuple[ImageFile, Detections]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    kept_xml: int = 0


def _detect(
    detector: Detector, files: list[ImageFile], *, min_score: float, draw: Path | None, voc: Path | None
) -> _Run:
    """Detect in every file and write what belongs to one image at once: pixels are not kept."""
    from boxwright.inference.image_files import detect_files
    from boxwright.inference.outputs import save_drawing, save_voc

    run = _Run()
    with reporting() as reporter:
        for result in detect_files(detector, files, min_score=min_score, reporter=reporter):
            if result.image is None or result.detections is None:
                run.findings += [result.finding] if result.finding else []
                continue
            run.found.append((result.file, result.detections))
            if draw is not None:
                save_drawing(draw, result.file, result.image, result.detections)
            if voc is not None:
                run.kept_xml += save_voc(voc, result.file, result.detections) is None
    return run


def _say_found(run: _Run, min_score: float, folder: Path) -> None:
    rows = [
        (file.name, label, float(score), " ".join(str(round(edge)) for edge in (left, top, right, bottom)))
        for file, detections in run.found
        for label, score, (top, left, bottom, right) in zip(
            detections.labels, detections.scores.tolist(), detections.pixel_boxes().tolist(), strict=True
        )
    ]
    if rows:
        print_table(("image", "class", "score", "xmin ymin xmax ymax"), rows[:SHOWN_ROWS])
    if len(rows) > SHOWN_ROWS:
        echo(f"  ... and {len(rows) - SHOWN_ROWS:,} more in {folder / 'detections.csv'}")
    without = sum(not len(detections) for _, detections in run.found)
    echo(f"{len(rows):,} objects in {len(run.found):,} images; {without:,} images with none at {min_score:g} or above")
    if run.found and not rows and min_score > LOW_SCORE:
        echo(f"To see what the model is unsure of: --min-score {LOW_SCORE:g}. More training or photos make it surer.")
