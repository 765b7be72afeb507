"""Random acts of users, in one process and under a real daemon: after each, the records are the rebuild's."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent / "tests"
STEPS_AN_EXAMPLE = 40
EXAMPLES = 8  # after which it says how far it is


def main() -> int:
    """Run both machines until each has taken the steps asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1000, help="of each machine, at least")
    parser.add_argument("--only", default="", help="machines whose names hold this")
    arguments = parser.parse_args()
    sys.path[:0] = [str(TESTS), str(TESTS / "daemon")]
    from test_equality import DaemonMachine, Machine, run_machine

    for name, machine in (("in one process", Machine), ("under a daemon", DaemonMachine)):
        if arguments.only not in name:
            continue
        started, steps = time.monotonic(), 0
        while steps < arguments.steps:
            wanted = arguments.steps - steps
            steps += run_machine(
                machine, examples=min(EXAMPLES, 1 + wanted // STEPS_AN_EXAMPLE), steps=STEPS_AN_EXAMPLE
            )
            print(f"{name}: {steps:,} steps, all equal, {time.monotonic() - started:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
