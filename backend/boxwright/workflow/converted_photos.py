"""Photos that annotation programs cannot open (HEIC of phones, AVIF, JPEG 2000): converted to JPEG beside them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from boxwright.errors import BoxwrightError
from boxwright.files import atomic_write

CONVERTIBLE_SUFFIXES = frozenset({".heic", ".heif", ".avif", ".jp2", ".j2k", ".jfif", ".mpo"})
"""Suffixes in lower case of photos that Pillow reads (HEIC and HEIF with pillow-heif), and labelImg does not."""

NEED_PLUGIN = frozenset({".heic", ".heif"})
INSTALL = "pip install pillow-heif"
QUALITY = 95  # of the JPEG files; the objects in them are to be seen as in the original


@dataclass(frozen=True)
class ConvertedPhotos:
    """What came of converting photos.

    Attributes:
        written: The new JPEG files.
        failed: What could not be read or written, or has a file of its JPEG's name beside it, each with its reason.
    """

    written: tuple[Path, ...]
    failed: tuple[tuple[Path, str], ...] = ()


def convertible(files: Iterable[Path]) -> tuple[Path, ...]:
    """Return the photos that can be converted, and have no photo of their name in another format beside them yet."""
    files = tuple(files)
    others = {(file.parent, file.stem.lower()) for file in files if file.suffix.lower() in (".jpg", ".jpeg", ".png")}
    photos = (file for file in files if file.suffix.lower() in CONVERTIBLE_SUFFIXES)
    return tuple(file for file in photos if (file.parent, file.stem.lower()) not in others)


def convert_photos(photos: Sequence[Path]) -> ConvertedPhotos:
    """Write a JPEG file beside each photo, upright, with its colour profile; the photos stay as they are.

    Args:
        photos: Files of `convertible`.

    Raises:
        BoxwrightError: HEIC photos are among them, and pillow-heif is not installed.
    """
    if any(photo.suffix.lower() in NEED_PLUGIN for photo in photos):
        _read_heic()
    written: list[Path] = []
    failed: list[tuple[Path, str]] = []
    for photo in photos:
        target = photo.with_suffix(".jpg")
        if target.exists() or target.is_symlink():
            failed.append((photo, f"{target.name} is there already. Rename one of the two."))
            continue
        try:
            data = _as_jpeg(photo)
            with atomic_write(target) as stream:
                stream.write(data)
            written.append(target)
        except Exception as error:  # hostile bytes make decoders raise nearly anything
            failed.append((photo, str(error)))
    return ConvertedPhotos(tuple(written), tuple(failed))


def _read_heic() -> None:
    try:
        from pillow_heif import register_heif_opener  # an extra, loaded where it is needed
    except ImportError:
        raise BoxwrightError(f"HEIC photos need pillow-heif. Install it with: {INSTALL}") from None
    register_heif_opener()


def _as_jpeg(photo: Path) -> bytes:
    from PIL import Image, ImageOps  # not needed to open a window

    with Image.open(photo) as image:
        # a profile of CMYK or grey values is not one of the RGB values that are written
        profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
        upright = ImageOps.exif_transpose(image).convert("RGB")
    stream = io.BytesIO()
    upright.save(stream, "JPEG", quality=QUALITY, icc_profile=profile)
    return stream.getvalue()
