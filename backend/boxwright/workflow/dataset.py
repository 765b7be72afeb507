"""From labelImg's annotation files to split, label map, tables and records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.option import Options, option
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.dataset.report import DatasetReport

CLOSED = "A label that label_map.pbtxt lacks is an error, not a new class."
NEAR_IDENTICAL = (
    "Near-identical images (copies, neighbouring video frames) share a split; without it, only identical images do."
)
NEAR_IDENTICAL_FLAG = "--near-identical/--no-near-identical"


@dataclass(frozen=True)
class DatasetOptions(Options):
    """Options of `make_dataset`.

    Attributes:
        closed: Whether a label that the label map lacks is an error.
        test_fraction: Share, from 0 to 1, of new images that go to the test split.
        near_identical: Whether near-identical images share a split, and those that do not are a finding; otherwise
            only identical ones.
    """

    closed: bool = option(False, CLOSED)
    test_fraction: float = option(0.2, "Share of new images that go to the test split.", minimum=0.0, maximum=1.0)
    near_identical: bool = option(True, NEAR_IDENTICAL, flag=NEAR_IDENTICAL_FLAG)


def make_dataset(
    workspace: Workspace,
    options: DatasetOptions = DatasetOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> DatasetReport:
    """Bring split, label map, CSV tables and records up to date with images and annotation files.

    What has not changed is not written again. What cannot be used is left out and is a finding of the report.

    Args:
        workspace: Whose images; annotations/ is written.
        options: How.
        reporter: Receives the images read and the records written.
        stop: Ends the work; the dataset is then the old one.

    Raises:
        BoxwrightError: The label map or split.csv cannot be used.
    """
    from boxwright.dataset.sync import sync

    return sync(
        workspace,
        closed_label_map=options.closed,
        test_fraction=options.test_fraction,
        near_identical=options.near_identical,
        reporter=interruptible(reporter, stop),
    )
