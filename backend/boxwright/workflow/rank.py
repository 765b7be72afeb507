"""Which photo to label next: photos without labels, ordered by what labelling them is worth."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import UsageError
from boxwright.findings import Finding
from boxwright.progress import Progress, Reporter, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.option import Options, option
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.suggestions.photos import Photos
    from boxwright.suggestions.ranking_record import RankedPhoto, Ranking
    from boxwright.suggestions.store import SuggestionStore

CSV_COLUMNS = ("rank", "filename", "reason", "uncertainty", "difference", "best_score")
"""filename is relative to images/, as in split.csv."""


@dataclass(frozen=True)
class RankOptions(Options):
    """Options of `rank`.

    Attributes:
        output: CSV file to write; None for none.
    """

    output: Path | None = option(None, "Write the order as CSV there.", metavar="FILE")


@dataclass(frozen=True)
class RankResult:
    """The order.

    Attributes:
        ranking: As .boxwright/ranking.json has it.
        findings: Photos that could not be read.
        seconds: Time it took.
    """

    ranking: Ranking
    findings: tuple[Finding, ...]
    seconds: float


def rank(
    workspace: Workspace,
    options: RankOptions = RankOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> RankResult:
    """Order the photos without labels by what labelling them is worth, the first one first.

    A photo counts more the less sure the model is of its suggestions (see `suggest`) and the less it looks like the
    photos that have labels or come before it. Every tenth photo probably has no object, while there are such photos.
    Photos that look like labelled ones come last. Before a first model only what they look like counts. Equal photos,
    labels and suggestions give an equal order on every machine.

    Args:
        workspace: Whose photos.
        options: What is written beside .boxwright/ranking.json.
        reporter: Receives the number of photos read; photos that did not change since the last time are not read.
        stop: Ends the work while photos are read.

    Raises:
        UsageError: The CSV's path is a folder.
        BoxwrightError: The store of suggestions cannot be used now.
    """
    from boxwright.suggestions.photos import read_photos
    from boxwright.suggestions.ranking_record import write_ranking
    from boxwright.suggestions.store import SuggestionStore

    started = time.monotonic()
    if options.output is not None and options.output.is_dir():
        raise UsageError(f"{options.output}: this is a folder; give a file.")
    reporter = interruptible(reporter, stop)
    store = SuggestionStore(workspace, reporter)
    photos = read_photos(workspace, store, reporter)
    reporter(Progress("ranking", 0, 1))
    ranking = _ranked(photos, store, _hardness(workspace))
    reporter(Progress("ranking", 1, 1))
    write_ranking(workspace, ranking)
    if options.output is not None:
        _write_csv(options.output, ranking.photos)
    return RankResult(ranking, photos.findings, time.monotonic() - started)


def _ranked(photos: Photos, store: SuggestionStore, hardness: Mapping[str, float]) -> Ranking:
    from boxwright.suggestions.ranking import RankInput, rank_photos
    from boxwright.suggestions.ranking_record import RankedPhoto, Ranking

    suggestions = store.all()
    first = {photo.info.sha256: photo for photo in reversed(photos.unlabelled)}
    found = {photo: one for photo in first if (one := suggestions.get(photo)) is not None}
    inputs = [
        RankInput(photo, one.info.appearance or b"", found[photo].boxes if photo in found else None)
        for photo, one in first.items()
    ]
    order = rank_photos(inputs, [photo.info.appearance or b"" for photo in photos.labelled], hardness)
    ranked = (
        RankedPhoto(
            path=first[one.photo].path,
            reason=one.reason.value,
            uncertainty=one.uncertainty,
            difference=one.difference,
            best_score=round(found[one.photo].best_score, 4) if one.photo in found else None,
        )
        for one in order
    )
    names = sorted({one.model_name for one in found.values()})
    return Ranking(tuple(ranked), len(photos.labelled), ", ".join(names))


def _hardness(workspace: Workspace) -> dict[str, float]:
    """Return how hard each class is for the model, by the last evaluation."""
    from boxwright.runs.evaluation_record import read_evaluation

    record = read_evaluation(workspace.training)
    rows = record.classes if record else ()
    return {row.label: round(1 - min(max(row.ap50, 0.0), 1.0), 3) for row in rows if row.ap50 is not None}


def _write_csv(path: Path, photos: tuple[RankedPhoto, ...]) -> None:
    from boxwright.files import atomic_write_text

    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for number, photo in enumerate(photos, start=1):
        name = photo.path.removeprefix("images/").encode("utf-8", "backslashreplace").decode("utf-8")
        writer.writerow([number, name, photo.reason, photo.uncertainty, photo.difference, photo.best_score])
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write_text(path, stream.getvalue())
