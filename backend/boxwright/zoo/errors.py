"""The exception for a model that cannot be downloaded, unpacked or used."""

from __future__ import annotations

from boxwright.errors import BoxwrightError


class ZooError(BoxwrightError):
    """A download, an archive or a folder that gives no model; the message states the next step."""
