"""What a workspace has stored about a photo: the boxes of its newest model, and what a person did with them."""

from __future__ import annotations

from pathlib import Path

from boxwright.errors import BoxwrightError
from boxwright.files import sha256_of
from boxwright.suggestions.review import ReviewCounts
from boxwright.suggestions.store import SuggestionStore
from boxwright.workspace import Workspace
from boxwright_labelimg.client.suggestion_process import Answer
from boxwright_labelimg.client.suggestions import with_area


def stored_suggestions(workspace: Workspace, image: Path, export: str) -> Answer | None:
    """Return what a model suggested for a photo; None when it was not run on it, or the photo cannot be read.

    Args:
        workspace: Whose store.
        image: Path of the photo, whose file is read: the store knows photos by their content.
        export: Name of the model; suggestions of another one are left out.
    """
    try:
        found = SuggestionStore(workspace).get(sha256_of(image))
    except OSError:
        return None
    if found is None or found.model_name != export:
        return None
    return Answer(image, with_area(found.boxes), found.model_name)


def add_review(workspace: Workspace, image: Path, change: ReviewCounts) -> ReviewCounts | None:
    """Add to what a person did in a photo, and return the sum of all photos; None when it cannot be kept now."""
    try:
        return SuggestionStore(workspace).add_review(sha256_of(image), change)
    except (BoxwrightError, OSError):
        return None  # a count is not worth a message while boxes are drawn
