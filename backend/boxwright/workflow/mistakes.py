"""What a model does wrong on the test split, the worst first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import BoxwrightError, UsageError
from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal
from boxwright.workflow.common.option import Options, option
from boxwright.workflow.common.run_folder import run_folder
from boxwright.workspace import Workspace, as_argument

if TYPE_CHECKING:
    from boxwright.runs.verdicts import Counts, Mistake, VerdictsRecord

KINDS = ("missed", "false positive", "wrong class", "poor localization", "duplicate")


@dataclass(frozen=True)
class MistakesOptions(Options):
    """Options of `list_mistakes`.

    Attributes:
        run: A run of the workspace by its name, or its folder; "training" for the newest.
        min_score: Detections that score less, from 0 to 1, do not count; None for the best score of each class.
        kinds: Only these kinds of mistakes; none for all.
        label: Only mistakes about this class; "" for all.
    """

    run: str = option("training", "Run, by its name below DIR or its folder.", metavar="RUN")
    min_score: float | None = option(
        None,
        "Detections that score less do not count.",
        minimum=0.0,
        maximum=1.0,
        show_default="of each class the score with the best F1",
    )
    kinds: tuple[str, ...] = option(
        (), f"Only this kind: {', '.join(KINDS)}; can be given several times.", flag="--kind", choices=KINDS
    )
    label: str = option("", "Only mistakes about this class.", metavar="CLASS")


@dataclass(frozen=True)
class MistakesResult:
    """What a model does wrong.

    Attributes:
        folder: Of the run.
        record: Everything that was judged.
        min_scores: The threshold of each class.
        mistakes: The worst first.
        counts: Correct, false and missed, by class, of all kinds.
    """

    folder: Path
    record: VerdictsRecord
    min_scores: dict[str, float]
    mistakes: tuple[Mistake, ...]
    counts: dict[str, Counts]


def list_mistakes(
    workspace: Workspace,
    options: MistakesOptions = MistakesOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> MistakesResult:
    """List what the model of a run does wrong on the test split, as the last evaluation recorded it.

    Args:
        workspace: Whose run.
        options: Which run, and which mistakes.
        reporter, stop: Are not needed: it takes a moment.

    Raises:
        UsageError: There is no such run, or the threshold is below what the evaluation recorded.
        BoxwrightError: The run was not evaluated yet, or by an earlier version.
    """
    from boxwright.runs.evaluation_record import read_evaluation
    from boxwright.runs.verdicts import Counts, read_verdicts, threshold_of

    folder = run_folder(workspace, options.run)
    record = read_verdicts(folder)
    if record is None:
        raise BoxwrightError(
            f"{folder}: there is no verdicts.json of this version. Measure the model again: "
            f"boxwright evaluate {as_argument(workspace.root)} --train-dir {as_argument(folder)}"
        )
    if options.min_score is not None and options.min_score < record.min_score:
        raise UsageError(f"--min-score {options.min_score:g}: the evaluation recorded {record.min_score:g} and above.")
    evaluation = read_evaluation(folder)
    best = evaluation.best_scores if evaluation else {}
    given = best if options.min_score is None else options.min_score
    known = {one.label for image in record.images for one in image.objects}
    labels = sorted(known | {one.label for image in record.images for one in image.detections})
    min_scores = {label: max(threshold_of(label, given), record.min_score) for label in labels}
    found = (
        mistake
        for mistake in record.mistakes(min_scores)
        if (not options.kinds or mistake.kind.value in options.kinds)
        and options.label in ("", mistake.label, mistake.object_label)
    )
    counts = {label: record.counts(min_scores[label]).get(label, Counts()) for label in labels}
    return MistakesResult(folder, record, min_scores, tuple(found), counts)
