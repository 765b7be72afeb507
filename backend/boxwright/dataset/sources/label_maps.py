"""Label maps where people keep them: beside the records, in training/, in data/ or at the root of their project."""

from __future__ import annotations

from pathlib import Path

FOLDERS = ("annotations", "training", "data", "")
"""Where tutorials put the label map, the likeliest first."""

SUFFIX = ".pbtxt"
MAX_BYTES = 1 << 20  # label_map.pbtxt of 10,000 classes has 400 kB; a frozen graph as text has more


def find_label_maps(root: Path) -> dict[str, bytes]:
    """Return the files of a project that may be label maps, in the order in which they are tried.

    Args:
        root: The project's folder.

    Returns:
        Path relative to `root`, with forward slashes, to the file's bytes.
    """
    found: dict[str, bytes] = {}
    for folder in FOLDERS:
        try:
            files = [path for path in (root / folder).iterdir() if path.suffix.lower() == SUFFIX and path.is_file()]
            for path in sorted(files, key=lambda path: ("label" not in path.name.lower(), path.name)):
                if path.stat().st_size <= MAX_BYTES:
                    found[path.relative_to(root).as_posix()] = path.read_bytes()
        except OSError:
            continue  # not there, or not to be read: then it is no help
    return found
