"""An hour's edits in minutes: threads, file descriptors and memory of the daemon stay flat."""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from boxwright.cli.console import print_table

TESTS = Path(__file__).resolve().parent.parent / "tests"
IMAGES = 200
SAMPLES = 20
A_SECOND = 60  # saves
GROWTH = 1.05  # of memory, from the second quarter to the last


def main() -> int:
    """Save, sample, and judge; return 1 when something grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saves", type=int, default=20_000)
    arguments = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    from daemon_process import daemon, until_settled
    from tiny_workspaces import make_workspace, write_xml

    folder = Path(tempfile.mkdtemp(prefix="boxwright-leaks-"))
    try:
        workspace = make_workspace(folder / "work", {f"p{i}.jpg": ["dog"] for i in range(IMAGES)})
        rows: list[tuple[int, int, int, float]] = []
        with daemon(workspace) as child:
            until_settled(workspace, folder / "scratch")
            for number in range(1, arguments.saves + 1):
                i = number * 7 % IMAGES
                write_xml(workspace.images / f"p{i}.xml", f"p{i}.jpg", ["dog", "cat"][: 1 + number % 2], offset=number)
                time.sleep(1 / A_SECOND)
                if number % 500 == 0:
                    time.sleep(1.5)  # a pause, in which the daemon proves what it amended
                if number % max(1, arguments.saves // SAMPLES) == 0:
                    rows.append((number, *_sample(child.pid)))
            until_settled(workspace, folder / "scratch")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table(("saves", "threads", "descriptors", "resident MB"), rows)
    quarter = len(rows) // 4
    second, last = rows[quarter : 2 * quarter], rows[-quarter:]
    grown = [
        name
        for name, column, factor in (("threads", 1, 1.0), ("descriptors", 2, 1.0), ("memory", 3, GROWTH))
        if statistics.median(row[column] for row in last) > factor * statistics.median(row[column] for row in second)
    ]
    print(f"grown: {', '.join(grown)}" if grown else "flat, and the records are the rebuild's")
    return 1 if grown else 0


def _sample(pid: int) -> tuple[int, int, float]:
    process = Path("/proc") / str(pid)
    status = (process / "status").read_text().split("VmRSS:")[1].split()[0]
    return len(list((process / "task").iterdir())), len(list((process / "fd").iterdir())), int(status) / 1000


if __name__ == "__main__":
    sys.exit(main())
