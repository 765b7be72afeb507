"""Pictures with times into a clip that every player opens."""

from __future__ import annotations

import secrets
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.inference.runtimes.packages import AV, load_package

CODECS = ("libx264", "mpeg4")  # the first that FFmpeg has; its builds without GPL parts lack the former
NOT_WRITTEN = frozenset({".webm"})
"""Suffixes of clips whose container takes neither of the CODECS."""
RATE = 25  # nominal: each frame has its own time
CLOCK = Fraction(1, 1000)  # seconds
BITS_PER_PIXEL = 8  # a second, of mpeg4


class ClipWriter:
    """A clip that appears whole when the block ends, or not at all; without sound."""

    def __init__(self, path: Path) -> None:
        """Write nothing yet.

        Args:
            path: Its suffix chooses the container, .mp4 for example. A file that is there is replaced.
        """
        self._av = load_package(AV)
        self.path = path
        self._temporary = path.with_name(f".{secrets.token_hex(8)}{path.suffix}")
        self._container: Any = None
        self._stream: Any = None
        self._size = (0, 0)
        self._last = -1

    def add(self, pixels: npt.NDArray[np.uint8], time: float) -> None:
        """Append a picture, uint8 [H, W, 3], that is shown from so many seconds on.

        The size is that of the first one, without the last row and column where it is odd.
        """
        if self._container is None:
            self._open(pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2)
        height, width = self._size
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), format="rgb24")
        self._last = max(self._last + 1, round(time / CLOCK))  # strictly increasing, as containers demand
        frame.pts, frame.time_base = self._last, CLOCK
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> ClipWriter:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if self._container is None:
            return
        try:
            if kind is None:
                self._container.mux(self._stream.encode())
            self._container.close()
            if kind is None:
                self._temporary.replace(self.path)
        finally:
            self._temporary.unlink(missing_ok=True)

    def _open(self, height: int, width: int) -> None:
        codec = next(name for name in CODECS if name in self._av.codecs_available)
        self._container = self._av.open(str(self._temporary), "w")
        self._stream = self._container.add_stream(codec, rate=RATE)
        self._stream.height, self._stream.width = self._size = (height, width)
        self._stream.pix_fmt = "yuv420p"
        self._stream.bit_rate = BITS_PER_PIXEL * height * width if codec == "mpeg4" else 0
        self._stream.codec_context.time_base = CLOCK
