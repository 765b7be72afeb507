"""Keeping one workspace's records equal to its images and annotation files, for as long as the daemon runs.

Events only say when to look; a sync, which scans, says what there is to do. A scan at the start, one a minute, and
one after a failure find what no event reported. When all events are of a few annotation files that are known, their
records are amended first, whatever the dataset's size, and the sync follows once the user pauses.
"""

from __future__ import annotations

import json
import math
import os
import threading
import time
from collections.abc import Callable, Collection

from boxwright.annotations.readers import format_of
from boxwright.daemon.debounce import Debouncer
from boxwright.daemon.footprint import settle_heap
from boxwright.daemon.watch import Watch
from boxwright.dataset.report import DatasetReport
from boxwright.dataset.sync import Session, SyncPostponedError
from boxwright.errors import BoxwrightError
from boxwright.files import atomic_write_text
from boxwright.findings import Finding, FindingsFile, Severity
from boxwright.jobs.daemon_status import (
    TROUBLE,
    WATCHING,
    DaemonStatus,
    DatasetCounts,
    write_daemon_status,
)
from boxwright.workspace import Workspace

SCAN_SECONDS = 60.0
SCAN_VARIABLE = "BOXWRIGHT_SCAN_SECONDS"
STABLE_SECONDS = 2.0  # an annotation that cannot be read is taken for half written until it has stood still so long
RETRY_SECONDS = 0.5
PAUSE_SECONDS = 1.0  # without an event, after which what was amended is proved by a sync
UNPROVED_SECONDS = 20.0  # the longest that it waits for such a pause
STOP_CHECK_SECONDS = 0.5

Log = Callable[[str], None]


class DatasetSync:
    """The daemon's work in one workspace."""

    def __init__(self, workspace: Workspace, *, log: Log, polling: bool = False) -> None:
        """Do nothing yet.

        Args:
            workspace: To be kept.
            log: Takes lines without a line end.
            polling: As for Watch.
        """
        self.workspace = workspace
        self._log = log
        self._debouncer = Debouncer()
        self._watch = Watch(workspace, self._debouncer, polling=polling)
        self._scan_seconds = float(os.environ.get(SCAN_VARIABLE, SCAN_SECONDS))
        self._session = Session(workspace)
        self._next_scan = 0.0
        self._proof_due = self._proof_overdue = math.inf
        self._settled = 0
        self._trouble_message = ""
        self._limits = ""
        self._reported: frozenset[Finding] = frozenset()

    def run(self, stop: threading.Event) -> None:
        """Keep the records up to date until `stop` is set; nothing that happens to the files ends it."""
        try:
            while not stop.is_set():
                due = self._debouncer.due_in()
                look_in = min(self._next_scan, self._proof_due, self._proof_overdue) - time.monotonic()
                if min(self._next_scan, self._proof_overdue) <= time.monotonic() or self._watch.is_outdated():
                    self._look()
                elif due is None and look_in <= 0:
                    self._prove()
                elif due is None:
                    self._debouncer.wait_for_event(min(STOP_CHECK_SECONDS, look_in))
                elif due > 0:
                    time.sleep(min(due, STOP_CHECK_SECONDS))
                elif not self.amend(self._debouncer.take() or ()):
                    self._look()
        finally:
            self._watch.close()

    def wake(self) -> None:
        """Have everything looked at now."""
        self._debouncer.touch()

    def _look(self, postpone: Callable[[], bool] = lambda: False, *, thorough: bool = False) -> None:
        self._debouncer.take()
        look_again = self.settle(postpone=postpone, thorough=thorough)
        self._next_scan = time.monotonic() + min(look_again, self._scan_seconds)
        settle_heap()

    def _prove(self) -> None:
        """Sync what was amended; a user who saves again meanwhile does not wait for that."""
        overdue = self._proof_overdue
        try:
            self._look(lambda: self._debouncer.due_in() is not None, thorough=not self._session.can_amend())
        except SyncPostponedError:
            self._proof_due, self._proof_overdue = time.monotonic() + PAUSE_SECONDS, overdue

    def amend(self, files: Collection[str]) -> bool:
        """Bring the records up to date with these files alone; return False when that takes a `settle`.

        Args:
            files: Paths relative to the workspace; none when it is not known what changed.
        """
        if not files:
            return False
        try:
            if not self._session.amend(files):
                return False
        except Exception:  # settle meets it again, and says what it is
            return False
        for file in sorted(files):
            self._log(f"{file}: the records have it")
        self._proof_due = time.monotonic() + PAUSE_SECONDS
        self._proof_overdue = min(self._proof_overdue, time.monotonic() + UNPROVED_SECONDS)
        return True

    def settle(self, *, postpone: Callable[[], bool] = lambda: False, thorough: bool = False) -> float:
        """Bring the records up to date once; return after how many seconds to look again without an event.

        Args:
            postpone, thorough: As for Session.sync.

        Raises:
            SyncPostponedError: `postpone` said, before anything was written, that there is something more urgent.
        """
        self._proof_due = self._proof_overdue = math.inf
        if not self.workspace.root.is_dir():
            self._watch.refresh()
            self._trouble("the folder is gone; waiting for it to come back (a drive that was taken out?)")
            return RETRY_SECONDS * 4
        try:
            # first the watch, then the scan: what changes between the two is seen by both, and never by none
            self.workspace.annotations.mkdir(parents=True, exist_ok=True)
            limits = self._watch.refresh()
            report = self._session.sync(postpone=postpone, thorough=thorough)
        except SyncPostponedError:
            raise
        except BoxwrightError as error:
            self._trouble(str(error))
            return RETRY_SECONDS * 10
        except OSError as error:
            self._trouble(f"{error.filename or 'the records'}: {error.strerror or error}; trying again")
            return RETRY_SECONDS * 10
        except Exception as error:  # the daemon outlives whatever one file does to it
            self._trouble(f"unexpected: {type(error).__name__}: {error}; trying again at the next scan")
            return self._scan_seconds
        if not self._session.can_amend():
            self._proof_due = time.monotonic() + PAUSE_SECONDS  # so that the first save need not wait for that
        half_written = [finding for finding in report.findings if self._is_half_written(finding)]
        self._publish(report, [finding for finding in report.findings if finding not in half_written])
        if limits and limits != self._limits:
            self._log(limits)
        self._limits = limits
        if half_written:
            return RETRY_SECONDS
        return self._scan_seconds

    def _is_half_written(self, finding: Finding) -> bool:
        if format_of(finding.file) is None or finding.subject or finding.severity is Severity.WARNING:
            return False
        try:
            age = time.time() - (self.workspace.root / finding.file).stat().st_mtime
        except OSError:
            return False
        return 0 <= age < STABLE_SECONDS

    def _publish(self, report: DatasetReport, findings: list[Finding]) -> None:
        """Write findings and status for other programs, and log what is new."""
        if report.changed:
            counts = ", ".join(f"{count} {split}" for split, count in report.images.items())
            self._log(f"records brought up to date: {counts} images")
        for path in report.backups:
            self._log(f"backup of a file of yours: {self.workspace.relative(path)}")
        for finding in sorted(set(findings) - self._reported):
            self._log(str(finding))
        path = self.workspace.state / FindingsFile.NAME
        new = frozenset(findings) != self._reported or not self._settled or not path.exists()
        self._reported = frozenset(findings)
        self._settled += 1
        self._trouble_message = ""
        if new:
            self._write(FindingsFile.NAME, json.dumps(FindingsFile(tuple(findings)).to_json()))
        self._write_status(WATCHING, report)

    def _trouble(self, message: str) -> None:
        """Log what keeps the records from being up to date, once for as long as it stays the same."""
        if message != self._trouble_message:
            self._log(message)
        self._trouble_message = message
        if self.workspace.root.is_dir():
            self._write_status(TROUBLE, None)

    def _write_status(self, state: str, report: DatasetReport | None) -> None:
        dataset = None
        if report is not None:
            dataset = DatasetCounts(
                images=dict(report.images),
                findings=len(self._reported),
                fingerprint=report.fingerprint,
                unlabelled=report.unlabelled,
                classes=tuple(report.objects),
            )
        try:
            write_daemon_status(
                self.workspace, DaemonStatus(state, self._settled, self._trouble_message, time.time(), dataset)
            )
        except OSError as error:
            self._log(f"status.json cannot be written: {error.strerror or error}")

    def _write(self, name: str, text: str) -> None:
        try:
            atomic_write_text(self.workspace.state / name, text)
        except OSError as error:
            self._log(f"{name} cannot be written: {error.strerror or error}")
