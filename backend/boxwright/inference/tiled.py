"""Small objects in large photos: detection in tiles and in the whole photo, merged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from boxwright.errors import UsageError
from boxwright.inference.detections import BatchDetector, Detections
from boxwright.runs.model_file import read_model_file
from boxwright.tiling.grid import Tile, TileSize, parse_tiles, tiles_of
from boxwright.tiling.merge import TileBoxes, merge_boxes

BATCH = 8  # tiles that share a call
BORDER = 2.0  # pixels: a box that ends so near a border of its tile is cut by it


class TiledDetector:
    """A detector that looks at each photo whole, for large objects, and at its tiles, for small ones.

    Args:
        detector: Runs on photos and on tiles.
        size: Of the tiles; a photo that is no larger is looked at whole only.
    """

    def __init__(self, detector: BatchDetector, size: TileSize) -> None:
        self._detector, self._size = detector, size

    def detect_batch(self, images: npt.NDArray[np.uint8], *, min_score: float = 0.0) -> list[Detections]:
        """Find the objects in images of one size, uint8 [B, H, W, 3]; one result for each.

        Args:
            images: RGB, upright.
            min_score: Detections below it are left out.
        """
        whole = self._detector.detect_batch(images, min_score=min_score)
        tiles = tiles_of(images.shape[2], images.shape[1], self._size)
        if len(tiles) == 1:
            return whole
        return [
            _merged(whole[index], tiles, self._detect_tiles(image, tiles, min_score))
            for index, image in enumerate(images)
        ]

    def _detect_tiles(self, image: npt.NDArray[np.uint8], tiles: Sequence[Tile], min_score: float) -> list[Detections]:
        found: list[Detections] = []
        for start in range(0, len(tiles), BATCH):
            parts = [image[tile.top : tile.bottom, tile.left : tile.right] for tile in tiles[start : start + BATCH]]
            found += self._detector.detect_batch(np.stack(parts), min_score=min_score)
        return found


def with_tiles(detector: BatchDetector, tiles: str | None, export: Path) -> BatchDetector:
    """Return the detector as the option --tiles says.

    Args:
        detector: Of the export.
        tiles: "auto", "WxH", or None for whole photos only.
        export: Whose model.json says how large the network's input is.

    Raises:
        UsageError: The text is no size, or it is "auto" and there is no model.json.
    """
    if tiles is None:
        return detector
    size = parse_tiles(tiles)
    if size is None:
        description = read_model_file(export if export.is_dir() else export.parent)
        if description is None:
            raise UsageError(
                f"--tiles {tiles}: {export} has no model.json, which says how large the network's input is. Give the "
                "tiles' width and height in pixels, for example 640x640."
            )
        size = TileSize(description.input.width, description.input.height)
    return TiledDetector(detector, size)


def _merged(whole: Detections, tiles: Sequence[Tile], found: Sequence[Detections]) -> Detections:
    """Return the detections of a photo from those in it as a whole and in its tiles."""
    height, width = whole.height, whole.width
    views = [Tile(0, 0, width, height), *tiles]
    every = [whole, *found]
    placed = [_in_photo(view, one, width, height) for view, one in zip(views, every, strict=True)]
    merged = merge_boxes(
        TileBoxes(
            np.concatenate([boxes for boxes, _ in placed]),
            np.concatenate([one.scores for one in every]),
            np.concatenate([one.classes for one in every]),
            np.concatenate([cut for _, cut in placed]),
        )
    )
    names = {number: label for one in every for number, label in zip(one.classes.tolist(), one.labels, strict=True)}
    return Detections(
        boxes=(merged.boxes / np.array([height, width, height, width], np.float32)).astype(np.float32),
        scores=merged.scores,
        classes=merged.classes,
        labels=tuple(names[number] for number in merged.classes.tolist()),
        height=height,
        width=width,
    )


def _in_photo(
    tile: Tile, found: Detections, width: int, height: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return boxes in pixels of the photo, and which of them the tile cuts."""
    boxes = (found.pixel_boxes() + np.array([tile.top, tile.left, tile.top, tile.left])).astype(np.float32)
    cut = np.zeros(len(boxes), bool)
    for side, border, is_inner in (
        (0, tile.top, tile.top > 0),
        (1, tile.left, tile.left > 0),
        (2, tile.bottom, tile.bottom < height),
        (3, tile.right, tile.right < width),
    ):
        if is_inner:
            cut |= np.abs(boxes[:, side] - border) <= BORDER
    return boxes, cut
