"""After any acts, and at any of them, the records are byte for byte those of a rebuild from nothing."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from boxwright.daemon.dataset_sync import DatasetSync
from boxwright.dataset.sync import sync
from daemon_process import PATIENCE, daemon, until_settled
from tiny_workspaces import clean_copy, make_workspace, outputs
from workspace_acts import EDITS, NAMES, Acts

numbers = st.integers(0, 9999)


class Machine(RuleBasedStateMachine):
    """A dataset_sync in this process, told of each touched file as its events would tell it."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="boxwright-equality-"))
        (self.folder / "aside").mkdir()
        images = {f"p{i}.jpg": ["dog", "cat"][: 1 + i % 2] for i in range(5)}
        self.workspace = make_workspace(self.folder / "work", images)
        self.acts = Acts(self.workspace, self.folder / "aside")
        self.rebuilds = 0
        self.stack = ExitStack()

    @initialize()
    def begin(self) -> None:
        self.start()

    @rule(name=st.sampled_from((*NAMES, *EDITS)), a=numbers, b=numbers)
    def act(self, name: str, a: int, b: int) -> None:
        type(self).steps += 1
        self.look(getattr(self.acts, name)(a, b))

    @rule(name=st.sampled_from((*NAMES, *EDITS)), a=numbers, b=numbers, again=st.integers(1, 5))
    def several_at_once(self, name: str, a: int, b: int, again: int) -> None:
        type(self).steps += 1
        self.look([path for i in range(again) for path in getattr(self.acts, name)(a + i, b + i)])

    @rule()
    def restart(self) -> None:
        type(self).steps += 1
        self.start()

    @invariant()
    def is_the_rebuild(self) -> None:
        if self.acts.broken:
            self.look(self.acts.mend())
        self.compare()

    def start(self) -> None:
        self.stack.close()
        self.dataset_sync = DatasetSync(self.workspace, log=lambda line: None)
        self.stack.callback(self.dataset_sync._watch.close)
        self.dataset_sync.settle()

    def look(self, touched: list[Path]) -> None:
        names = [self.workspace.relative(path) for path in touched]
        if self.dataset_sync.amend(names):
            self.compare()
        self.dataset_sync.settle()

    def compare(self) -> None:
        if self.acts.broken:
            return
        self.rebuilds += 1
        copy = clean_copy(self.workspace, self.folder / f"rebuilt{self.rebuilds}")
        sync(copy)
        assert outputs(self.workspace) == outputs(copy)
        shutil.rmtree(copy.root)

    def teardown(self) -> None:
        self.stack.close()
        shutil.rmtree(self.folder)


class DaemonMachine(Machine):
    """A real daemon, which only its events tell; `restart` ends it nicely, or with kill -9."""

    def start(self) -> None:
        self.stack.close()
        self.child = self.stack.enter_context(daemon(self.workspace, environment={"BOXWRIGHT_SCAN_SECONDS": "3600"}))

    @rule(name=st.sampled_from(NAMES), a=numbers, b=numbers)
    def kill(self, name: str, a: int, b: int) -> None:
        if os.name != "nt":
            type(self).steps += 1
            getattr(self.acts, name)(a, b)
            self.child.send_signal(signal.SIGKILL)
            self.child.wait(PATIENCE)
            self.start()

    def look(self, touched: list[Path]) -> None:
        """Do nothing: its events have told the daemon."""

    def compare(self) -> None:
        until_settled(self.workspace, self.folder / "scratch")
        shutil.rmtree(self.folder / "scratch")

    def teardown(self) -> None:
        assert self.child.poll() is None, "the daemon died"
        self.stack.close()
        shutil.rmtree(self.folder)


def run_machine(machine: type[Machine], *, examples: int, steps: int) -> int:
    """Run the machine; return how many steps were taken."""
    machine.steps = 0
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(machine, settings=chosen)  # type: ignore[no-untyped-call]
    return machine.steps


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # watchdog's, about folders that come and go
def test_in_one_process() -> None:
    assert run_machine(Machine, examples=12, steps=20) >= 100


def test_with_a_daemon() -> None:
    assert run_machine(DaemonMachine, examples=4, steps=20) >= 20
