"""Going through named cases that each get a folder of their own: what parts of scripts/torture share."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

TESTS = Path(__file__).resolve().parent.parent / "tests"
SHOWN = 400  # characters of an error

Place = TypeVar("Place")


class LeftOutError(Exception):
    """The case cannot be made here."""


def run_cases(cases: Sequence[Callable[[Place], str]], make: Callable[[Path], Place], description: str | None) -> int:
    """Go through the cases that the command line names; return 1 when one failed.

    Args:
        cases: Each is named by its function, and returns what was seen.
        make: Returns what a case works in, from an empty folder.
        description: Of the script.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", default="", help="cases whose names hold this")
    arguments = parser.parse_args()
    sys.path.insert(0, str(TESTS))
    failed = 0
    for case in cases:
        name = case.__name__.strip("_").replace("_", " ")
        if arguments.only not in name:
            continue
        folder = Path(tempfile.mkdtemp(prefix="boxwright-torture-"))
        folder.chmod(0o755)  # another user looks into it
        try:
            print(f"{name}: ok. {case(make(folder))}", flush=True)
        except LeftOutError as reason:
            print(f"{name}: left out, {reason}", flush=True)
        except Exception as error:  # the other cases follow
            failed += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            print(f"{name}: FAILED, {where.name}: {type(error).__name__}: {str(error)[:SHOWN]}", flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0
