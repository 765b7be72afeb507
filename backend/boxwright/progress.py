"""How long work reports itself, without knowing who listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """A moment of a long piece of work.

    Attributes:
        stage: What is being done, for example "reading images".
        done: Units finished so far in this stage.
        total: Units of the whole stage; None when it is not known.
        message: A line for a log, "" for none.
        metrics: Numbers worth showing beside the bar, for example {"loss": 2.31}.
    """

    stage: str
    done: int
    total: int | None = None
    message: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)


Reporter = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Report to nobody."""
