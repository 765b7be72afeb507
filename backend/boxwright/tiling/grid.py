"""Tiles of a photo: how large they are, and where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from boxwright.errors import UsageError

AUTO = "auto"
"""Stands for tiles of the size of the network's input, so that nothing is scaled down."""
OVERLAP = 0.2  # share of a tile that its neighbour has too: smaller objects lie whole in one of them
MIN_SIDE = 32  # pixels


@dataclass(frozen=True)
class TileSize:
    """The size of all tiles of a photo.

    Attributes:
        width, height: In pixels.
    """

    width: int
    height: int

    def __str__(self) -> str:
        """Return the size as `parse_tiles` reads it."""
        return f"{self.width}x{self.height}"


class Tile(NamedTuple):
    """A part of a photo, in pixels from its upper left corner; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


def parse_tiles(text: str) -> TileSize | None:
    """Return the size that a user asks for, "640x480"; None for "auto".

    Raises:
        UsageError: It is neither.
    """
    if text == AUTO:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise UsageError(f"--tiles {text}: give {AUTO}, or width x height in pixels, for example 640x480.")
    if min(int(width), int(height)) < MIN_SIDE:
        raise UsageError(f"--tiles {text}: a tile is at least {MIN_SIDE} pixels wide and high.")
    return TileSize(int(width), int(height))


def tiles_of(width: int, height: int, size: TileSize) -> list[Tile]:
    """Return the tiles of a photo, row by row.

    They cover it, are evenly spaced, and neighbours share at least OVERLAP of a tile. All have the given size, but no
    side is longer than the photo's.

    Args:
        width, height: Of the photo in pixels.
        size: Of a tile.
    """
    columns, rows = _spans(width, size.width), _spans(height, size.height)
    return [Tile(left, top, right, bottom) for top, bottom in rows for left, right in columns]


def _spans(length: int, tile: int) -> list[tuple[int, int]]:
    if length <= tile:
        return [(0, length)]
    step = max(1, round(tile * (1 - OVERLAP)))
    count = 1 + -(-(length - tile) // step)
    starts = [index * (length - tile) // (count - 1) for index in range(count)]
    return [(start, start + tile) for start in starts]
