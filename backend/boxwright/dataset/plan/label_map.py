"""label_map.pbtxt: which id each class has. Ids are append-only and start at 1; 0 is the background.

The file is text protobuf of object_detection.protos.StringIntLabelMap. People write it by hand, so this reads it with
a tokenizer of its own: it names the line of a mistake, takes fields that it does not know, and new classes are
appended as text, so that comments and unknown fields of the user's file stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from boxwright.errors import BoxwrightError
from boxwright.findings import Finding
from boxwright.text_files import explain_look_alike

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f\v]+|\#[^\r\n]*)
      | (?P<string>"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
      | (?P<word>[A-Za-z0-9_.+/-]+)
      | (?P<mark>[{}<>:;,\[\]])""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CLOSING = {"{": "}", "<": ">"}
_MAX_NESTING = 50

LABEL_MAP_FILE = "annotations/label_map.pbtxt"
"""Its path in a workspace."""


class LabelMap(Mapping[str, int]):
    """Class name to id, in the order of the file.

    Attributes:
        display_names: Name to display_name, for the items that have one.
        findings: Items that cannot be used, and why; without the file's path.
        unusable_labels: Classes whose objects are left out because of these items.
        highest_id: The highest id in the file, unusable items included; new ids come after it.
    """

    def __init__(
        self,
        ids: Mapping[str, int] | None = None,
        *,
        display_names: Mapping[str, str] | None = None,
        findings: tuple[Finding, ...] = (),
        unusable_labels: frozenset[str] = frozenset(),
        highest_id: int | None = None,
    ) -> None:
        self._ids = dict(ids or {})
        self.display_names = dict(display_names or {})
        self.findings = findings
        self.unusable_labels = unusable_labels
        self.highest_id = max([0, *self._ids.values()]) if highest_id is None else highest_id
        self._names = {number: name for name, number in self._ids.items()}
        self._aliases = {shown: name for name, shown in self.display_names.items() if shown not in self._ids}

    def __getitem__(self, name: str) -> int:
        return self._ids[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"LabelMap({self._ids!r})"

    def name_of(self, class_id: int) -> str | None:
        """Return the name of the id, None when no item has it."""
        return self._names.get(class_id)

    def resolve(self, label: str) -> str | None:
        """Return the item's name for a label as annotated: a name, else a display_name, else None."""
        return label if label in self._ids else self._aliases.get(label)

    def extended(self, labels: Iterable[str]) -> LabelMap:
        """Return a map with `labels` appended in their order, with the ids after the highest."""
        ids = dict(self._ids)
        highest = self.highest_id
        for label in labels:
            highest += 1
            ids[label] = highest
        return LabelMap(
            ids,
            display_names=self.display_names,
            findings=self.findings,
            unusable_labels=self.unusable_labels,
            highest_id=highest,
        )


def read_label_map(path: Path) -> LabelMap:
    """Read a label map.

    Raises:
        BoxwrightError: There is no such file, or it is not a label map; the message names the line.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BoxwrightError(
            f"{path}: there is no such label map. `boxwright dataset` writes annotations/label_map.pbtxt."
        ) from None
    return parse_label_map(data, source=str(path))


def parse_label_map(data: bytes, *, source: str = "label_map.pbtxt") -> LabelMap:
    """Parse the text of a label map; items that cannot be used become `findings`.

    Args:
        data: The file's bytes: UTF-8, with or without byte order mark, any line ends.
        source: The file's name for error messages.

    Raises:
        BoxwrightError: The text is not a label map.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BoxwrightError(
            f"{source}: byte {error.start} is not UTF-8. Save the label map as UTF-8 text in your editor."
        ) from None
    return _collect(_Parser(text, source).items())


def append_labels(data: bytes, labels: Mapping[str, int]) -> bytes:
    """Return the bytes of a label map file with items appended, everything before them untouched."""
    newline = _newline_of(data)
    separator = newline if data.strip() and not data.endswith((b"\n", b"\r")) else b""
    return data + separator + b"".join(_item(name, number, newline) for name, number in labels.items())


def remove_label(data: bytes, name: str, number: int) -> bytes:
    """Return the bytes of a label map file without an item that `append_labels` wrote; as they are without such one."""
    item = _item(name, number, _newline_of(data))
    return data.replace(item, b"") if data.count(item) == 1 else data


def _newline_of(data: bytes) -> bytes:
    return b"\r\n" if b"\r\n" in data else b"\n"


def _item(name: str, number: int, newline: bytes) -> bytes:
    text = f"item {{\n  id: {number}\n  name: {_quote(name)}\n}}\n"
    return text.encode("utf-8", "surrogateescape").replace(b"\n", newline)


def _quote(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\{ord(match[0]):03o}", escaped) + "'"


@dataclass
class _Item:
    number: int
    id: str | None = None
    name: str | None = None
    display_name: str | None = None

    def __str__(self) -> str:
        return f"Item {self.number}" + (f" ({self.name})" if self.name else "")


def _collect(items: Iterable[_Item]) -> LabelMap:
    ids: dict[str, int] = {}
    taken: dict[int, str] = {}
    display_names: dict[str, str] = {}
    findings: list[Finding] = []
    unusable: set[str] = set()
    highest = 0
    for item in items:
        name = (item.name or item.display_name or "").strip()
        number = int(item.id) if item.id is not None and re.fullmatch(r"[+-]?[0-9]{1,9}", item.id) else None
        highest = max(highest, number or 0)
        if number == 0 and name.lower() in ("background", ""):
            continue  # some maps spell the implied background out
        finding = _problem(item, name, number, ids, taken)
        if finding is not None:
            findings.append(finding)
            if name not in ids:
                unusable.add(name)
            continue
        assert number is not None
        ids[name] = number
        taken[number] = name
        if item.display_name and item.display_name.strip() != name:
            display_names[name] = item.display_name.strip()
    return LabelMap(
        ids,
        display_names=display_names,
        findings=tuple(findings),
        unusable_labels=frozenset(unusable - {""}),
        highest_id=highest,
    )


def _problem(
    item: _Item, name: str, number: int | None, ids: Mapping[str, int], taken: Mapping[int, str]
) -> Finding | None:
    """Return why the item cannot be used, None when it can."""

    def finding(message: str, *, rule: str) -> Finding:
        advice = "Fix the item in a text editor: each class has an id of its own, from 1 on."
        return Finding(rule=rule, label=name, value=item.id or "", message=f"{item}: {message}", advice=advice)

    if not name:
        return finding("it has no name", rule="label-map-item")
    if name in ids:
        return finding(f"the class is there twice; its first id, {ids[name]}, holds", rule="label-map-duplicate-name")
    if number is None:
        return finding(f"the id is missing or is no number; objects of {name!r} are left out", rule="label-map-id")
    if number < 1:
        return finding(
            f"ids start at 1, because 0 is the background; objects of {name!r} are left out", rule="label-map-id"
        )
    if number in taken:
        message = f"the id {number} belongs to {taken[number]!r} already; objects of {name!r} are left out"
        return finding(message, rule="label-map-duplicate-id")
    return None


class _Parser:
    """Reads `item { id: 1 name: 'raccoon' }` and whatever else a text protobuf may hold."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self.tokens = self._tokenize()
        self.kind = self.value = ""
        self.at = 0
        self._advance()

    def items(self) -> Iterator[_Item]:
        number = 0
        while self.kind:
            if self.value != "item":
                raise self._error(f"'item' is expected here, not {self.value!r}")
            self._advance()
            number += 1
            item = _Item(number)
            self._read_item(item)
            yield item

    def _read_item(self, item: _Item) -> None:
        self._accept(":")
        closing = _CLOSING.get(self.value if self.kind == "mark" else "")
        if closing is None:
            raise self._error("'{' is expected after 'item'")
        self._advance()
        while not self._accept(closing):
            field = self._take("word")
            if field in ("id", "name", "display_name") and getattr(item, field) is None:
                self._accept(":")
                setattr(item, field, self._scalar())
            else:
                self._skip_value(0)
            _ = self._accept(",") or self._accept(";")
        _ = self._accept(",") or self._accept(";")

    def _scalar(self) -> str:
        if self.kind == "word":
            return self._take("word")
        if self.kind != "string":
            raise self._error("a quoted name or a number is expected")
        parts = []
        while self.kind == "string":
            parts.append(_unescape(self.value[1:-1]))
            self._advance()
        return "".join(parts)

    def _skip_value(self, depth: int) -> None:
        """Pass over the value of a field that is not needed here."""
        if depth > _MAX_NESTING:
            raise self._error("the nesting is too deep for a label map")
        self._accept(":")
        if self._accept("["):
            while not self._accept("]"):
                if not self._accept(","):
                    self._skip_value(depth + 1)
            return
        closing = _CLOSING.get(self.value if self.kind == "mark" else "")
        if closing is None:
            self._scalar()
            return
        self._advance()
        while not self._accept(closing):
            self._take("word")
            self._skip_value(depth + 1)
            _ = self._accept(",") or self._accept(";")

    def _tokenize(self) -> Iterator[tuple[str, str, int]]:
        at = 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            if match is None:
                self.at = at
                problem = explain_look_alike(self.text[at])
                raise self._error(problem.rstrip(".") if problem else f"{self.text[at]!r} is not expected here")
            if match.lastgroup != "space":
                yield match.lastgroup or "", match[0], at
            at = match.end()

    def _advance(self) -> None:
        self.kind, self.value, self.at = next(self.tokens, ("", "", len(self.text)))

    def _accept(self, mark: str) -> bool:
        if self.kind == "mark" and self.value == mark:
            self._advance()
            return True
        return False

    def _take(self, kind: str) -> str:
        if self.kind != kind:
            raise self._error(f"{self.value!r} is not expected here" if self.kind else "the file ends too early")
        value = self.value
        self._advance()
        return value

    def _error(self, what: str) -> BoxwrightError:
        line = self.text.count("\n", 0, self.at) + 1
        return BoxwrightError(
            f"{self.source}, line {line}: {what}. A label map has one block a class: "
            "item { id: 1 name: 'raccoon' }, with ids from 1 on."
        )


def _unescape(text: str) -> str:
    """Resolve C escapes; octal and hexadecimal ones stand for bytes of UTF-8."""
    if "\\" not in text:
        return text
    data = re.sub(
        rb"\\([0-7]{1,3}|[xX][0-9a-fA-F]{1,2}|.)",
        lambda match: _escape_bytes(match[1]),
        text.encode("utf-8"),
        flags=re.DOTALL,
    )
    return data.decode("utf-8", "replace")


def _escape_bytes(code: bytes) -> bytes:
    if code[:1] in b"01234567":
        return bytes([int(code, 8) & 0xFF])
    if code[:1] in b"xX" and len(code) > 1:
        return bytes([int(code[1:], 16)])
    return _ESCAPES.get(code.decode("latin-1"), code.decode("latin-1")).encode("latin-1")
