"""Streaming a hostile XML file into leaf texts, with every cost bounded.

Why expat and not a tree: the record xml-parser in docs/decisions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn
from xml.parsers import expat

from boxwright.annotations.model import AnnotationError

MAX_NODES = 300_000  # elements and attributes; 20,000 objects as labelImg writes them have 240,000
MAX_DEPTH = 32  # Pascal VOC needs 5 (annotation/object/part/bndbox/xmin)
MAX_PIECES = 64  # pieces of 8 KiB of one leaf's text; the rest of a longer text is dropped
_CHUNK = 1 << 16  # bytes; a refused file costs at most one more chunk
_MAX_TOKEN = 1 << 21  # bytes of one tag or comment, which expat holds in memory whole

_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_NATIVE = frozenset({"utf_8", "utf_16", "us_ascii", "ascii", "iso_8859_1"})  # to expat
# What else is read. A list, because some of Python's codecs take quadratic time or warn.
_DECODED = frozenset(
    {"gbk", "gb2312", "gb18030", "cp936", "big5", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949", "koi8_r"}
    | {f"windows_{page}" for page in range(1250, 1259)}
    | {f"iso_8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)}
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
    encoding = _declared_encoding(data)
    try:
        if encoding in _NATIVE:
            parser = expat.ParserCreate(intern=None)  # None: no table that a hostile file can fill
        else:
            parser = expat.ParserCreate("utf-8", intern=None)
            data = data.decode(encoding).encode("utf-8")
        _attach(parser, on_start, on_end)
        _feed(parser, data)
    except expat.ExpatError as error:
        _refuse_malformed(error)
    except (ValueError, LookupError):  # UnicodeDecodeError, or a declaration that only expat understood
        _refuse(encoding, "The XML is not in the encoding that it declares", "Save it as UTF-8.", rule="xml-malformed")


def _declared_encoding(data: bytes) -> str:
    """Return the encoding of the XML declaration, in lower case with underscores; utf_8 when there is none."""
    declared = _DECLARED.match(data[:300]) if data.startswith(b"<?xml") else None
    encoding = declared[1].decode("ascii").lower().replace("-", "_") if declared else "utf_8"
    if encoding not in _NATIVE and encoding not in _DECODED:
        _refuse(encoding, "The XML declares an encoding that is not read", "Save it as UTF-8.", rule="xml-malformed")
    return encoding


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
                f"more than {MAX_DEPTH} levels",
                "The XML is nested deeper than an annotation can be",
                rule="xml-too-deep",
            )
        if nodes > MAX_NODES:
            _refuse(
                f"more than {MAX_NODES} elements",
                "The XML has more elements than an annotation can have",
                rule="xml-too-large",
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
            "<!DOCTYPE",
            "The XML has a document type declaration, through which entities could be defined",
            "Remove the <!DOCTYPE ...> declaration; labelImg writes none.",
            rule="xml-doctype",
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
                f"more than {_MAX_TOKEN} bytes",
                "One tag or comment of the XML is larger than an annotation",
                rule="xml-too-large",
            )
    parser.Parse(data[(max(len(data) - 1, 0)) // _CHUNK * _CHUNK :], True)


def _refuse_malformed(error: expat.ExpatError) -> NoReturn:
    place = f"line {error.lineno}, column {error.offset + 1}"
    if error.code in _TRUNCATED:
        _refuse(place, "The XML ends before its last tag is closed, as after an interrupted save", rule="xml-truncated")
    _refuse(f"{place}: {expat.ErrorString(error.code)}", "The XML is not well formed", rule="xml-malformed")


def _refuse(value: str, message: str, advice: str = SAVE_AGAIN, *, rule: str) -> NoReturn:
    raise AnnotationError(rule=rule, value=value, message=message, advice=advice) from None
