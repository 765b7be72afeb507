"""What the segments of a JPEG file before its first scan say, read without decoding a pixel.

Sources: ITU T.81 (segments, frames), EXIF 2.3 (orientation), Adobe Technical Note 5116 (colour transform).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from boxwright.dataset.sources.image_error import REPLACE, ImageError, refuse_truncated

_SOF = struct.Struct(">BHHB")

# Marker codes of ITU T.81, table B.1.
_SOF_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOF_DECODED = frozenset({0xC0, 0xC1, 0xC2})  # Huffman: baseline, extended sequential, progressive
_PROGRESSIVE = 0xC2
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_SOS, _EOI, _APP1, _APP14 = 0xDA, 0xD9, 0xE1, 0xEE
_SOS_BYTES = b"\xff\xda"
MAX_SCANS = 100  # a progressive photo has about ten; each is as much work as a whole photo
_MAX_SEGMENTS = 10_000  # before the first scan; a photo has about ten


@dataclass
class JpegHeader:
    """What the segments before the first scan say."""

    sof: int = 0  # marker code of the frame; 0 when there is none
    precision: int = 0  # bits
    width: int = 0
    height: int = 0
    components: int = 0
    orientation: int = 1  # EXIF, 1 to 8
    adobe: int = -1  # colour transform of the Adobe segment: 0 none, 1 YCbCr, 2 YCCK; -1 without the segment
    scan: int = 0  # offset of the first scan

    def why_not_as_it_is(self) -> str:
        """Return why TensorFlow would not decode the file to what is seen, "" when it would."""
        if self.components == 4:
            return "YCCK" if self.adobe == 2 else "CMYK"
        if self.orientation != 1:
            return f"EXIF orientation {self.orientation}"
        if self.sof not in _SOF_DECODED or self.precision != 8 or self.components not in (1, 3):
            return "JPEG variant"
        if not self.width or not self.height:
            return "JPEG variant"
        return ""


def check_scans(data: bytes, header: JpegHeader) -> None:
    """Refuse a file of so many scans that decoding its few bytes takes minutes.

    Raises:
        ImageError: It has more than MAX_SCANS.
    """
    if header.sof != _PROGRESSIVE and data[header.scan : header.scan + 1] == bytes([header.components]):
        return  # its first scan has all components: decoders end there
    scans = data.count(_SOS_BYTES, header.scan)  # within a scan each 0xFF is followed by 0 or a restart marker
    if scans > MAX_SCANS:
        raise ImageError(
            rule="image-too-many-scans",
            value=f"{scans:,} scans",
            message=f"The progressive JPEG has more than {MAX_SCANS} scans, which takes minutes to decode",
            advice=REPLACE,
        )


def scan_jpeg(data: bytes) -> JpegHeader:
    """Read the segments up to the first scan.

    Raises:
        ImageError: The file ends, or is no JPEG any more, before a scan.
    """
    header = JpegHeader()
    offset = 2
    seen_exif = False
    try:
        for _ in range(_MAX_SEGMENTS):
            if data[offset] != 0xFF:
                break
            marker = data[offset + 1]
            if marker == 0xFF:  # a fill byte
                offset += 1
                continue
            if marker in _STANDALONE:
                offset += 2
                continue
            if marker == _EOI:
                break
            length = (data[offset + 2] << 8) | data[offset + 3]
            body = offset + 4
            if marker == _SOS:
                header.scan = body
                return header
            if marker in _SOF_MARKERS:
                header.sof = marker
                header.precision, header.height, header.width, header.components = _SOF.unpack_from(data, body)
            elif marker == _APP1 and not seen_exif and data[body : body + 6] == b"Exif\0\0":
                seen_exif = True
                header.orientation = _exif_orientation(data[body + 6 : offset + 2 + length])
            elif marker == _APP14 and data[body : body + 5] == b"Adobe":
                header.adobe = data[body + 11]
            offset += 2 + length
    except (IndexError, struct.error):
        refuse_truncated(len(data))
    raise ImageError(
        rule="image-unreadable",
        value=f"JPEG, byte {offset}",
        message="The image is damaged: its header does not lead to its pixels",
        advice=REPLACE,
    )


def _exif_orientation(tiff: bytes) -> int:
    """Return the orientation, 1 to 8, of the first image directory of an EXIF block; 1 when there is none."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (offset,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, offset)
        for entry in range(offset + 2, offset + 2 + 12 * min(count, 1000), 12):
            tag, kind = struct.unpack_from(order + "HH", tiff, entry)
            if tag == 0x0112:
                (value,) = struct.unpack_from(order + ("H" if kind == 3 else "I"), tiff, entry + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass  # a directory that leads nowhere; Qt shows such a photo unturned
    return 1
