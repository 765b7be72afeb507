"""Suggestions for every photo that has no labels yet, by the newest export, kept in the workspace."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from boxwright.errors import BoxwrightError, UsageError
from boxwright.files import atomic_write
from boxwright.findings import Finding
from boxwright.progress import Progress, Reporter, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.suggestions.model import MAX_LABEL, PhotoSuggestions, SuggestedBox
from boxwright.tiling.grid import parse_tiles
from boxwright.workflow.common.option import TILES, Options, option
from boxwright.workflow.common.tensorflow_quiet import use_threads
from boxwright.workspace import Workspace, as_argument

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from boxwright.inference.detections import Detections
    from boxwright.suggestions.photos import Photo
    from boxwright.suggestions.store import SuggestionStore

MIN_STORED_SCORE = 0.05
"""Boxes that score less are not kept: they would be a hundred a photo, and none of them helps."""
BATCH = 8  # photos of one size that are run, and saved, together: so many at most are run again after a kill
BATCH_PIXELS = 1 << 24  # in a batch at most, but for one larger photo: 50 MB
LOCK_FILE = "suggest.lock"


@dataclass(frozen=True)
class SuggestOptions(Options):
    """Options of `suggest`.

    Attributes:
        model: An export, of Boxwright or of the TF Object Detection API; None for the workspace's newest.
        min_score: Boxes that score less, from 0 to 1, are not counted and not written as XML; the store has them. None
            for the score with the best F1 of each class, by the export's model.json, or 0.5 where it has none.
        voc: Folder for XML as labelImg reads it; None for none.
        threads: Cores that the model may use; None for all.
        tiles: Look at large photos in tiles, too: "auto" or "WxH" in pixels; None for whole photos only.
    """

    model: Path | None = option(
        None, "Export to run.", metavar="EXPORT", show_default="the newest of DIR/trained-inference-graphs"
    )
    min_score: float | None = option(
        None,
        "Count and write only what scores so much.",
        minimum=0.0,
        maximum=1.0,
        show_default="of each class the score with the best F1, else 0.5",
    )
    voc: Path | None = option(
        None,
        "Write XML for labelImg there, to be looked at elsewhere. An XML that is there already is not overwritten.",
        metavar="NEWDIR",
    )
    threads: int | None = option(1, "Cores that the model may use.", minimum=1)
    tiles: str | None = option(None, TILES, metavar="auto|WxH")


@dataclass(frozen=True)
class SuggestResult:
    """What is in the store now.

    Attributes:
        model: The export.
        photos: Photos without labels that can be read.
        suggested: How many of them the model was run on now; the others had its suggestions already.
        with_boxes: How many of them have a box that scores enough.
        boxes: Those boxes.
        min_scores: How much is enough, by class.
        findings: Photos that could not be read.
        xml: How many XML files were written.
        present_xml: How many were there already, and were not overwritten.
        seconds: Time it took.
    """

    model: Path
    photos: int
    suggested: int
    with_boxes: int
    boxes: int
    min_scores: Mapping[str, float]
    findings: tuple[Finding, ...]
    xml: int
    present_xml: int
    seconds: float


def suggest(
    workspace: Workspace,
    options: SuggestOptions = SuggestOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> SuggestResult:
    """Run an export on every photo without labels, and keep what it finds in .boxwright/suggestions.sqlite.

    Photos that have suggestions of this model are not run again, however the work before ended. A photo that was moved
    keeps its suggestions; suggestions of another model are replaced.

    Args:
        workspace: Whose photos and newest export.
        options: The model, and what is written as XML.
        reporter: Receives the number of photos done.
        stop: Ends the work between two batches; what was found is kept.

    Raises:
        UsageError: There is no such model, or the folder for XML is a file or within images/ or annotations/.
        BoxwrightError: There is no export, it cannot be used, or another process makes suggestions already.
    """
    from boxwright.inference.runtimes.base import model_digest
    from boxwright.inference.thresholds import thresholds_of
    from boxwright.suggestions.photos import read_photos
    from boxwright.suggestions.store import SuggestionStore

    started = time.monotonic()
    _check_voc(workspace, options.voc)
    if options.tiles is not None:
        parse_tiles(options.tiles)
    export = options.model or workspace.newest_export()
    reporter = interruptible(reporter, stop)
    with _alone(workspace):
        store = SuggestionStore(workspace, reporter)
        photos = read_photos(workspace, store, reporter, with_labelled=False)
        digest = model_digest(export)
        if options.tiles is not None:  # other suggestions than those for whole photos
            digest = hashlib.sha256(f"{digest} {options.tiles}".encode()).hexdigest()
        model = _Model(export, digest)
        present = store.all()
        missing = _missing(photos.unlabelled, present, model)
        findings: list[Finding] = []
        if missing:
            use_threads(options.threads)
            findings = _run(workspace, model, missing, store, options, reporter)
            present = store.all()
    thresholds = thresholds_of(export, options.min_score)
    min_scores = {box.label: thresholds.of(box.label) for one in present.values() for box in one.boxes}
    found = {
        photo.path: replace(one, boxes=tuple(box for box in one.boxes if box.score >= min_scores[box.label]))
        for photo in photos.unlabelled
        if (one := present.get(photo.info.sha256)) is not None and one.model == model.digest
    }
    written = _write_voc(workspace, options.voc, found) if options.voc is not None else _Written()
    return SuggestResult(
        model=export,
        photos=len(photos.unlabelled),
        suggested=sum(
            present[photo.info.sha256].model == model.digest for photo in missing if photo.info.sha256 in present
        ),
        with_boxes=sum(bool(one.boxes) for one in found.values()),
        boxes=sum(len(one.boxes) for one in found.values()),
        min_scores=min_scores,
        findings=(*photos.findings, *findings, *written.findings),
        xml=written.new,
        present_xml=written.present,
        seconds=time.monotonic() - started,
    )


@dataclass(frozen=True)
class _Model:
    """An export, and the SHA-256 of what it computes with, names classes by, and how large its tiles are."""

    export: Path
    digest: str

    @property
    def name(self) -> str:
        name = "".join(letter for letter in self.export.absolute().name if letter.isprintable())
        return name[:MAX_LABEL] or "model"


@dataclass(frozen=True)
class _Written:
    """XML files: how many were written, how many were there, and what XML cannot hold."""

    new: int = 0
    present: int = 0
    findings: tuple[Finding, ...] = ()


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Be the only process that makes suggestions here: two would do the same work twice.

    Raises:
        BoxwrightError: Another process does.
    """
    workspace.state.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(workspace.state / LOCK_FILE))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BoxwrightError(
            f"{workspace.root}: another process makes suggestions for these photos already. Wait until it is done; "
            f"boxwright jobs {as_argument(workspace.root)} shows how far it is."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _check_voc(workspace: Workspace, folder: Path | None) -> None:
    """Refuse a folder whose XML would be taken for labels that a person drew."""
    if folder is None:
        return
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: this is a file; give a folder.")
    for place in (workspace.images, workspace.annotations):
        if folder.resolve().is_relative_to(place.resolve()):
            raise UsageError(
                f"{folder}: XML in {place.name}/ counts as labels, and nobody has looked at these boxes. Give a folder "
                f"outside of {place.name}/."
            )


def _missing(photos: Sequence[Photo], present: Mapping[str, PhotoSuggestions], model: _Model) -> list[Photo]:
    """Return the photos to run, of equal ones the first: neighbours have one size, so that they fit into a batch."""
    chosen: dict[str, Photo] = {}
    for photo in photos:
        earlier = present.get(photo.info.sha256)
        if earlier is None or earlier.model != model.digest:
            chosen.setdefault(photo.info.sha256, photo)
    return sorted(chosen.values(), key=lambda photo: (photo.info.width, photo.info.height, photo.path))


def _run(
    workspace: Workspace,
    model: _Model,
    photos: Sequence[Photo],
    store: SuggestionStore,
    options: SuggestOptions,
    reporter: Reporter,
) -> list[Finding]:
    """Run the model on the photos, and save after each batch; return what is wrong with photos."""
    import numpy as np

    from boxwright.inference.detector import Detector
    from boxwright.inference.tiled import with_tiles

    detector = with_tiles(Detector.open(model.export, threads=options.threads), options.tiles, model.export)
    findings: list[Finding] = []
    done = 0
    reporter(Progress("suggesting", done, len(photos)))
    for batch in _batches(photos):
        pixels: list[npt.NDArray[np.uint8]] = []
        readable: list[Photo] = []
        for photo in batch:
            image = _pixels(workspace, photo, findings)
            if image is not None:
                pixels.append(image)
                readable.append(photo)
        if readable:
            found = detector.detect_batch(np.stack(pixels), min_score=MIN_STORED_SCORE)
            store.save(_suggestions(photo, model, one) for photo, one in zip(readable, found, strict=True))
        done += len(batch)
        reporter(Progress("suggesting", done, len(photos)))
    return findings


def _batches(photos: Sequence[Photo]) -> Iterator[list[Photo]]:
    """Yield neighbours of one size."""
    batch: list[Photo] = []
    for photo in photos:
        width, height = photo.info.width, photo.info.height
        is_full = len(batch) == BATCH or (len(batch) + 1) * width * height > BATCH_PIXELS
        if batch and (is_full or (batch[0].info.width, batch[0].info.height) != (width, height)):
            yield batch
            batch = []
        batch.append(photo)
    if batch:
        yield batch


def _pixels(workspace: Workspace, photo: Photo, findings: list[Finding]) -> npt.NDArray[np.uint8] | None:
    """Return a photo's pixels; None when they cannot be read, or are no longer those that were listed."""
    from boxwright.dataset.sources.file_info import unreadable
    from boxwright.dataset.sources.image_error import ImageError
    from boxwright.inference.image_files import decode_image

    try:
        data = (workspace.root / photo.path).read_bytes()
        if hashlib.sha256(data).hexdigest() != photo.info.sha256:
            return None  # it changed this instant: the next time
        return decode_image(data)
    except ImageError as error:
        findings.append(error.finding.in_file(photo.path))
    except FileNotFoundError:
        return None
    except OSError as error:
        findings.append(unreadable(error).in_file(photo.path))
    return None


def _suggestions(photo: Photo, model: _Model, found: Detections) -> PhotoSuggestions:
    rows = zip(found.labels, found.scores.tolist(), found.pixel_boxes().tolist(), strict=True)
    boxes = (
        SuggestedBox(label, score, xmin=xmin, ymin=ymin, xmax=xmax, ymax=ymax)
        for label, score, (ymin, xmin, ymax, xmax) in rows
    )
    fitting = tuple(box for box in boxes if box.fits(found.width, found.height))
    return PhotoSuggestions(photo.info.sha256, model.digest, model.name, found.width, found.height, fitting)


def _write_voc(workspace: Workspace, folder: Path, found: Mapping[str, PhotoSuggestions]) -> _Written:
    """Write an XML for each photo, at the place below `folder` that the photo has below images/."""
    from boxwright.annotations.model import Annotation, AnnotationError, Box
    from boxwright.annotations.readers import has_annotation
    from boxwright.annotations.voc import render_voc

    new = present = 0
    findings = []
    for path, suggestions in found.items():
        photo = workspace.root / path
        target = (folder / photo.relative_to(workspace.images)).with_suffix(".xml")
        if has_annotation(target):
            present += 1
            continue
        boxes = tuple(Box(box.label, box.xmin, box.ymin, box.xmax, box.ymax) for box in suggestions.boxes)
        annotation = Annotation(photo.name, suggestions.width, suggestions.height, boxes)
        try:
            xml = render_voc(annotation, folder=photo.parent.name, path=str(photo))
        except AnnotationError as error:
            findings.append(error.finding.in_file(path))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(target) as stream:
            stream.write(xml)
        new += 1
    return _Written(new, present, tuple(findings))
