"""What is wrong with a user's data, said so that they can mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum


class Severity(str, Enum):
    """How much a finding costs."""

    ERROR = "error"
    """The object, the image or the file was left out."""
    WARNING = "warning"
    """Nothing was left out, but the result is probably not what the user wants."""


@dataclass(frozen=True, order=True)
class Finding:
    """One defect of one file.

    Attributes:
        file: Path relative to the workspace, with forward slashes; "" when it is about the dataset.
        rule: Stable identifier in kebab case, for example "box-outside-image".
        object: Which object of the file, for example "object 2 (raccoon)"; "" when it is about the file.
        value: The received value, as the file has it; "" when there is none.
        message: What is wrong, in one sentence.
        advice: What to do about it, in one sentence.
        severity: Whether something was left out.
    """

    file: str
    rule: str
    object: str
    value: str
    message: str
    advice: str
    severity: Severity = Severity.ERROR

    def as_dict(self) -> dict[str, str]:
        """Return the finding as JSON-ready strings."""
        return {**asdict(self), "severity": self.severity.value}

    def __str__(self) -> str:
        """Return the finding in one line."""
        place = ": ".join(part for part in (self.file, self.object) if part)
        got = f" (got {self.value})" if self.value else ""
        return printable(f"{place + ': ' if place else ''}{self.message}{got}. {self.advice} [{self.rule}]")


def printable(text: str) -> str:
    """Return what a user's file says with an escape for each character that a terminal would obey or hide."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
