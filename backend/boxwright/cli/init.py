"""`boxwright init`: lay out a workspace, and bring photographs with their XML in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.console import echo, print_findings, reporting
from boxwright.cli.options import Folder
from boxwright.errors import UsageError
from boxwright.workspace import Workspace, as_argument


def init(
    folder: Folder = Path(),
    images: Annotated[
        Path | None,
        typer.Option(
            metavar="SRC", help="Photographs with their XML beside them, or in a folder annotations/ beside it."
        ),
    ] = None,
    link: Annotated[
        bool,
        typer.Option("--link/--copy", help="Link to SRC's files (edits show in both) or copy them."),
    ] = False,
) -> None:
    """Lay out a workspace, and bring photos with their XML in. Nothing that is there is overwritten.

    SRC's folders train/ and test/ are kept; they are then the split.

    Example:
      boxwright init training_demo --images my_photos
    """
    from boxwright.dataset.layout import lay_out

    if link and images is None:
        raise UsageError("--link says how --images are brought in; give both, or neither.")
    workspace = Workspace.at(folder)
    with reporting() as reporter:
        report = lay_out(workspace, images=images, link=link, reporter=reporter)
    if report.created:
        echo(f"Made in {workspace.root}: {' '.join(report.created)}")
    else:
        echo(f"{workspace.root} is a workspace already.")
    if images is not None:
        echo(
            f"{'Linked' if link else 'Copied'} {report.images:,} images and {report.annotations:,} XML files "
            f"into images/; {report.present:,} were there already."
        )
    if report.kept:
        shown = ", ".join(report.kept[:5]) + (", ..." if len(report.kept) > 5 else "")
        echo(f"Not brought in, because other files of that name are there: {len(report.kept):,} ({shown})")
    if report.findings:
        echo("Not brought in from the source:")
        print_findings(report.findings)
    if images is None:
        _say_if_photos_lie_in(workspace)
    place = "" if folder == Path() else f" {as_argument(folder)}"
    if any(workspace.images.iterdir()):
        echo(f"\nNext: boxwright dataset{place}")
    else:
        echo(f"\nNext: put photos into {workspace.images}, draw boxes in labelImg (PascalVOC), then:")
        echo(f"  boxwright dataset{place}")


def _say_if_photos_lie_in(workspace: Workspace) -> None:
    """Tell whoever made a workspace of a folder of photographs what was meant."""
    from boxwright.dataset.sources.scan import SCANNED_SUFFIXES

    photos = sum(path.suffix.lower() in SCANNED_SUFFIXES for path in workspace.root.iterdir())
    if photos:
        root = as_argument(workspace.root)
        echo(f"Photos in {workspace.root} itself: {photos:,}. Nothing looks for them there. To bring them in, give:")
        echo(f"  boxwright init {root} --images {root}")
