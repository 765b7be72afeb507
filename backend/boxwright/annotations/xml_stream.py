"""Streaming a hostile XML file into leaf texts, with every cost bounded.

Why expat and not a tree: the record xml-parser in docs/decisions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn
from xml.parsers import expat

from boxwright.annotations.model import AnnotationError

MAX_NODES = 400_000  # elements and attributes; 20,000 objects as labelImg writes them have 240,000
MAX_DEPTH = 32  # Pascal VOC needs 5 (annotation/object/part/bndbox/xmin)
MAX_PIECES = 64  # pieces of 8 KiB of one leaf's text; the rest of a longer text is dropped
_CHUNK = 1 << 16  # bytes; a refused file costs at most one more chunk
_MAX_TOKEN = 1 << 21  # bytes of one tag or comment, which expat holds in memory whole

_DECLARED_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
# What expat cannot read itself. A list, because some of Python's codecs take quadratic time.
_MULTI_BYTE = frozenset(
    {"gbk", "gb2312", "gb18030", "cp936", "big5", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949"}
)
_TRUNCATED = frozenset(
    expat.errors.codes[text]
    for text in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)
SAVE_AGAIN = "Open the image in labelImg and save it again, or delete the XML file."

StartHandler = Callable[[int, str, dict[str, str]], None]
EndHandler = Callable[[int, str, str], None]


def stream_elements(data: bytes, on_start: StartHandler, on_end: EndHandler) -> None:
    """Parse `data`, telling of each element as it starts and ends.

    Args:
        data: An XML file; any encoding that its declaration or byte order mark names.
        on_start: Called with depth (1 for the root), name and attributes.
        on_end: Called with depth, name and the text between the last tag and this end tag.

    Raises:
        AnnotationError: Malformed, truncated, or costlier than an annotation can be; a document type
            declaration is refused before anything in it is looked at.
    """
    parser = expat.ParserCreate(intern=None)  # None: no table that a hostile file can fill
    _attach(parser, on_start, on_end)
    try:
        _feed(parser, data)
    except expat.ExpatError as error:
        if _is_unknown_encoding(error.code):
            _stream_multi_byte(data, on_start, on_end)
        else:
            _refuse_malformed(error)
    except (ValueError, LookupError):  # an encoding that Python does not know, or knows to be of several bytes
        _stream_multi_byte(data, on_start, on_end)


def _attach(parser: expat.XMLParserType, on_start: StartHandler, on_end: EndHandler) -> None:
    """Set the handlers that count nodes and depth and collect the text of leaves."""
    depth = 0
    nodes = 0
    pieces: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, nodes
        depth += 1
        nodes += 1 + len(attributes)
        if depth > MAX_DEPTH:
            _refuse(
                "xml-too-deep", f"more than {MAX_DEPTH} levels", "The XML is nested deeper than an annotation can be."
            )
        if nodes > MAX_NODES:
            _refuse(
                "xml-too-large",
                f"more than {MAX_NODES} elements",
                "The XML has more elements than an annotation can have.",
            )
        pieces.clear()
        on_start(depth, name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        on_end(depth, name, "".join(pieces))
        pieces.clear()
        depth -= 1

    def text(piece: str) -> None:
        if len(pieces) < MAX_PIECES:
            pieces.append(piece)

    def doctype(*_: object) -> NoReturn:
        _refuse(
            "xml-doctype",
            "<!DOCTYPE",
            "The XML has a document type declaration, through which entities could be defined.",
            "Remove the <!DOCTYPE ...> declaration; labelImg writes none.",
        )

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype


def _feed(parser: expat.XMLParserType, data: bytes) -> None:
    """Give the parser the file chunk by chunk, refusing one token that grows beyond all measure."""
    for offset in range(0, len(data) - _CHUNK, _CHUNK):
        parser.Parse(data[offset : offset + _CHUNK], False)
        if offset - parser.CurrentByteIndex > _MAX_TOKEN:
            _refuse(
                "xml-too-large",
                f"more than {_MAX_TOKEN} bytes",
                "One tag or comment of the XML is larger than an annotation.",
            )
    parser.Parse(data[(max(len(data) - 1, 0)) // _CHUNK * _CHUNK :], True)


def _is_unknown_encoding(code: int) -> bool:
    return code == expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]


def _stream_multi_byte(data: bytes, on_start: StartHandler, on_end: EndHandler) -> None:
    """Parse a file in one of the East Asian encodings, which expat cannot read itself."""
    declared = _DECLARED_ENCODING.match(data[:300])
    encoding = declared[1].decode("ascii") if declared else "unknown"
    if encoding.lower().replace("-", "_") not in _MULTI_BYTE:
        _refuse(
            "xml-malformed", encoding, "The XML declares an encoding that cannot be read.", "Save the file as UTF-8."
        )
    parser = expat.ParserCreate("utf-8", intern=None)
    _attach(parser, on_start, on_end)
    try:
        _feed(parser, data.decode(encoding).encode("utf-8"))
    except UnicodeDecodeError:
        _refuse(
            "xml-malformed", encoding, "The XML is not in the encoding that it declares.", "Save the file as UTF-8."
        )
    except expat.ExpatError as error:
        _refuse_malformed(error)


def _refuse_malformed(error: expat.ExpatError) -> NoReturn:
    place = f"line {error.lineno}, column {error.offset + 1}"
    if error.code in _TRUNCATED:
        _refuse("xml-truncated", place, "The XML ends before its last tag is closed, as after an interrupted save.")
    _refuse("xml-malformed", f"{place}: {expat.ErrorString(error.code)}", "The XML is not well formed.")


def _refuse(rule: str, value: str, message: str, advice: str = SAVE_AGAIN) -> NoReturn:
    raise AnnotationError(rule=rule, value=value, message=message, advice=advice) from None
