"""kill -9 of the daemon at every named instant and at random ones: the dataset is old or new, and settles.

A workspace of small shards, so that every sync writes several and growth shards again. After each kill a reader looks:
every record file of a split must be of one sync, each image once, and the table must say what the records say. Then
a new daemon must bring everything to the bytes of a rebuild. Jobs are queued all the while: none may be lost, none run
twice.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

TESTS = Path(__file__).resolve().parent.parent / "tests"
SMALL_SHARD = 8_000  # bytes: a dozen of the tiny images
POINTS = (
    "after-staging", "after-shard", "before-journal", "after-journal", "after-keep", "after-move", "before-delete",
    "after-delete", "before-manifest", "before-journal-end", "after-journal-end",
)  # fmt: skip
TRAINING_POINTS = (
    "snapshot-hold", "snapshot-held", "checkpoint-written-aside", "checkpoint-data-in-place", "checkpoint-in-place",
    "checkpoint-old-dropped", "job-stage-end-saved", "job-finish-unsaved",
)  # fmt: skip
STEPS = 3  # of each training
PROGRAM = """
import sys
from boxwright.cli.app import main
from boxwright.dataset.store import shards
from boxwright.jobs.supervisor import Supervisor
shards.SHARD_BYTES = int(sys.argv[1])
Supervisor.__init__.__kwdefaults__["command"] = (*sys.orig_argv[:4], "run-job")  # its workers write such shards, too
del sys.argv[1]
main()
"""


def main() -> int:
    """Kill at each point, then at random; return 1 when anything was amiss."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="at random instants")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("dataset", "training"), help="leave the other half out")
    arguments = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    from boxwright.dataset.store import shards

    shards.SHARD_BYTES = SMALL_SHARD
    folder = Path(tempfile.mkdtemp(prefix="boxwright-crash-"))
    os.environ["BOXWRIGHT_CACHE"] = str(folder / "cache")
    try:
        torture = _Torture(folder, random.Random(arguments.seed))
        if arguments.only != "training":
            for point in POINTS:
                torture.kill_at(point)
            for number in range(arguments.kills):
                torture.kill_at_random(number, arguments.kills)
            torture.end()
        if arguments.only != "dataset":
            for number, point in enumerate(TRAINING_POINTS, start=1):
                torture.kill_training_at(point, STEPS * number)
        print(f"{torture.kills} kills, {torture.failures} failures, {torture.describe_jobs()}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if torture.failures else 0


class _Torture:
    def __init__(self, folder: Path, chance: random.Random) -> None:
        import daemon_process
        from boxwright.jobs.store import JobStore
        from tiny_workspaces import add_image, make_workspace
        from workspace_acts import Acts

        self.tools: ModuleType = daemon_process
        self.folder, self.chance = folder, chance
        images = {f"p{i}.jpg": ["dog", "cat"][: 1 + i % 2] for i in range(40)}
        self.workspace = make_workspace(folder / "work", images)
        (folder / "aside").mkdir()
        self.acts = Acts(self.workspace, folder / "aside")
        self.store = JobStore(self.workspace)
        self.submitted = 0
        self.trained_in, self.trained = make_workspace(folder / "trained", {}), 0
        self.add_image, self.job_store = add_image, JobStore
        self.kills = self.workers_killed = self.failures = 0

    def kill_at(self, point: str) -> None:
        """Let the daemon die at the point, on an edit that reaches it."""
        with self.daemon() as _:
            self.settle(f"before {point}")
        self.act(3)
        self.acts.add_labelled(self.kills, self.kills)  # the acts may have changed nothing
        if point == "after-delete":
            self.grow()
        if point == "after-keep":
            name = next(path for path in self.workspace.annotations.glob("train.record*"))
            name.write_bytes(b"somebody else's")
        with self.daemon({"BOXWRIGHT_FAILPOINT": point}) as child:
            try:
                died = child.wait(60) == 137
            except subprocess.TimeoutExpired:
                died = False
        self.kills += 1
        amiss = ("" if died else "it was not reached") or self.read()
        for path in self.workspace.annotations.glob("*.backup-*"):
            path.unlink()  # a rebuild has it not
        self.look(point, amiss)

    def kill_at_random(self, number: int, of: int) -> None:
        """Let the daemon die in the midst of a stream of edits and jobs."""
        with self.daemon() as child:
            until = time.monotonic() + self.chance.uniform(0.0, 1.5)
            while time.monotonic() < until:
                self.act(1)
                time.sleep(self.chance.uniform(0.0, 0.06))
            if number % 4 == 0:
                self.store.submit("export-dataset")
                self.submitted += 1
                time.sleep(self.chance.uniform(0.0, 0.8))
            if number % 8 == 0:
                self.kill_worker()
            child.send_signal(signal.SIGKILL)
            child.wait(30)
        self.kills += 1
        self.look(f"random {number + 1} of {of}", "", settle=number % 5 == 4)

    def kill_worker(self) -> None:
        """Let the process of a job die, too, soon after it took the job up."""
        from boxwright.jobs.job import State

        patience = time.monotonic() + 10.0
        while (jobs := self.store.open_jobs()) and time.monotonic() < patience:
            for job in jobs:
                if job.state is State.RUNNING and job.pid is not None:
                    time.sleep(self.chance.uniform(0.0, 0.1))
                    self.kills += 1
                    self.workers_killed += 1
                    with suppress(ProcessLookupError):  # it was done
                        os.kill(job.pid, signal.SIGKILL)
                    return
            time.sleep(0.002)

    def kill_training_at(self, point: str, steps: int) -> None:
        """Let a training's process die at the point; a daemon must bring it to its end, from what was saved."""
        from boxwright.workflow.train import TrainOptions

        if not self.trained:
            for i in range(6):
                self.add_image(self.trained_in, f"p{i}.jpg", ["dog", "cat"][: 1 + i % 2], size=(96, 96), seed=i)
        store = self.job_store(self.trained_in)
        options = TrainOptions(num_steps=steps, batch_size=2, preset="demo", pretrained="none")
        number = store.submit("train", options).id
        command = [sys.executable, "-m", "boxwright", "run-job", str(self.trained_in.root), str(number)]
        environ = {**os.environ, "BOXWRIGHT_FAILPOINT": point}
        died = subprocess.run(command, env=environ, capture_output=True, check=False).returncode == 137
        self.kills += 1
        self.trained += 1
        with self.tools.daemon(self.trained_in):
            patience = time.monotonic() + 300
            while not store.get(number).state.is_end and time.monotonic() < patience:
                time.sleep(0.5)
        job = store.get(number)
        saved = (self.trained_in.training / f"model.ckpt-{steps}.index").exists()
        exported = (self.trained_in.root / (job.result.export or "-") / "saved_model").is_dir()
        outcome = f"{job.state.value} after {job.attempts} attempts, saved: {saved}, exported: {exported}"
        if not died or outcome != "succeeded after 2 attempts, saved: True, exported: True":
            self.fail(point, f"{'' if died else 'it was not reached; '}{outcome}. {job.error[:200]}")
        else:
            print(f"{point}: ok", flush=True)

    def end(self) -> None:
        """Let everything come to rest, jobs too, and look once more."""
        with self.daemon():
            self.settle("at the end")
            self.tools.until(lambda: not self.store.open_jobs(), "the jobs' end")
        jobs = self.store.newest(10_000)
        lost = self.submitted - len(jobs)
        again = []  # begun again is one that was paused with the daemon; twice at its end is one that was run twice
        logs = self.workspace.state / "logs"
        for job in jobs:
            log = logs / f"job-{job.id}.log"
            if log.exists() and log.read_text("utf-8", "replace").count(f"--- job {job.id}: succeeded") > 1:
                again.append(job.id)
        if lost or again:
            self.fail("jobs", f"{lost} lost, run twice: {again}")

    def describe_jobs(self) -> str:
        states = Counter(job.state.value for job in self.store.newest(10_000))
        return f"{self.workers_killed} of them of workers, {self.submitted} jobs submitted: {dict(states)}"

    def act(self, times: int) -> None:
        from workspace_acts import EDITS, NAMES

        for _ in range(times):
            name = self.chance.choice((*NAMES, *EDITS, *EDITS))
            if name != "break_xml":
                getattr(self.acts, name)(self.chance.randrange(9999), self.chance.randrange(9999))

    def grow(self) -> None:
        from tiny_workspaces import add_image

        for i in range(60):
            add_image(self.workspace, f"grown{self.kills}-{i}.jpg", ["dog"], seed=5000 + 100 * self.kills + i)

    @contextmanager
    def daemon(self, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-c", PROGRAM, str(SMALL_SHARD), "daemon", str(self.workspace.root)]
        environ = {**os.environ, "BOXWRIGHT_SCAN_SECONDS": "3600", **(environment or {})}
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, env=environ)
        try:
            yield child
        finally:
            if child.poll() is None:
                child.terminate()
            child.wait(60)

    def look(self, what: str, amiss: str, *, settle: bool = True) -> None:
        """See what a reader sees, and whether a new daemon settles it."""
        amiss = amiss or self.read()
        if settle and not amiss:
            with self.daemon():
                amiss = self.settle(what)
        if amiss:
            self.fail(what, amiss)
        elif settle:
            print(f"{what}: ok", flush=True)

    def settle(self, what: str) -> str:
        scratch = self.folder / "scratch"
        try:
            self.tools.until_settled(self.workspace, scratch)
        except AssertionError as error:
            return str(error)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return ""

    def read(self) -> str:
        """Return what is wrong with the records as a reader finds them now."""
        from boxwright.dataset.store.records import resolve_records
        from boxwright.dataset.store.tfrecord import read_records
        from boxwright.errors import BoxwrightError

        for split in ("train", "test"):
            table = self.workspace.labels_csv(split)
            try:
                paths = resolve_records([f"annotations/{split}.record"], self.workspace.root)
                records = [record for path in paths for record in read_records(path)]
            except BoxwrightError as error:
                if not table.exists():
                    continue  # an empty split
                return str(error)
            rows: Counter[str] = Counter()
            with table.open(encoding="utf-8", newline="") as stream:
                for row in csv.DictReader(stream):
                    rows[row["filename"]] += 1
            images = [_said(record) for record in records]
            names = [name for name, _ in images]
            if len(set(names)) != len(names):
                return f"{split}: an image is in the records twice"
            keys = {name.split("/", 1)[1] if name.lower().startswith(f"{split}/") else name: n for name, n in images}
            if {name: n for name, n in keys.items() if n} != dict(rows):
                return f"{split}: the table and the records are not of one sync"
        return ""

    def fail(self, what: str, amiss: str) -> None:
        self.failures += 1
        print(f"{what}: FAILED: {amiss}", flush=True)


def _said(record: bytes) -> tuple[str, int]:
    """Return an image's name and how many boxes its record has."""
    import tensorflow as tf

    features = tf.train.Example.FromString(record).features.feature
    return features["image/filename"].bytes_list.value[0].decode(), len(
        features["image/object/bbox/xmin"].float_list.value
    )


if __name__ == "__main__":
    sys.exit(main())
