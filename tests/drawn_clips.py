"""Clips that a test draws."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

Image = npt.NDArray[np.uint8]


def write_clip(path: Path, frames: Sequence[tuple[float, Image]], **options: str) -> Path:
    """Write frames, uint8 [H, W, 3], at their times in seconds; options are those of FFmpeg's container."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.height, stream.width = frames[0][1].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        stream.codec_context.time_base = Fraction(1, 1000)
        for time, image in frames:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def turn(path: Path) -> None:
    """Have an MP4 file say that its pictures are to be turned clockwise by 90 degrees, as phones do."""
    data = bytearray(path.read_bytes())
    matrix = data.find(b"tkhd") + 4 + 40  # version 0: 4 + 5 * 4 bytes, 8 reserved, 4 * 2
    assert struct.unpack_from(">9i", data, matrix) == (65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    struct.pack_into(">9i", data, matrix, 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


def scene(seed: int, *, is_blurred: bool = False, size: tuple[int, int] = (96, 128)) -> Image:
    """Return a picture of rectangles, uint8 [H, W, 3]; of another seed it looks different."""
    rng = np.random.default_rng(seed)
    height, width = size
    image = np.full((*size, 3), 90, np.uint8)
    for _ in range(12):
        top, left = int(rng.integers(height)), int(rng.integers(width))
        image[top : top + height // 3, left : left + width // 4] = rng.integers(256, size=3)
    if is_blurred:
        for _ in range(6):
            around = [np.roll(image, move, axis) for axis in (0, 1) for move in (-1, 1)]
            image = np.mean([image, *around], axis=0).astype(np.uint8)
    return image
