"""What names the contents of a set of record files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def fingerprint_of(sha256_by_name: Mapping[str, str]) -> str:
    """Return one hash for record files, "" for none.

    Args:
        sha256_by_name: File name, without folder, to the SHA-256 of its bytes.
    """
    if not sha256_by_name:
        return ""
    lines = [f"{sha256_by_name[name]}  {name}\n" for name in sorted(sha256_by_name)]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
