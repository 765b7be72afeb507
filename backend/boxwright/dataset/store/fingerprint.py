"""What names the contents of a set of record files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def fingerprint_of(digest_by_name: Mapping[str, str]) -> str:
    """Return one hash for record files, "" for none.

    Args:
        digest_by_name: File name, without folder, to its tfrecord.content_digest.
    """
    if not digest_by_name:
        return ""
    lines = [f"{digest_by_name[name]}  {name}\n" for name in sorted(digest_by_name)]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
