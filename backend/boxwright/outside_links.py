"""Folders of a workspace that are links to a place outside of it: nothing is written there before the user names them.

A workspace may come from a stranger, whose `annotations -> ~/Documents` would let a dataset sync write, replace and
delete there. What the user accepted is kept in the user's own folder, by link and target: nobody can send it along, and
a link that leads elsewhere later is asked about again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from boxwright.files import atomic_write_text
from boxwright.user_folder import shared_folder

ACCEPTED_FILE = "accepted-links.json"


@dataclass(frozen=True)
class OutsideLink:
    """A folder or file of a workspace that is somewhere else.

    Attributes:
        path: In the workspace.
        target: Where it really is, resolved.
    """

    path: Path
    target: str

    @property
    def key(self) -> str:
        """Names the link whatever way leads to its workspace."""
        return os.path.join(os.path.realpath(self.path.parent), self.path.name)  # noqa: PTH118


def outside_links(root: Path, paths: Iterable[Path]) -> list[OutsideLink]:
    """Return those of the paths that lead out of a workspace.

    Args:
        root: The workspace.
        paths: In it; they need not exist.
    """
    bound = os.path.join(os.path.realpath(root), "")  # noqa: PTH118
    targets = ((path, os.path.realpath(path)) for path in paths)
    return [OutsideLink(path, target) for path, target in targets if not f"{target}{os.sep}".startswith(bound)]


def accept(links: Iterable[OutsideLink]) -> None:
    """Remember that the user named these links.

    Raises:
        OSError: The user's folder cannot be written.
    """
    path = _accepted_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"):  # another process may add its own
        accepted = {**_read_accepted(), **{link.key: link.target for link in links}}
        atomic_write_text(path, json.dumps(accepted, indent=1))


def not_accepted(links: Iterable[OutsideLink]) -> list[OutsideLink]:
    """Return those of the links that the user did not name, or that led elsewhere then."""
    found = list(links)
    accepted = _read_accepted() if found else {}
    return [link for link in found if accepted.get(link.key) != link.target]


def _accepted_file() -> Path:
    return shared_folder() / ACCEPTED_FILE


def _read_accepted() -> dict[str, str]:
    try:
        content = json.loads(_accepted_file().read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(key): str(target) for key, target in content.items()} if isinstance(content, dict) else {}
