"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Status(str, Enum):
    """How it stands."""

    OK = "ok"
    WARNING = "warning"
    """Works, but slower or with less than it could."""
    PROBLEM = "problem"
    """Boxwright cannot work, or a part of it cannot."""


@dataclass(frozen=True)
class Check:
    """One line of the doctor's report.

    Attributes:
        name: What was looked at.
        status: How it stands.
        detail: What was found.
        advice: How to fix it; "" when there is nothing to fix.
    """

    name: str
    status: Status
    detail: str
    advice: str = ""
