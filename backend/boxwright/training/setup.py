"""What stands before the first step: data, model, weights, and the record of the run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import tensorflow as tf

from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.store import CheckpointStore
from boxwright.dataset.plan.label_map import LabelMap, read_label_map
from boxwright.dataset.store.records import resolve_records
from boxwright.dataset.store.snapshot import Snapshot, snapshot
from boxwright.detection.example_decoder import decode_example, label_table
from boxwright.detection.model import SsdModel
from boxwright.errors import BoxwrightError
from boxwright.evaluation.evaluate import detection_function
from boxwright.pipeline.check import check_num_classes, check_supported
from boxwright.pipeline.paths import InputPaths, resolve_paths
from boxwright.runs.record import (
    CONFIG_FILE,
    RUNNING,
    DatasetEntry,
    RunRecord,
    config_entry,
    put,
    read_run,
)
from boxwright.training.errors import TrainingError
from boxwright.training.hardware.determinism import is_deterministic, make_deterministic
from boxwright.training.hardware.devices import Devices
from boxwright.training.hardware.environment import device_in_words, versions
from boxwright.training.hardware.precision import LossScale, check_precision
from boxwright.training.hardware.xla import check_xla
from boxwright.training.input.pipeline import Decoder, Share, names_of, training_batches
from boxwright.training.input.record_index import RecordIndex, index_records
from boxwright.training.live_evaluation import LiveEvaluation, default_interval
from boxwright.training.restore import WARM_START_FILE, find_fine_tune_checkpoint, resume, start_from
from boxwright.training.run import Log, Run, statistics_advice
from boxwright.training.run_start import record_start, run_labels
from boxwright.training.settings import Settings
from boxwright.training.step import TrainStep
from boxwright.training.summaries import Preview
from boxwright.workspace import Workspace

CHECKPOINTS_KEPT = 5
MISMATCHES_SHOWN = 5  # all are in warm_start.txt
RANDOM_WEIGHTS = "random weights"


@dataclass(frozen=True)
class Sources:
    """What a run reads, found and checked.

    Attributes:
        paths: Of the config, resolved.
        labels: The label map.
    """

    paths: InputPaths
    labels: LabelMap


@dataclass(frozen=True, eq=False)
class TrainingSession:
    """A run that is ready for its next step.

    Attributes:
        step: Steps made so far.
        run: Its clock and records.
        batches: From this step on.
        evaluation: On the test split.
        preview: Pictures.
        decode: From a serialized example to a DecodedExample.
        reason: Why no step is to be made; "" when some are.
    """

    step: int
    run: Run
    batches: Any
    evaluation: LiveEvaluation
    preview: Preview
    decode: Decoder
    reason: str


def find_sources(workspace: Workspace, config: Any, config_path: Path) -> Sources:
    """Check the config and find what it names.

    Raises:
        BoxwrightError: Something is missing, does not fit or is not supported.
    """
    check_supported(config, purpose="train", path=str(config_path))
    paths = resolve_paths(config, workspace.root, purpose="train", path=str(config_path))
    label_map_path = paths.train_label_map or workspace.label_map
    labels = read_label_map(label_map_path)
    check_num_classes(config, labels, config_path=str(config_path), label_map_path=str(label_map_path))
    return Sources(paths, labels)


def set_up(
    workspace: Workspace,
    config: Any,
    sources: Sources,
    held: Snapshot,
    devices: Devices,
    settings: Settings,
    log: Log,
    *,
    train_dir: Path,
    config_path: Path,
    put_config_beside: bool,
    parts: int,
) -> TrainingSession:
    """Build the model and set its weights: the run's own, fine_tune_checkpoint's or random ones.

    Args:
        workspace: Relative paths of the config start here.
        config: TrainEvalPipelineConfig.
        sources: What find_sources gave.
        held: The training records.
        devices: What trains.
        settings: How.
        say: Prints.
        train_dir: Checkpoints, event files and run.json go here.
        config_path: Where the config was read.
        put_config_beside: Whether to put it beside the checkpoints.
        parts: Into how many each device's batch is cut.

    Raises:
        BoxwrightError: The data or a checkpoint cannot be used.
    """
    paths, num_steps, batch_size = sources.paths, settings.num_steps or 0, config.train_config.batch_size
    seed = (read_run(train_dir) or RunRecord()).seed or 0 if settings.seed is None else settings.seed
    exact = is_deterministic(train_dir, settings.deterministic)
    make_deterministic(seed, exact)
    devices.check_batch_size(batch_size, parts)
    index = _index(held, paths)
    train_step = _build_step(config, devices, settings, seed=seed, parts=parts)
    model = train_step.model
    store = CheckpointStore(
        train_dir, CHECKPOINTS_KEPT, keep_every_hours=config.train_config.keep_checkpoint_every_n_hours
    )
    step, origin, saved = _begin(train_step, config, store, paths, log) if devices.is_chief else (0, "worker 0", None)
    step = devices.share_out(train_step.variables_by_name(), step, held.fingerprint)
    run = Run(train_dir, workspace, store, train_step, log, batch_size, saved, devices)
    table = label_table(sources.labels)
    decode: Decoder = lambda serialized: decode_example(serialized, table)  # noqa: E731
    detect = detection_function(model)
    test_split = _test_split(workspace, paths) if devices.is_chief else []
    every = default_interval(num_steps) if settings.eval_every is None else settings.eval_every
    evaluation = LiveEvaluation(
        model, train_step, detect, test_split, sources.labels, config, train_dir, log,
        every=every, patience=settings.early_stop,
    )  # fmt: skip
    names = {number: name for name, number in sources.labels.items()}
    preview = Preview(model, (test_split or held.paths) if devices.is_chief else [], decode, names, detect)
    share = Share(workers=devices.workers, worker=devices.worker, replicas=devices.replicas, parts=parts)
    batches = training_batches(index, config, model, decode, seed=seed, start_step=step, share=share)
    run.names_of = partial(names_of, index, decode)
    session = partial(TrainingSession, step, run, devices.spread(batches), evaluation, preview, decode)
    if num_steps and step >= num_steps:
        return session(
            f"{train_dir} is already at step {step} of {num_steps}. To train on, give --num-steps {2 * step}."
        )
    if step and (stale := evaluation.stale(step)):
        return session(f"{stale}: nothing is trained. To train on, give a larger --early-stop or none.")
    _warn_of_statistics(model, origin, num_steps, log)
    if put_config_beside and devices.is_chief and (kept := put(train_dir / CONFIG_FILE, config_path.read_bytes())):
        log(f"{train_dir / CONFIG_FILE} was another configuration: it is now {kept.name}")
    conditions = RunRecord(
        config=config_entry(config, workspace.relative(config_path.absolute())),
        model=config.model.ssd.feature_extractor.type,
        dataset=DatasetEntry(held.fingerprint, len(index), tuple(map(str, paths.train_records))),
        seed=seed,
        deterministic=exact,
        precision=settings.precision,
        xla=settings.xla,
        batch_size=batch_size,
        micro_batches=parts,
        started_from=origin,
        outcome=RUNNING,
        step=step,
        versions=versions(),
        device=device_in_words(),
    )
    labels = run_labels(held.paths, test_split, sources.labels, log) if devices.is_chief else None
    record_start(train_dir, conditions, labels)
    details = [
        devices.in_words(),
        f"in {parts} parts" if parts > 1 else "",
        settings.precision,
        "compiled by XLA" if settings.xla else "",
    ]
    log(
        f"training {config.model.ssd.feature_extractor.type} on {len(index)} images, batch {batch_size}, "
        f"{', '.join(filter(None, details))}, from step {step} "
        f"{f'to {num_steps}' if num_steps else 'until you stop it (Ctrl+C)'}"
    )
    return session("")


def _build_step(config: Any, devices: Devices, settings: Settings, *, seed: int, parts: int) -> TrainStep:
    """Build the model with random weights, and what trains it, on its devices."""
    compute_dtype = check_precision(settings.precision)
    if settings.xla:
        check_xla(devices)
    with devices.strategy.scope():
        model = SsdModel(config.model, seed=seed)
        model.compute_dtype = compute_dtype
        return TrainStep(
            model,
            config.train_config,
            parts=parts,
            workers=devices.workers,
            loss_scale=LossScale() if compute_dtype == tf.float16 else None,
            seed=seed,
            xla=settings.xla,
        )


def learning_rate_config(config: Any) -> Any:
    """Return the optimizer's LearningRate message."""
    optimizer = config.train_config.optimizer
    kind = optimizer.WhichOneof("optimizer")
    return (
        getattr(optimizer, kind).learning_rate
        if kind
        else config.train_config.optimizer.rms_prop_optimizer.learning_rate
    )


@contextmanager
def held_records(workspace: Workspace, paths: InputPaths, train_dir: Path) -> Iterator[Snapshot]:
    """Yield the training records as they are now, whatever a sync does to them meanwhile."""
    records = resolve_records(paths.train_records, workspace.root)
    folder = train_dir / ".records"  # one a train_dir, so that what a killed run left is replaced by the next
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield snapshot(records, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _index(held: Snapshot, paths: InputPaths) -> RecordIndex:
    index = index_records(held.paths)
    if not len(index):
        raise TrainingError(
            f"{', '.join(paths.train_records)}: the training records hold no image. Annotate images in labelImg, run "
            "boxwright dataset, and see that it counts some on the train split."
        )
    return index


def _begin(
    train_step: TrainStep, config: Any, store: CheckpointStore, paths: InputPaths, log: Log
) -> tuple[int, str, Path | None]:
    """Set the variables; return the global step, a phrase that says where they come from, and the run's checkpoint."""
    saved = store.by_preference()
    for prefix, older in zip_longest(saved, saved[1:]):
        try:
            step = resume(train_step, prefix)
        except CheckpointError as error:
            if older is None:
                raise
            log(f"WARNING: {error} Going back to {older.name}.")
            continue
        log(f"continuing from {prefix}, step {step}")
        return step, (read_run(store.folder) or RunRecord()).started_from or str(prefix), prefix
    wanted = paths.fine_tune_checkpoint
    if wanted is None:
        return 0, RANDOM_WEIGHTS, None
    prefix = find_fine_tune_checkpoint(wanted)
    if prefix is None:
        log(
            f"WARNING: {wanted}: there is no such checkpoint (fine_tune_checkpoint), so training starts from RANDOM "
            "WEIGHTS, which takes far more images and steps. Put model.ckpt.index and model.ckpt.data-00000-of-00001 "
            "of a pre-trained model there, and start again in an empty folder."
        )
        return 0, f"{RANDOM_WEIGHTS} (fine_tune_checkpoint was missing)", None
    result = start_from(train_step, config.train_config, prefix, store.folder)
    log(f"{result.summary()}; the list is in {store.folder / WARM_START_FILE}")
    for name, (there, here) in list(result.mismatched.items())[:MISMATCHES_SHOWN]:
        log(f"WARNING: {name} not restored: shape {list(there)} in the checkpoint, {list(here)} in the model")
    if len(result.mismatched) > MISMATCHES_SHOWN:
        log(f"WARNING: ... and {len(result.mismatched) - MISMATCHES_SHOWN} more of another shape")
    return 0, f"{prefix} ({len(result.restored)} variables)", None


def _warn_of_statistics(model: SsdModel, origin: str, num_steps: int, log: Log) -> None:
    decays = model.store.decays  # the base network's may be slower than what the config shows
    if origin.startswith(RANDOM_WEIGHTS) and num_steps and decays:
        advice = statistics_advice(max(decays), num_steps)
        if advice:
            log(advice)


def _test_split(workspace: Workspace, paths: InputPaths) -> list[Path]:
    """Return the test split's records; none when there are none (yet)."""
    try:
        return resolve_records(paths.eval_records, workspace.root)
    except BoxwrightError:
        return []
