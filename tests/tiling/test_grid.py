"""Where tiles lie."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boxwright.errors import UsageError
from boxwright.tiling.grid import OVERLAP, Tile, TileSize, parse_tiles, tiles_of

LENGTHS = st.integers(32, 3000)


@given(LENGTHS, LENGTHS, st.integers(32, 1000), st.integers(32, 1000))
def test_tiles_cover_the_photo_and_overlap(width: int, height: int, tile_width: int, tile_height: int) -> None:
    tiles = tiles_of(width, height, TileSize(tile_width, tile_height))
    assert {(tile.right - tile.left, tile.bottom - tile.top) for tile in tiles} == {
        (min(width, tile_width), min(height, tile_height))
    }
    for length, tile, spans in (
        (width, tile_width, sorted({(one.left, one.right) for one in tiles})),
        (height, tile_height, sorted({(one.top, one.bottom) for one in tiles})),
    ):
        assert (spans[0][0], spans[-1][1]) == (0, length)
        shared = [earlier[1] - later[0] for earlier, later in itertools.pairwise(spans)]
        assert all(overlap >= OVERLAP * tile - 1 for overlap in shared)
        assert len(spans) <= 1 + -(-length // max(1, int(tile * (1 - OVERLAP)) - 1)), "no more tiles than needed"


def test_a_photo_that_fits_is_one_tile() -> None:
    assert tiles_of(300, 200, TileSize(300, 300)) == [Tile(0, 0, 300, 200)]


def test_sizes_are_read() -> None:
    assert parse_tiles("auto") is None
    assert parse_tiles("640x480") == TileSize(640, 480)
    assert parse_tiles(str(TileSize(640, 480))) == TileSize(640, 480)
    for text in ("", "640", "640x", "x480", "-1x640", "640x480x3", "31x640", "\u0663x\u0663"):
        with pytest.raises(UsageError, match="--tiles"):
            parse_tiles(text)
