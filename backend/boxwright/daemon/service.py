"""The daemon as a process: a DatasetSync and a supervisor of the jobs a workspace, until asked to end."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from logging.handlers import RotatingFileHandler

from boxwright.daemon.dataset_sync import DatasetSync
from boxwright.errors import BoxwrightError
from boxwright.jobs.daemon_lock import hold_daemon_lock, is_daemon, stop_request
from boxwright.jobs.supervisor import Supervisor
from boxwright.workspace import Workspace

LOG_BYTES = 5 * 1024 * 1024
LOGS_KEPT = 3
PATIENCE = 4.0  # in seconds, for work in progress when asked to end; what is cut off then is made up for at the start
_CHECK_SECONDS = 0.4


def serve(workspaces: Sequence[Workspace], is_asked_to_end: Callable[[], bool], *, polling: bool = False) -> bool:
    """Keep the workspaces until that is asked to end, or one of them is (`boxwright daemon DIR --stop`).

    Args:
        workspaces: To be kept.
        is_asked_to_end: Called a few times a second.
        polling: As for Watch.

    Returns:
        Whether all work was at rest in the end; if not, threads are still at it and only the process's end ends them.

    Raises:
        BoxwrightError: One of the workspaces has a daemon already.
        OSError: .boxwright/ cannot be written.
    """
    _quiet_watchdog()
    stop = threading.Event()
    with ExitStack() as stack:
        locks = [stack.enter_context(_Lock(workspace, workspaces)) for workspace in workspaces]
        all_served = [
            _Served(workspace, lock, stack.enter_context(_Logger(workspace)), stop, polling=polling)
            for workspace, lock in zip(workspaces, locks, strict=True)
        ]
        for served in all_served:
            served.thread.start()
        while not stop.wait(_CHECK_SECONDS):
            if not all(served.look() for served in all_served) or is_asked_to_end():
                stop.set()
        deadline = time.monotonic() + PATIENCE
        for served in all_served:
            served.overseer.stop(0.0)
        for served in all_served:
            served.thread.join(max(0.0, deadline - time.monotonic()))
        for served in all_served:
            served.overseer.stop(max(0.0, deadline - time.monotonic()))
        return not any(served.thread.is_alive() for served in all_served)


class _Served:
    """One workspace of the daemon: its lock and log, its dataset sync in a thread, and its jobs."""

    def __init__(
        self, workspace: Workspace, lock: _Lock, logger: _Logger, stop: threading.Event, *, polling: bool
    ) -> None:
        logger.say(f"watching {workspace.root} (process {os.getpid()})")
        self._workspace, self._lock, self._logger = workspace, lock, logger
        self._dataset_sync = DatasetSync(workspace, log=logger.say, polling=polling)
        self.overseer = _Overseer(workspace, logger.say)
        self.thread = threading.Thread(
            target=self._dataset_sync.run, args=(stop,), name=workspace.root.name, daemon=True
        )

    def look(self) -> bool:
        """Look after lock and jobs; return False when the daemon is to end."""
        if self._lock.is_lost():
            if not self._lock.take_again(self._logger):
                return False
            self._dataset_sync.wake()  # the records that stand there become its own again
        self.overseer.look()
        return not stop_request(self._workspace).exists()


class _Lock:
    """Being the daemon of a workspace, also when somebody deletes .boxwright/ meanwhile."""

    def __init__(self, workspace: Workspace, workspaces: Sequence[Workspace]) -> None:
        self._workspace, self._workspaces = workspace, workspaces
        self._held = ExitStack()

    def __enter__(self) -> _Lock:
        self._take()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def is_lost(self) -> bool:
        return self._workspace.root.is_dir() and not is_daemon(self._workspace)

    def take_again(self, logger: _Logger) -> bool:
        """Take the lock that others find now; return False when another daemon has it."""
        try:
            self._take()
        except BoxwrightError as error:
            logger.say(f"{error} This one ends.")
            return False
        except OSError:
            return True  # a full disk, or one that was taken out this moment: at the next look
        logger.reopen()
        logger.say(".boxwright/ was deleted; it is made again")
        return True

    def _take(self) -> None:
        self._held.close()
        self._held.enter_context(hold_daemon_lock(self._workspace, workspaces=self._workspaces))


class _Overseer:
    """A supervisor whose failures, from a drive taken out or a full disk, are logged once and end nothing."""

    def __init__(self, workspace: Workspace, log: Callable[[str], None]) -> None:
        self._workspace, self._log = workspace, log
        self._supervisor = Supervisor(workspace, log=log)
        self._last_message = ""

    def look(self) -> None:
        self._guarded(self._supervisor.tick)

    def stop(self, timeout: float) -> None:
        self._guarded(lambda: self._supervisor.stop(timeout))

    def _guarded(self, work: Callable[[], None]) -> None:
        if not self._workspace.root.is_dir():
            return  # the dataset_sync says so
        message = ""
        try:
            work()
        except (BoxwrightError, OSError) as error:
            message = f"jobs: {error}"
        except Exception as error:  # the daemon outlives whatever one job does to it
            message = f"jobs: unexpected: {type(error).__name__}: {error}"
        if message != self._last_message and message:
            self._log(message)
        self._last_message = message


class _Logger:
    """Lines to .boxwright/logs/daemon.log, which is rotated, and to stdout."""

    def __init__(self, workspace: Workspace) -> None:
        folder = self._folder = workspace.state / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        shape = logging.Formatter("%(asctime)s %(message)s")
        self._handlers: list[logging.Handler] = [
            RotatingFileHandler(
                folder / "daemon.log", maxBytes=LOG_BYTES, backupCount=LOGS_KEPT, encoding="utf-8", delay=True
            )
        ]
        if sys.stdout is not None:  # None in a detached process on Windows
            self._handlers.append(logging.StreamHandler(sys.stdout))
        for handler in self._handlers:
            handler.setFormatter(shape)
            handler.handleError = _pass_over  # type: ignore[method-assign]

    def __enter__(self) -> _Logger:
        return self

    def __exit__(self, *_: object) -> None:
        for handler in self._handlers:
            handler.close()

    def reopen(self) -> None:
        """Continue in a new file: the one that was written is deleted."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
        self._handlers[0].close()

    def say(self, line: str) -> None:
        """Write the line, which stays one and printable whatever a file is called."""
        shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
        record = logging.makeLogRecord({"msg": shown, "levelno": logging.INFO, "levelname": "INFO"})
        for handler in self._handlers:
            handler.handle(record)


def _quiet_watchdog() -> None:
    """Keep quiet about folders that come and go while they are being watched: the scan stands in for lost events."""
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="watchdog")
    logging.getLogger("watchdog").setLevel(logging.CRITICAL)


def _pass_over(record: logging.LogRecord) -> None:
    """A full disk or a closed terminal ends no daemon."""
