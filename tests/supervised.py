"""Jobs run by a supervisor in this process, and waiting for what becomes of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from boxwright.jobs.job import Job, State
from boxwright.jobs.supervisor import Supervisor
from daemon_process import until

OBEDIENT = (sys.executable, str(Path(__file__).parent / "jobs" / "obedient_worker.py"))


def run_until(supervisor: Supervisor, number: int, condition: Callable[[Job], object]) -> Job:
    def look() -> Job | None:
        supervisor.tick()
        job = supervisor.store.get(number)
        return job if condition(job) else None

    job: Job = until(look, f"job {number}")
    return job


def has_ended(job: Job) -> bool:
    return job.state.is_end


def is_running(job: Job) -> bool:
    return job.state is State.RUNNING
