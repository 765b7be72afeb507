"""The TFRecord container: framing, checksums, reading.

Format (tensorflow/core/lib/io/record_writer.h): for each record its length as uint64, the masked CRC32C of these
8 bytes as uint32, the data, the masked CRC32C of the data as uint32; all little-endian, nothing between records.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path

import google_crc32c

from boxwright.errors import BoxwrightError
from boxwright.files import sha256_of

HEADER_BYTES = 12
FOOTER_BYTES = 4
_MASK_DELTA = 0xA282EAD8
_LENGTH = struct.Struct("<Q")
_HEADER = struct.Struct("<QI")
_CRC = struct.Struct("<I")


def masked_crc32c(*parts: bytes) -> int:
    """Return the CRC32C of the parts joined, rotated and offset as TFRecord stores it."""
    crc: int = google_crc32c.value(parts[0])
    for part in parts[1:]:
        crc = google_crc32c.extend(crc, part)
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def frame(*parts: bytes) -> tuple[bytes, ...]:
    """Return the frame of a record in pieces to be written one after another.

    Args:
        parts: Of the record's data; one at least. They are not joined, so that megabytes are not copied.
    """
    length = _LENGTH.pack(sum(map(len, parts)))
    return length + _CRC.pack(masked_crc32c(length)), *parts, _CRC.pack(masked_crc32c(*parts))


def is_whole_frame(framed: bytes) -> bool:
    """Return whether `framed` is exactly one record with right checksums."""
    if len(framed) < HEADER_BYTES + FOOTER_BYTES:
        return False
    length, length_crc = _HEADER.unpack_from(framed)
    if len(framed) != HEADER_BYTES + length + FOOTER_BYTES or masked_crc32c(framed[:8]) != length_crc:
        return False
    return bool(_CRC.unpack_from(framed, HEADER_BYTES + length)[0] == masked_crc32c(framed[HEADER_BYTES:-FOOTER_BYTES]))


def read_records(path: Path) -> Iterator[bytes]:
    """Yield the data of each record of the file.

    Raises:
        BoxwrightError: The file is truncated, or a checksum is wrong; the message names the byte offset.
    """
    with path.open("rb") as stream:
        offset = 0
        size = path.stat().st_size
        while header := stream.read(HEADER_BYTES):
            if len(header) < HEADER_BYTES:
                raise _damaged(path, offset)
            length, length_crc = _HEADER.unpack(header)
            if masked_crc32c(header[:8]) != length_crc or offset + HEADER_BYTES + length + FOOTER_BYTES > size:
                raise _damaged(path, offset)
            data = stream.read(length)
            footer = stream.read(FOOTER_BYTES)
            if len(footer) < FOOTER_BYTES or _CRC.unpack(footer)[0] != masked_crc32c(data):
                raise _damaged(path, offset)
            yield data
            offset += HEADER_BYTES + length + FOOTER_BYTES


def record_offsets(path: Path) -> list[int]:
    """Return where each record begins, in bytes, and where the last one ends; only the lengths are read.

    Raises:
        BoxwrightError: The file is cut off, or is no TFRecord file; the message names the byte offset.
    """
    offsets = [0]
    size = path.stat().st_size
    with path.open("rb", buffering=0) as stream:
        while (offset := offsets[-1]) < size:
            stream.seek(offset)
            length = stream.read(_LENGTH.size)
            is_whole = len(length) == _LENGTH.size
            end = offset + HEADER_BYTES + (_LENGTH.unpack(length)[0] if is_whole else size) + FOOTER_BYTES
            if end > size:
                raise _damaged(path, offset)
            offsets.append(end)
    return offsets


def content_digest(path: Path) -> str:
    """Return a hash that names the file's bytes.

    Of TFRecords it is the SHA-256 of the headers and footers, whose checksums are compared with the data: five times
    as fast as hashing the data, which is in each record as image/key/sha256 anyway. Of other files, and of damaged
    ones, it is the SHA-256 of everything.
    """
    digest = hashlib.sha256()
    try:
        for record in read_records(path):
            header, _, footer = frame(record)
            digest.update(header + footer)
    except BoxwrightError:
        return sha256_of(path)
    return digest.hexdigest()


def _damaged(path: Path, offset: int) -> BoxwrightError:
    return BoxwrightError(
        f"{path}: the record at byte {offset:,} is damaged or cut off, or this is no TFRecord file. "
        "Write the file again: for Boxwright's own records with `boxwright dataset`."
    )
