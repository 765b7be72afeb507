"""labelImg's window with training: the menu, the tool bar, two docks, and boxes that a model suggests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QByteArray, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QAction, QDockWidget, QMessageBox, QToolBar, QWidget

from boxwright.workspace import Workspace
from boxwright_labelimg.actions import ACTIONS
from boxwright_labelimg.client.folders import is_read, known_workspace, xml_folder
from boxwright_labelimg.client.workspace_status import WorkspaceStatus
from boxwright_labelimg.controllers.suggesting import SuggestionController
from boxwright_labelimg.controllers.training import Training
from boxwright_labelimg.docks.findings import FindingsDock
from boxwright_labelimg.docks.training import TrainingDock
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.icons import icon
from boxwright_labelimg.task_runner import TaskRunner
from boxwright_labelimg.window.patched_window import PatchedMainWindow, labelimg


class TrainingWindow(PatchedMainWindow):
    """labelImg's window with a menu "Train".

    Attributes:
        image_opened: A load_file has ended; the image's path, "" when none is open.
        labels_saved: A save_labels has succeeded.
        workspace: That of the open folder; None as long as it has none.
        workspace_status: The workspace as it was last seen, None before.
    """

    image_opened = pyqtSignal(str)
    labels_saved = pyqtSignal()
    edited = pyqtSignal()
    tasks: TaskRunner

    def __init__(self, class_file: str = "", save_dir: str | None = None) -> None:
        """Build the window; a folder is opened with `open_place`."""
        self._is_built = False
        super().__init__(None, class_file, save_dir)
        self.workspace: Workspace | None = None
        self.workspace_status: WorkspaceStatus | None = None
        self._users_save_dir = self.default_save_dir
        self.tasks = TaskRunner(self)
        self.tasks.status_came.connect(self._show_status)
        self.training = Training(self)
        self.suggesting = SuggestionController(self)
        self._make_docks()
        self._make_actions()
        self._is_built = True
        self.restoreState(self.settings.get("window/state", QByteArray()))
        self._enable_actions()

    # labelImg's two funnels, and what else it does with boxes
    def load_file(self, file_path: str | None = None) -> Any:
        """Open an image, with the XML from where its workspace has it."""
        if self._is_built:
            self.suggesting.forget()
            if self.workspace is not None and file_path:
                self._choose_save_dir(Path(file_path))
        loaded = super().load_file(file_path)
        if self._is_built:
            self.image_opened.emit(self.file_path or "")
            self._enable_actions()
        return loaded

    def save_labels(self, annotation_file_path: str) -> bool:
        """Save the boxes; what was suggested is then the user's."""
        saved = super().save_labels(annotation_file_path)
        if saved and self._is_built:
            self.labels_saved.emit()
        return saved

    def set_dirty(self) -> None:
        """Note that boxes were edited."""
        super().set_dirty()
        if self._is_built:
            self.edited.emit()

    def reset_state(self) -> None:
        """Close the image."""
        super().reset_state()
        if self._is_built:
            self.suggesting.forget()

    def add_label(self, shape: Any) -> None:
        """Put a shape into the list; a copy of a suggestion is none."""
        if self._is_built:
            self.suggesting.check_copy(shape)
        super().add_label(shape)

    def import_dir_images(self, dir_path: str | None) -> None:
        """Open a folder, and with it the workspace that it belongs to."""
        if not dir_path or not self.may_continue():
            return
        self.dirty = False  # saved, or let go: nobody is asked twice
        self._join(Path(dir_path))
        super().import_dir_images(dir_path)

    def change_save_dir_dialog(self, _value: bool = False) -> None:
        """Let the user choose where XML goes."""
        super().change_save_dir_dialog()
        self._users_save_dir = self.default_save_dir

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close; jobs go on without the window."""
        follows, self.default_save_dir = self.default_save_dir, self._users_save_dir
        super().closeEvent(event)
        if not event.isAccepted():
            self.default_save_dir = follows
            return
        self.training.close()
        self.tasks.close()

    # the workspace
    def open_place(self, place: Path) -> None:
        """Open a folder of images, a workspace, or one image."""
        if place.is_file():
            self._join(place.parent)
            self.load_file(str(place))
            return
        images = place / "images"
        self.import_dir_images(str(images if images.is_dir() else place))

    def change_save_dir(self, folder: Path) -> None:
        """Save XML there from now on, as if the user had chosen it."""
        self.default_save_dir = self._users_save_dir = str(folder)

    def images_folder(self) -> Path | None:
        """Return the folder of images that is open, None when there is none."""
        if self.dir_name:
            return Path(self.dir_name).absolute()
        return Path(self.file_path).absolute().parent if self.file_path else None

    def join(self, workspace: Workspace | None) -> None:
        """Work with this workspace from now on."""
        if workspace == self.workspace:
            return
        self.workspace = workspace
        self.workspace_status = None
        self.suggesting.forget()
        self.training.forget()
        self.tasks.watch(workspace)
        self.training_dock.show_nothing()
        self.findings_dock.show_nothing()
        if workspace is None:
            self.default_save_dir = self._users_save_dir
        elif self.file_path and not self.dirty:
            self._choose_save_dir(Path(self.file_path))
        self._enable_actions()

    def _join(self, folder: Path) -> None:
        self.join(known_workspace(folder.absolute()) if folder.is_dir() else None)

    def _choose_save_dir(self, image: Path) -> None:
        """Let the XML lie where training reads it: where the user said, or else beside the image or in annotations/."""
        assert self.workspace is not None
        if self._users_save_dir and is_read(self.workspace, Path(self._users_save_dir)):
            self.default_save_dir = str(Path(self._users_save_dir).absolute())
        else:
            self.default_save_dir = str(xml_folder(self.workspace, image.absolute()))

    # docks and actions
    def _make_docks(self) -> None:
        self.training_dock = TrainingDock(self)
        self.findings_dock = FindingsDock(self)
        for dock in (self.training_dock, self.findings_dock):
            self.addDockWidget(Qt.RightDockWidgetArea, dock)
            self.tabifyDockWidget(self.file_dock, dock)
        self.file_dock.raise_()
        self.resizeDocks([self.dock, self.file_dock], [2, 3], Qt.Vertical)
        self.training_dock.help_wanted.connect(self.training.help)
        self.training_dock.score_changed.connect(self.suggesting.show_from)
        self.findings_dock.opened.connect(self._open_finding)

    def _make_actions(self) -> None:
        self.train_actions: dict[str, QAction] = {}
        self.menus.train = self.menuBar().addMenu(tr("&Train"))
        self.menuBar().insertMenu(self.menus.help.menuAction(), self.menus.train)
        self.train_tools = QToolBar(tr("Train"), self)
        self.train_tools.setObjectName("boxwright.tools")
        self.train_tools.setToolButtonStyle(Qt.ToolButtonTextBesideIcon)
        self.addToolBar(Qt.TopToolBarArea, self.train_tools)
        for spec in ACTIONS:
            action = QAction(icon(spec.icon), tr(spec.text), self)
            action.setShortcut(spec.shortcut)
            action.setToolTip(f"{tr(spec.tip)} ({action.shortcut().toString()})")
            action.setStatusTip(tr(spec.tip))
            action.setCheckable(spec.checkable)
            owner = next(each for each in (self.training, self.suggesting, self) if hasattr(each, spec.name))
            if spec.checkable:
                action.toggled.connect(getattr(owner, spec.name))
            else:
                action.triggered.connect(partial(self._do, getattr(owner, spec.name)))
            if spec.begins_group:
                self.menus.train.addSeparator()
            self.menus.train.addAction(action)
            if spec.in_toolbar:
                action.setIconText(tr(spec.short))
                self.train_tools.addAction(action)
            self.train_actions[spec.name] = action
        for dock in (self.training_dock, self.findings_dock):
            self.menus.view.addAction(dock.toggleViewAction())

    def _do(self, method: Callable[[], None], _checked: bool = False) -> None:
        """Do what an action says; what was said of the one before is old."""
        self.training_dock.show_notice("")
        method()

    def go_to_training(self) -> None:
        """Bring the dock Training to the front, and the keyboard into it."""
        _bring_up(self.training_dock, self.training_dock.widget())

    def go_to_findings(self) -> None:
        """Bring the dock Findings to the front, and the keyboard into it."""
        _bring_up(self.findings_dock, self.findings_dock.table)

    def _enable_actions(self) -> None:
        able = {**self.training.able(), **self.suggesting.able(), "go_to_training": True, "go_to_findings": True}
        for name, action in self.train_actions.items():
            action.setEnabled(able[name])

    def refresh_actions(self) -> None:
        """Enable what can be done now."""
        self._enable_actions()

    def _show_status(self, status: WorkspaceStatus) -> None:
        if status.workspace != self.workspace:
            return  # of the one before, still under way
        self.workspace_status = status
        self.label_hist += [name for name in status.status.get("classes", ()) if name not in self.label_hist]
        self.training_dock.show_status(status)
        self.findings_dock.show_status(status)
        self.training.look(status)
        self._enable_actions()

    def _open_finding(self, file: str, number: int) -> None:
        """Open the image that a finding is about, and select the box."""
        path = self._image_of(file)
        if path is None:
            self.status(tr("{file} is no image of this folder.", file=file))
            return
        if path != self.file_path:
            if not self.may_continue():
                return
            self.cur_img_idx = self.m_img_list.index(path)
            self.load_file(path)
        if 0 < number <= self.label_list.count():
            self.label_list.setCurrentRow(number - 1)
        self.canvas.setFocus()

    def _image_of(self, file: str) -> str | None:
        assert self.workspace is not None
        wanted = self.workspace.root / file
        near = [path for path in self.m_img_list if Path(path).stem == wanted.stem]
        for path in near:
            if Path(path).name == wanted.name or _same_folder(Path(path), wanted):
                return str(path)
        return near[0] if near else None

    def ask(self, title: str, text: str, *, buttons: Any = QMessageBox.Yes | QMessageBox.No) -> Any:
        """Ask a question and return the button."""
        return QMessageBox.question(self, title, text, buttons)

    def later(self, work: Callable[[], None]) -> None:
        """Do something when the event loop is reached again."""
        QTimer.singleShot(0, work)


def _same_folder(one: Path, other: Path) -> bool:
    try:
        return one.parent.samefile(other.parent)
    except OSError:
        return False


def _bring_up(dock: QDockWidget, widget: QWidget) -> None:
    dock.show()
    dock.raise_()
    widget.setFocus(Qt.ShortcutFocusReason)


__all__ = ["TrainingWindow", "labelimg"]
