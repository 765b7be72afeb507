"""What labelImg's menu "Train" and the tool bar hold, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    Attributes:
        name: Also of the method that does it, of Training, SuggestionController or TrainingWindow.
        text: In the menu, in English, with its & for the keyboard.
        shortcut: One that labelImg does not use.
        icon: A name of icons.ICONS.
        tip: One sentence, in English.
        checkable: It is switched on and off; its method takes the state.
        in_toolbar: It stands in the tool bar, too.
        short: Its text there.
        begins_group: A line stands above it.
    """

    name: str
    text: str
    shortcut: str
    icon: str
    tip: str
    checkable: bool = False
    in_toolbar: bool = False
    short: str = ""
    begins_group: bool = False


ACTIONS = (
    ActionSpec(
        "export_dataset", "&Export dataset", "Ctrl+Shift+E", "export-dataset",
        "Turn all saved boxes into the tables and records that training reads", in_toolbar=True, short="Export dataset",
    ),
    ActionSpec(
        "train", "&Train…", "Ctrl+Shift+T", "train",
        "Train a detector on the boxes, in the background", in_toolbar=True, short="Train…",
    ),
    ActionSpec(
        "pause_training", "&Pause training", "F6", "pause",
        "Save the training and let the computer do something else", in_toolbar=True, short="Pause", begins_group=True,
    ),
    ActionSpec(
        "resume_training", "&Resume training", "F7", "resume",
        "Let the paused training go on", in_toolbar=True, short="Resume",
    ),
    ActionSpec("cancel_training", "&Cancel training", "F8", "cancel", "Save the training and end it"),
    ActionSpec(
        "evaluate", "E&valuate", "F9", "evaluate",
        "Measure the newest checkpoint on the test images", begins_group=True,
    ),
    ActionSpec("export_model", "Export &model…", "Ctrl+Shift+M", "export-model", "Make a model file of a checkpoint"),
    ActionSpec(
        "open_tensorboard", "Open Ten&sorBoard", "Ctrl+Shift+B", "tensorboard", "Show all curves in the browser"
    ),
    ActionSpec("show_log", "Training &log", "Ctrl+Shift+G", "log", "Show what the training said"),
    ActionSpec(
        "suggest_boxes", "Suggest bo&xes", "Ctrl+P", "suggest",
        "Let the newest model draw boxes into this image, for you to check", in_toolbar=True, short="Suggest",
        begins_group=True,
    ),
    ActionSpec(
        "accept_suggestions", "&Accept suggestions", "Ctrl+Return", "accept",
        "Take the suggested boxes of this image for yours", in_toolbar=True, short="Accept",
    ),
    ActionSpec(
        "suggest_when_opening", "Suggest when &opening an unlabelled image", "Ctrl+Alt+P", "suggest",
        "Suggest boxes by itself in each image that has none", checkable=True,
    ),
    ActionSpec(
        "go_to_training", "Go to the dock Tra&ining", "Ctrl+1", "train", "Show how the training is", begins_group=True
    ),
    ActionSpec("go_to_findings", "Go to the dock Fin&dings", "Ctrl+2", "findings", "Show what is wrong with the boxes"),
)  # fmt: skip
