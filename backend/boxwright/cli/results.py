"""What a verb returned, as its command prints it: in the log of a job, and in the demo."""

from __future__ import annotations

from boxwright.cli.labelling.dataset import show_dataset
from boxwright.cli.labelling.init import show_init
from boxwright.cli.model.detect import show_detections
from boxwright.cli.model.evaluate import show_evaluation
from boxwright.cli.model.export import show_export
from boxwright.cli.model.suggest import show_suggestions
from boxwright.workflow.common.step import Step
from boxwright.workflow.detect import DetectOptions
from boxwright.workflow.init import InitOptions
from boxwright.workflow.suggest import SuggestOptions
from boxwright.workspace import Workspace


def show_result(workspace: Workspace, step: Step) -> None:
    """Print the result of a step; a training has printed all there is."""
    if step.verb == "init" and isinstance(step.options, InitOptions):
        show_init(workspace, step.result, step.options)
    elif step.verb == "dataset":
        show_dataset(workspace, step.result)
    elif step.verb == "evaluate":
        show_evaluation(step.result)
    elif step.verb == "export":
        show_export(step.result)
    elif step.verb == "detect" and isinstance(step.options, DetectOptions):
        show_detections(step.result, step.options)
    elif step.verb == "suggest" and isinstance(step.options, SuggestOptions):
        show_suggestions(workspace, step.result, step.options)
