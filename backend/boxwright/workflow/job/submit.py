"""Queueing a job: what has to happen once, before its first attempt, happens here."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from boxwright.jobs.job import Job
from boxwright.jobs.store import JobStore
from boxwright.workflow.common.option import Options
from boxwright.workflow.preparation.new_run import undone_on_failure
from boxwright.workflow.train import TrainOptions, start_training_over
from boxwright.workspace import Workspace


def submit_job(workspace: Workspace, kind: str, options: Options) -> Job:
    """Put a job at the end of the queue.

    A training that starts over gets its new training/ now: the job resumes from there, however often it is paused.

    Args:
        workspace: Whose job.
        kind: A kind of job.
        options: Of the type that belongs to the kind, paths absolute.

    Raises:
        UsageError: The options contradict each other.
        BoxwrightError: The training cannot start over now: another job uses training/, or a training is under way.
        OSError: The folder cannot be written.
    """
    with ExitStack() as stack:
        if isinstance(options, TrainOptions) and options.start_over:
            stack.enter_context(undone_on_failure(workspace, start_training_over(workspace, options)))
            options = replace(options, start_over=False)
        return JobStore(workspace).submit(kind, options)
