"""The training run, from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import tensorflow as tf

from boxwright.dataset.store.snapshot import Snapshot
from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal
from boxwright.training.errors import OutOfMemoryError, TrainingError
from boxwright.training.hardware.devices import find_devices, lost_worker
from boxwright.training.hardware.memory import parts_so_far, smaller_parts
from boxwright.training.input.pipeline import Batch, explain_bad_record, first_line
from boxwright.training.optimization.schedules import build_schedule
from boxwright.training.run import Log, TrainResult
from boxwright.training.run_lock import only_run
from boxwright.training.settings import Settings
from boxwright.training.setup import TrainingSession, find_sources, held_records, learning_rate_config, set_up
from boxwright.training.summaries import Summaries
from boxwright.workspace import Workspace

PREVIEW_EVERY = 500  # steps, and at the end


def train(
    workspace: Workspace,
    config: Any,
    *,
    train_dir: Path,
    config_path: Path | None = None,
    reporter: Reporter = silent,
    stop: StopSignal | None = None,
    **settings: Any,
) -> TrainResult:
    """Train as the config says, from the last checkpoint in `train_dir` if there is one.

    When memory runs out, the run goes back to that checkpoint and takes its batches in smaller parts.

    Args:
        workspace: Relative paths of the config start here.
        config: TrainEvalPipelineConfig.
        train_dir: Checkpoints, event files and run.json go here.
        config_path: Where the config was read, for messages and the record; the file is copied to `train_dir`.
        reporter: Told of every step; its messages are the lines to print.
        stop: Ends the run early, with a checkpoint.
        settings: Fields of training.settings.Settings, for example num_steps and seed.

    Raises:
        BoxwrightError: The config, the data or a checkpoint cannot be used, the loss is not finite, or memory ran
            out with the smallest parts; the last good checkpoint stands.
    """
    how = Settings(**settings)
    if how.num_steps is None:
        how = replace(how, num_steps=config.train_config.num_steps)
    log = Log(reporter)
    stop = StopSignal() if stop is None else stop  # an unset signal is false
    path = config_path or workspace.pipeline_config
    sources = find_sources(workspace, config, path)
    build_schedule(learning_rate_config(config))
    devices = find_devices(how.devices)
    folder = train_dir if devices.is_chief else train_dir / f"worker-{devices.worker}"
    folder.mkdir(parents=True, exist_ok=True)
    with only_run(folder), held_records(workspace, sources.paths, folder) as held:
        parts = parts_so_far(folder, config)
        while True:
            session = set_up(
                workspace, config, sources, held, devices, how, log,
                train_dir=folder, config_path=path, put_config_beside=config_path is not None, parts=parts,
            )  # fmt: skip
            if session.reason:
                log(session.reason)
                return TrainResult(session.step, session.run.saved, session.reason, None, None, 0.0)
            try:
                return _loop(session, held, config, how.num_steps or 0, stop)
            except OutOfMemoryError as error:
                parts = smaller_parts(parts, config.train_config.batch_size, devices, error)
                log(
                    f"WARNING: {error} From now on each batch of {config.train_config.batch_size} is taken in {parts} "
                    f"parts whose gradients are added, which trains as the whole batch does, but for batch norm."
                )
            del session  # and with it the memory that its variables have


def _loop(session: TrainingSession, held: Snapshot, config: Any, num_steps: int, stop: StopSignal) -> TrainResult:
    step, run, evaluation = session.step, session.run, session.evaluation
    schedule = build_schedule(learning_rate_config(config))
    with Summaries(run.train_dir) as summaries:
        for batch in _batches(session, held, config.model.ssd.num_classes):
            if run.shall_end(stop) or (num_steps and step >= num_steps):
                break
            learning_rate = schedule(step)
            result = run.make(step, batch, learning_rate, stop)
            step += 1
            run.check_finite(step, result, batch)
            run.report(step, num_steps, result)
            if run.scalars_due() or step == num_steps:
                summaries.scalars(
                    step, result, learning_rate=float(learning_rate), rate=run.rate(), batch_size=run.batch_size
                )
            if step % PREVIEW_EVERY == 0:
                summaries.images(step, session.preview.pictures())
            if evaluation.due(step):
                run.beside_the_loss = evaluation.measure(step, run.save, summaries)
                if reason := evaluation.stale(step):
                    stop.request(reason)
            if run.checkpoint_due():
                run.save(step)
            run.leave_out()
        if run.last is not None:
            run.save(step)
            summaries.images(step, session.preview.pictures())
            if evaluation.due(step, at_end=not stop):
                evaluation.measure(step, run.save, summaries)
    return run.finish(step, num_steps, stop.reason)


def _batches(session: TrainingSession, held: Snapshot, num_classes: int) -> Iterator[Batch]:
    """Yield the batches; name the record that cannot be used."""
    iterator = iter(session.batches)
    while True:
        try:
            batch = next(iterator)
        except StopIteration:
            return
        except tf.errors.OpError as error:
            devices = session.run.devices
            if devices.workers > 1 and not isinstance(error, tf.errors.InvalidArgumentError | tf.errors.DataLossError):
                raise lost_worker(devices, error) from error  # they agree on whether there is another batch
            raise explain_bad_record(held.paths, session.decode, num_classes) or TrainingError(
                f"the input pipeline failed: {first_line(error)}. Run boxwright check."
            ) from error
        yield batch
