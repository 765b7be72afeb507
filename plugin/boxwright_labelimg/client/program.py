"""Running `boxwright`, the program: the interface loads neither its dataset nor TensorFlow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from boxwright.errors import BoxwrightError

PATIENCE = 120.0  # in seconds, for a command that is waited for


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start `boxwright ARGUMENTS`, with pipes unless `options` say otherwise, and no console window of its own."""
    if os.name == "nt":
        options.setdefault("creationflags", subprocess.CREATE_NO_WINDOW)  # type: ignore[attr-defined,unused-ignore]
    # the folder where labelImg was started is no place to import from
    environment = {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(
        [sys.executable, "-m", "boxwright", *arguments], text=True, encoding="utf-8", errors="backslashreplace",
        env=environment, **{**given, **options},
    )  # fmt: skip


def run(*arguments: str) -> str:
    """Run `boxwright ARGUMENTS` and return what it printed.

    Raises:
        BoxwrightError: It failed; its own words, without the program's name.
    """
    child = start(*arguments)
    try:
        printed, said = child.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise BoxwrightError(f"boxwright {arguments[0]} did not end within {PATIENCE:.0f} s.") from None
    if child.returncode:
        words = said.strip() or printed.strip() or f"it ended with {child.returncode}"
        raise BoxwrightError(words.removeprefix("boxwright: "))
    return printed


class Inquiry:
    """A command that prints JSON lines, each of which is handed on as it comes."""

    def __init__(
        self, *arguments: str, on_line: Callable[[Mapping[str, Any]], None], on_failure: Callable[[str], None]
    ) -> None:
        """Start it.

        Args:
            arguments: Of `boxwright`.
            on_line: Takes each line; called in a thread of its own.
            on_failure: Takes what it said when it failed; the same.
        """
        self._child = start(*arguments)
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
        stdout: IO[str] | None = self._child.stdout
        assert stdout is not None
        for line in stdout:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if not self._is_closed:
                self._on_line(said)
        _, words = self._child.communicate()
        if self._child.returncode and not self._is_closed:
            self._on_failure(words.strip().removeprefix("boxwright: "))


def write_log(path: Path) -> IO[bytes]:
    """Open a log for a child's stderr, which it begins anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")
