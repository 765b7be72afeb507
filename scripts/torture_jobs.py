"""kill -9 of the processes of every kind of job, and of the commands that read a model, at random instants.

After each kill: no folder or file of a finished name is half there, the job list is whole, and a daemon brings the job
to its end. One tiny training comes first; all kills share its workspace.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent.parent / "tests"
KINDS = ("export", "evaluate", "suggest", "detect", "export-dataset")
COMMANDS = ("mistakes", "rank", "suggest")
STEPS = 3
PATIENCE = 600.0  # in seconds, for a job to end after the last kill


def main() -> int:
    """Train once, then kill; return 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60, help="in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="kinds and commands whose names hold this")
    arguments = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    folder = Path(tempfile.mkdtemp(prefix="boxwright-jobs-"))
    os.environ["BOXWRIGHT_CACHE"] = str(folder / "cache")
    try:
        torture = _Torture(folder, random.Random(arguments.seed))
        targets = [("job", kind) for kind in KINDS if arguments.only in kind]
        targets += [("command", name) for name in COMMANDS if arguments.only in name]
        for number in range(arguments.kills):
            what, name = targets[number % len(targets)]
            (torture.kill_job if what == "job" else torture.kill_command)(name)
        torture.finish()
        print(f"{torture.kills} kills, {torture.early} ends before the kill, {torture.lost} lost")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if torture.lost else 0


class _Torture:
    def __init__(self, folder: Path, chance: random.Random) -> None:
        import daemon_process
        from boxwright.jobs.store import JobStore
        from tiny_workspaces import add_image, make_workspace

        self.process: Any = daemon_process
        self.chance = chance
        self.kills = self.early = self.lost = 0
        self.seconds: dict[str, float] = {}  # that a whole run of each took, to kill within it
        self.workspace = make_workspace(folder / "work", {})
        for i in range(6):
            add_image(self.workspace, f"p{i}.jpg", ["dog", "cat"][: 1 + i % 2], size=(96, 96), seed=i)
        for i in range(3):
            add_image(self.workspace, f"new{i}.jpg", None, size=(96, 96), seed=50 + i)
        self.store = JobStore(self.workspace)
        self.root = str(self.workspace.root)
        self._run("dataset", self.root)
        self._run("train", self.root, "--num-steps", str(STEPS), "--batch-size", "2", "--preset", "demo",
                  "--pretrained", "none", "--eval-every", "0")  # fmt: skip
        self._run("evaluate", self.root)
        self._run("export", self.root)

    def kill_job(self, kind: str) -> None:
        """Let the process of a job die while it works."""
        from boxwright.workflow.detect import DetectOptions

        options = DetectOptions(images=(self.workspace.images,)) if kind == "detect" else None
        number = self.store.submit(kind, options).id
        self._kill_within(f"job {kind}", "run-job", self.root, str(number))
        self._look(f"job {kind}")

    def kill_command(self, name: str) -> None:
        """Let a command die while it works."""
        self._kill_within(name, name, self.root)
        self._look(name)

    def finish(self) -> None:
        """Let a daemon end all jobs."""
        with self.process.daemon(self.workspace):
            until = time.monotonic() + PATIENCE
            while self.store.open_jobs() and time.monotonic() < until:
                time.sleep(0.5)
        for job in self.store.newest(10_000):
            said = job.error.splitlines()[0][:120] if job.error else ""
            if not job.state.is_end or (job.state.value == "failed" and not said):
                self._lose(f"job {job.id} ({job.kind})", f"{job.state.value}: {said}")
        for name in COMMANDS:
            if not self._run(name, self.root, check=False):
                self._lose(name, "does not work after the kills")
        self._look("the end")

    def _kill_within(self, what: str, *arguments: str) -> None:
        if what not in self.seconds:  # the first one runs to its end, to know how long that takes
            started = time.monotonic()
            self._run(*arguments, check=False)
            self.seconds[what] = time.monotonic() - started
            return
        child = self._start(*arguments)
        try:
            child.wait(self.chance.uniform(0.0, self.seconds[what]))
            self.early += 1
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            self.kills += 1

    def _look(self, what: str) -> None:
        """See whether something under a finished name is half there, or cannot be read."""
        for export in self.workspace.exports.iterdir():
            if export.name.startswith("."):
                continue
            missing = [name for name in ("saved_model/saved_model.pb", "model.json", "frozen_inference_graph.pb")
                       if not (export / name).is_file()]  # fmt: skip
            if missing:
                self._lose(what, f"{export.name} lacks {', '.join(missing)}")
        for file in [*self.workspace.training.rglob("*.json"), *self.workspace.state.glob("*.json")]:
            try:
                json.loads(file.read_text("utf-8"))
            except ValueError as error:
                self._lose(what, f"{file.name}: {error}")
        try:
            self.store.newest(10_000)
        except Exception as error:  # whatever it is, the list of jobs is lost
            self._lose(what, f"jobs: {error}")
        print(f"{what}: looked at, {self.kills} kills", flush=True)

    def _lose(self, what: str, why: str) -> None:
        self.lost += 1
        print(f"{what}: LOST: {why}", flush=True)

    def _run(self, *arguments: str, check: bool = True) -> bool:
        done = subprocess.run(
            [sys.executable, "-m", "boxwright", *arguments], capture_output=True, text=True, check=False
        )
        if check and done.returncode:
            raise SystemExit(f"boxwright {' '.join(arguments)}: {done.stderr[-500:]}")
        return done.returncode == 0

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "boxwright", *arguments]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
