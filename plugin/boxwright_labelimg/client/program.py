"""Running the program `boxwright`, so that the interface loads neither its dataset code nor TensorFlow."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from boxwright.errors import ERROR_PREFIX, BoxwrightError
from boxwright.jobs.program import PROGRAM
from boxwright.lifeline import LIFELINE

PATIENCE = 120.0  # in seconds, for a command that is waited for


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start `boxwright ARGUMENTS`, with pipes unless `options` say otherwise, and no console window of its own.

    Its working directory is the root: a user's folder could not be renamed, nor its drive be removed, while it runs.
    """
    if os.name == "nt":
        options.setdefault("creationflags", subprocess.CREATE_NO_WINDOW)  # type: ignore[attr-defined,unused-ignore]
    # the folder in which labelImg was started is not searched for modules
    environment = {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1", **options.pop("env", {})}
    given: dict[str, Any] = {
        "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
        "cwd": Path(sys.executable).anchor,
    }  # fmt: skip
    return subprocess.Popen(
        [*PROGRAM, *arguments], text=True, encoding="utf-8", errors="backslashreplace",
        env=environment, **{**given, **options},
    )  # fmt: skip


def start_bound(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start `boxwright ARGUMENTS` so that it ends with this process, also when that is killed."""
    return start(*arguments, stdin=subprocess.PIPE, env={LIFELINE: "1"}, **options)


def run(*arguments: str, patience: float = PATIENCE) -> str:
    """Run `boxwright ARGUMENTS` and return what it printed.

    Args:
        arguments: Of `boxwright`.
        patience: Seconds after which it is killed.

    Raises:
        BoxwrightError: It failed; the message is the program's, without its name.
    """
    child = start(*arguments)
    try:
        printed, errors = child.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise BoxwrightError(f"boxwright {arguments[0]} did not end within {patience:.0f} s.") from None
    if child.returncode:
        raise BoxwrightError(_message_of(errors) or printed.strip() or f"It ended with {child.returncode}.")
    return printed


def _message_of(stderr: str) -> str:
    """Return the program's own error message, without what libraries printed before it."""
    return f"\n{stderr}".rpartition(f"\n{ERROR_PREFIX}")[2].strip()


class Inquiry:
    """A command whose lines are handed on as they come."""

    def __init__(self, *arguments: str, on_line: Callable[[str], None], on_failure: Callable[[str], None]) -> None:
        """Start it.

        Args:
            arguments: Of `boxwright`.
            on_line: Takes each line; called in a thread of its own.
            on_failure: Takes its error message; called in the same thread.
        """
        # a file, not a pipe: it is read only at the end, and a full pipe would block the child
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by the thread
        try:
            self._child = start_bound(*arguments, stderr=self._stderr)
        except OSError:
            self._stderr.close()
            raise
        self._on_line, self._on_failure = on_line, on_failure
        self._is_closed = False
        self._thread = threading.Thread(target=self._read, name=f"boxwright {arguments[0]}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it; nothing more is handed on."""
        self._is_closed = True
        self._child.kill()
        self._thread.join(5)

    def _read(self) -> None:
        with self._stderr, self._child as child:  # which waits for it and closes its pipes
            try:
                self._hand_on()
            finally:
                child.kill()

    def _hand_on(self) -> None:
        stdout: IO[str] | None = self._child.stdout
        assert stdout is not None
        for line in stdout:
            if not self._is_closed:
                self._on_line(line)
        code = self._child.wait()
        if code and not self._is_closed:
            self._stderr.seek(0)
            message = _message_of(self._stderr.read().decode("utf-8", "backslashreplace"))
            self._on_failure(message or f"It ended with {code}.")


def write_log(path: Path) -> IO[bytes]:
    """Open an empty log for a child's stderr; opened for appending, because two windows may write it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path.open("ab")
