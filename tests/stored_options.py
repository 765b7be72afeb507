"""Options of a job as a test writes them: any names, also those that no verb has."""

from __future__ import annotations

from typing import Any

from boxwright.jobs.options import pack


class StoredOptions(dict[str, Any]):
    def to_json(self) -> str:
        return pack(self)
