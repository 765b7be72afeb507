"""The pretrained model that a first training starts from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import BoxwrightError
from boxwright.progress import Progress, Reporter, log
from boxwright.stop_signal import StopSignal, interruptible
from boxwright.workflow.models import GetModelOptions, get_model
from boxwright.workspace import Workspace

if TYPE_CHECKING:
    from boxwright.workflow.preparation.effort import Planner

DEFAULT_MODEL = "ssdlite_mobilenet_v2_coco"
"""Trained on COCO; 17 to 19 MB, from several public places."""

FALLBACK = "training starts from random weights, which needs far more images and steps"


PURPOSE = "A network trained on photographs of everyday things; its weights (about 19 MB) are fetched once."


def is_default(workspace: Workspace, present: Path | None) -> bool:
    """Return whether a first training starts from DEFAULT_MODEL, as far as that is known without a network.

    Args:
        workspace: May have the model already.
        present: The checkpoint in pre-trained-model/, if any; another one is the user's own choice.
    """
    from boxwright.zoo.catalogue import find_model
    from boxwright.zoo.reach import OFFLINE_VARIABLE, is_cached

    if present is not None:
        return present.is_relative_to(workspace.pretrained / DEFAULT_MODEL)
    return not os.environ.get(OFFLINE_VARIABLE) or is_cached(find_model(DEFAULT_MODEL))


def can_have_default(workspace: Workspace, reporter: Reporter, *, stop: StopSignal | None = None) -> bool:
    """Make sure that DEFAULT_MODEL is in the workspace or in the user's cache; fetch it once if it is not.

    Args:
        workspace: May have the model already.
        reporter: Receives the size before the transfer and its progress; or why there is none, in one line.
        stop: Ends the transfer; the next one resumes it.

    Returns:
        Whether it is there.
    """
    from boxwright.zoo.catalogue import find_model
    from boxwright.zoo.reach import is_cached, megabytes_to_fetch, why_unreachable
    from boxwright.zoo.sources import downloads_folder, fetch_model

    model = find_model(DEFAULT_MODEL)
    if (workspace.pretrained / DEFAULT_MODEL).is_dir() or is_cached(model):
        return True
    if why := why_unreachable(model):
        log(reporter, f"{DEFAULT_MODEL} cannot be fetched ({why}): {FALLBACK}.")
        return False
    log(reporter, f"fetching {DEFAULT_MODEL}, about {megabytes_to_fetch(model)} MB, once, into {downloads_folder()}")
    try:
        fetch_model(model, reporter=_without_lines(interruptible(reporter, stop)))
    except (BoxwrightError, OSError) as error:
        log(reporter, f"{DEFAULT_MODEL} cannot be fetched ({_first_line(error)}): {FALLBACK}.")
        return False
    return True


def start_from_model(
    workspace: Workspace,
    name: str,
    reporter: Reporter,
    *,
    num_steps: int | None,
    batch_size: int | None,
    image_size: int | None = None,
    planner: Planner | None = None,
    stop: StopSignal | None = None,
) -> None:
    """Install a pretrained model and write training/pipeline.config for it, which is not there yet.

    Args:
        workspace: Has a label map.
        name: Of the catalogue.
        reporter: Receives the progress, and what was written.
        num_steps, batch_size, image_size: Instead of what fits the model.
        planner: Chooses the steps where `num_steps` is None.
        stop: Ends the work before anything is written.

    Raises:
        UsageError: There is no such model.
        BoxwrightError: It cannot be had, or does not fit.
    """
    options = GetModelOptions(name=name, num_steps=num_steps, batch_size=batch_size, image_size=image_size)
    result = get_model(workspace, options, reporter, stop=stop, planner=planner if num_steps is None else None)
    path = workspace.relative(workspace.pipeline_config)
    log(reporter, f"wrote {path} for {result.name}, pretrained weights:")
    for change in result.changes:
        log(reporter, f"  {change}")


def _without_lines(reporter: Reporter) -> Reporter:
    """Return a reporter of the progress only: why a source fails is of no interest where another one works."""

    def report(progress: Progress) -> None:
        if progress.stage:
            reporter(Progress(progress.stage, progress.done, progress.total))

    return report


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(":. ") if str(error) else type(error).__name__
