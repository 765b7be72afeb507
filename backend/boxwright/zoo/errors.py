"""The room's exception: a model that cannot be fetched, unpacked or used."""

from __future__ import annotations

from boxwright.errors import BoxwrightError


class ZooError(BoxwrightError):
    """A download, an archive or a folder that gives no model, said with what to do instead."""
