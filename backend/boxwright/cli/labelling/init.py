"""`boxwright init`: lay out a workspace, and import photos with their annotations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.cli.command import Folder, takes_options
from boxwright.cli.console import echo, print_findings, reporting
from boxwright.workflow.init import InitOptions
from boxwright.workflow.init import init as lay_out
from boxwright.workspace import Workspace, as_argument

if TYPE_CHECKING:
    from boxwright.dataset.layout import LayoutReport


@takes_options
def init(options: InitOptions, folder: Folder = Path()) -> None:
    """Lay out a workspace, and import photos with their annotations. Nothing that is there is overwritten.

    SRC is read as labelImg, Roboflow and CVAT leave it (PascalVOC, YOLO, CreateML, COCO). Its folders train/ and test/
    stay; they are then the split.

    Example:
      boxwright init training_demo --images my_photos
      boxwright init training_demo --coco annotations/instances_default.json
      boxwright init training_demo --video garden.mp4 --every 2s
    """
    workspace = Workspace.at(folder)
    with reporting() as reporter:
        report = lay_out(workspace, options, reporter)
    show_init(workspace, report, options)
    place = "" if folder == Path() else f" {as_argument(folder)}"
    if any(workspace.images.iterdir()):
        echo(f"\nNext: boxwright dataset{place}")
    else:
        echo(f"\nNext: put photos into {workspace.images}, draw boxes in labelImg, then:")
        echo(f"  boxwright dataset{place}")


def show_init(workspace: Workspace, report: LayoutReport, options: InitOptions) -> None:
    """Print what was made and imported, and what not."""
    if report.created:
        echo(f"Made in {workspace.root}: {' '.join(report.created)}")
    else:
        echo(f"{workspace.root} is a workspace already.")
    if options.accept_links:
        for link in workspace.outside_links(with_images=True):
            echo(f"Accepted: {workspace.relative(link.path)} is in {link.target}, and is written to.")
    if options.images is not None or options.coco is not None:
        echo(
            f"{'Linked' if options.link else 'Copied'} {report.images:,} images and {report.annotations:,} annotation "
            f"files into images/; {report.present:,} were there already."
        )
    for clip in report.clips:
        echo(
            f"{clip.clip}: {clip.frames:,} frames into {clip.folder}; {clip.near_identical:,} near-identical ones "
            f"were left out, {clip.present:,} were there already."
        )
    if report.clips:
        echo("A clip is in one split as a whole; to change it, move its folder to images/train or images/test.")
    if report.kept:
        shown = ", ".join(report.kept[:5]) + (", ..." if len(report.kept) > 5 else "")
        echo(f"Not imported, because other files of that name are there: {len(report.kept):,} ({shown})")
    if report.findings:
        echo("About the source:")
        print_findings(report.findings)
    if options.images is None and options.coco is None and not options.video:
        _print_if_photos_lie_in(workspace)


def _print_if_photos_lie_in(workspace: Workspace) -> None:
    """Say what was meant, if the workspace was made of a folder of photos."""
    from boxwright.dataset.sources.scan import SCANNED_SUFFIXES

    photos = sum(path.suffix.lower() in SCANNED_SUFFIXES for path in workspace.root.iterdir())
    if photos:
        root = as_argument(workspace.root)
        echo(f"Photos in {workspace.root} itself: {photos:,}. Nothing looks for them there. To import them, give:")
        echo(f"  boxwright init {root} --images {root}")
