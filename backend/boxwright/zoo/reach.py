"""Whether a model of the catalogue can be had at all, before anybody waits for it."""

from __future__ import annotations

import os
import shutil

from boxwright.zoo.catalogue import CDN_ADDRESS, TFJS_ADDRESS, ZooModel
from boxwright.zoo.npm import PROGRAM
from boxwright.zoo.sources import sources_of

OFFLINE_VARIABLE = "BOXWRIGHT_OFFLINE"
"""An environment variable; when it is set, nothing is fetched that was not asked for by name."""

PATIENCE = 5.0  # in seconds, for each place


def is_cached(model: ZooModel) -> bool:
    """Return whether the user's cache has the files of a model."""
    return any(source.is_cached for source in sources_of(model))


def megabytes_to_fetch(model: ZooModel) -> int:
    """Return the size of what the model's first source with a known size sends, in MB; 0 when none is known."""
    return next((round(source.size / 1e6) for source in sources_of(model) if source.size), 0)


def why_unreachable(model: ZooModel, *, patience: float = PATIENCE) -> str:
    """Return why no source of a model can be reached, "" when one may be.

    A place counts as reached when it answers at all. An npm client that is installed may know a mirror of its own.

    Args:
        model: The model.
        patience: Seconds to wait for an answer of each place.
    """
    if os.environ.get(OFFLINE_VARIABLE):
        return f"{OFFLINE_VARIABLE} is set"
    if model.packages and shutil.which(PROGRAM) is not None:
        return ""
    return "" if any(_answers(address, patience) for address in (TFJS_ADDRESS, CDN_ADDRESS)) else "no network"


def _answers(address: str, patience: float) -> bool:
    import requests  # noqa: PLC0415 (takes 0.1 s and 15 MB, needed for downloads only)

    try:
        requests.head(address, timeout=patience).close()
    except requests.exceptions.RequestException:
        return False
    return True
