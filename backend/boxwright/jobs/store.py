"""The jobs of a workspace, in .boxwright/jobs.sqlite: GUI, command line, daemon and workers meet here.

Each call is one short transaction, on the disk when it returns. A state changes only from the state it is expected
in, so that of two who try one succeeds.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from boxwright import failpoints
from boxwright.errors import BoxwrightError, UsageError
from boxwright.jobs.job import CONTINUED, STAGES, Ask, Job, State
from boxwright.progress import Progress
from boxwright.workspace import Workspace, as_argument

MAX_FRUITLESS = 3
"""So often a job is begun again after its process died without having come further."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, params TEXT NOT NULL, state TEXT NOT NULL,
    stage TEXT NOT NULL DEFAULT '', finished TEXT NOT NULL DEFAULT '[]', doing TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0, total INTEGER, metrics TEXT NOT NULL DEFAULT '{}', rate REAL, eta REAL,
    message TEXT NOT NULL DEFAULT '', waits_for TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
    result TEXT NOT NULL DEFAULT '{}', attempts INTEGER NOT NULL DEFAULT 0, pid INTEGER,
    ask TEXT NOT NULL DEFAULT '', created REAL NOT NULL, started REAL, ended REAL, asked REAL,
    furthest TEXT NOT NULL DEFAULT '[0, 0]', fruitless INTEGER NOT NULL DEFAULT 0)
"""
_COLUMNS = (
    "id, kind, params, state, stage, finished, doing, done, total, metrics, rate, eta, message, waits_for, error, "
    "result, attempts, pid, ask, created, started, ended, asked"
)
_BUSY_SECONDS = 20.0

Value = TypeVar("Value")


class JobStore:
    """The jobs of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        """Open nothing yet: each call opens the file and closes it."""
        self.workspace = workspace
        self.path = workspace.state / "jobs.sqlite"

    def submit(self, kind: str, params: Mapping[str, str] | None = None) -> Job:
        """Put a job at the end of the queue.

        Raises:
            UsageError: There is no such kind.
        """
        if kind not in STAGES:
            raise UsageError(f"There is no job of the kind {kind!r}. Kinds: {', '.join(STAGES)}.")

        def insert(database: sqlite3.Connection) -> int:
            row = (kind, json.dumps(dict(params or {})), State.QUEUED.value, time.time())
            cursor = database.execute("INSERT INTO jobs (kind, params, state, created) VALUES (?, ?, ?, ?)", row)
            return int(cursor.lastrowid or 0)

        number = self._write(insert)
        failpoints.reach("job-submitted")
        return self.get(number)

    def get(self, number: int) -> Job:
        """Return a job.

        Raises:
            UsageError: There is none of this number.
        """
        jobs = self._select("WHERE id = ?", number)
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
            running = "UPDATE jobs SET ask = 'cancel', asked = ? WHERE id = ? AND state = 'running' AND ask != 'cancel'"
            return any([_one(database, queued, now, number), _one(database, running, now, number)])

        return self.get(number) if self._write(update) else self._open_job(number)

    def hold(self, number: int) -> Job:
        """Pause a queued job now; ask a running one to save, and to wait until `resume`.

        Raises:
            UsageError: There is no such job, or it has ended.
        """

        def update(database: sqlite3.Connection) -> None:
            queued = "UPDATE jobs SET state = 'paused', waits_for = '' WHERE id = ? AND state = 'queued'"
            running = (
                "UPDATE jobs SET ask = 'hold', asked = ? WHERE id = ? AND state = 'running' AND ask IN ('', 'pause')"
            )
            _one(database, queued, number)
            _one(database, running, time.time(), number)

        self._write(update)
        return self._open_job(number)

    def resume(self, number: int) -> Job:
        """Put a paused job back into the queue, at its old place.

        Raises:
            UsageError: There is no such job, or it has ended.
        """

        def update(database: sqlite3.Connection) -> None:
            paused = "UPDATE jobs SET state = 'queued', message = '' WHERE id = ? AND state = 'paused'"
            # one that is saving at this moment cannot be called back, but goes into the queue instead
            saving = "UPDATE jobs SET ask = 'pause' WHERE id = ? AND state = 'running' AND ask = 'hold'"
            _one(database, paused, number)
            _one(database, saving, number)

        self._write(update)
        return self._open_job(number)

    def _open_job(self, number: int) -> Job:
        job = self.get(number)
        if job.state.is_end:
            raise UsageError(f"Job {number} has ended already ({job.state.value}).")
        return job

    def pause(self, number: int) -> None:
        """Ask the job's process to save and to go back into the queue."""
        self._set(number, "ask = 'pause', asked = ?", time.time(), where="ask = ''")

    def forget_pause(self, number: int) -> None:
        """Take `pause` back: a new process is about to take the job up."""
        self._set(number, "ask = '', asked = NULL", where="ask = 'pause'")

    def start(self, number: int, pid: int) -> bool:
        """Make a queued job a running one; return False when it is not queued (any more)."""
        failpoints.reach("job-before-start")
        started = self._set(
            number,
            "state = 'running', pid = ?, started = ?, attempts = attempts + 1, waits_for = '', message = ''",
            pid,
            time.time(),
            where="state = 'queued'",
        )
        failpoints.reach("job-started")
        return started

    def begin_stage(self, number: int, stage: str) -> None:
        """Say which stage the job is in."""
        self._set(
            number, "stage = ?, doing = '', done = 0, total = NULL, metrics = '{}', rate = NULL, eta = NULL", stage
        )

    def finish_stage(self, number: int, stage: str, result: Mapping[str, Any]) -> None:
        """Note that the stage need not be done again, and what came of it."""

        def update(database: sqlite3.Connection) -> None:
            select = "SELECT finished, result FROM jobs WHERE id = ?"
            for finished, before in database.execute(select, (number,)).fetchall():
                stages = [*json.loads(finished), stage]
                merged = {**json.loads(before), **result}
                row = (json.dumps(stages), json.dumps(merged), number)
                database.execute("UPDATE jobs SET finished = ?, result = ? WHERE id = ?", row)

        self._write(update)

    def progress(self, number: int, progress: Progress, rate: float | None, eta: float | None) -> None:
        """Note how far the stage is."""
        changes = "doing = ?, done = ?, total = ?, metrics = ?, rate = ?, eta = ?"
        metrics = json.dumps({name: float(value) for name, value in progress.metrics.items()})
        values: list[Any] = [progress.stage, progress.done, progress.total, metrics, rate, eta]
        if progress.message:
            changes += ", message = ?"
            values.append(progress.message)
        self._set(number, changes, *values, where="state = 'running'")

    def wait_for(self, number: int, sentence: str) -> None:
        """Note what the job waits for."""
        self._set(number, "waits_for = ?", sentence, where="state = 'queued'")

    def finish(self, number: int, state: State, error: str = "") -> bool:
        """End an open job; return False when it had ended."""
        failpoints.reach("job-before-finish")
        finished = self._set(
            number,
            "state = ?, error = ?, ended = ?, waits_for = '', rate = NULL, eta = NULL",
            state.value,
            error,
            time.time(),
            where="state IN ('queued', 'running')",
        )
        failpoints.reach("job-finished")
        return finished

    def requeue(self, number: int, message: str) -> bool:
        """Put a running job back into the queue, at its old place, or pause it if it was asked to.

        Returns:
            False when it was not running, or is to be cancelled.
        """
        state = "CASE ask WHEN 'hold' THEN 'paused' ELSE 'queued' END"
        changes = f"state = {state}, ask = '', asked = NULL, rate = NULL, eta = NULL, message = ?"
        requeued = self._set(number, changes, message, where="state = 'running' AND ask != 'cancel'")
        failpoints.reach("job-requeued")
        return requeued

    def died(self, number: int, log_tail: str) -> Job:
        """Settle what becomes of a running job whose process is gone.

        It is cancelled if it was to be; queued again if its kind can go on where it was, unless it died MAX_FRUITLESS
        times without having come further; failed otherwise.
        """
        job = self.get(number)
        why = f"Its process (pid {job.pid}) ended without a word, as one does that is killed or runs out of memory."
        error = f"{why}\n{log_tail}".strip()
        if job.ask is Ask.CANCEL:
            self.finish(number, State.CANCELLED)
        elif job.ask is Ask.PAUSE:
            self.requeue(number, "It was stopped with the daemon.")
        elif job.ask is Ask.HOLD:
            self.requeue(number, "It goes on from where it was when it is resumed.")
        elif job.kind not in CONTINUED or self._is_fruitless(job):
            self.finish(number, State.FAILED, error)
        else:
            self.requeue(number, f"{why} It goes on from where it was.")
        return self.get(number)

    def _is_fruitless(self, job: Job) -> bool:
        reached = [len(job.finished), job.done if job.stage == "train" else 0]

        def update(database: sqlite3.Connection) -> int:
            row = database.execute("SELECT furthest, fruitless FROM jobs WHERE id = ?", (job.id,)).fetchone()
            furthest, fruitless = json.loads(row[0]), int(row[1])
            fruitless = 1 if reached > furthest else fruitless + 1
            said = (json.dumps(max(reached, furthest)), fruitless, job.id)
            database.execute("UPDATE jobs SET furthest = ?, fruitless = ? WHERE id = ?", said)
            return fruitless

        return self._write(update) >= MAX_FRUITLESS

    def _set(self, number: int, changes: str, *values: Any, where: str = "1") -> bool:
        statement = f"UPDATE jobs SET {changes} WHERE id = ? AND ({where})"
        return self._write(lambda database: _one(database, statement, *values, number))

    def _select(self, condition: str, *values: Any) -> list[Job]:
        if not self.path.exists():
            return []
        statement = f"SELECT {_COLUMNS} FROM jobs {condition}"
        return self._guarded(lambda database: [_job(row) for row in database.execute(statement, values)])

    def _write(self, work: Callable[[sqlite3.Connection], Value]) -> Value:
        def transaction(database: sqlite3.Connection) -> Value:
            database.execute("BEGIN IMMEDIATE")
            value = work(database)
            database.execute("COMMIT")
            return value

        return self._guarded(transaction)

    def _guarded(self, work: Callable[[sqlite3.Connection], Value]) -> Value:
        """Do `work`; a damaged file is put aside and begun anew.

        Raises:
            BoxwrightError: The file cannot be written, or somebody else keeps it locked.
        """
        for attempt in (1, 2):
            try:
                with self._open() as database:
                    return work(database)
            except (sqlite3.DatabaseError, ValueError, TypeError) as error:
                if isinstance(error, sqlite3.OperationalError) and not str(error).startswith("no such"):
                    raise BoxwrightError(
                        f"{self.path}: the list of jobs cannot be used now ({error}). "
                        "Free some disk space or give yourself permission to write there, then try again."
                    ) from error
                if attempt == 2:
                    raise BoxwrightError(f"{self.path}: the list of jobs is damaged ({error}).") from error
                self._put_aside()
        raise AssertionError("not reached")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists() or not self.path.stat().st_size
        database = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            database.execute("PRAGMA synchronous = FULL")
            if is_new:
                database.execute(_SCHEMA)
            yield database
        finally:
            database.close()

    def _put_aside(self) -> Path:
        number = 1
        while (kept := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists():
            number += 1
        self.path.replace(kept)
        self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
        return kept


def _one(database: sqlite3.Connection, statement: str, *values: Any) -> bool:
    return database.execute(statement, values).rowcount == 1


def _job(row: tuple[Any, ...]) -> Job:
    said = dict(zip(_COLUMNS.split(", "), row, strict=True))
    for name in ("params", "metrics", "result"):
        said[name] = json.loads(said[name])
    return Job(
        **{
            **said,
            "state": State(said["state"]),
            "ask": Ask(said["ask"]),
            "finished": tuple(json.loads(said["finished"])),
        }
    )
