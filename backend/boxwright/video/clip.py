"""A clip, frame by frame, upright and with times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.errors import BoxwrightError, UsageError
from boxwright.findings import Finding
from boxwright.inference.runtimes.packages import AV, load_package

CLIP_SUFFIXES = frozenset(
    f".{name}" for name in ("3gp", "avi", "m2ts", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "mts", "ts", "webm", "wmv")
)
"""What is taken for a clip, in lower case."""
_FORMATS = "asf,avi,flv,h264,hevc,m4v,matroska,mov,mpeg,mpegts,mpegvideo,ogg"
"""FFmpeg's names of what files of these suffixes hold. Others, such as playlists, make it read further files."""
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file"}
MAX_DAMAGED = 10_000  # packets that cannot be decoded; after so many nothing sound follows


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame of a clip.

    Attributes:
        number: Its place in the clip, from 0; frames that cannot be decoded are not counted.
        time: Seconds from the clip's first frame, as the clip says, whatever its frame rate.
    """

    number: int
    time: float
    _frame: Any

    def pixels(self) -> npt.NDArray[np.uint8]:
        """Return the frame as a player shows it: uint8 [H, W, 3], RGB, turned as the clip says."""
        return self._upright(self._frame.to_ndarray(format="rgb24"))

    def brightness(self) -> npt.NDArray[np.uint8]:
        """Return grey values, uint8 [H, W]; quicker than `pixels`."""
        return self._upright(self._frame.to_ndarray(format="gray"))

    def _upright(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        turns = round(self._frame.rotation / 90) % 4  # counterclockwise, as np.rot90
        return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels


class Clip:
    """A clip on disk. `frames` goes through it once.

    Attributes:
        path: The file.
        expected_frames: How many the file says that it has, or that its duration and rate make; None if unknown.
        finding: About its damage; None as long as there is none.
    """

    def __init__(self, path: Path) -> None:
        """Open a clip.

        Args:
            path: The file.

        Raises:
            UsageError: There is no such file, or PyAV is not installed.
            BoxwrightError: It cannot be read as a clip, or has no pictures.
        """
        if not path.is_file():
            raise UsageError(f"{path}: there is no such clip.")
        self._av = load_package(AV)
        self._av.logging.set_level(None)  # FFmpeg's lines on stderr name no file; `finding` does
        self.path = path
        self.finding: Finding | None = None
        self._damaged = 0
        try:
            self._container = self._av.open(str(path.absolute()), container_options=_OPTIONS, metadata_errors="replace")
        except (self._av.error.FFmpegError, OSError) as error:
            raise BoxwrightError(
                f"{path}: cannot be read as a clip: {_reason(error)}. Copy it again from the camera or phone. A "
                "recording that was cut off may lack its table of contents, which programs that repair clips restore."
            ) from error
        if not self._container.streams.video:
            self._container.close()
            raise BoxwrightError(f"{path}: the file has no pictures, only sound or data. Give a clip.")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self.expected_frames = self._expected_frames()

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in the order of their times; what is damaged is left out and becomes `finding`."""
        number, first, step = 0, None, 1 / float(self._stream.average_rate or 25)
        time = -step
        with self._container:
            for frame in self._decoded():
                if frame.time is None:
                    time += step
                else:
                    first = frame.time if first is None else first
                    time = max(frame.time - first, time)  # a clock that was set back does not count
                yield Frame(number, time, frame)
                number += 1

    def _decoded(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
                frames = packet.decode()
            except StopIteration:
                return
            except (self._av.error.FFmpegError, OSError) as error:
                if isinstance(error, EOFError):
                    return
                if not self._note_damage(error):
                    return
                continue
            for frame in frames:
                if frame.is_corrupt:
                    self._note_damage(None)
                else:
                    yield frame

    def _note_damage(self, error: Exception | None) -> bool:
        """Remember that a part is damaged; return whether to look further."""
        self._damaged += 1
        self.finding = Finding(
            file=self.path.name,
            rule="clip-damaged",
            value=_reason(error) if error is not None else "a damaged frame",
            message="A part of the clip is damaged and was left out",
            advice="Copy the clip again if the part matters.",
        )
        return self._damaged < MAX_DAMAGED

    def _expected_frames(self) -> int | None:
        if self._stream.frames:
            return int(self._stream.frames)
        if self._container.duration and self._stream.average_rate:
            seconds = float(self._container.duration) / 1e6
            return max(1, round(seconds * float(self._stream.average_rate)))
        return None


def is_clip(path: Path) -> bool:
    """Return whether a path is called as clips are."""
    return path.suffix.lower() in CLIP_SUFFIXES


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
