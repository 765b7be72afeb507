"""What is wrong with a user's data, said so that the user can fix it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from boxwright.errors import BoxwrightError
from boxwright.files import atomic_write_text

FINDINGS_VERSION = 1
"""Of a findings file. Version 0 was a list of findings without a version, with a text `object`."""


class Severity(str, Enum):
    """How much a finding costs."""

    ERROR = "error"
    """The object, the image or the file was left out."""
    WARNING = "warning"
    """Nothing was left out, but the result is probably not what the user wants."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One problem of the data.

    Findings sort by file, rule and object number.

    Attributes:
        file: Path relative to the workspace, with forward slashes; "" when it is about the dataset.
        rule: Stable identifier in kebab case, for example "box-outside"; docs/reference/findings.md lists them all.
        object_number: The object's place in the annotation file, from 1; None when it is not about an object.
        label: The object's label, or the class that it is about; "" when there is none.
        value: The received value, as the file has it; "" when there is none.
        message: What is wrong, in one sentence without a full stop.
        advice: What to do about it, in one sentence.
        severity: Whether something was left out.
    """

    file: str = ""
    rule: str
    object_number: int | None = None
    label: str = ""
    value: str = ""
    message: str
    advice: str
    severity: Severity = Severity.ERROR

    def __lt__(self, other: Finding) -> bool:
        if self.file != other.file:  # of 100,000 findings, nearly all: a fifth of the time
            return self.file < other.file
        return self._sort_key() < other._sort_key()

    def _sort_key(self) -> tuple[str | int, ...]:
        number = self.object_number or 0
        return (self.file, self.rule, number, self.label, self.value, self.message, self.advice, self.severity.value)

    def in_file(self, file: str) -> Finding:
        """Return the finding about `file`, a path relative to the workspace."""
        return replace(self, file=file)

    @property
    def subject(self) -> str:
        """What the finding is about within its file: "object 2 (dog)", "dog" or ""."""
        if self.object_number is None:
            return self.label
        return f"object {self.object_number} ({self.label})" if self.label else f"object {self.object_number}"

    def to_json(self) -> dict[str, str | int | None]:
        """Return the finding with JSON-ready values; the keys are the attributes."""
        return {
            "file": self.file,
            "rule": self.rule,
            "object_number": self.object_number,
            "label": self.label,
            "value": self.value,
            "message": self.message,
            "advice": self.advice,
            "severity": self.severity.value,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Finding:
        """Return the finding that `to_json` gave; also the form of version 0.

        Raises:
            KeyError, TypeError, ValueError: It is not one.
        """
        file = str(content["file"])
        number = content.get("object_number")
        return cls(
            file=file,
            rule=str(content["rule"]),
            object_number=None if number is None else int(number),
            label=str(content["label"] if "label" in content else content["object"]),
            value=str(content["value"]),
            message=str(content["message"]),
            advice=str(content["advice"]),
            severity=Severity(content["severity"]),
        )

    def __str__(self) -> str:
        """Return the finding in one line."""
        return f"{self.without_rule()} [{printable(self.rule)}]"

    def without_rule(self) -> str:
        """Return the finding in one line that does not name its rule."""
        return f"{self.problem()} {printable(self.advice)}"

    def problem(self) -> str:
        """Return in one line where what is wrong, without what to do about it."""
        place = ": ".join(part for part in (self.file, self.subject) if part)
        received = f" (got {self.value})" if self.value else ""
        return printable(f"{place + ': ' if place else ''}{self.message}{received}.")


class FindingError(BoxwrightError):
    """Input that cannot be used; carries the finding that says why. The arguments are those of Finding.

    Attributes:
        finding: Without a file: whoever knows the file's place in the workspace adds it with `Finding.in_file`.
    """

    def __init__(self, *, rule: str, message: str, advice: str, value: str = "", label: str = "") -> None:
        self.finding = Finding(rule=rule, label=label, value=value, message=message, advice=advice)
        super().__init__(str(self.finding))


@dataclass(frozen=True)
class FindingsFile:
    """.boxwright/findings.json: the findings of the last dataset sync, for other processes.

    Attributes:
        findings: Sorted.
    """

    findings: tuple[Finding, ...]

    NAME = "findings.json"

    def to_json(self) -> dict[str, Any]:
        """Return the JSON-ready content."""
        return {"version": FINDINGS_VERSION, "findings": findings_to_json(self.findings)}

    @classmethod
    def from_json(cls, content: Any) -> FindingsFile:
        """Return what a findings file says, of this version or of version 0.

        Raises:
            KeyError, TypeError, ValueError: The content is not that of a findings file.
        """
        rows = content if isinstance(content, list) else content["findings"]
        return cls(findings_from_json(rows))

    def write(self, path: Path) -> None:
        """Replace the file at `path`.

        Raises:
            OSError: It cannot be written.
        """
        atomic_write_text(path, json.dumps(self.to_json()))

    @classmethod
    def read(cls, path: Path) -> FindingsFile:
        """Read the file at `path`.

        Raises:
            OSError: It cannot be read.
            KeyError, TypeError, ValueError: It is not a findings file.
        """
        return cls.from_json(json.loads(path.read_text("utf-8")))


def findings_to_json(findings: Sequence[Finding]) -> list[dict[str, str | int | None]]:
    """Return findings as a JSON-ready list."""
    return [finding.to_json() for finding in findings]


def findings_from_json(rows: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Return the findings that `findings_to_json` gave.

    Raises:
        KeyError, TypeError, ValueError: They are not findings.
    """
    return tuple(Finding.from_json(row) for row in rows)


@lru_cache(maxsize=256)
def shared(finding: Finding) -> Finding:
    """Return one object for equal findings: without a path, those of 100,000 empty files are equal."""
    return finding


def printable(text: str) -> str:
    """Return what a user's file says with an escape for each character that a terminal would obey or hide."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def printable_lines(text: str) -> str:
    """Return text with an escape for each character that a terminal would obey or hide, but for line ends and tabs."""
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in text.split("\n"))
