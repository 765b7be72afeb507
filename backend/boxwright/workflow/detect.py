"""Finding objects in images with an exported model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import UsageError
from boxwright.findings import Finding
from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.option import Options, option
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.inference.detections import Detections
    from boxwright.inference.detector import Detector
    from boxwright.inference.image_files import ImageFile


@dataclass(frozen=True)
class DetectOptions(Options):
    """Options of `detect`.

    Attributes:
        model: An export, of Boxwright or of the TF Object Detection API; None for the workspace's newest.
        images: Images, and folders with images at any depth; none for the workspace's images/.
        min_score: Detections that score less, from 0 to 1, are left out.
        label_map: Names the classes; None for the one beside the model.
        output: Folder of detections.json and detections.csv; None for the workspace's detections/.
        draw: Folder for the images with their boxes drawn on them; None for none.
        voc: Folder for XML as labelImg reads it; None for none.
        trust: Load a TensorFlow graph whatever its operations are.
    """

    model: Path | None = option(
        None,
        "An export folder, a SavedModel's folder or a frozen_inference_graph.pb, of Boxwright or of the TF Object "
        "Detection API; or a .tflite or .onnx file that boxwright export wrote.",
        metavar="EXPORT",
        is_argument=True,
        is_required=True,
    )
    images: tuple[Path, ...] = option(
        (),
        "Images, and folders with images at any depth.",
        metavar="IMAGE_OR_DIR",
        is_argument=True,
        is_required=True,
    )
    min_score: float = option(0.5, "Leave out what scores less.", minimum=0.0, maximum=1.0)
    label_map: Path | None = option(None, "Names the classes.", show_default="label_map.pbtxt beside the model")
    output: Path | None = option(
        None,
        "Where detections.json and detections.csv go; earlier ones are replaced.",
        metavar="DIR",
        show_default="the folder of --draw, else the current one",
    )
    draw: Path | None = option(None, "Draw each image with its boxes there, as NAME.detections.png.", metavar="DIR")
    voc: Path | None = option(
        None, "Write XML for labelImg there. An XML that is there already is not overwritten.", metavar="DIR"
    )
    trust: bool = option(
        False, "Load a model that could also read and write your files: only if you trust whoever made it."
    )


@dataclass(frozen=True)
class DetectResult:
    """What was found.

    Attributes:
        found: Every image that could be read, with its detections.
        findings: Images that could not be read.
        folder: Where detections.json and detections.csv are.
        has_labels: Whether a label map names the classes.
        present_xml: How many images had an XML already, which is not overwritten.
    """

    found: tuple[tuple[ImageFile, Detections], ...]
    findings: tuple[Finding, ...]
    folder: Path
    has_labels: bool
    present_xml: int


def detect(
    workspace: Workspace,
    options: DetectOptions = DetectOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> DetectResult:
    """Find objects in images with an exported model.

    Writes detections.json and detections.csv, with boxes in pixels of the upright image (EXIF orientation is applied)
    and normalised ones.

    Args:
        workspace: Whose newest export and images are taken where `options` names none.
        options: Model, images and what is written.
        reporter: Receives the number of images done.
        stop: Ends the work between two images.

    Returns:
        Detections and findings; an image that cannot be read is a finding.

    Raises:
        UsageError: There is no such model or image, or a folder is a file.
        BoxwrightError: There is no export, or it cannot be used.
    """
    for given in (options.output, options.draw, options.voc):
        if given is not None and given.exists() and not given.is_dir():
            raise UsageError(f"{given}: this is a file; give a folder.")
    model = options.model or workspace.newest_export()
    quiet_tensorflow()
    from boxwright.inference.detector import Detector
    from boxwright.inference.image_files import find_images
    from boxwright.inference.outputs import write_csv, write_json

    files = find_images(options.images or [workspace.images])
    detector = Detector.open(model, label_map=options.label_map, trust=options.trust)
    found, findings, present_xml = _detect(detector, files, options, interruptible(reporter, stop))
    folder = options.output or workspace.root / "detections"
    write_json(folder / "detections.json", found, findings, model=str(model), min_score=options.min_score)
    write_csv(folder / "detections.csv", found)
    return DetectResult(tuple(found), tuple(findings), folder, bool(detector.labels), present_xml)


def _detect(
    detector: Detector, files: list[ImageFile], options: DetectOptions, reporter: Reporter
) -> tuple[list[tuple[ImageFile, Detections]], list[Finding], int]:
    """Detect in every file and write what belongs to one image at once: pixels are not held in memory."""
    from boxwright.annotations.model import AnnotationError
    from boxwright.inference.image_files import detect_files
    from boxwright.inference.outputs import save_drawing, save_voc

    found: list[tuple[ImageFile, Detections]] = []
    findings: list[Finding] = []
    present_xml = 0
    for result in detect_files(detector, files, min_score=options.min_score, reporter=reporter):
        if result.image is None or result.detections is None:
            findings += [result.finding] if result.finding else []
            continue
        found.append((result.file, result.detections))
        if options.draw is not None:
            save_drawing(options.draw, result.file, result.image, result.detections)
        if options.voc is not None:
            try:
                present_xml += save_voc(options.voc, result.file, result.detections) is None
            except AnnotationError as error:  # a name or label that XML cannot hold costs this XML, not the others
                findings.append(error.finding.in_file(result.file.name))
    return found, findings, present_xml
