"""What is wrong with the images and annotations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.option import Options, option
from boxwright.workflow.dataset import CLOSED, NEAR_IDENTICAL, NEAR_IDENTICAL_FLAG
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.dataset.report import DatasetReport


@dataclass(frozen=True)
class CheckOptions(Options):
    """Options of `check`.

    Attributes:
        deep: Decode every image whole.
        closed: Whether a label that the label map lacks is an error.
        near_identical: Whether near-identical images share a split, as of DatasetOptions.
    """

    deep: bool = option(False, "Decode every image whole, to its last pixel.")
    closed: bool = option(False, CLOSED)
    near_identical: bool = option(True, NEAR_IDENTICAL, flag=NEAR_IDENTICAL_FLAG)


def check(
    workspace: Workspace,
    options: CheckOptions = CheckOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> DatasetReport:
    """Find what is wrong with images and annotations; nothing is written.

    Args:
        workspace: Whose images.
        options: How thoroughly.
        reporter: Receives the number of images read.
        stop: Ends the work.

    Returns:
        The dataset as it would be, with its findings.
    """
    from boxwright.dataset.sync import assess

    return assess(
        workspace,
        closed_label_map=options.closed,
        near_identical=options.near_identical,
        deep=options.deep,
        reporter=interruptible(reporter, stop),
    )
