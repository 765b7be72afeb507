"""Times that a person writes, as seconds."""

from __future__ import annotations

from boxwright.errors import UsageError

_UNITS = (("ms", 0.001), ("min", 60.0), ("s", 1.0), ("", 1.0))


def parse_interval(text: str) -> float:
    """Return the seconds that "2s", "500ms", "1min" or "2" mean.

    Raises:
        UsageError: It is no time above zero.
    """
    unit, factor = next((unit, factor) for unit, factor in _UNITS if text.endswith(unit))
    number = text.removesuffix(unit) if unit else text
    try:
        seconds = float(number) * factor
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--every {text}: give a time above zero, for example 2s, 500ms or 1min.")
    return seconds
