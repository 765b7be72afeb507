"""Image bytes as a record holds them: JPEG or PNG, upright, of 8 bits, decodable by TensorFlow.

What labelImg's user saw is what counts. Measured on Qt 5.15, which labelImg draws with: the EXIF orientation of JPEG
and TIFF is applied, that of PNG and WebP is not; of 16 bits the upper 8 are shown, and those TensorFlow decodes.
Transparency is dropped, as tf.io.decode_png drops it. So every PNG stays as it is.
"""

from __future__ import annotations

import io
import struct
import sys
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NoReturn

from PIL import Image, UnidentifiedImageError

from boxwright.dataset.sources.image_error import REPLACE, ImageError, refuse_truncated
from boxwright.dataset.sources.jpeg_header import check_scans, scan_jpeg

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "UNREADABLE_SUFFIXES",
    "EncodedImage",
    "ImageError",
    "decode_check",
    "encode_upright",
    "upright_size",
]

UNREADABLE_SUFFIXES = frozenset({".svg", ".svgz", ".wbmp"})
"""What labelImg opens and Pillow does not: encode_upright says to convert it."""

IMAGE_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("bmp", "cur", "gif", "icns", "ico", "jpeg", "jpg", "pbm", "pgm", "png"),
        *("ppm", "tga", "tif", "tiff", "webp", "xbm", "xpm"),
    )
)
"""What labelImg opens and Pillow reads, in lower case. The bytes decide what a file is, never its suffix."""

MAX_PIXELS = 1 << 27  # 134 million, 400 MB decoded: a 108 megapixel phone's photo still passes

JPEG_SIGNATURE = b"\xff\xd8\xff"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # by colour type
_IHDR = struct.Struct(">I4sIIBBBBB")
_EOI_BYTES = b"\xff\xd9"

TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
TURNED_BY_90 = 5  # from this EXIF orientation on width and height are exchanged
_ORIENTATION_TAG = 0x0112  # EXIF 2.3
# None that starts a program. TGA last, because it has no signature.
_FORMATS = ("BMP", "CUR", "DIB", "GIF", "ICNS", "ICO", "JPEG", "PNG", "PPM", "TIFF", "WEBP", "XBM", "XPM", "TGA")
_WEB_PAGE, _LFS_POINTER = "a web page", "a Git LFS pointer"
_KNOWN_STARTS = (
    (b"<svg", "SVG"),
    (b"<!doctype html", _WEB_PAGE),
    (b"<html", _WEB_PAGE),
    (b"version https://git-lfs", _LFS_POINTER),
    (b"ftypheic", "HEIC"),
    (b"ftypheix", "HEIC"),
    (b"ftypmif1", "HEIF"),
    (b"ftypavif", "AVIF"),
    (b"%pdf-", "PDF"),
    (b"8bps", "Photoshop"),
    (b"pk\x03\x04", "a ZIP archive"),
)
_ADVICE = {
    _WEB_PAGE: "Download the image again: the server sent a page, perhaps an error or a log-in, in its place.",
    _LFS_POINTER: "Run `git lfs pull` in the repository that it comes from, then copy the image again.",
    "a ZIP archive": "Unpack the archive, and put the images that it holds here.",
}
"""What to do about a file that is no image, where converting it makes no sense."""

_CONVERT = "Open the file in an image editor and export it as JPEG or PNG under the same stem."


@dataclass(frozen=True)
class EncodedImage:
    """An image as a record holds it.

    Attributes:
        data: JPEG or PNG bytes; the file's own unless `reencoded` says why not.
        format: What the bytes are.
        width, height: Size in pixels, upright.
        reencoded: "" or the reason, for example "EXIF orientation 6", "CMYK", "TIFF".
        orientation: EXIF orientation that was applied, 1 to 8; 1 for none.
    """

    data: bytes
    format: Literal["jpeg", "png"]
    width: int
    height: int
    reencoded: str
    orientation: int = 1


def encode_upright(data: bytes) -> EncodedImage:
    """Return image bytes that TensorFlow decodes to what labelImg's user saw, up to transparency.

    Clean JPEG and PNG bytes are returned untouched, on the word of their header and their end marker. Others are
    decoded and encoded again: a turned or CMYK JPEG as JPEG (quality 95, 4:4:4), anything else as PNG. The same bytes
    give the same result under the same Pillow.

    Args:
        data: A file in any format of IMAGE_SUFFIXES; of an animation, the first frame counts.

    Raises:
        ImageError: No image, an unknown format, truncated, damaged, or over MAX_PIXELS.
    """
    if data.startswith(JPEG_SIGNATURE):
        return _encode_jpeg(data)
    if data.startswith(PNG_SIGNATURE):
        return _encode_png(data)
    if not data.strip(b"\0"):
        raise ImageError(
            rule="image-empty", value=f"{len(data)} bytes", message="The image file is empty", advice=REPLACE
        )
    return _as_png(data, "")


def upright_size(data: bytes) -> tuple[int, int, int]:
    """Return width and height of the upright image, in pixels, and the EXIF orientation, 1 to 8, that makes it so.

    Raises:
        ImageError: As encode_upright, as far as the header of a JPEG shows it.
    """
    if data.startswith(JPEG_SIGNATURE):
        header = scan_jpeg(data)
        if header.width and header.height:
            size = (header.width, header.height)
            return *(size[::-1] if header.orientation >= TURNED_BY_90 else size), header.orientation
    image = encode_upright(data)
    return image.width, image.height, image.orientation


def decode_check(data: bytes) -> None:
    """Decode the whole image, which finds damage that the header and the end marker do not show.

    Raises:
        ImageError: As encode_upright, or the pixels cannot be decoded.
    """
    image = encode_upright(data)
    if not image.reencoded:
        _decode(data)
        if image.format == "png":
            _check_png_sums(data)


# JPEG


def _encode_jpeg(data: bytes) -> EncodedImage:
    """Return JPEG bytes, the file's own where they will do."""
    header = scan_jpeg(data)
    _check_pixels(header.width, header.height)
    check_scans(data, header)
    reason = header.why_not_as_it_is()
    is_clean = data.endswith(_EOI_BYTES)
    if not is_clean and data.find(_EOI_BYTES, header.scan) < 0:
        refuse_truncated(len(data))  # Pillow would take the zeros that a crash leaves for grey pixels
    if reason:
        return _reencode_jpeg(_decode(data), header.orientation, reason)
    if not is_clean:  # bytes after the end do no harm, but this end may be within a table of a cut file
        _decode(data)
    return EncodedImage(data, "jpeg", header.width, header.height, "")


def _reencode_jpeg(image: Image.Image, orientation: int, reason: str) -> EncodedImage:
    if image.mode not in ("L", "RGB"):
        image = image.convert("RGB")
    if orientation in TRANSPOSE:
        image = image.transpose(TRANSPOSE[orientation])
    image.info = {}  # a comment or a profile in it would be written
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=95, subsampling=0)
    return EncodedImage(stream.getvalue(), "jpeg", image.width, image.height, reason, orientation)


# PNG and all others


def _encode_png(data: bytes) -> EncodedImage:
    """Return PNG bytes, the file's own where they will do."""
    if len(data) < 33:
        refuse_truncated(len(data))
    length, name, width, height, depth, colour, compression, filtering, interlace = _IHDR.unpack_from(data, 8)
    is_header = (length, name) == (13, b"IHDR") and depth in _PNG_DEPTHS.get(colour, ())
    if not is_header or not width or not height or compression or filtering or interlace > 1:
        raise ImageError(
            rule="image-unreadable",
            value=f"PNG, {name!r}",
            message="The PNG has no valid header" + (" (it is Apple's own variant)" if name == b"CgBI" else ""),
            advice=_CONVERT,
        )
    _check_pixels(width, height)
    if not data.endswith(_PNG_END):
        has_end = data.rfind(_PNG_END) > 0  # bytes after the end do no harm
        _decode(data, truncated=not has_end)
        if not has_end:
            return _as_png(data, "missing end of image")
    return EncodedImage(data, "png", width, height, "")


def _check_png_sums(data: bytes) -> None:
    """Compare the checksums of the chunks that libpng insists on, and Pillow does not always."""
    offset = len(PNG_SIGNATURE)
    while offset + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, offset)
        name, end = data[offset + 4 : offset + 8], offset + 8 + length
        if name[:1].isupper() and data[end : end + 4] != struct.pack(">I", zlib.crc32(data[offset + 4 : end])):
            raise ImageError(
                rule="image-unreadable",
                value=f"PNG, chunk {name!r} at byte {offset}",
                message="The image is damaged: a checksum does not hold",
                advice=REPLACE,
            )
        if name == b"IEND":
            return
        offset = end + 4


def _as_png(data: bytes, reason: str) -> EncodedImage:
    """Decode any format and encode it as an 8-bit grey or RGB PNG."""
    image = _decode(data)
    reason = reason or str(image.format)
    plain = _to_8_bits(image)
    plain.info = {}  # a profile or a transparent colour in it would be written
    stream = io.BytesIO()
    plain.save(stream, "PNG")
    return EncodedImage(stream.getvalue(), "png", plain.width, plain.height, reason, _tiff_orientation(data, image))


def _tiff_orientation(data: bytes, image: Image.Image) -> int:
    """Return the orientation that Pillow applied when it loaded a TIFF, 1 for other formats."""
    if image.format != "TIFF":
        return 1
    with _quiet(), Image.open(io.BytesIO(data), formats=("TIFF",)) as unread:
        orientation = unread.getexif().get(_ORIENTATION_TAG, 1)
    return orientation if orientation in TRANSPOSE else 1


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Return the image in mode L or RGB, transparency dropped, the upper 8 of 16 bits kept, as Qt shows it."""
    if image.mode in ("1", "L", "LA"):
        return image.convert("L")
    if image.mode in ("I;16", "I;16L"):
        return Image.frombytes("L", image.size, image.tobytes()[1::2])
    if image.mode == "I;16B":
        return Image.frombytes("L", image.size, image.tobytes()[0::2])
    if image.mode == "I" and _is_16_bits(image):
        return Image.frombytes("L", image.size, image.tobytes()[1 if sys.byteorder == "little" else 2 :: 4])
    if image.mode in ("I", "F"):
        raise ImageError(
            rule="image-unreadable",
            value=f"{image.format} of 32 bits a pixel",
            message="The image's values are no colours of 8 or 16 bits",
            advice=_CONVERT,
        )
    try:
        return image.convert("RGB")
    except ValueError:
        raise ImageError(
            rule="image-unreadable",
            value=f"{image.format}, {image.mode}",
            message="The image's colours cannot be converted",
            advice=_CONVERT,
        ) from None


def _is_16_bits(image: Image.Image) -> bool:
    """Return whether no value of a 32-bit image needs more than 16 bits (Pillow opens a 16-bit PGM so)."""
    low, high = image.getextrema()
    return isinstance(low, int) and isinstance(high, int) and low >= 0 and high < 1 << 16


# Decoding by Pillow


def _decode(data: bytes, *, truncated: bool = False) -> Image.Image:
    """Return the first frame, decoded whole.

    Args:
        data: The file.
        truncated: Its end marker is missing, so a failure is put down to that.

    Raises:
        ImageError: Pillow cannot decode it, or it is too large.
    """
    with _quiet():
        try:
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
        except UnidentifiedImageError as error:
            if data.startswith((JPEG_SIGNATURE, PNG_SIGNATURE)):
                _refuse_damaged(error, truncated)
            raise ImageError(
                rule="image-format",
                value=(name := _name_of(data)),
                message="The file is in no image format that can be read",
                advice=_ADVICE.get(name, _CONVERT),
            ) from None
        except Image.DecompressionBombError as error:
            _refuse_size(str(error).partition("(")[2].partition(")")[0])
        except Exception as error:  # hostile bytes make decoders raise nearly anything
            _refuse_damaged(error, truncated)
        _check_pixels(*image.size)
        try:
            image.load()
        except Exception as error:  # as above
            _refuse_damaged(error, truncated)
    return image


class _QuietState:
    lock = threading.Lock()
    users = 0
    filters: warnings.catch_warnings[None] | None = None


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Pillow's warnings, from several threads: warnings.catch_warnings alone is safe in one only."""
    with _QuietState.lock:
        _QuietState.users += 1
        if _QuietState.filters is None:
            _QuietState.filters = warnings.catch_warnings()
            _QuietState.filters.__enter__()
            warnings.simplefilter("ignore")
    try:
        yield
    finally:
        with _QuietState.lock:
            _QuietState.users -= 1
            if _QuietState.users == 0 and _QuietState.filters is not None:
                _QuietState.filters.__exit__(None, None, None)
                _QuietState.filters = None


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        _refuse_size(f"{width} x {height} pixels")


def _refuse_size(value: str) -> NoReturn:
    raise ImageError(
        rule="image-too-large",
        value=value,
        message=f"The image has more than {MAX_PIXELS:,} pixels once decoded",
        advice="Scale it down, or cut it into tiles, and annotate those.",
    ) from None


def _refuse_damaged(error: Exception, truncated: bool) -> NoReturn:
    text = " ".join(str(error).split())[:100] or type(error).__name__
    if isinstance(error, UnidentifiedImageError):
        text = "its header"  # Pillow's text holds an address in memory
    if truncated or "truncated" in text.lower():
        raise ImageError(
            rule="image-truncated", value=text, message="The image ends before its last pixel", advice=REPLACE
        ) from error
    raise ImageError(
        rule="image-unreadable", value=text, message="The image cannot be decoded", advice=REPLACE
    ) from error


def _name_of(data: bytes) -> str:
    """Return what a file that Pillow does not know is, or its first bytes."""
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, name in _KNOWN_STARTS:
        if start.startswith(mark) or start[4:].startswith(mark) or (mark == b"<svg" and mark in start):
            return name
    return f"first bytes {data[:8]!r}"
