""".boxwright/status.json: the state of a daemon in a workspace, written by it and read by plugin and command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from boxwright.files import atomic_write_text
from boxwright.workspace import Workspace

VERSION = 1

WATCHING = "watching"
"""State of a daemon whose records are up to date."""

TROUBLE = "trouble"
"""State of a daemon that something keeps from bringing them up to date."""


@dataclass(frozen=True)
class DatasetCounts:
    """The dataset as it was when the records were last brought up to date.

    Attributes:
        images: Images per split.
        findings: How many.
        fingerprint: Of the records.
        unlabelled: Images without an XML.
        classes: Labels in the order of the label map.
    """

    images: Mapping[str, int]
    findings: int
    fingerprint: str
    unlabelled: int
    classes: tuple[str, ...]


@dataclass(frozen=True)
class DaemonStatus:
    """The state of a daemon in one workspace.

    Attributes:
        state: WATCHING or TROUBLE.
        settled: How often it brought the records up to date since it started.
        message: What keeps it from that, "" for nothing.
        time: Seconds since 1970 when it was written.
        dataset: The dataset; None while it is not known.
    """

    state: str
    settled: int
    message: str
    time: float
    dataset: DatasetCounts | None = None

    def to_json(self) -> str:
        """Return the file's text."""
        content = {"version": VERSION, **asdict(self)}
        dataset = content.pop("dataset") or {}
        return json.dumps({**content, **dataset})

    @classmethod
    def from_json(cls, text: str) -> DaemonStatus:
        """Return the status that a file's text holds; one of an earlier version has no "version".

        Raises:
            ValueError: It is no status.
        """
        content = json.loads(text)
        try:
            dataset = None
            if "images" in content:
                dataset = DatasetCounts(
                    images={str(split): int(count) for split, count in content["images"].items()},
                    findings=int(content["findings"]),
                    fingerprint=str(content["fingerprint"]),
                    unlabelled=int(content["unlabelled"]),
                    classes=tuple(str(label) for label in content["classes"]),
                )
            return cls(
                str(content["state"]), int(content["settled"]), str(content["message"]), float(content["time"]), dataset
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no status of a daemon: {error}") from error


def status_file(workspace: Workspace) -> Path:
    """Return where the status is."""
    return workspace.state / "status.json"


def write_daemon_status(workspace: Workspace, status: DaemonStatus) -> None:
    """Write the status, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    atomic_write_text(status_file(workspace), status.to_json())


def read_daemon_status(workspace: Workspace) -> DaemonStatus | None:
    """Return the status; None while there is none that can be read."""
    try:
        return DaemonStatus.from_json(status_file(workspace).read_text("utf-8"))
    except (OSError, ValueError):
        return None
