"""A worker without the work: takes a job up as `boxwright run-job` does, then does what the parameter "do" says."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from boxwright.jobs.job import JobRequest, State
from boxwright.jobs.locks import hold_job
from boxwright.jobs.store import JobStore
from boxwright.progress import Progress
from boxwright.workspace import Workspace


def main(root: str, number: int) -> None:
    """Do the job."""
    workspace = Workspace.at(root)
    store = JobStore(workspace)
    with hold_job(workspace, number) as is_ours:
        if not is_ours or store.get(number).state is not State.QUEUED or not store.start(number, os.getpid()):
            return
        with (workspace.state / f"runs-{number}").open("a") as runs:
            runs.write("run\n")
        what = store.get(number).params["do"]
        print(f"doing: {what}", flush=True)
        store.begin_stage(number, "train")
        if what == "succeed":
            store.finish(number, State.SUCCEEDED)
        elif what == "die":
            os._exit(9)
        elif what == "die later":
            attempt = store.get(number).attempts
            store.progress(number, Progress("training", attempt, 10), None, None)
            store.finish(number, State.SUCCEEDED) if attempt > 4 else os._exit(9)
        elif what == "be deaf":
            with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
                store.progress(number, Progress(f"{child.pid}", 1), None, None)
                time.sleep(600)
        elif what == "talk":
            while store.get(number).request is JobRequest.NONE:
                print("a corrupt image, says a library\n" * 10_000, flush=True)
                time.sleep(0.05)
            store.finish(number, State.CANCELLED)
        else:
            while store.get(number).request is JobRequest.NONE:
                time.sleep(0.02)
            if store.get(number).request is JobRequest.CANCEL:
                store.finish(number, State.CANCELLED)
            else:
                store.requeue(number, "paused")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
