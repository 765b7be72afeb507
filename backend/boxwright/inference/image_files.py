"""Photographs to detect in: found, read upright, and named in the results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from boxwright.dataset.sources.images import IMAGE_SUFFIXES, ImageError, encode_upright
from boxwright.errors import UsageError
from boxwright.findings import Finding
from boxwright.inference.detections import Detections

DRAWING_SUFFIX = ".detections.png"
"""How drawings end, so that they are not taken for photographs when their folder is gone through again."""


@dataclass(frozen=True)
class ImageFile:
    """A photograph on disk, or a frame of a clip.

    Attributes:
        path: Where it is.
        name: What the results call it: relative to the folder that was given, with forward slashes, unique.
        time: Of a frame, seconds from the clip's first one; None of a photograph.
    """

    path: Path
    name: str
    time: float | None = None


@dataclass(frozen=True, eq=False)
class ImageResult:
    """What came of one photograph: detections, or a finding that says why there are none.

    Attributes:
        file: The photograph.
        image: uint8 [H, W, 3], upright; None when it could not be read.
        detections: None when it could not be read.
        finding: None when it could.
    """

    file: ImageFile
    image: npt.NDArray[np.uint8] | None
    detections: Detections | None
    finding: Finding | None


def find_images(inputs: Sequence[Path]) -> list[ImageFile]:
    """Return the images that files and folders mean, folders with all below them, in order, none twice.

    Hidden files and drawings of an earlier detection are left out of folders.

    Raises:
        UsageError: An input does not exist, or there is no image at all.
    """
    found: dict[Path, str] = {}
    for given in inputs:
        if given.is_dir():
            for path in sorted(given.rglob("*")):
                if _is_photograph(path.relative_to(given)) and path.is_file():
                    found.setdefault(path, path.relative_to(given).as_posix())
        elif given.is_file():
            found.setdefault(given, given.name)
        else:
            raise UsageError(f"{given}: there is no such image or folder.")
    if not found:
        shown = ", ".join(str(given) for given in inputs)
        raise UsageError(f"{shown}: there is no image. Images end in {' '.join(sorted(IMAGE_SUFFIXES))}.")
    return _with_unique_names(found)


def read_image(path: Path) -> npt.NDArray[np.uint8]:
    """Read an image as labelImg shows it and as records hold it: upright, 8 bits.

    Returns:
        uint8 [H, W, 3], RGB.

    Raises:
        ImageError: It is not an image, or is damaged.
        OSError: The file cannot be read.
    """
    return decode_image(path.read_bytes())


def decode_image(data: bytes) -> npt.NDArray[np.uint8]:
    """Decode an image as labelImg shows it and as records hold it: upright, 8 bits.

    Args:
        data: A file.

    Returns:
        uint8 [H, W, 3], RGB.

    Raises:
        ImageError: It is not an image, or is damaged.
    """
    encoded = encode_upright(data)
    try:
        pixels: npt.NDArray[np.uint8] = tf.io.decode_image(encoded.data, channels=3, expand_animations=False).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise ImageError(
            rule="image-undecodable",
            value=error.message.splitlines()[0],
            message="The image's data is damaged",
            advice="Replace the file by a whole copy.",
        ) from error
    return pixels


def _is_photograph(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts)
    return path.suffix.lower() in IMAGE_SUFFIXES and not hidden and not path.name.endswith(DRAWING_SUFFIX)


def _with_unique_names(found: dict[Path, str]) -> list[ImageFile]:
    taken: dict[str, Path] = {}
    for path, name in found.items():
        unique, number = name, 2
        while unique in taken:  # two folders were given that hold files of one name
            unique, number = f"{path.parent.name}-{number}/{name}", number + 1
        taken[unique] = path
    return [ImageFile(path, name) for name, path in taken.items()]
