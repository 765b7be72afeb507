"""The file .boxwright/ranking.json: photos without labels in the order in which they are worth labelling."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from boxwright.files import atomic_write_text, stays_within
from boxwright.typed_json import from_json_value
from boxwright.workspace import Workspace

RANKING_FILE = "ranking.json"
VERSION = 1


@dataclass(frozen=True)
class RankedPhoto:
    """A photo in the order.

    Attributes:
        path: Relative to the workspace, with forward slashes; of photos with the same bytes the first.
        reason: Why it is where it is, one of suggestions.ranking.Reason's values.
        uncertainty: Of the model, 0 for certain; 0.5 where it did not look at the photo.
        difference: Distance to the nearest photo that is labelled or comes earlier, from 0 for the same to 2.
        best_score: Of the model's boxes, 0 without one; None where it did not look at the photo.
    """

    path: str
    reason: str
    uncertainty: float
    difference: float
    best_score: float | None = None

    def is_valid(self) -> bool:
        """Return whether the path is one below images/: a stranger's file must not lead anywhere else."""
        parts = PurePosixPath(self.path).parts
        return stays_within(self.path) and len(parts) > 1 and parts[0] == "images"


@dataclass(frozen=True)
class Ranking:
    """The order.

    Attributes:
        photos: The one that is worth most first.
        labelled: Photos that had labels.
        model: Name of the export whose suggestions were taken; "" without any.
        version: Of the file's form.
    """

    photos: tuple[RankedPhoto, ...] = ()
    labelled: int = 0
    model: str = ""
    version: int = VERSION

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Ranking:
        """Return what the file's text says, without photos that cannot be in the workspace.

        Raises:
            ValueError: It is no JSON object, or of a later version.
        """
        found = from_json_value(cls, json.loads(text))
        if found.version != VERSION:
            raise ValueError(f"a ranking of version {found.version}")
        photos = tuple(photo for photo in found.photos if photo.is_valid())
        return cls(photos, found.labelled, found.model)


def read_ranking(workspace: Workspace) -> Ranking | None:
    """Return the ranking of a workspace; None when there is none or it cannot be read."""
    try:
        return Ranking.from_json((workspace.state / RANKING_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def write_ranking(workspace: Workspace, ranking: Ranking) -> None:
    """Write the ranking of a workspace."""
    workspace.state.mkdir(exist_ok=True)
    atomic_write_text(workspace.state / RANKING_FILE, ranking.to_json())
