"""A training, from top to bottom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from boxwright.pipeline import messages
from boxwright.progress import Reporter, silent
from boxwright.runs.metrics import MetricsWriter
from boxwright.stop_signal import StopSignal
from boxwright.training.context import TrainingContext
from boxwright.training.errors import OutOfMemoryError
from boxwright.training.failures import make_step, usable_batches
from boxwright.training.hardware.devices import find_devices
from boxwright.training.hardware.memory import micro_batches_before, more_micro_batches
from boxwright.training.reporting.log import Log
from boxwright.training.reporting.step_reporter import StepReporter
from boxwright.training.reporting.summaries import Summaries
from boxwright.training.run_folder.lock import only_run
from boxwright.training.session import TrainingSession, TrainResult
from boxwright.training.settings import Settings
from boxwright.training.setup import find_sources, records_snapshot, set_up
from boxwright.workspace import Workspace

PREVIEW_EVERY = 500  # steps, and at the end


def train(
    workspace: Workspace,
    pipeline_config: messages.TrainEvalPipelineConfig,
    *,
    train_dir: Path,
    config_path: Path | None = None,
    settings: Settings | None = None,
    reporter: Reporter = silent,
    stop: StopSignal | None = None,
) -> TrainResult:
    """Train as the config says, from the last checkpoint in `train_dir` if there is one.

    When memory runs out, the run resumes from that checkpoint with gradient accumulation over micro-batches.

    Args:
        workspace: Relative paths of the config start here.
        pipeline_config: The configuration.
        train_dir: Checkpoints, event files, metrics.csv and run.json go here.
        config_path: Where the config was read, for messages and the record; the file is copied to `train_dir`.
        settings: How; by default Settings().
        reporter: Told of every step; its messages are the lines to print.
        stop: Ends the run early, with a checkpoint.

    Raises:
        BoxwrightError: The config, the data or a checkpoint cannot be used, the loss is not finite, or memory ran
            out with one image at a time; the last good checkpoint stays.
    """
    settings = settings or Settings()
    if settings.num_steps is None:
        settings = replace(settings, num_steps=pipeline_config.train_config.num_steps)
    path = config_path or workspace.pipeline_config
    sources = find_sources(workspace, pipeline_config, path, reporter)
    devices = find_devices(settings.devices)
    folder = train_dir if devices.is_chief else train_dir / f"worker-{devices.worker}"
    folder.mkdir(parents=True, exist_ok=True)
    with only_run(folder), records_snapshot(workspace, sources.paths, folder) as records:
        context = TrainingContext(
            workspace,
            pipeline_config,
            path,
            config_path is not None,
            folder,
            settings,
            sources,
            records,
            devices,
            Log(reporter),
        )
        return _train_in_memory(context, StopSignal() if stop is None else stop)  # an unset signal is false


def _train_in_memory(context: TrainingContext, stop: StopSignal) -> TrainResult:
    """Train; each time that memory runs out, resume with more micro-batches."""
    micro_batches = micro_batches_before(context.train_dir, context.pipeline_config)
    while True:
        session = set_up(context, micro_batches)
        if session.reason:
            context.log(session.reason)
            return TrainResult(session.step, session.saver.saved, session.reason, None, None, 0.0)
        try:
            return _train_session(session, stop)
        except OutOfMemoryError as error:
            micro_batches = more_micro_batches(micro_batches, context.batch_size, context.devices, error)
            context.log(
                f"WARNING: {error} From now on each batch of {context.batch_size} is processed in {micro_batches} "
                "micro-batches (gradient accumulation), which trains like the whole batch, except for batch norm."
            )
        del session  # and with it the memory that its variables have


def _train_session(session: TrainingSession, stop: StopSignal) -> TrainResult:
    """Make steps until the last one, a stop, or the end of the records."""
    context, step, evaluation = session.context, session.step, session.evaluation
    metrics = MetricsWriter(context.train_dir, step) if context.devices.is_chief else None
    context.log.total = context.num_steps
    with Summaries(context.train_dir) as summaries:
        reporter = StepReporter(
            context.log,
            session.history,
            summaries,
            metrics,
            batch_size=context.batch_size,
            log_every=context.settings.log_every,
        )
        for batch in usable_batches(session):
            if _is_stopped(session, stop) or (context.num_steps and step >= context.num_steps):
                break
            learning_rate = context.sources.schedule(step)
            result = make_step(session, step, batch, learning_rate, wish_to_stop=bool(stop))
            step += 1
            reporter.report(step, result, float(learning_rate))
            if step % PREVIEW_EVERY == 0:
                summaries.images(step, session.preview.pictures())
            if evaluation.is_due(step):
                reporter.report_evaluation(step, evaluation.measure(step, session.saver.save))
                if reason := evaluation.reason_to_stop(step):
                    stop.request(reason)
            if session.saver.is_due():
                session.saver.save(step)
            session.history.skip_pause()
        if session.history.last is not None:
            session.saver.save(step)
            summaries.images(step, session.preview.pictures())
            if evaluation.is_due(step, at_end=not stop):
                reporter.report_evaluation(step, evaluation.measure(step, session.saver.save))
    return _finish(session, step, stop.reason)


def _is_stopped(session: TrainingSession, stop: StopSignal) -> bool:
    """Return whether the run was asked to end: of several workers one may be, and all end after the same step."""
    if session.context.devices.workers == 1:
        return bool(stop)
    last = session.history.last
    if last is not None and last.wishes > 0:
        stop.request("another worker")
        return True
    return False


def _finish(session: TrainingSession, step: int, reason: str) -> TrainResult:
    """Record the end of the run and print what comes next."""
    context, history = session.context, session.history
    if context.num_steps and step >= context.num_steps:
        outcome, reason = f"reached step {step}", ""
        advice = f"To train longer, give --num-steps {2 * step}."
    elif reason:
        outcome, advice = f"stopped by {reason} at step {step}", "The same command continues from here."
    else:
        outcome, advice = f"the records ended (num_epochs) at step {step}", "Raise num_epochs to train longer."
    session.saver.record_end(step, outcome)
    saved = session.saver.saved
    context.log(f"{outcome}; checkpoint {saved or 'none: no step was made'}. {advice}")
    return TrainResult(step, saved, reason, history.first, history.last, history.median_seconds)
