"""Ctrl+C and SIGTERM as a request to save and end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from boxwright.cli.console import echo
from boxwright.stop_signal import StopSignal

SIGNALS = {"SIGINT": "Ctrl+C", "SIGTERM": "SIGTERM", "SIGBREAK": "Ctrl+Break"}  # the last on Windows only


@contextmanager
def stop_on_signals() -> Iterator[StopSignal]:
    """Yield a StopSignal that the first signal sets; a second Ctrl+C interrupts at once.

    Outside of the main thread, where Python handles no signals, nothing sets it.
    """
    stop = StopSignal()

    def request(number: int, frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if stop and name != "SIGTERM":  # a service manager and a daemon may both send one
            raise KeyboardInterrupt
        stop.request(SIGNALS[name])
        with suppress(RuntimeError):  # the signal came in the midst of printing, which cannot begin twice
            echo("stopping: the step in progress is finished and saved (once more: stop at once, unsaved)")

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, request) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
