"""Laying out a workspace, and importing photos with their annotations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import UsageError
from boxwright.progress import Reporter, silent
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.common.option import Options, option
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.dataset.layout import LayoutReport


@dataclass(frozen=True)
class InitOptions(Options):
    """Options of `init`.

    Attributes:
        images: Folder of photos to import; None for an empty workspace.
        coco: COCO file to import, with the photos that it names; None for the annotation files beside the photos.
        video: Clips whose frames are imported.
        every: Time of a clip of which one frame is taken, "2s", "500ms" or "1min".
        link: Link to its files instead of copying them.
        accept_links: Write to folders of the workspace that are links out of it, now and later.
    """

    images: Path | None = option(
        None,
        "Photos, with their annotation files beside them or in another folder beside.",
        metavar="SRC",
    )
    coco: Path | None = option(
        None,
        "COCO file to import, as XML; its photos are searched for around it, or in SRC.",
        metavar="FILE.json",
    )
    video: tuple[Path, ...] = option((), "Import the sharpest frames of a clip, none twice.", metavar="CLIP")
    every: str = option("2s", "Of --video: take a frame from each so much time.", metavar="TIME")
    link: bool = option(False, "Link to the photos and files (edits show in both) or copy them.", flag="--link/--copy")
    accept_links: bool = option(False, "Say that you made the links out of the workspace: they are written to.")


def init(
    workspace: Workspace,
    options: InitOptions = InitOptions(),
    reporter: Reporter = silent,
    *,
    stop: StopSignal | None = None,
) -> LayoutReport:
    """Make the folders of a workspace and import photos; nothing that is there is overwritten.

    Args:
        workspace: Where; it may be there already.
        options: What to import, and how.
        reporter: Receives the number of files imported.
        stop: Ends the work between two files.

    Returns:
        What was made and imported, and what not.

    Raises:
        UsageError: There is no such clip or folder, `every` is no time, `link` is given without `images` or `coco`, or
            the COCO file cannot be used.
        BoxwrightError: A clip cannot be read, or a folder of the workspace is a link out of it that was not accepted.
    """
    from boxwright.dataset.layout import lay_out
    from boxwright.video.interval import parse_interval

    if options.link and options.images is None and options.coco is None:
        raise UsageError("--link says how --images are imported; give both, or neither.")
    if options.accept_links:
        workspace.accept_links()
    workspace.refuse_links(with_images=bool(options.video))
    reporter = interruptible(reporter, stop)
    for clip in options.video:
        if not clip.is_file():
            raise UsageError(f"{clip}: there is no such clip.")
    every = parse_interval(options.every)
    report = lay_out(workspace, images=options.images, coco=options.coco, link=options.link, reporter=reporter)
    if not options.video:
        return report
    from boxwright.video.extract import import_clip  # loads NumPy, which labelImg's process has no use for

    clips = tuple(import_clip(workspace, clip, every, reporter) for clip in options.video)
    damaged = tuple(clip.finding for clip in clips if clip.finding is not None)
    return replace(report, clips=clips, findings=(*report.findings, *damaged))
