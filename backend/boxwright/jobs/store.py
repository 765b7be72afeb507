"""The jobs of a workspace, in .boxwright/jobs.sqlite: GUI, command line, daemon and workers meet here.

Each call is one short transaction, on the disk when it returns. A state changes only from the state it is expected
in, so that of two who try one succeeds.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import time
from typing import Any

from boxwright.errors import BoxwrightError, UsageError
from boxwright.jobs.database import PATIENCE, JobsFile
from boxwright.jobs.job import CONTINUED, STAGES, Job, JobRequest, State
from boxwright.jobs.options import NO_OPTIONS, JobOptions, unpack
from boxwright.jobs.result import JobResult
from boxwright.jobs.submitter import is_own, sign
from boxwright.progress import Progress
from boxwright.workspace import Workspace, as_argument

MAX_FRUITLESS = 3
"""So often a job is begun again after its process died without having come further."""

_COLUMNS = (
    "id, kind, params, state, stage, finished, doing, done, total, metrics, rate, eta, message, waits_for, error, "
    "result, attempts, pid, request, created, started, ended, asked, submitter"
)
_MAX_ID = 2**63 - 1  # SQLite's


class JobStore:
    """The jobs of one workspace."""

    def __init__(self, workspace: Workspace, *, patience: float = PATIENCE) -> None:
        """Open nothing yet: each call opens the file and closes it, and waits for it for `patience` seconds."""
        self.workspace = workspace
        self.path = workspace.state / "jobs.sqlite"
        self._file = JobsFile(self.path, patience=patience)

    def submit(self, kind: str, options: JobOptions | None = None) -> Job:
        """Put a job at the end of the queue.

        Args:
            kind: A key of STAGES.
            options: Of the kind's verb, paths absolute; None for its defaults.

        Raises:
            UsageError: There is no such kind.
            OSError: The user's own folder, with the key that marks the job as this user's, cannot be written.
        """
        if kind not in STAGES:
            raise UsageError(f"There is no job of the kind {kind!r}. Kinds: {', '.join(STAGES)}.")
        stored, now = options.to_json() if options else NO_OPTIONS, time.time()
        row = (kind, stored, State.QUEUED.value, now, sign(kind, stored, now))

        def insert(database: sqlite3.Connection) -> int:
            columns = "kind, params, state, created, submitter"
            cursor = database.execute(f"INSERT INTO jobs ({columns}) VALUES (?, ?, ?, ?, ?)", row)
            return int(cursor.lastrowid or 0)

        return self.get(self._file.write("submit", insert))

    def get(self, number: int) -> Job:
        """Return a job.

        Raises:
            UsageError: There is none of this number.
        """
        jobs = self._select("WHERE id = ?", number) if 0 < number <= _MAX_ID else []
        if not jobs:
            raise UsageError(
                f"There is no job {number}. They are listed by: boxwright jobs {as_argument(self.workspace.root)}"
            )
        return jobs[0]

    def newest(self, limit: int = 100) -> list[Job]:
        """Return the newest jobs, the newest last."""
        return self._select("ORDER BY id DESC LIMIT ?", limit)[::-1]

    def open_jobs(self) -> list[Job]:
        """Return the jobs that are queued or running, the oldest first."""
        return self._select("WHERE state IN ('queued', 'running') ORDER BY id")

    def unended(self) -> set[int]:
        """Return the numbers of the jobs to which something can still happen."""
        return {job.id for job in self._select("WHERE state IN ('queued', 'running', 'paused')")}

    def cancel(self, number: int) -> Job:
        """End a queued or paused job now; ask a running one to save and end.

        Raises:
            UsageError: There is no such job, or it has ended.
        """

        def update(database: sqlite3.Connection) -> bool:
            now = time.time()
            queued = (
                "UPDATE jobs SET state = 'cancelled', ended = ?, waits_for = '' "
                "WHERE id = ? AND state IN ('queued', 'paused')"
            )
            running = (
                "UPDATE jobs SET request = 'cancel', asked = ? "
                "WHERE id = ? AND state = 'running' AND request != 'cancel'"
            )
            return any([_one(database, queued, now, number), _one(database, running, now, number)])

        self.get(number)
        return self.get(number) if self._file.write("cancel", update) else self._open_job(number)

    def pause(self, number: int) -> Job:
        """Pause a queued job now; ask a running one to save, and to wait until `resume`.

        Raises:
            UsageError: There is no such job, or it has ended.
        """

        def update(database: sqlite3.Connection) -> None:
            queued = "UPDATE jobs SET state = 'paused', waits_for = '' WHERE id = ? AND state = 'queued'"
            running = (
                "UPDATE jobs SET request = 'pause', asked = ? "
                "WHERE id = ? AND state = 'running' AND request IN ('', 'requeue')"
            )
            _one(database, queued, number)
            _one(database, running, time.time(), number)

        self.get(number)
        self._file.write("pause", update)
        return self._open_job(number)

    def resume(self, number: int) -> Job:
        """Put a paused job back into the queue, at its old place; one from elsewhere is this user's from now on.

        Raises:
            UsageError: There is no such job, or it has ended.
            OSError: As for `submit`.
        """
        job = self.get(number)
        if job.is_from_elsewhere and not job.state.is_end:
            mark = sign(job.kind, job.options, job.created)
            self._set("adopt", number, "submitter = ?, waits_for = ''", mark, where="params = ?", given=(job.options,))

        def update(database: sqlite3.Connection) -> None:
            paused = "UPDATE jobs SET state = 'queued', message = '' WHERE id = ? AND state = 'paused'"
            # one that is saving at this moment cannot be called back, but goes into the queue instead
            saving = "UPDATE jobs SET request = 'requeue' WHERE id = ? AND state = 'running' AND request = 'pause'"
            _one(database, paused, number)
            _one(database, saving, number)

        self._file.write("resume", update)
        return self._open_job(number)

    def _open_job(self, number: int) -> Job:
        job = self.get(number)
        if job.state.is_end:
            raise UsageError(f"Job {number} has ended already ({job.state.value}).")
        return job

    def request_requeue(self, number: int) -> None:
        """Ask the job's process to save and to go back into the queue: the daemon ends."""
        self._set("request-requeue", number, "request = 'requeue', asked = ?", time.time(), where="request = ''")

    def withdraw_requeue(self, number: int) -> None:
        """Take `request_requeue` back: a new process is about to take the job up."""
        self._set("withdraw-requeue", number, "request = '', asked = NULL", where="request = 'requeue'")

    def start(self, number: int, pid: int) -> bool:
        """Make a queued job a running one; return False when it is not queued (any more)."""
        return self._set(
            "start",
            number,
            "state = 'running', pid = ?, started = ?, attempts = attempts + 1, waits_for = '', message = ''",
            pid,
            time.time(),
            where="state = 'queued'",
        )

    def begin_stage(self, number: int, stage: str) -> None:
        """Say which stage the job is in."""
        changes = "stage = ?, doing = '', done = 0, total = NULL, metrics = '{}', rate = NULL, eta = NULL"
        self._set("stage", number, changes, stage)

    def finish_stage(self, number: int, stage: str, result: JobResult) -> None:
        """Note that the stage need not be done again, and what came of it."""

        def update(database: sqlite3.Connection) -> None:
            select = "SELECT finished, result FROM jobs WHERE id = ?"
            for finished, before in database.execute(select, (number,)).fetchall():
                stages = [*json.loads(finished), stage]
                merged = JobResult.from_json(json.loads(before)).merged(result)
                row = (json.dumps(stages), json.dumps(merged.to_json()), number)
                database.execute("UPDATE jobs SET finished = ?, result = ? WHERE id = ?", row)

        self._file.write("stage-end", update)

    def progress(self, number: int, progress: Progress, rate: float | None, eta: float | None) -> None:
        """Note how far the stage is."""
        if not progress.stage:  # a message that belongs to no stage
            self._set("message", number, "message = ?", progress.message, where="state = 'running'")
            return
        changes = "doing = ?, done = ?, total = ?, metrics = ?, rate = ?, eta = ?"
        numbers = {name: float(value) for name, value in progress.metrics.items()}
        metrics = json.dumps({name: value for name, value in numbers.items() if math.isfinite(value)})
        values: list[Any] = [progress.stage, progress.done, progress.total, metrics, rate, eta]
        if progress.message:
            changes += ", message = ?"
            values.append(progress.message)
        self._set("progress", number, changes, *values, where="state = 'running'")

    def wait_for(self, number: int, sentence: str) -> None:
        """Note what the job waits for."""
        self._set("wait", number, "waits_for = ?", sentence, where="state = 'queued'")

    def finish(self, number: int, state: State, error: str = "") -> bool:
        """End an open job; return False when it had ended."""
        return self._set(
            "finish",
            number,
            "state = ?, error = ?, ended = ?, waits_for = '', rate = NULL, eta = NULL",
            state.value,
            error,
            time.time(),
            where="state IN ('queued', 'running')",
        )

    def requeue(self, number: int, message: str) -> bool:
        """Put a running job back into the queue, at its old place, or pause it if it was asked to.

        Returns:
            False when it was not running, or is to be cancelled.
        """
        state = "CASE request WHEN 'pause' THEN 'paused' ELSE 'queued' END"
        changes = f"state = {state}, request = '', asked = NULL, rate = NULL, eta = NULL, message = ?"
        return self._set("requeue", number, changes, message, where="state = 'running' AND request != 'cancel'")

    def died(self, number: int, log_tail: str, *, killed: str = "") -> Job:
        """Settle what becomes of a running job whose process is gone.

        It is cancelled if it was to be. It is queued again if its kind can continue from where it was, unless it died
        MAX_FRUITLESS times without having come further. Otherwise it has failed.

        Args:
            number: The job's.
            log_tail: The last lines of its log.
            killed: Why the daemon killed it, "" when it did not.
        """
        job = self.get(number)
        why = f"Its process (pid {job.pid}) ended without a word, as one does that is killed or runs out of memory."
        error = f"{why}\n{log_tail}".strip()
        if job.request is JobRequest.CANCEL:
            self.finish(number, State.CANCELLED, killed)
        elif job.request is JobRequest.REQUEUE:
            self.requeue(number, "It was stopped with the daemon.")
        elif job.request is JobRequest.PAUSE:
            self.requeue(number, f"{killed} It continues from where it was when it is resumed.".lstrip())
        elif job.kind not in CONTINUED or self._is_fruitless(job):
            self.finish(number, State.FAILED, error)
        else:
            self.requeue(number, f"{why} It continues from where it was.")
        return self.get(number)

    def _is_fruitless(self, job: Job) -> bool:
        # steps or photos, not the images that the stage reads before: of these there may be more
        reached = [len(job.finished), job.done if job.doing in ("training", "suggesting") else 0]

        def update(database: sqlite3.Connection) -> int:
            row = database.execute("SELECT furthest, fruitless FROM jobs WHERE id = ?", (job.id,)).fetchone()
            furthest, fruitless = json.loads(row[0]), int(row[1])
            fruitless = 1 if reached > furthest else fruitless + 1
            values = (json.dumps(max(reached, furthest)), fruitless, job.id)
            database.execute("UPDATE jobs SET furthest = ?, fruitless = ? WHERE id = ?", values)
            return fruitless

        return self._file.write("fruitless", update) >= MAX_FRUITLESS

    def _set(
        self, name: str, number: int, changes: str, *values: Any, where: str = "1", given: tuple[Any, ...] = ()
    ) -> bool:
        """Change a job where `where` holds, whose own values are `given`; return whether it did."""
        statement = f"UPDATE jobs SET {changes} WHERE id = ? AND ({where})"
        printable = [_printable(value) if isinstance(value, str) else value for value in values]
        return self._file.write(name, lambda database: _one(database, statement, *printable, number, *given))

    def _select(self, condition: str, *values: Any) -> list[Job]:
        if not os.path.exists(self.path):  # noqa: PTH110 - a Path's method raises where permission lacks
            return []
        statement = f"SELECT {_COLUMNS} FROM jobs {condition}"
        return self._file.read(lambda database: [_job(row) for row in database.execute(statement, values)])


def _one(database: sqlite3.Connection, statement: str, *values: Any) -> bool:
    return database.execute(statement, values).rowcount == 1


def _printable(text: str) -> str:
    """Return the text as Unicode that SQLite takes: a file's name need not be any."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _job(row: tuple[Any, ...]) -> Job:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    mark, options = values.pop("submitter"), values.pop("params")
    try:
        _check_types(values)
        for name in ("metrics", "result"):
            values[name] = dict(json.loads(values[name]))
        values["options"] = str(options)
        unpack(values["options"])
        values["result"] = JobResult.from_json(values["result"])
        values["finished"] = tuple(str(stage) for stage in json.loads(values["finished"]))
        values["state"], values["request"] = State(values["state"]), JobRequest(values["request"])
        is_own_job = is_own(str(mark), values["kind"], values["options"], values["created"])
    except (
        ValueError,
        TypeError,
        OverflowError,
        RecursionError,
        BoxwrightError,
    ) as error:  # one job, of another Boxwright or damaged, must not hide the others
        why = f"This job cannot be read ({error}). Submit it again, or use the Boxwright that wrote it."
        return _unreadable(values, why)
    return Job(**values, is_from_elsewhere=not is_own_job)


_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("id", "done", "attempts"), (int,)),
    **dict.fromkeys(("pid", "total"), (int, type(None))),
    "created": (int, float),
    **dict.fromkeys(("rate", "eta", "started", "ended", "asked"), (int, float, type(None))),
}


def _check_types(values: dict[str, Any]) -> None:
    """Refuse what no Boxwright writes: SQLite keeps any type in any column, and the file may be a stranger's.

    Raises:
        ValueError: A value is of another type.
    """
    for name, value in values.items():
        if not isinstance(value, _TYPES.get(name, (str,))):
            raise ValueError(f"{name} is {value!r}")


def _unreadable(values: dict[str, Any], why: str) -> Job:
    """Return a failed job with what of its row can be shown."""
    created = values["created"]
    return Job(
        id=int(values["id"]),
        kind=str(values["kind"]),
        options=NO_OPTIONS,
        state=State.FAILED,
        error=why,
        created=float(created) if isinstance(created, int | float) else 0.0,
        **_NOTHING,
    )


_NOTHING: dict[str, Any] = {
    **dict.fromkeys(("stage", "doing", "message", "waits_for"), ""),
    **dict.fromkeys(("total", "rate", "eta", "pid", "started", "ended", "asked")),
    "finished": (),
    "done": 0,
    "metrics": {},
    "result": JobResult(),
    "attempts": 0,
    "request": JobRequest.NONE,
}
