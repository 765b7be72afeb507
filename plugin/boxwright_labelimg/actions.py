"""The menu "Train" and its tool bar as data: to add an action, add an ActionSpec and the method that it calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boxwright.jobs.job import Job, JobRequest, State
from boxwright_labelimg.i18n import N_

if TYPE_CHECKING:
    from boxwright_labelimg.controllers.controllers import Controllers


@dataclass(frozen=True)
class Situation:
    """What decides which actions are enabled.

    Attributes:
        has_folder: A folder of images, or an image, is open.
        has_image: An image is open.
        is_exporting_dataset: The window waits for an export of the dataset.
        job: The job that pause, resume and cancel are about; None when none is under way.
        has_jobs: The workspace has had a job.
        has_training: Something was trained in the workspace.
        has_model: A model was exported.
        has_suggestions: Suggested boxes are shown.
    """

    has_folder: bool = False
    has_image: bool = False
    is_exporting_dataset: bool = False
    job: Job | None = None
    has_jobs: bool = False
    has_training: bool = False
    has_model: bool = False
    has_suggestions: bool = False


def _always(situation: Situation) -> bool:
    return True


def _can_pause(situation: Situation) -> bool:
    job = situation.job
    return job is not None and job.state in (State.RUNNING, State.QUEUED) and job.request is JobRequest.NONE


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    Attributes:
        name: Identifies it in the code.
        text: In the menu, in English, with its & for the keyboard.
        shortcut: One that labelImg does not use.
        icon: A name of icons.ICONS.
        tip: One sentence, in English.
        handler: Does it; takes the controllers, and whether a checkable action is checked.
        is_enabled: Whether it can be done now.
        checkable: It is switched on and off.
        in_toolbar: It is in the tool bar, too.
        short: Its text there, in English.
        begins_group: There is a line above it.
    """

    name: str
    text: str
    shortcut: str
    icon: str
    tip: str
    handler: Callable[[Controllers, bool], None]
    is_enabled: Callable[[Situation], bool] = _always
    checkable: bool = False
    in_toolbar: bool = False
    short: str = ""
    begins_group: bool = False


ACTIONS = (
    ActionSpec(
        name="export_dataset",
        text=N_("&Export dataset"),
        shortcut="Ctrl+Shift+E",
        icon="export-dataset",
        tip=N_("Turn all saved boxes into the tables and records that training reads"),
        handler=lambda to, _: to.dataset.export_dataset(),
        is_enabled=lambda now: now.has_folder and not now.is_exporting_dataset,
        in_toolbar=True,
        short=N_("Export dataset"),
    ),
    ActionSpec(
        name="train",
        text=N_("&Train…"),
        shortcut="Ctrl+Shift+T",
        icon="train",
        tip=N_("Train a detector on the boxes, in the background"),
        handler=lambda to, _: to.training.train(),
        is_enabled=lambda now: now.has_folder,
        in_toolbar=True,
        short=N_("Train…"),
    ),
    ActionSpec(
        name="pause_training",
        text=N_("&Pause training"),
        shortcut="F6",
        icon="pause",
        tip=N_("Save the training and let the computer do something else"),
        handler=lambda to, _: to.jobs.pause(),
        is_enabled=_can_pause,
        in_toolbar=True,
        short=N_("Pause"),
        begins_group=True,
    ),
    ActionSpec(
        name="resume_training",
        text=N_("&Resume training"),
        shortcut="F7",
        icon="resume",
        tip=N_("Let the paused training continue"),
        handler=lambda to, _: to.jobs.resume(),
        is_enabled=lambda now: now.job is not None and now.job.state is State.PAUSED,
        in_toolbar=True,
        short=N_("Resume"),
    ),
    ActionSpec(
        name="cancel_training",
        text=N_("&Cancel training"),
        shortcut="F8",
        icon="cancel",
        tip=N_("Save the training and end it"),
        handler=lambda to, _: to.jobs.cancel(),
        is_enabled=lambda now: now.job is not None and now.job.request is not JobRequest.CANCEL,
    ),
    ActionSpec(
        name="evaluate",
        text=N_("E&valuate"),
        shortcut="F9",
        icon="evaluate",
        tip=N_("Measure the newest checkpoint on the test images"),
        handler=lambda to, _: to.training.evaluate(),
        is_enabled=lambda now: now.has_training,
        begins_group=True,
    ),
    ActionSpec(
        name="export_model",
        text=N_("Export &model…"),
        shortcut="Ctrl+Shift+M",
        icon="export-model",
        tip=N_("Make a model file of a checkpoint"),
        handler=lambda to, _: to.training.export_model(),
        is_enabled=lambda now: now.has_training,
    ),
    ActionSpec(
        name="open_tensorboard",
        text=N_("Open Ten&sorBoard"),
        shortcut="Ctrl+Shift+B",
        icon="tensorboard",
        tip=N_("Show all curves in the browser"),
        handler=lambda to, _: to.training.open_tensorboard(),
        is_enabled=lambda now: now.has_training,
    ),
    ActionSpec(
        name="open_report",
        text=N_("Ope&n report"),
        shortcut="Ctrl+Shift+H",
        icon="report",
        tip=N_("Show one page about the training in the browser"),
        handler=lambda to, _: to.training.open_report(),
        is_enabled=lambda now: now.has_training,
    ),
    ActionSpec(
        name="show_log",
        text=N_("Training &log"),
        shortcut="Ctrl+Shift+G",
        icon="log",
        tip=N_("Show the log of the training"),
        handler=lambda to, _: to.jobs.show_log(),
        is_enabled=lambda now: now.has_jobs,
    ),
    ActionSpec(
        name="suggest_boxes",
        text=N_("Suggest bo&xes"),
        shortcut="Ctrl+P",
        icon="suggest",
        tip=N_("Let the newest model draw boxes into this image, for you to check"),
        handler=lambda to, _: to.suggestions.suggest(),
        is_enabled=lambda now: now.has_model and now.has_image,
        in_toolbar=True,
        short=N_("Suggest"),
        begins_group=True,
    ),
    ActionSpec(
        name="accept_suggestions",
        text=N_("&Accept suggestions"),
        shortcut="Ctrl+Return",
        icon="accept",
        tip=N_("Accept all suggested boxes of this image"),
        handler=lambda to, _: to.suggestions.accept(),
        is_enabled=lambda now: now.has_suggestions,
        in_toolbar=True,
        short=N_("Accept"),
    ),
    ActionSpec(
        name="accept_suggestion",
        text=N_("Accept the selected su&ggestion"),
        shortcut="Shift+Return",
        icon="accept",
        tip=N_("Accept the suggested box that is selected; a double click on it does the same"),
        handler=lambda to, _: to.suggestions.accept_selected(),
        is_enabled=lambda now: now.has_suggestions,
    ),
    ActionSpec(
        name="accept_and_next",
        text=N_("Accept, save and sho&w the next photo to label"),
        shortcut="Ctrl+Shift+Return",
        icon="accept",
        tip=N_("Accept all suggested boxes, save, and open the next photo without labels"),
        handler=lambda to, _: to.review.accept_and_next(),
        is_enabled=lambda now: now.has_image,
    ),
    ActionSpec(
        name="no_objects",
        text=N_("No objects &here"),
        shortcut="0",
        icon="no-objects",
        tip=N_("Save that the photo shows no object, and open the next photo without labels"),
        handler=lambda to, _: to.review.no_objects(),
        is_enabled=lambda now: now.has_image,
        in_toolbar=True,
        short=N_("No objects"),
    ),
    ActionSpec(
        name="next_to_label",
        text=N_("Next photo to la&bel"),
        shortcut="N",
        icon="next-to-label",
        tip=N_("Open the next photo without labels: first those that are worth labelling most"),
        handler=lambda to, _: to.review.next_to_label(),
        is_enabled=lambda now: now.has_image,
        in_toolbar=True,
        short=N_("Next"),
    ),
    ActionSpec(
        name="suggest_when_opening",
        text=N_("Suggest when &opening an unlabelled image"),
        shortcut="Ctrl+Alt+P",
        icon="suggest",
        tip=N_("Suggest boxes automatically in each image that has none"),
        handler=lambda to, checked: to.suggestions.suggest_when_opening(checked),
        checkable=True,
    ),
    ActionSpec(
        name="go_to_training",
        text=N_("Go to the dock Tra&ining"),
        shortcut="Ctrl+1",
        icon="train",
        tip=N_("Show the progress of the training"),
        handler=lambda to, _: to.docks.go_to_training(),
        begins_group=True,
    ),
    ActionSpec(
        name="go_to_findings",
        text=N_("Go to the dock Fin&dings"),
        shortcut="Ctrl+2",
        icon="findings",
        tip=N_("Show what is wrong with the boxes"),
        handler=lambda to, _: to.docks.go_to_findings(),
    ),
    ActionSpec(
        name="go_to_mistakes",
        text=N_("Go to the dock Mista&kes"),
        shortcut="Ctrl+3",
        icon="mistakes",
        tip=N_("Show what the model does wrong on the test images"),
        handler=lambda to, _: to.docks.go_to_mistakes(),
    ),
)
