"""Measures how long `boxwright --help` and each command's --help take, from the shell's point of view."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from boxwright.cli.app import COMMANDS
from boxwright.cli.console import print_table

RUNS = 15
BOUND = 0.3  # in seconds


def _seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "boxwright.cli.app", *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    lines = [["--help"], *([name, "--help"] for name in COMMANDS)]
    for arguments in lines:
        _seconds(arguments)  # compiled files and the disk's cache
    taken: dict[int, list[float]] = {number: [] for number in range(len(lines))}
    for _ in range(RUNS):  # interleaved: a busy moment of the machine meets every command
        for number, arguments in enumerate(lines):
            taken[number].append(_seconds(arguments))
    rows = [
        (
            f"boxwright {' '.join(arguments)}",
            statistics.median(taken[number]),
            max(taken[number]),
            "yes" if statistics.median(taken[number]) < BOUND else "NO",
        )
        for number, arguments in enumerate(lines)
    ]
    print_table(("command", "median s", "worst s", f"below {BOUND} s"), rows, title=f"Help, {RUNS} interleaved runs")


if __name__ == "__main__":
    main()
