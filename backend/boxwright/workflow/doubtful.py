"""Labels of training photos that a model contradicts: boxes that are missing, loose, or of another class."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import BoxwrightError, UsageError
from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.model_inputs import load_inputs
from boxwright.workflow.common.option import Options, option
from boxwright.workflow.common.run_folder import run_folder
from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.runs.doubtful import DoubtfulLabel, DoubtfulRecord
    from boxwright.runs.verdicts import VerdictsRecord

DOUBT_KINDS = ("missing box", "wrong class", "loose box")


@dataclass(frozen=True)
class DoubtfulOptions(Options):
    """Options of `find_doubtful_labels`.

    Attributes:
        run: A run of the workspace by its name, or its folder; "training" for the newest.
        folds: Train so many models, each without a part of the photos, which it then judges; 0 for the run's model.
        num_steps: Of the training of each fold; None for the configuration's.
        kinds: Only these kinds are returned; none for all.
    """

    run: str = option("training", "Run, by its name below DIR or its folder.", metavar="RUN")
    folds: int = option(
        0,
        "Train so many models, each without a part of the photos, which it then judges; 0 asks the run's own model, "
        "which saw the labels.",
        minimum=0,
        maximum=20,
    )
    num_steps: int | None = option(
        None, "Steps of the training of each fold.", minimum=1, show_default="as pipeline.config"
    )
    kinds: tuple[str, ...] = option(
        (),
        f"Only this kind: {', '.join(DOUBT_KINDS)}; can be given several times.",
        flag="--kind",
        choices=DOUBT_KINDS,
    )


@dataclass(frozen=True)
class DoubtfulResult:
    """Labels that are probably wrong.

    Attributes:
        file: doubtful.json, with all of them.
        record: What it says.
        labels: Those of the kinds that were asked for, the most suspicious first.
    """

    file: Path
    record: DoubtfulRecord
    labels: tuple[DoubtfulLabel, ...]


def find_doubtful_labels(
    workspace: Workspace,
    options: DoubtfulOptions = DoubtfulOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> DoubtfulResult:
    """Find labels of training photos that a model contradicts, the most suspicious first.

    Writes doubtful.json into the run's folder. No annotation is changed. The run's own model saw the labels: it finds
    what most other labels contradict, and a long training may have learnt wrong ones by heart. Models of folds judge
    only photos that they did not see, and cost a training each.

    Args:
        workspace: Relative paths of the configuration start here.
        options: Which run, and by which models.
        reporter: Receives the number of photos done, and the steps of trainings.
        stop: Ends the work.

    Raises:
        UsageError: There is no such run, or there is one fold.
        BoxwrightError: The configuration, the records or the checkpoint cannot be used.
    """
    from boxwright.runs.doubtful import DoubtfulRecord, doubtful_labels, write_doubtful

    if options.folds == 1:
        raise UsageError("--folds 1: a model of one fold would see no photo. Give 2 or more, or 0 for none.")
    folder = run_folder(workspace, options.run)
    verdicts = _verdicts(workspace, folder, options, interruptible(reporter, stop), stop)
    if not verdicts.images:
        raise BoxwrightError(f"{folder}: the training records hold no photo. Make them with: boxwright dataset")
    found = doubtful_labels(verdicts)
    record = DoubtfulRecord(verdicts.checkpoint, verdicts.step, options.folds, len(verdicts.images), found)
    file = write_doubtful(folder, record)
    return DoubtfulResult(file, record, tuple(one for one in found if not options.kinds or one.kind in options.kinds))


def _verdicts(
    workspace: Workspace, folder: Path, options: DoubtfulOptions, reporter: Reporter, stop: StopSignal | None
) -> VerdictsRecord:
    quiet_tensorflow()
    from boxwright.checkpoints.store import resolve_prefix
    from boxwright.evaluation.evaluate import evaluate
    from boxwright.inference.restore import restore_model
    from boxwright.training.folds import judge_by_folds

    config, records, label_map = load_inputs(workspace, folder / "pipeline.config", "train", reporter)
    if options.folds:
        return judge_by_folds(
            workspace,
            config,
            records,
            label_map,
            folds=options.folds,
            num_steps=options.num_steps,
            reporter=reporter,
            stop=stop,
        )
    prefix = resolve_prefix(folder)
    model, step = restore_model(config, prefix)
    return evaluate(model, records, label_map, reporter=reporter).verdicts(prefix.name, step)
