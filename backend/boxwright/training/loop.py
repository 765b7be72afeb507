"""The training run, from top to bottom."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import tensorflow as tf

from boxwright.checkpoints.best import BEST_FOLDER
from boxwright.checkpoints.errors import CheckpointError
from boxwright.checkpoints.store import CheckpointStore
from boxwright.dataset.label_map import read_label_map
from boxwright.dataset.records import resolve_records
from boxwright.dataset.snapshot import Snapshot, snapshot
from boxwright.detection.example_decoder import decode_example, label_table
from boxwright.detection.model import SsdModel
from boxwright.errors import BoxwrightError
from boxwright.evaluation.evaluate import detection_function
from boxwright.pipeline.check import check_num_classes, check_supported
from boxwright.pipeline.paths import InputPaths, resolve_paths
from boxwright.progress import Reporter, silent
from boxwright.training.determinism import make_deterministic
from boxwright.training.errors import TrainingError
from boxwright.training.input_pipeline import (
    Batch,
    Decoder,
    explain_bad_record,
    first_line,
    names_of,
    training_batches,
)
from boxwright.training.live_evaluation import LiveEvaluation, default_interval
from boxwright.training.record_index import RecordIndex, index_records
from boxwright.training.restore import WARM_START_FILE, find_fine_tune_checkpoint, resume, start_from
from boxwright.training.run import Run, Speaker, TrainResult, statistics_advice
from boxwright.training.run_lock import only_run
from boxwright.training.run_record import (
    CONFIG_FILE,
    RUN_FILE,
    config_entry,
    now,
    put_config,
    read_run,
    set_aside,
    update_run,
    versions,
)
from boxwright.training.schedules import build_schedule
from boxwright.training.step import TrainStep
from boxwright.training.stop_signal import StopSignal
from boxwright.training.summaries import Preview, Summaries
from boxwright.workspace import Workspace

CHECKPOINTS_KEPT = 5
MISMATCHES_SHOWN = 5  # all are in warm_start.txt
RANDOM_WEIGHTS = "random weights"
PREVIEW_EVERY = 500  # steps, and at the end


def train(
    workspace: Workspace,
    config: Any,
    *,
    train_dir: Path,
    config_path: Path | None = None,
    num_steps: int | None = None,
    seed: int | None = None,
    deterministic: bool | None = None,
    eval_every: int | None = None,
    early_stop: int = 0,
    reporter: Reporter = silent,
    stop: StopSignal | None = None,
) -> TrainResult:
    """Train as the config says, from the last checkpoint in `train_dir` if there is one.

    Args:
        workspace: Relative paths of the config start here.
        config: TrainEvalPipelineConfig.
        train_dir: Checkpoints, event files and run.json go here.
        config_path: Where the config was read, for messages and the record; the file is copied to `train_dir`.
        num_steps: Instead of train_config.num_steps; 0 means without end.
        seed: Of weights, order and augmentation; by default that of the run which is continued, else 0.
        deterministic: Whether the same run twice gives the same bits, so that one which was stopped and continued ends
            as one that was not; by default on a CPU, where it costs no time.
        eval_every: Steps between two evaluations on the test side; 0 for none. By default a tenth of the run, at least
            100 and at most 1,000. The last step is evaluated too, and the best checkpoint kept in best/.
        early_stop: End after so many evaluations without a better one; 0 for never.
        reporter: Told of every step; its messages are the lines to print.
        stop: Ends the run early, with a checkpoint.

    Raises:
        BoxwrightError: The config, the data or a checkpoint cannot be used, the loss is not finite, or memory ran
            out; the last good checkpoint stands.
    """
    given_path, config_path = config_path, config_path or workspace.pipeline_config
    say = Speaker(reporter)
    stop = StopSignal() if stop is None else stop  # an unset signal is false
    check_supported(config, purpose="train", path=str(config_path))
    paths = resolve_paths(config, workspace.root, purpose="train", path=str(config_path))
    label_map_path = paths.train_label_map or workspace.label_map
    labels = read_label_map(label_map_path)
    check_num_classes(config, labels, config_path=str(config_path), label_map_path=str(label_map_path))
    schedule = build_schedule(_learning_rate_config(config))
    if num_steps is None:
        num_steps = config.train_config.num_steps
    train_dir.mkdir(parents=True, exist_ok=True)

    with only_run(train_dir), _held_records(workspace, paths, train_dir) as held:
        seed = int(read_run(train_dir).get("seed", 0)) if seed is None else seed
        exact = make_deterministic(seed, deterministic)
        index = _index(held, paths)
        model = SsdModel(config.model, seed=seed)
        train_step = TrainStep(model, config.train_config)
        store = CheckpointStore(
            train_dir, CHECKPOINTS_KEPT, keep_every_hours=config.train_config.keep_checkpoint_every_n_hours
        )
        step, origin, saved = _begin(train_step, config, store, paths, say)
        if num_steps and step >= num_steps:
            say(f"{train_dir} is already at step {step} of {num_steps}. To train on, give --num-steps {2 * step}.")
            return TrainResult(step, saved, "", None, None, 0.0)
        _warn_of_statistics(config, origin, num_steps, say)
        if given_path is not None and (kept := put_config(given_path, train_dir)):
            say(f"{train_dir / CONFIG_FILE} was another configuration: it is now {kept.name}")
        _record_start(
            train_dir,
            config=config_entry(config, workspace.relative(config_path.absolute())),
            model=config.model.ssd.feature_extractor.type,
            dataset={
                "fingerprint": held.fingerprint,
                "images": len(index),
                "records": list(map(str, paths.train_records)),
            },
            seed=seed,
            deterministic=exact,
            batch_size=config.train_config.batch_size,
            started_from=origin,
            step=step,
        )
        table = label_table(labels)
        decode: Decoder = lambda serialized: decode_example(serialized, table)  # noqa: E731
        batches = training_batches(index, config, model, decode, seed=seed, start_step=step)
        run = Run(train_dir, workspace, store, train_step, say, config.train_config.batch_size, saved)
        detect = detection_function(model)
        test_side = _test_side(workspace, paths)
        names = {number: name for name, number in labels.items()}
        preview = Preview(model, test_side or held.paths, decode, names, detect)
        every = default_interval(num_steps) if eval_every is None else eval_every
        evaluation = LiveEvaluation(
            model, train_step, detect, test_side, labels, config, train_dir, say, every=every, patience=early_stop
        )
        if step and (reason := evaluation.stale(step)):
            say(f"{reason}: nothing is trained. To train on, give a larger --early-stop or none.")
            return TrainResult(step, saved, reason, None, None, 0.0)
        say(
            f"training {config.model.ssd.feature_extractor.type} on {len(index)} images, batch {run.batch_size}, "
            f"from step {step} {f'to {num_steps}' if num_steps else 'until you stop it (Ctrl+C)'}"
        )

        with Summaries(train_dir) as summaries:
            for batch in _batches(batches, held, decode, model.num_classes):
                if stop or (num_steps and step >= num_steps):
                    break
                learning_rate = schedule(step)
                result = run.make(batch, learning_rate)
                step += 1
                run.check_finite(step, result, batch, partial(names_of, index, decode))
                run.report(step, num_steps, result)
                if run.scalars_due() or step == num_steps:
                    summaries.scalars(
                        step, result, learning_rate=float(learning_rate), rate=run.rate(), batch_size=run.batch_size
                    )
                if step % PREVIEW_EVERY == 0:
                    summaries.images(step, preview.pictures())
                if evaluation.due(step):
                    run.beside_the_loss = evaluation.measure(step, run.save, summaries)
                    if reason := evaluation.stale(step):
                        stop.request(reason)
                if run.checkpoint_due():
                    run.save(step)
                run.leave_out()
            if run.last is not None:
                run.save(step)
                summaries.images(step, preview.pictures())
                if evaluation.due(step, at_end=not stop):
                    evaluation.measure(step, run.save, summaries)
        return run.finish(step, num_steps, stop.reason)


def _learning_rate_config(config: Any) -> Any:
    optimizer = config.train_config.optimizer
    kind = optimizer.WhichOneof("optimizer")
    return (
        getattr(optimizer, kind).learning_rate
        if kind
        else config.train_config.optimizer.rms_prop_optimizer.learning_rate
    )


@contextmanager
def _held_records(workspace: Workspace, paths: InputPaths, train_dir: Path) -> Iterator[Snapshot]:
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
            "boxwright dataset, and see that it counts some on the train side."
        )
    return index


def _begin(
    train_step: TrainStep, config: Any, store: CheckpointStore, paths: InputPaths, say: Speaker
) -> tuple[int, str, Path | None]:
    """Set the variables; return the global step, a phrase that says where they come from, and the run's checkpoint."""
    saved = store.by_preference()
    for prefix, older in zip_longest(saved, saved[1:]):
        try:
            step = resume(train_step, prefix)
        except CheckpointError as error:
            if older is None:
                raise
            say(f"WARNING: {error} Going back to {older.name}.")
            continue
        say(f"continuing from {prefix}, step {step}")
        return step, str(read_run(store.folder).get("started_from", "")) or str(prefix), prefix
    wanted = paths.fine_tune_checkpoint
    if wanted is None:
        return 0, RANDOM_WEIGHTS, None
    prefix = find_fine_tune_checkpoint(wanted)
    if prefix is None:
        say(
            f"WARNING: {wanted}: there is no such checkpoint (fine_tune_checkpoint), so training starts from RANDOM "
            "WEIGHTS, which takes far more images and steps. Put model.ckpt.index and model.ckpt.data-00000-of-00001 "
            "of a pre-trained model there, and start again in an empty folder."
        )
        return 0, f"{RANDOM_WEIGHTS} (fine_tune_checkpoint was missing)", None
    result = start_from(train_step, config.train_config, prefix, store.folder)
    say(f"{result.summary()}; the list is in {store.folder / WARM_START_FILE}")
    for name, (there, here) in list(result.mismatched.items())[:MISMATCHES_SHOWN]:
        say(f"WARNING: {name} not restored: shape {list(there)} in the checkpoint, {list(here)} in the model")
    if len(result.mismatched) > MISMATCHES_SHOWN:
        say(f"WARNING: ... and {len(result.mismatched) - MISMATCHES_SHOWN} more of another shape")
    return 0, f"{prefix} ({len(result.restored)} variables)", None


def _warn_of_statistics(config: Any, origin: str, num_steps: int, say: Speaker) -> None:
    hyperparams = config.model.ssd.feature_extractor.conv_hyperparams
    if origin.startswith(RANDOM_WEIGHTS) and num_steps and hyperparams.HasField("batch_norm"):
        advice = statistics_advice(hyperparams.batch_norm.decay, num_steps)
        if advice:
            say(advice)


def _record_start(train_dir: Path, *, step: int, **fields: Any) -> None:
    """Begin run.json anew, or note in it that the run continues."""
    earlier = read_run(train_dir) if step else {}
    continued = [*earlier.get("continued", []), {"step": step, "at": now()}] if step else []
    if not step:
        (train_dir / RUN_FILE).unlink(missing_ok=True)
        set_aside(train_dir / BEST_FOLDER)  # another run's
    update_run(
        train_dir,
        **fields,
        started=earlier.get("started", now()),
        continued=continued,
        ended=None,
        outcome="running",
        step=step,
        versions=versions(),
        device=_device(),
    )


def _device() -> str:
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"CPU, {os.cpu_count()} cores"
    names = (tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name) for gpu in gpus)
    return "GPU: " + ", ".join(names)


def _batches(batches: tf.data.Dataset, held: Snapshot, decode: Decoder, num_classes: int) -> Iterator[Batch]:
    """Yield the batches; name the record that cannot be used."""
    iterator = iter(batches)
    while True:
        try:
            batch = next(iterator)
        except StopIteration:
            return
        except tf.errors.OpError as error:
            raise explain_bad_record(held.paths, decode, num_classes) or TrainingError(
                f"the input pipeline failed: {first_line(error)}. Run boxwright check."
            ) from error
        yield batch


def _test_side(workspace: Workspace, paths: InputPaths) -> list[Path]:
    """Return the test side's records; none when there are none (yet)."""
    try:
        return resolve_records(paths.eval_records, workspace.root)
    except BoxwrightError:
        return []
