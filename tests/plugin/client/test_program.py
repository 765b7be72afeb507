"""Running the program: its messages, its lines, and its end when we end."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boxwright.errors import BoxwrightError
from boxwright.workspace import Workspace
from boxwright_labelimg.client import program
from boxwright_labelimg.client.program import Inquiry, run, start_bound, write_log

PATIENCE = 60.0  # in seconds
PARENT = """
import sys, time
from boxwright_labelimg.client import program
child = program.{start}
child.stdin.write('{{"id": 1}}\\n' * 3)
child.stdin.flush()
print(child.pid, flush=True)
time.sleep(600)
"""


def play(monkeypatch: pytest.MonkeyPatch, code: str) -> list[subprocess.Popen[str]]:
    """Let `python -c code` stand in for the program."""
    started: list[subprocess.Popen[str]] = []

    def popen(command: list[str], **options: Any) -> subprocess.Popen[str]:
        started.append(real([sys.executable, "-c", code], **options))
        return started[-1]

    real = subprocess.Popen
    monkeypatch.setattr(program.subprocess, "Popen", popen)
    return started


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# run
def test_what_it_prints() -> None:
    assert run("--version").startswith("boxwright ")


def test_its_error_message_without_its_name(tmp_path: Path) -> None:
    with pytest.raises(BoxwrightError) as caught:
        run("check", str(tmp_path / "ä ö"))
    assert str(caught.value).startswith(str(tmp_path / "ä ö"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "import sys; sys.stderr.write('W0000 noise\\nboxwright: The disk is full.\\n'); sys.exit(1)",
            "The disk is full.",
        ),
        ("import sys; print('a reason'); sys.exit(1)", "a reason"),
        ("import os; os._exit(9)", "It ended with 9."),
    ],
)
def test_the_message_of_a_failure(monkeypatch: pytest.MonkeyPatch, code: str, message: str) -> None:
    play(monkeypatch, code)
    with pytest.raises(BoxwrightError) as caught:
        run("init")
    assert str(caught.value) == message


def test_it_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    started = play(monkeypatch, "import time; time.sleep(600)")
    with pytest.raises(BoxwrightError, match="boxwright init did not end within 1 s"):
        run("init", patience=0.6)
    assert started[0].poll() is not None


def test_nothing_is_imported_from_where_labelimg_was_started_and_no_folder_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('the wrong json')")
    monkeypatch.chdir(tmp_path)
    assert run("--version").startswith("boxwright ")
    play(monkeypatch, "import os; print(os.getcwd())")
    assert run("--version").strip() == Path(sys.executable).anchor


def test_a_log_starts_empty_and_two_may_write_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.log"
    with write_log(path) as first:
        first.write(b"first, long\n")
        first.flush()
        with write_log(path) as second:
            second.write(b"second\n")
            second.flush()
            first.write(b"first again\n")
    assert path.read_bytes() == b"second\nfirst again\n"


# inquiries
class Received:
    """What an inquiry handed on."""

    def __init__(self, *arguments: str) -> None:
        self.queue: queue.Queue[Any] = queue.Queue()
        self.inquiry = Inquiry(*arguments, on_line=self.queue.put, on_failure=self.queue.put)

    def next(self) -> Any:
        return self.queue.get(timeout=PATIENCE)


def test_lines_are_handed_on_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import time; print('one', flush=True); print('two ä', flush=True); time.sleep(600)"
    started = play(monkeypatch, code)
    received = Received("estimate")
    assert [received.next(), received.next()] == ["one\n", "two ä\n"]
    assert started[0].poll() is None
    received.inquiry.close()
    assert started[0].poll() is not None
    assert received.queue.empty()  # that it was killed is no failure


def test_a_failure_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "import sys; print('{}'); sys.exit('noise\\nboxwright: no such preset')")
    received = Received("estimate")
    assert [received.next(), received.next()] == ["{}\n", "no such preset"]
    received.inquiry.close()


def test_a_process_that_is_killed_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    started = play(monkeypatch, "import time; time.sleep(600)")
    received = Received("estimate")
    started[0].kill()
    assert "ended with" in received.next()
    received.inquiry.close()


def test_noise_does_not_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe holds 64 KB: the child would wait until its stderr is read, and the dialog for its answer."""
    play(monkeypatch, "import sys; sys.stderr.write('W0000 ' * 100_000); sys.stderr.flush(); print('{}')")
    received = Received("estimate")
    assert received.next() == "{}\n"
    received.inquiry.close()


def test_a_dialog_that_is_gone_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started = play(monkeypatch, "import time; print('{}', flush=True); time.sleep(600)")

    def take(_: object) -> None:
        raise RuntimeError("wrapped C/C++ object has been deleted")

    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    inquiry = Inquiry("estimate", on_line=take, on_failure=take)
    wait_for(lambda: started[0].poll() is not None)
    inquiry.close()


# the end of labelImg, by whatever it was
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the test reads Linux's list of processes")
@pytest.mark.parametrize("delay", [0.0, 1.0, 3.0])
def test_a_measurement_ends_when_labelimg_is_killed(workspace: Workspace, delay: float) -> None:
    """Whether it is starting, loading TensorFlow, or measuring."""
    start = f"start_bound('estimate', {str(workspace.root)!r}, '--preset', 'ssd_inception_v2', '--batch-size', '64')"
    assert_ends_with_its_parent(PARENT.format(start=start), delay=delay)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the test reads Linux's list of processes")
@pytest.mark.parametrize("delay", [0.0, 2.0])
def test_a_model_ends_when_labelimg_is_killed(workspace: Workspace, delay: float) -> None:
    """Also while it is loading TensorFlow: a machine with a training on it takes half a minute for that."""
    (workspace.exports / "v1").mkdir(parents=True)
    assert_ends_with_its_parent(
        PARENT.format(start=f"start_bound('suggest-worker', {str(workspace.root)!r})"), delay=delay
    )


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the test reads Linux's list of processes")
def test_a_model_that_waits_ends_when_labelimg_is_killed(workspace: Workspace) -> None:
    code = PARENT.format(start=f"start_bound('suggest-worker', {str(workspace.root)!r})")
    assert_ends_with_its_parent(code.replace("print(", "child.stdout.readline()\nprint("))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="the test reads Linux's list of processes")
def test_tensorboard_ends_when_labelimg_is_killed(workspace: Workspace) -> None:
    workspace.training.mkdir()
    assert_ends_with_its_parent(PARENT.format(start=f"start_bound('tensorboard', {str(workspace.root)!r})"), delay=2.0)


def assert_ends_with_its_parent(code: str, *, delay: float = 0.0) -> None:
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(delay)
        assert is_alive(pid)
        parent.kill()
    wait_for(lambda: not is_alive(pid), PATIENCE)


def test_what_a_bound_child_starts_has_no_lifeline(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os; from boxwright import lifeline; lifeline.hold_lifeline(); print(lifeline.LIFELINE in os.environ)"
    play(monkeypatch, code)
    with start_bound("tensorboard") as child:
        assert child.stdout is not None
        assert child.stdout.read().strip() == "False"


def test_what_the_parent_writes_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch, "from boxwright import lifeline; lifeline.hold_lifeline(); print(input() + input())")
    with start_bound("suggest-worker") as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write("1 ä\n2\n")
        child.stdin.flush()
        assert child.stdout.read().strip() == "1 ä2"


def test_without_a_lifeline_an_empty_stdin_ends_nothing() -> None:
    code = "from boxwright.lifeline import hold_lifeline; hold_lifeline(); import time; time.sleep(0.2); print('alive')"
    ended = subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert ended.stdout.strip() == b"alive"
