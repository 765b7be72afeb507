"""What a job is: one piece of work that outlives whoever asked for it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from boxwright.jobs.options import unpack
from boxwright.jobs.result import JobResult

STAGES: Mapping[str, tuple[str, ...]] = {
    "export-dataset": ("dataset",),
    "train": ("snapshot", "train", "evaluate", "export"),
    "evaluate": ("evaluate",),
    "export": ("export",),
    "detect": ("detect",),
    "suggest": ("suggest",),
}
"""Kind of job to its stages, in their order."""

CONTINUED = frozenset({"train", "suggest"})
"""Kinds that continue from where they were when their process dies."""

DEVICE_KINDS = frozenset(STAGES) - {"export-dataset", "suggest"}
"""Kinds of which one at a time runs on a device, whatever the workspace. Suggestions take one core of the CPU."""


class State(str, Enum):
    """Where a job is on its way."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"  # by somebody, until they resume it
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """Whether nothing more happens to the job."""
        return self in (State.SUCCEEDED, State.FAILED, State.CANCELLED)


class JobRequest(str, Enum):
    """What a job's process is asked to do; it looks every half second."""

    NONE = ""
    CANCEL = "cancel"
    PAUSE = "pause"  # the user's: save, and wait until somebody resumes it
    REQUEUE = "requeue"  # the daemon's, which ends: save, and go back into the queue


@dataclass(frozen=True)
class Job:
    """A job as the store has it now.

    Attributes:
        id: From 1 on, never used again.
        kind: A key of STAGES.
        options: Options of the kind's verb, as jobs.options.pack stores them.
        state: Where it is on its way.
        stage: One of the kind's stages, "" before the first.
        finished: Stages that are done and are not done again.
        doing: What the stage is at, for example "reading images".
        done, total: Units of it; total is None when it is not known.
        metrics: Numbers worth showing, for example {"loss": 2.31}.
        rate: Units per second, None when it is not known.
        eta: Seconds that the stage is still going to take, None when it is not known.
        message: The last line that the work said.
        waits_for: A sentence; "" when it waits for nothing but its turn.
        error: Why it failed, with the last lines of its log.
        result: What came of the stages that are done.
        attempts: How often it was started.
        pid: Of the process that ran it last, None before.
        request: What that process is asked to do.
        created, started, ended, asked: Seconds since 1970; None when it has not happened. `started` is the last time.
        is_from_elsewhere: Another user or machine submitted it, or an earlier Boxwright, which left no mark. The daemon
            does not start it; `boxwright resume` does.
    """

    id: int
    kind: str
    options: str
    state: State
    stage: str
    finished: tuple[str, ...]
    doing: str
    done: int
    total: int | None
    metrics: Mapping[str, float]
    rate: float | None
    eta: float | None
    message: str
    waits_for: str
    error: str
    result: JobResult
    attempts: int
    pid: int | None
    request: JobRequest
    created: float
    started: float | None
    ended: float | None
    asked: float | None
    is_from_elsewhere: bool = False

    @property
    def stages(self) -> tuple[str, ...]:
        """All stages of the job."""
        return STAGES.get(self.kind, ())

    @property
    def params(self) -> Mapping[str, object]:
        """The options that differ from their defaults, by their names on the command line without hyphens in front."""
        return {name.replace("_", "-"): value for name, value in unpack(self.options).items()}

    def seconds(self) -> float | None:
        """Return how long it has been running or ran this time, None while it waits.

        Never negative, whatever was done to the clock.
        """
        if self.started is None or self.state in (State.QUEUED, State.PAUSED):
            return None
        return max(0.0, (self.ended if self.ended is not None else time.time()) - self.started)

    def as_dict(self) -> dict[str, Any]:
        """Return everything for JSON."""
        content = {**vars(self), "state": self.state.value, "request": self.request.value}
        content |= {"finished": list(self.finished), "stages": list(self.stages), "seconds": self.seconds()}
        del content["options"]
        return {**content, "params": self.params, "result": self.result.to_json()}
