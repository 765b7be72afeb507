"""Finding the checkpoint in a folder by the names of its files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from boxwright.zoo.errors import ZooError
from boxwright.zoo.foreign import describe_folder

INDEX = ".index"
OBJECT_GRAPH = b"_CHECKPOINTABLE_OBJECT_GRAPH"
"""The key by which TensorFlow 2 keeps objects; the index of a checkpoint has its keys in plain text."""
CONFIG = "pipeline.config"
MAX_DEPTH = 2  # folders below the one that was given: archives have the checkpoint at the top or one deeper


@dataclass(frozen=True)
class Weights:
    """A checkpoint on the disk and its configuration.

    Attributes:
        prefix: The path of the checkpoint without suffix, for example .../model.ckpt.
        config: The path of the pipeline.config in its folder or a folder above; None when there is none.
    """

    prefix: Path
    config: Path | None

    def files(self) -> list[Path]:
        """Return the files that make up the checkpoint, and its configuration."""
        name = self.prefix.name
        found = [path for path in self.prefix.parent.iterdir() if _belongs(path.name, name) and path.is_file()]
        return sorted(found) + ([self.config] if self.config else [])


def has_checkpoint(folder: Path) -> bool:
    """Return whether there is the index of a checkpoint in `folder`, searched two folders deep."""
    return bool(_prefixes(folder))


def find_weights(folder: Path, *, shown: Path | None = None) -> Weights:
    """Return the checkpoint in `folder`: model.ckpt, or else the one of the highest step.

    Args:
        folder: The folder, searched two folders deep.
        shown: The path to show in messages instead of `folder`, for example that of the archive.

    Raises:
        ZooError: There is no checkpoint, or one of its files is missing.
    """
    prefixes = _prefixes(folder)
    if not prefixes:
        raise ZooError(
            f"{shown or folder}: it contains no checkpoint (model.ckpt.index and model.ckpt.data-00000-of-00001). "
            f"{describe_folder(folder)}Give the archive of a model of the TF1 detection zoo, the folder that it "
            "unpacks to, or a model for inference."
        )
    prefix = min(prefixes, key=lambda path: (path.name != "model.ckpt", len(path.parts), -_step(path), str(path)))
    if not any(_belongs(path.name, prefix.name) and ".data-" in path.name for path in prefix.parent.iterdir()):
        raise ZooError(
            f"{shown or prefix.parent}: {prefix.name}{INDEX} is there, but {prefix.name}.data-00000-of-00001 is not. "
            "Put both side by side."
        )
    if OBJECT_GRAPH in prefix.with_name(prefix.name + INDEX).read_bytes():
        raise ZooError(
            f"{shown or prefix.parent}: {prefix.name} is an object checkpoint of TensorFlow 2, whose variables have no "
            "stable names, and whose networks are other ones. Take a model of the TF1 detection zoo: `boxwright "
            "models` lists them."
        )
    above = [parent for parent in prefix.parent.parents if parent.is_relative_to(folder)]
    return Weights(prefix, find_config(prefix.parent, *above))


def find_config(*folders: Path) -> Path | None:
    """Return the pipeline.config in the first of the folders that has one; None when none has."""
    return next((folder / CONFIG for folder in folders if (folder / CONFIG).is_file()), None)


def _prefixes(folder: Path) -> list[Path]:
    prefixes = [path.with_suffix("") for path in _walk(folder, 0) if path.suffix == INDEX and path.is_file()]
    # the weights in a SavedModel have an index as well, but other variable names
    return [prefix for prefix in prefixes if prefix.parent.name != "variables"]


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and depth < MAX_DEPTH:
            yield from _walk(path, depth + 1)
        else:
            yield path


def _belongs(name: str, prefix: str) -> bool:
    rest = name.removeprefix(prefix)
    return name.startswith(prefix) and re.fullmatch(r"\.index|\.meta|\.data-\d{5}-of-\d{5}", rest) is not None


def _step(prefix: Path) -> int:
    found = re.search(r"-(\d+)$", prefix.name)
    return int(found[1]) if found else 0
