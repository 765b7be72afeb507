"""Set-up of a training: input, model, weights, evaluation, and the start of its record."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.store import CheckpointStore
from boxwright.dataset.plan.label_map import read_label_map
from boxwright.dataset.store.records import resolve_records
from boxwright.dataset.store.snapshot import Snapshot, snapshot
from boxwright.detection.example_decoder import decode_example, label_table
from boxwright.detection.model import SsdModel
from boxwright.errors import BoxwrightError
from boxwright.evaluation.evaluate import detection_function
from boxwright.pipeline import messages
from boxwright.pipeline.paths import InputPaths, resolve_paths
from boxwright.pipeline.support.check import check_num_classes, check_supported
from boxwright.progress import Reporter, log, silent
from boxwright.runs.record import CONFIG_FILE, RUNNING, DatasetEntry, RunRecord, config_entry, put, read_run
from boxwright.training.context import Sources, TrainingContext
from boxwright.training.errors import TrainingError
from boxwright.training.hardware.determinism import is_deterministic, make_deterministic
from boxwright.training.hardware.environment import device_in_words, versions
from boxwright.training.hardware.precision import check_precision
from boxwright.training.hardware.xla import check_xla
from boxwright.training.input.pipeline import Decoder, Share, names_of, training_batches
from boxwright.training.input.record_index import RecordIndex, index_records
from boxwright.training.live_evaluation import LiveEvaluation
from boxwright.training.optimization.batch_norm_advice import statistics_advice
from boxwright.training.optimization.schedules import build_schedule
from boxwright.training.reporting.history import StepHistory
from boxwright.training.reporting.preview import Preview
from boxwright.training.run_folder.restore import WARM_START_FILE, find_fine_tune_checkpoint, resume, start_from
from boxwright.training.run_folder.saver import RunSaver
from boxwright.training.run_folder.start import record_start, run_labels
from boxwright.training.session import TrainingSession
from boxwright.training.step import TrainStep
from boxwright.workspace import Workspace

CHECKPOINTS_KEPT = 5
MISMATCHES_SHOWN = 5  # all are in warm_start.txt
CLASS_PREDICTOR = "/ClassPredictor/"  # in the names of variables whose shapes follow the number of classes
RANDOM_WEIGHTS = "random weights"


class _Weights(NamedTuple):
    """The first weights of this process: global step, where they come from, and the checkpoint of a resume."""

    step: int
    origin: str
    checkpoint: Path | None = None


def find_sources(
    workspace: Workspace,
    pipeline_config: messages.TrainEvalPipelineConfig,
    config_path: Path,
    reporter: Reporter = silent,
) -> Sources:
    """Check the config and find what it names.

    Raises:
        BoxwrightError: Something is missing, does not fit or is not supported.
    """
    check_supported(pipeline_config, purpose="train", path=str(config_path))
    paths = resolve_paths(pipeline_config, workspace.root, purpose="train", path=str(config_path))
    label_map_path = paths.train_label_map or workspace.label_map
    labels = read_label_map(label_map_path)
    warning = check_num_classes(
        pipeline_config, labels, config_path=str(config_path), label_map_path=str(label_map_path)
    )
    if warning:
        log(reporter, f"WARNING: {warning}")
    return Sources(paths, labels, build_schedule(learning_rate_config(pipeline_config)))


def learning_rate_config(pipeline_config: messages.TrainEvalPipelineConfig) -> messages.LearningRate:
    """Return the optimizer's LearningRate message."""
    optimizer = pipeline_config.train_config.optimizer
    return getattr(optimizer, optimizer.WhichOneof("optimizer") or "rms_prop_optimizer").learning_rate


@contextmanager
def records_snapshot(workspace: Workspace, paths: InputPaths, train_dir: Path) -> Iterator[Snapshot]:
    """Yield the training records as they are now, whatever a sync does to them meanwhile."""
    records = resolve_records(paths.train_records, workspace.root)
    folder = train_dir / ".records"  # one for each train_dir, so that the next run replaces what a killed one left
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield snapshot(records, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def set_up(context: TrainingContext, micro_batches: int) -> TrainingSession:
    """Build the model, set its weights (the run's own, fine_tune_checkpoint's or random ones), and all around it.

    Args:
        context: What is trained, and how.
        micro_batches: Into how many each device's batch is cut; 1 for none.

    Raises:
        BoxwrightError: The data or a checkpoint cannot be used.
    """
    seed, deterministic = _set_up_randomness(context)
    context.devices.check_batch_size(context.batch_size, micro_batches)
    index = _set_up_index(context)
    train_step = _set_up_step(context, seed, micro_batches)
    weights, store = _set_up_weights(context, train_step)
    history = _set_up_history(context, weights)
    test_split = _test_split(context)
    decode = partial(decode_example, labels=label_table(context.sources.labels))
    evaluation, preview = _set_up_evaluation(context, train_step, decode, test_split)
    session = TrainingSession(
        context=context,
        step=weights.step,
        train_step=train_step,
        batches=_set_up_data(context, train_step, index, decode, seed=seed, step=weights.step),
        decode=decode,
        names_of=partial(names_of, index, decode),
        evaluation=evaluation,
        preview=preview,
        history=history,
        saver=RunSaver(context, store, train_step, history, weights.checkpoint),
        reason=_reason_for_no_step(context, evaluation, weights.step),
    )
    if not session.reason:
        _warn_of_statistics(context, train_step.model, weights.origin)
        conditions = _conditions(context, weights, len(index))
        conditions = replace(conditions, seed=seed, deterministic=deterministic, micro_batches=micro_batches)
        _set_up_record(context, conditions, test_split)
        context.log(_description(context, conditions))
    return session


def _set_up_randomness(context: TrainingContext) -> tuple[int, bool]:
    """Return the seed, and whether the run is deterministic."""
    given, before = context.settings.seed, read_run(context.train_dir) or RunRecord()
    seed = (before.seed or 0) if given is None else given
    deterministic = is_deterministic(context.train_dir, context.settings.deterministic)
    make_deterministic(seed, deterministic)
    return seed, deterministic


def _set_up_index(context: TrainingContext) -> RecordIndex:
    index = index_records(context.records.paths)
    if not len(index):
        raise TrainingError(
            f"{', '.join(context.sources.paths.train_records)}: the training records hold no image. Annotate images in "
            "labelImg, run boxwright dataset, and see that it counts some on the train split."
        )
    return index


def _set_up_step(context: TrainingContext, seed: int, micro_batches: int) -> TrainStep:
    """Build the model with random weights, and what trains it, on its devices."""
    settings, pipeline_config, devices = context.settings, context.pipeline_config, context.devices
    compute_dtype = check_precision(settings.precision)
    if settings.xla:
        check_xla(devices)
    with devices.strategy.scope():
        model = SsdModel(pipeline_config.model, seed=seed)
        model.compute_dtype = compute_dtype
        return TrainStep(
            model,
            pipeline_config.train_config,
            micro_batches=micro_batches,
            workers=devices.workers,
            seed=seed,
            xla=settings.xla,
        )


def _set_up_weights(context: TrainingContext, train_step: TrainStep) -> tuple[_Weights, CheckpointStore]:
    """Set the weights on all workers; return where they come from, and the store of the run's checkpoints."""
    hours = context.pipeline_config.train_config.keep_checkpoint_every_n_hours
    store = CheckpointStore(context.train_dir, CHECKPOINTS_KEPT, keep_every_hours=hours)
    weights = _Weights(0, "worker 0")
    if context.devices.is_chief:
        weights = _resumed(context, train_step, store) or _started(context, train_step)
    variables, fingerprint = train_step.variables_by_name(), context.records.fingerprint
    return weights._replace(step=context.devices.broadcast(variables, weights.step, fingerprint)), store


def _resumed(context: TrainingContext, train_step: TrainStep, store: CheckpointStore) -> _Weights | None:
    """Set the weights from the run's newest checkpoint that can be read; None when it has none."""
    saved = store.by_preference()
    for prefix, older in zip_longest(saved, saved[1:]):
        try:
            step = resume(train_step, prefix)
        except CheckpointError as error:
            if older is None:
                raise
            context.log(f"WARNING: {error} Going back to {older.name}.")
            continue
        context.log(f"continuing from {prefix}, step {step}")
        record = read_run(context.train_dir) or RunRecord()
        return _Weights(step, record.started_from or str(prefix), prefix)
    return None


def _started(context: TrainingContext, train_step: TrainStep) -> _Weights:
    """Set the weights from fine_tune_checkpoint, or leave the random ones."""
    wanted, log = context.sources.paths.fine_tune_checkpoint, context.log
    if wanted is None:
        return _Weights(0, RANDOM_WEIGHTS)
    prefix = find_fine_tune_checkpoint(wanted)
    if prefix is None:
        log(
            f"WARNING: {wanted}: there is no such checkpoint (fine_tune_checkpoint), so training starts from RANDOM "
            "WEIGHTS, which takes far more images and steps. Put model.ckpt.index and model.ckpt.data-00000-of-00001 "
            "of a pre-trained model there, and start again in an empty folder."
        )
        return _Weights(0, f"{RANDOM_WEIGHTS} (fine_tune_checkpoint was missing)")
    labels = context.sources.labels
    result = start_from(train_step, context.pipeline_config.train_config, prefix, context.train_dir, labels)
    log(f"{result.summary()}; the list is in {context.train_dir / WARM_START_FILE}")
    mismatched = {name: shapes for name, shapes in result.mismatched.items() if CLASS_PREDICTOR not in name}
    if len(mismatched) < len(result.mismatched):
        log("the class predictors start fresh: the checkpoint's are of another number of classes")
    for name, (there, here) in list(mismatched.items())[:MISMATCHES_SHOWN]:
        log(f"WARNING: {name} not restored: shape {list(there)} in the checkpoint, {list(here)} in the model")
    if len(mismatched) > MISMATCHES_SHOWN:
        log(f"WARNING: ... and {len(mismatched) - MISMATCHES_SHOWN} more of another shape")
    return _Weights(0, f"{prefix} ({len(result.restored)} variables)")


def _set_up_history(context: TrainingContext, weights: _Weights) -> StepHistory:
    """Start the clock; of a run that resumes, at the time that it was trained before."""
    before = read_run(context.train_dir) if weights.checkpoint else None
    return StepHistory((before.seconds_trained if before else None) or 0.0)


def _test_split(context: TrainingContext) -> list[Path]:
    """Return the test split's records; none when there are none (yet), or when this is not the chief."""
    if not context.devices.is_chief:
        return []
    try:
        return resolve_records(context.sources.paths.eval_records, context.workspace.root)
    except BoxwrightError:
        return []


def _set_up_evaluation(
    context: TrainingContext, train_step: TrainStep, decode: Decoder, test_split: Sequence[Path]
) -> tuple[LiveEvaluation, Preview]:
    detect = detection_function(train_step.model)
    evaluation = LiveEvaluation(context, train_step, detect, test_split)
    shown = (test_split or context.records.paths) if context.devices.is_chief else []
    return evaluation, Preview(train_step.model, shown, decode, context.label_names, detect)


def _set_up_data(
    context: TrainingContext, train_step: TrainStep, index: RecordIndex, decode: Decoder, *, seed: int, step: int
) -> Any:
    """Return the batches from `step` on, as the replicas take them."""
    devices = context.devices
    share = Share(devices.workers, devices.worker, devices.replicas, train_step.micro_batches)
    batches = training_batches(
        index, context.pipeline_config, train_step.model, decode, seed=seed, start_step=step, share=share
    )
    return devices.distribute(batches)


def _reason_for_no_step(context: TrainingContext, evaluation: LiveEvaluation, step: int) -> str:
    """Return why there is nothing to train; "" when there is."""
    if context.num_steps and step >= context.num_steps:
        return (
            f"{context.train_dir} is already at step {step} of {context.num_steps}. To train longer, give --num-steps "
            f"{2 * step}."
        )
    if step and (reason := evaluation.reason_to_stop(step)):
        return f"{reason}: nothing is trained. To train longer, give a larger --early-stop or none."
    return ""


def _warn_of_statistics(context: TrainingContext, model: SsdModel, origin: str) -> None:
    decays = model.store.decays  # the base network's may be slower than what the config shows
    if origin.startswith(RANDOM_WEIGHTS) and context.num_steps and decays:
        advice = statistics_advice(max(decays), context.num_steps)
        if advice:
            context.log(advice)


def _conditions(context: TrainingContext, weights: _Weights, images: int) -> RunRecord:
    """Return the conditions of the run that are known from here on."""
    records = tuple(map(str, context.sources.paths.train_records))
    return RunRecord(
        config=config_entry(context.pipeline_config, context.workspace.relative(context.config_path.absolute())),
        model=context.pipeline_config.model.ssd.feature_extractor.type,
        dataset=DatasetEntry(context.records.fingerprint, images, records),
        precision=context.settings.precision,
        xla=context.settings.xla,
        batch_size=context.batch_size,
        label_map=dict(context.sources.labels),
        started_from=weights.origin,
        outcome=RUNNING,
        step=weights.step,
        versions=versions(),
        device=device_in_words(),
    )


def _set_up_record(context: TrainingContext, conditions: RunRecord, test_split: Sequence[Path]) -> None:
    """Write pipeline.config, labels.csv and run.json of the run."""
    train_dir, labels = context.train_dir, None
    if context.devices.is_chief:
        if context.keeps_config and (backup := put(train_dir / CONFIG_FILE, context.config_path.read_bytes())):
            context.log(f"{train_dir / CONFIG_FILE} was another configuration: it is now {backup.name}")
        labels = run_labels(context.records.paths, test_split, context.sources.labels, context.log)
    record_start(train_dir, conditions, labels)


def _description(context: TrainingContext, conditions: RunRecord) -> str:
    """Return the line that says what is trained."""
    details = [
        context.devices.describe(),
        f"in {conditions.micro_batches} micro-batches" if (conditions.micro_batches or 1) > 1 else "",
        context.settings.precision,
        "compiled by XLA" if context.settings.xla else "",
    ]
    images = conditions.dataset.images if conditions.dataset else 0
    return (
        f"training {conditions.model} on {images} images, batch {context.batch_size}, "
        f"{', '.join(filter(None, details))}, from step {conditions.step} "
        f"{f'to {context.num_steps}' if context.num_steps else 'until you stop it (Ctrl+C)'}"
    )
