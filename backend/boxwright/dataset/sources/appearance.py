"""What an image looks like from afar: 16 by 16 grey values, by which near-identical images are found.

A re-encoded, resized or brightened copy, and the next frame of a video, have nearly the same values; see
dataset/plan/near_identical.py for how they are compared. A JPEG is decoded at an eighth of its size at most.
"""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image

SIZE = 16  # grey values a row and a column
BYTES = SIZE * SIZE
_DECODED = 32  # pixels; a JPEG decoder leaves out what a picture of this size does not show

NO_APPEARANCE = b""


def appearance_of(data: bytes, transpose: Image.Transpose | None = None) -> bytes:
    """Return SIZE * SIZE grey values of an image, row by row, scaled to the full range of a byte.

    Args:
        data: An image file.
        transpose: What makes it upright.

    Returns:
        NO_APPEARANCE where nothing can be compared: the image is almost of one grey, or cannot be decoded.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.draft("L", (_DECODED, _DECODED))
            grey = image.convert("L").resize((SIZE, SIZE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # what is wrong with it is said elsewhere
        return NO_APPEARANCE
    low, high = grey.getextrema()
    if high - low < MIN_CONTRAST:
        return NO_APPEARANCE
    upright = grey if transpose is None else grey.transpose(transpose)
    return bytes(upright.point(_full_range(low, high)).tobytes())


@lru_cache(1024)
def _full_range(low: int, high: int) -> tuple[int, ...]:
    """Return what each grey value becomes when `low` to `high` are spread over 0 to 255."""
    return tuple(round(255 * min(max(value - low, 0) / (high - low), 1)) for value in range(256))


MIN_CONTRAST = 16  # of 255 grey values; below it noise decides what the image looks like
