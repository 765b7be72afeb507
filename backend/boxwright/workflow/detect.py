"""Finding objects in images with an exported model."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import UsageError
from boxwright.findings import Finding
from boxwright.progress import Reporter, log, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.tiling.grid import parse_tiles
from boxwright.workflow.common.option import TILES, Options, option
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.inference.detections import BatchDetector, Detections
    from boxwright.inference.image_files import ImageFile, ImageResult
    from boxwright.inference.thresholds import Thresholds
    from boxwright.inference.unfinished import UnfinishedFile


@dataclass(frozen=True)
class DetectOptions(Options):
    """Options of `detect`.

    Attributes:
        model: An export, of Boxwright or of the TF Object Detection API; None for the workspace's newest.
        images: Images, and folders with images at any depth, or one clip; none for the workspace's images/.
        min_score: Detections that score less, from 0 to 1, are left out; None for the score with the best F1 of each
            class, by the model.json beside the model, or 0.5 where it has none.
        label_map: Names the classes; None for the one beside the model.
        output: Folder of detections.json and detections.csv; None for the workspace's detections/.
        draw: Folder for the images with their boxes drawn on them, or, of a clip, a file or folder for the clip with
            boxes; None for none.
        voc: Folder for XML as labelImg reads it; None for none.
        trust: Load a TensorFlow graph whatever its operations are.
        resume: Continue a detection that was interrupted.
        tiles: Look at large photos in tiles, too: "auto" or "WxH" in pixels; None for whole photos only.
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
        "Images, and folders with images at any depth; or one clip.",
        metavar="IMAGE_OR_DIR",
        is_argument=True,
        is_required=True,
    )
    min_score: float | None = option(
        None,
        "Leave out what scores less.",
        minimum=0.0,
        maximum=1.0,
        show_default="of each class the score with the best F1, else 0.5",
    )
    label_map: Path | None = option(None, "Names the classes.", show_default="label_map.pbtxt beside the model")
    output: Path | None = option(
        None,
        "Where detections.json and detections.csv go; earlier ones are replaced.",
        metavar="DIR",
        show_default="the folder of --draw, else the current one",
    )
    draw: Path | None = option(
        None,
        "Draw each image with its boxes there, as NAME.detections.png; of a clip, a clip.",
        metavar="DIR|OUT.mp4",
    )
    voc: Path | None = option(
        None, "Write XML for labelImg there. An XML that is there already is not overwritten.", metavar="DIR"
    )
    trust: bool = option(
        False, "Load a model that could also read and write your files: only if you trust whoever made it."
    )
    resume: bool = option(False, "Continue an interrupted detection: photos that are done are not run again.")
    tiles: str | None = option(None, TILES, metavar="auto|WxH")


@dataclass(frozen=True)
class DetectResult:
    """What was found.

    Attributes:
        found: Every image that could be read, with its detections.
        findings: Images that could not be read.
        folder: Where detections.json and detections.csv are.
        thresholds: How much a detection had to score.
        has_labels: Whether a label map names the classes.
        present_xml: How many images had an XML already, which is not overwritten.
        clip: The clip with boxes drawn into it; None without.
    """

    found: tuple[tuple[ImageFile, Detections], ...]
    findings: tuple[Finding, ...]
    folder: Path
    thresholds: Thresholds
    has_labels: bool
    present_xml: int
    clip: Path | None = None


def detect(
    workspace: Workspace,
    options: DetectOptions = DetectOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> DetectResult:
    """Find objects in images with an exported model.

    Writes detections.json and detections.csv, with boxes in pixels of the upright image (EXIF orientation is applied)
    and normalised ones. Of a clip each frame is an image, with its time.

    Args:
        workspace: Whose newest export and images are taken where `options` names none.
        options: Model, images and what is written.
        reporter: Receives the number of images done.
        stop: Ends the work between two images; `resume` continues it.

    Returns:
        Detections and findings; an image that cannot be read is a finding.

    Raises:
        UsageError: There is no such model or image, or a folder is a file.
        BoxwrightError: There is no export, or it cannot be used, or the clip cannot be read.
    """
    clip = _find_clip(options)
    for given in (options.output, options.voc, None if clip is not None else options.draw):
        if given is not None and given.exists() and not given.is_dir():
            raise UsageError(f"{given}: this is a file; give a folder.")
    if options.tiles is not None:
        parse_tiles(options.tiles)
    model = options.model or workspace.newest_export()
    quiet_tensorflow()
    from boxwright.inference.detector import Detector
    from boxwright.inference.image_files import find_images
    from boxwright.inference.outputs import write_csv, write_json
    from boxwright.inference.runtimes.base import model_digest
    from boxwright.inference.thresholds import ThresholdDetector, thresholds_of
    from boxwright.inference.tiled import with_tiles
    from boxwright.inference.unfinished import Conditions, UnfinishedFile

    if clip is not None:
        return _detect_in_clip(workspace, options, model, clip, interruptible(reporter, stop))
    files = find_images(options.images or [workspace.images])
    detector = Detector.open(model, label_map=options.label_map, trust=options.trust)
    folder, thresholds = options.output or workspace.detections, thresholds_of(model, options.min_score)
    conditions = Conditions(model_digest(model), replace(options, model=None, images=(), resume=False).to_json())
    with UnfinishedFile(folder, conditions, resume=options.resume) as unfinished:
        looking = ThresholdDetector(with_tiles(detector, options.tiles, model), thresholds)
        work = _Work(looking, files, options, unfinished)
        try:
            work.run(interruptible(reporter, stop))
        except KeyboardInterrupt:
            log(
                reporter,
                f"{len(work.done):,} of {len(files):,} images are done; the same command with --resume continues",
            )
            raise
        found = work.found()
        write_json(folder / "detections.json", found, work.findings, model=str(model), thresholds=thresholds)
        write_csv(folder / "detections.csv", found)
        unfinished.remove()
    present_xml = sum(work.done[file.name].present_xml for file, _ in found)
    return DetectResult(tuple(found), tuple(work.findings), folder, thresholds, bool(detector.labels), present_xml)


def _find_clip(options: DetectOptions) -> Path | None:
    """Return the clip to detect in; None for photos.

    Raises:
        UsageError: There are photos or clips beside it, or an option is for photos only.
    """
    from boxwright.video.clip import is_clip
    from boxwright.video.writer import NOT_WRITTEN

    clips = [path for path in options.images if is_clip(path) and not path.is_dir()]
    if not clips:
        return None
    (clip, *_) = clips
    if len(options.images) > 1:
        raise UsageError(f"{clip}: give one clip alone, without photos and other clips.")
    if options.voc is not None or options.resume:
        raise UsageError(f"{clip}: --voc and --resume are for photos. boxwright init --video makes photos of a clip.")
    if options.draw is not None and is_clip(options.draw):
        if options.draw.exists():
            raise UsageError(f"--draw {options.draw}: the file is there already. Give another name.")
        if options.draw.suffix.lower() in NOT_WRITTEN:
            raise UsageError(f"--draw {options.draw}: clips of this format are not written. Give a name in .mp4.")
    return clip


def _detect_in_clip(
    workspace: Workspace, options: DetectOptions, model: Path, path: Path, reporter: Reporter
) -> DetectResult:
    from boxwright.inference.detector import Detector
    from boxwright.inference.outputs import write_csv, write_json
    from boxwright.inference.thresholds import ThresholdDetector, thresholds_of
    from boxwright.inference.tiled import with_tiles
    from boxwright.video.clip import Clip, is_clip
    from boxwright.video.detect import detect_clip

    clip = Clip(path)
    opened = Detector.open(model, label_map=options.label_map, trust=options.trust)
    thresholds = thresholds_of(model, options.min_score)
    detector = ThresholdDetector(with_tiles(opened, options.tiles, model), thresholds)
    draw = options.draw
    if draw is not None and not is_clip(draw):
        draw = draw / f"{path.name}.detections.mp4"
    found = list(detect_clip(detector, clip, draw=draw, reporter=reporter))
    findings = [clip.finding] if clip.finding is not None else []
    folder = options.output or workspace.detections
    write_json(folder / "detections.json", found, findings, model=str(model), thresholds=thresholds)
    write_csv(folder / "detections.csv", found)
    shown = draw if found else None
    return DetectResult(tuple(found), tuple(findings), folder, thresholds, bool(opened.labels), 0, shown)


class _Work:
    """Detection in every file; what belongs to one image is written at once, so that pixels are not held in memory.

    Attributes:
        done: The images that are done, by name.
        findings: About the others.
    """

    def __init__(
        self, detector: BatchDetector, files: list[ImageFile], options: DetectOptions, unfinished: UnfinishedFile
    ) -> None:
        self._detector, self._files, self._options, self._unfinished = detector, files, options, unfinished
        self._stamps = _stamps(files)
        self.done = unfinished.done(self._stamps)
        self.findings: list[Finding] = []

    def found(self) -> list[tuple[ImageFile, Detections]]:
        """Return every image that is done, in order."""
        return [(file, self.done[file.name].detections()) for file in self._files if file.name in self.done]

    def run(self, reporter: Reporter) -> None:
        """Detect in the images that are not done."""
        from boxwright.inference.runtimes.base import usable_cores
        from boxwright.inference.stream import detect_files, in_threads

        if self.done:
            log(reporter, f"{len(self.done):,} of {len(self._files):,} images were done before")
        left = [file for file in self._files if file.name not in self.done]
        threads = usable_cores()
        results = detect_files(self._detector, left, threads=threads, reporter=reporter)
        for result, _ in in_threads(self._draw, results, threads=threads):
            self._finish(result)

    def _draw(self, result: ImageResult) -> None:
        from boxwright.inference.outputs import save_drawing

        if self._options.draw is not None and result.image is not None and result.detections is not None:
            save_drawing(self._options.draw, result.file, result.image, result.detections)

    def _finish(self, result: ImageResult) -> None:
        """Write the image's XML and note that it is done."""
        from boxwright.annotations.model import AnnotationError
        from boxwright.inference.outputs import save_voc
        from boxwright.inference.unfinished import DonePhoto

        file, detections = result.file, result.detections
        if detections is None:
            self.findings += [result.finding] if result.finding else []
            return
        is_present = False
        if self._options.voc is not None:
            try:
                is_present = save_voc(self._options.voc, file, detections) is None
            except AnnotationError as error:  # a name or label that XML cannot hold costs this XML, not the others
                self.findings.append(error.finding.in_file(file.name))
        self.done[file.name] = DonePhoto.of(file, self._stamps.get(file.name, (0, 0)), detections, is_present)
        self._unfinished.add([self.done[file.name]])


def _stamps(files: list[ImageFile]) -> dict[str, tuple[int, int]]:
    """Return size and time of each file, by name; none of what is no longer there."""
    stamps = {}
    for file in files:
        with suppress(OSError):
            status = file.path.stat()
            stamps[file.name] = (status.st_size, status.st_mtime_ns)
    return stamps
