"""How the options of a job are stored: JSON with a version. What they mean is known to the verb of its kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from boxwright.errors import UsageError

VERSION = 1


class JobOptions(Protocol):
    """What a job can be submitted with."""

    def to_json(self) -> str:
        """Return what `pack` gives."""


def pack(values: Mapping[str, object]) -> str:
    """Return options by name as they are stored.

    Args:
        values: JSON-ready; those with their default are left out, so that another version need not know them.
    """
    return json.dumps({"version": VERSION, "options": dict(values)})


def unpack(text: str) -> dict[str, object]:
    """Return the options by name that `pack` stored, or an earlier version: an object of strings without a version.

    Raises:
        UsageError: It is neither.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UsageError(f"The job's options are no JSON ({error}). Submit the job again.") from error
    if not isinstance(content, dict):
        raise UsageError(f"The job's options are {text[:100]!r}, not an object. Submit the job again.")
    if "version" not in content:
        return content
    if content["version"] != VERSION or not isinstance(content.get("options"), dict):
        raise UsageError(
            f"The job's options have the version {content['version']}, and this Boxwright reads version {VERSION}. "
            "Use the Boxwright that wrote them, or submit the job again."
        )
    return dict(content["options"])


NO_OPTIONS = pack({})
