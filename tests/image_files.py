"""Image files of every kind that tests need, drawn on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 60, 40
_X, _Y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
RGB = np.stack([_X * 4, _Y * 6, (_X + _Y) * 2], axis=-1).astype(np.uint8)  # no symmetry: each turn shows
GREY = np.asarray(Image.fromarray(RGB).convert("L"))
GREY_16 = (_X * 1000 + _Y * 7).astype(np.uint16)
RGB_16 = (RGB.astype(np.uint16) << 8) + 13
ALPHA = (255 - _X * 4).astype(np.uint8)


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def picture() -> Image.Image:
    return Image.fromarray(RGB)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(pixels: np.ndarray, *, depth: int, colour: int, extra: bytes = b"") -> bytes:
    """Return a PNG of depths and colour types that Pillow does not write."""
    height, width = pixels.shape[:2]
    stored = pixels.astype(">u2") if depth == 16 else pixels
    rows = b"".join(b"\0" + row.tobytes() for row in stored)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def interlaced_png() -> bytes:
    """Return a grey PNG in Adam7 order, which Pillow does not write."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b"".join(b"\0" + row.tobytes() for x, y, dx, dy in passes for row in GREY[y::dy, x::dx])
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 1))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def oriented(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def orientation_segment(orientation: int, *, order: str = ">") -> bytes:
    """Return an APP1 segment with an orientation in either byte order."""
    mark = b"MM\0*" if order == ">" else b"II*\0"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    body = b"Exif\0\0" + mark + struct.pack(order + "IH", 8, 1) + entry + b"\0\0\0\0"
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def ycck_jpeg() -> bytes:
    """Return a CMYK JPEG whose Adobe segment says YCCK; what it shows does not matter."""
    data = saved(picture().convert("CMYK"), "JPEG")
    place = data.index(b"Adobe") + 11
    return data[:place] + b"\x02" + data[place + 1 :]


def untouched() -> dict[str, bytes]:
    """Return files that go into a record as they are."""
    palette = picture().quantize(64)
    return {
        "jpeg": saved(picture(), "JPEG"),
        "progressive jpeg": saved(picture(), "JPEG", progressive=True),
        "grey jpeg": saved(Image.fromarray(GREY), "JPEG"),
        "rgb jpeg": saved(picture(), "JPEG", keep_rgb=True),
        "4:4:4 jpeg with restarts": saved(picture(), "JPEG", subsampling=0, restart_marker_blocks=2),
        "jpeg with orientation 1": saved(picture(), "JPEG", exif=oriented(1)),
        "jpeg with orientation 9": saved(picture(), "JPEG", exif=oriented(9)),
        "jpeg with bytes after its end": saved(picture(), "JPEG") + b"\0" * 50 + b"xyz",
        "png": saved(picture(), "PNG"),
        "png with alpha": saved(Image.fromarray(np.dstack([RGB, ALPHA])), "PNG"),
        "grey png with alpha": png(np.dstack([GREY, ALPHA]), depth=8, colour=4),
        "grey png": saved(Image.fromarray(GREY), "PNG"),
        "black and white png": saved(picture().convert("1"), "PNG"),
        "interlaced png": interlaced_png(),
        "palette png": saved(palette, "PNG"),
        "palette png of 2 bits": saved(picture().quantize(3), "PNG", bits=2),
        "palette png with alphas": saved(palette, "PNG", transparency=bytes(range(0, 256, 4))),
        "palette png with a clear colour": saved(palette, "PNG", transparency=3),
        "png with a clear colour": png(RGB, depth=8, colour=2, extra=chunk(b"tRNS", bytes(6))),
        "grey png with a clear grey": png(GREY, depth=8, colour=0, extra=chunk(b"tRNS", b"\0\x20")),
        "png with gamma": png(RGB, depth=8, colour=2, extra=chunk(b"gAMA", struct.pack(">I", 100_000))),
        "png with an orientation": saved(picture(), "PNG", exif=oriented(6)),
        "png with bytes after its end": saved(picture(), "PNG") + b"garbage",
        "grey png of 16 bits": png(GREY_16, depth=16, colour=0),
        "png of 16 bits": png(RGB_16, depth=16, colour=2),
        "png of 16 bits with alpha": png(np.dstack([RGB_16, GREY_16]), depth=16, colour=6),
    }


def reencoded() -> dict[str, tuple[bytes, str, str]]:
    """Return files that are encoded again: bytes, the format they get and the reason."""
    frames = [Image.fromarray(RGB[::-1])]
    files = {
        "cmyk jpeg": (saved(picture().convert("CMYK"), "JPEG"), "jpeg", "CMYK"),
        "ycck jpeg": (ycck_jpeg(), "jpeg", "YCCK"),
        "bmp": (saved(picture(), "BMP"), "png", "BMP"),
        "gif": (saved(picture(), "GIF", save_all=True, append_images=frames), "png", "GIF"),
        "tiff": (saved(picture(), "TIFF"), "png", "TIFF"),
        "grey tiff of 16 bits": (saved(Image.fromarray(GREY_16), "TIFF"), "png", "TIFF"),
        "cmyk tiff": (saved(picture().convert("CMYK"), "TIFF"), "png", "TIFF"),
        "webp": (saved(picture(), "WEBP", lossless=True), "png", "WEBP"),
        "webp with an orientation": (saved(picture(), "WEBP", lossless=True, exif=oriented(6)), "png", "WEBP"),
        "ppm": (saved(picture(), "PPM"), "png", "PPM"),
        "pgm of 16 bits": (b"P5 60 40 65535\n" + GREY_16.astype(">u2").tobytes(), "png", "PPM"),
        "pbm": (saved(picture().convert("1"), "PPM"), "png", "PPM"),
        "tga": (saved(picture(), "TGA"), "png", "TGA"),
        "ico": (saved(picture(), "ICO", sizes=[(WIDTH, HEIGHT)]), "png", "ICO"),
        "png without its end": (saved(picture(), "PNG")[:-12], "png", "missing end of image"),
    }
    for orientation in range(2, 9):
        data = saved(picture(), "JPEG", exif=oriented(orientation))
        files[f"jpeg turned by {orientation}"] = (data, "jpeg", f"EXIF orientation {orientation}")
    return files
