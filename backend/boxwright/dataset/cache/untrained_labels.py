"""Which labels of label_map.pbtxt Boxwright appended and no training has used since.

Only such a label may be dropped again, and only from the very bytes that Boxwright wrote: a label map that its user
edited is the user's. When the manifest is lost, none is known, and none is dropped.
"""

from __future__ import annotations

import hashlib
import json

from boxwright.dataset.cache.manifest import Manifest

_KEY = "untrained_labels"


def untrained_labels(manifest: Manifest, label_map: bytes | None) -> frozenset[str]:
    """Return the labels.

    Args:
        manifest: Of the workspace.
        label_map: Bytes of label_map.pbtxt; None when there is none.
    """
    try:
        digest, *labels = json.loads(manifest.meta[_KEY])
    except (KeyError, TypeError, ValueError):
        return frozenset()  # none yet, or a damaged cache
    return frozenset(map(str, labels)) if label_map is not None and digest == _digest(label_map) else frozenset()


def set_untrained_labels(manifest: Manifest, label_map: bytes | None, labels: frozenset[str]) -> None:
    """Keep the labels, which Boxwright appended to a label map of these bytes."""
    if labels != untrained_labels(manifest, label_map):
        manifest.save(meta={_KEY: json.dumps([_digest(label_map or b""), *sorted(labels)])})


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
