"""What the page of a run says, before it is HTML."""

from __future__ import annotations

from dataclasses import dataclass

from boxwright.report.dataset_section import DatasetSection
from boxwright.report.photos import Photo
from boxwright.runs.compare import Comparison
from boxwright.runs.evaluation_record import ClassRecord
from boxwright.runs.precision_recall import Confusion


@dataclass(frozen=True)
class Plot:
    """A picture of numbers.

    Attributes:
        title: In words, without markup.
        svg: An <svg> element, whose texts are escaped already.
        note: A sentence below it; "" for none.
    """

    title: str
    svg: str
    note: str = ""


@dataclass(frozen=True)
class ClassRow:
    """A class of the test split.

    Attributes:
        record: As of evaluation.json.
        correct, false, missed: At the score with the best F1; None where there are no verdicts.
    """

    record: ClassRecord
    correct: int | None = None
    false: int | None = None
    missed: int | None = None


@dataclass(frozen=True)
class PrecisionSection:
    """How good the model is on the test split.

    Attributes:
        checkpoint: File name of the checkpoint without suffix.
        images: Of the test split; None when it is not known.
        ap50, ap: Average precision at IoU .50, and over .50:.05:.95; None without objects.
        interval50, interval: 95% intervals of these; None when there are none.
        words: What the numbers mean, in sentences.
        means_little: The test split is too small for them.
        classes: By id.
        confusion: None where there are no verdicts.
        confusion_left_out: Classes that the matrix has no space for.
    """

    checkpoint: str
    images: int | None
    ap50: float | None
    ap: float | None
    interval50: tuple[float, float] | None
    interval: tuple[float, float] | None
    words: str
    means_little: bool
    classes: tuple[ClassRow, ...]
    confusion: Confusion | None
    confusion_left_out: int = 0


@dataclass(frozen=True)
class ExportSection:
    """How to use the export of this run; without one, how to make it.

    Attributes:
        folder: Of the export, as a command takes it; "" when there is none of this run.
        workspace: As a command takes it.
        files: What is in it, with what each file is for.
        classes: "1 raccoon", in the order of the ids.
        size: Width and height of the network's input in pixels; None when it is not known.
        code_path: The SavedModel's folder as a Python literal.
    """

    folder: str
    workspace: str
    files: tuple[tuple[str, str], ...] = ()
    classes: tuple[str, ...] = ()
    size: tuple[int, int] | None = None
    code_path: str = "''"


@dataclass(frozen=True)
class ReportContent:
    """Everything that the page says.

    Attributes:
        workspace: The folder's name.
        run: The run's name.
        made: When the page was made, ISO 8601 in UTC.
        made_by: Program and version.
        facts: Of the training, name and value.
        dataset: What the model learnt from.
        dataset_plots: Of its boxes.
        training_plots: Curves of the training.
        precision: None when the model was not evaluated.
        precision_plots: Precision over recall.
        worst, best: Photos of the test split with boxes.
        config: The configuration's text; "" when the record has none.
        comparison: With the run before; None when there is none.
        export: How to use the model.
    """

    workspace: str
    run: str
    made: str
    made_by: str
    facts: tuple[tuple[str, str], ...]
    dataset: DatasetSection
    dataset_plots: tuple[Plot, ...]
    training_plots: tuple[Plot, ...]
    precision: PrecisionSection | None
    precision_plots: tuple[Plot, ...]
    worst: tuple[Photo, ...]
    best: tuple[Photo, ...]
    config: str
    comparison: Comparison | None
    export: ExportSection
