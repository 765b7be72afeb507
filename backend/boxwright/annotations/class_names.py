"""Files with the class names that YOLO's class numbers stand for.

labelImg writes classes.txt beside the boxes. CVAT and Darknet have obj.names, Roboflow's older exports
_darknet.labels; Ultralytics and Roboflow list the names in data.yaml.
"""

from __future__ import annotations

import locale
from collections.abc import Iterator
from dataclasses import dataclass

from boxwright.findings import Finding, Severity
from boxwright.text_files import decode_text

LABELIMG_NAME = "classes.txt"
CLASS_FILE_NAMES = (LABELIMG_NAME, "obj.names", "classes.names", "_darknet.labels", "data.yaml", "dataset.yaml")
"""In lower case; of several in one folder the first counts."""
MAX_BYTES = 1024 * 1024
MAX_CLASSES = 10_000


@dataclass(frozen=True)
class ClassNames:
    """The class names of a file.

    Attributes:
        names: In the file's order, white space collapsed; "" where a number has no name. Empty when there are none.
        finding: Why the file cannot be read, or how it was read; None when all is well.
    """

    names: tuple[str, ...]
    finding: Finding | None = None


def is_class_file(name: str) -> bool:
    """Return whether a file holds class names, going by its bare name."""
    return name.lower() in CLASS_FILE_NAMES


def parse_class_names(name: str, data: bytes) -> ClassNames:
    """Parse a file of class names; whatever is wrong with it is a finding.

    Args:
        name: Of the file, which tells lists from YAML.
        data: UTF-8, UTF-16 with a byte order mark, or the encoding of this system, in which labelImg writes.
    """
    if len(data) > MAX_BYTES:
        return ClassNames((), _finding("classes-too-large", f"{len(data)} bytes", "The file is no list of class names"))
    finding = None
    try:
        text = decode_text(data)
    except UnicodeDecodeError as error:
        encoding = locale.getpreferredencoding(False)
        try:
            text = data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            return ClassNames((), _finding("classes-not-unicode", f"byte {error.start}", "The file is not UTF-8"))
        message = f"The file is not UTF-8; it was read in the encoding of this system, {encoding}"
        finding = _finding("classes-not-unicode", f"byte {error.start}", message, severity=Severity.WARNING)
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n\0 \t").split("\n")
    listed = list(_yaml_names(lines)) if name.lower().endswith(".yaml") else lines
    if len(listed) > MAX_CLASSES:
        return ClassNames(
            (), _finding("classes-too-large", f"{len(listed)} lines", "The file has too many class names")
        )
    names = tuple(" ".join(line.split()) for line in listed)
    return ClassNames(names if any(names) else (), finding)


def _finding(rule: str, value: str, message: str, *, severity: Severity = Severity.ERROR) -> Finding:
    advice = "Save it as UTF-8 in a text editor, one class name a line."
    return Finding(rule=rule, value=value, message=message, advice=advice, severity=severity)


def _yaml_names(lines: list[str]) -> Iterator[str]:
    """Yield the names of a data.yaml, in the forms that Ultralytics and Roboflow write.

    These are `names: [a, 'b']` (also over several lines), `names:` with `- a` below it, and with `0: a` below it.
    Any other YAML gives no name.
    """
    found = [number for number, line in enumerate(lines) if line.startswith("names:")]
    if not found:
        return
    first = lines[found[0]].removeprefix("names:").strip()
    below = lines[found[0] + 1 :]
    if first.startswith(("[", "{")):
        yield from _flow_names(" ".join([first, *below]))
        return
    numbered: dict[int, str] = {}
    for line in below:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key, colon, value = text.partition(":")
        if text.startswith("- "):
            numbered[len(numbered)] = _scalar(text[2:])
        elif line[:1] in " \t" and colon and key.strip("'\"").isascii() and key.strip("'\"").isdecimal():
            numbered[int(key.strip("'\"")[:6])] = _scalar(value)
        else:
            break
    yield from (numbered.get(index, "") for index in range(min(max(numbered, default=-1), MAX_CLASSES) + 1))


def _flow_names(text: str) -> Iterator[str]:
    """Yield the names of `[a, 'b, c']` or `{0: a, 1: b}`; of a mapping in its order."""
    is_mapping = text.startswith("{")
    item, quote = "", ""
    for character in text[1:]:
        if quote:
            quote = "" if character == quote else quote
            item += character
        elif character in ",]}":
            if item.strip():
                yield _scalar(item.partition(":")[2] if is_mapping else item)
            if character != ",":
                return
            item = ""
        else:
            quote = character if character in "'\"" and not item.strip() else quote
            item += character


def _scalar(text: str) -> str:
    """Return a YAML scalar: without its quotes, or without a comment behind it."""
    text = text.strip()
    quote = text[:1]
    if quote in ("'", '"') and (end := text.rfind(quote)) > 0:
        return text[1:end].replace(quote * 2, quote) if quote == "'" else text[1:end]
    return text.partition(" #")[0].strip()
