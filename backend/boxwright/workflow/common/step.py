"""A call of a verb within a larger piece of work, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from boxwright.workflow.common.option import Options


@dataclass(frozen=True)
class Step:
    """A verb of the demo or of a job.

    Attributes:
        verb: "init", "dataset", "train", "evaluate", "export" or "detect".
        options: What it is called with.
        result: What it returned; None before it was called.
    """

    verb: str
    options: Options
    result: Any = None


OnStep = Callable[[Step], None]


def ignore(step: Step) -> None:
    """Show nothing."""
