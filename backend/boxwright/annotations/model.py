"""What an annotation file says, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass

from boxwright.errors import BoxwrightError
from boxwright.findings import Finding


@dataclass(frozen=True, slots=True)
class Box:
    """One labelled rectangle.

    Attributes:
        label: The class name, its runs of white space collapsed to one space, stripped.
        xmin, ymin, xmax, ymax: Edges in pixels of the upright image, origin at its upper left corner,
            continuous (xmax equals the width when the box touches the right edge), as labelImg writes them.
        difficult: Hard to recognise; ignored by the Pascal VOC metric.
        truncated: Reaches beyond the image.
        pose: The view, "Unspecified" when the file says nothing.
    """

    label: str
    xmin: float
    ymin: float
    xmax: float
    ymax: float
    difficult: bool = False
    truncated: bool = False
    pose: str = "Unspecified"

    def values(self) -> list[str | float | bool]:
        """Return what Box takes, in its order."""
        return [self.label, self.xmin, self.ymin, self.xmax, self.ymax, self.difficult, self.truncated, self.pose]


@dataclass(frozen=True, slots=True)
class Annotation:
    """The boxes of one image.

    Attributes:
        filename: The image's name as the file gives it; may lack its extension, "" when absent.
        width, height: Image size in pixels as the file gives it, None when absent or no number.
        boxes: In the file's order; empty for a negative example.
        verified: The annotator ticked the image off.
    """

    filename: str
    width: int | None
    height: int | None
    boxes: tuple[Box, ...]
    verified: bool = False


@dataclass(frozen=True, slots=True)
class ObjectDefect:
    """Why one object of an annotation file gives no box, or what of its size cannot be read.

    Attributes:
        object: Which one, for example "object 2 (raccoon)", or "size".
        rule: Stable identifier in kebab case.
        value: The received value, shortened.
        message: What is wrong, in one sentence.
        advice: What to do about it, in one sentence.
        number: The object's place in the file, from 1; 0 when the defect is not about an object.
    """

    object: str
    rule: str
    value: str
    message: str
    advice: str
    number: int = 0

    def values(self) -> list[str | int]:
        """Return what ObjectDefect takes, in its order."""
        return [self.object, self.rule, self.value, self.message, self.advice, self.number]


class AnnotationError(BoxwrightError):
    """An annotation file that cannot be used at all, with the parts of the finding it becomes.

    Attributes:
        rule, object, value, message, advice: As in Finding.
    """

    def __init__(self, *, rule: str, message: str, advice: str, value: str = "", object: str = "") -> None:
        self.rule = rule
        self.object = object
        self.value = value
        self.message = message
        self.advice = advice
        super().__init__(str(self.as_finding("")))

    def as_finding(self, file: str) -> Finding:
        """Return the finding about `file`, a path relative to the workspace."""
        return Finding(file, self.rule, self.object, self.value, self.message, self.advice)
