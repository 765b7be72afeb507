"""labelImg's window with training: the menu, the tool bar, two docks, and boxes that a model suggests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QByteArray, QEvent, QPoint, QSize, Qt, QTimer
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QApplication

from boxwright_labelimg.actions import Situation
from boxwright_labelimg.controllers.controllers import Controllers
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.docks.docks import Docks
from boxwright_labelimg.i18n import tr
from boxwright_labelimg.window.deletion import ImageDeletion
from boxwright_labelimg.window.edit_menu import EditMenu
from boxwright_labelimg.window.folder.access import FolderAccess
from boxwright_labelimg.window.folder.other_formats import OtherFormats
from boxwright_labelimg.window.folder.view import ViewMemory
from boxwright_labelimg.window.help_menu import HelpMenu
from boxwright_labelimg.window.labelimg_host import LabelImgHost
from boxwright_labelimg.window.menu import TrainMenu
from boxwright_labelimg.window.patched_window import PatchedMainWindow
from boxwright_labelimg.window.view_menu import ViewMenu

FIRST_SIZE = QSize(1200, 800)
TITLE_BAR = 32  # in pixels, above the window


class TrainingWindow(PatchedMainWindow):
    """labelImg's window with a menu "Train".

    Attributes:
        host: The window as the controllers see it.
        session: The workspace of the open folder.
        docks: "Training" and "Findings".
        controllers: What the actions do.
        train_menu: The actions.
        edit_menu: Undo and redo.
        help_menu: Guide, shortcuts, both programs.
        view_menu: The next image without boxes, an image by its name, zoom to a box.
        deletion: Moves photos to the trash.
        access: Whether the boxes of the open folder may be edited.
        view: How the open folder was seen last.
        other_formats: Photos that labelImg cannot open.
    """

    def __init__(self, class_file: str = "", save_dir: str | None = None) -> None:
        """Build the window; a folder is opened with `open_place`."""
        self._is_built = False  # labelImg calls methods of ours while it builds its window
        super().__init__(None, class_file, save_dir)
        self.host = LabelImgHost(self, save_dir)
        self.session = Session(self)
        self.docks = Docks(self)
        self.controllers = Controllers.of(self.host, self.session, self.docks)
        self.train_menu = TrainMenu(self, self.controllers)
        self.edit_menu = EditMenu(self)
        self.help_menu = HelpMenu(self)
        self.view_menu = ViewMenu(self)
        self.deletion = ImageDeletion(self)
        self.access = FolderAccess(self)
        self.view = ViewMemory(self)
        self.other_formats = OtherFormats(self, self.session)
        self.canvas.hint = tr("Open a folder of photos: File > Open Dir (Ctrl+U).")
        self._place_docks()
        self._place_menu()
        self._is_built = True
        self.restoreState(self.settings.get("window/state", QByteArray()))
        self._fit_into_screen()
        self.session.situation_changed.connect(self._enable_actions)
        self.canvas.released.connect(self.host.history.record)
        self.canvas.double_clicked.connect(self.controllers.suggestions.accept_selected)
        self._enable_actions()

    def open_place(self, place: Path) -> None:
        """Open a folder of images, a workspace, or one image."""
        self.controllers.workspaces.open_place(place)

    def later(self, work: Callable[[], None]) -> None:
        """Do something when the event loop is reached again."""
        QTimer.singleShot(0, work)

    # methods of labelImg that open images and save boxes
    def annotation_folder(self, image: str) -> str | None:
        """Return where the XML of an image is."""
        folder = self.controllers.workspaces.folder_of(Path(image))
        return None if folder is None else str(folder)

    def load_file(self, file_path: str | None = None) -> Any:
        """Open an image, with the XML from where its workspace has it."""
        if self._is_built and file_path:
            for listener in self.host.listeners:
                listener.image_opening(Path(file_path))
        loaded = super().load_file(file_path)
        if self._is_built:
            self.canvas.de_select_shape()  # labelImg selects the last box: a key would change it unasked
            self.host.history.begin(is_saved=not self.dirty)
            for listener in self.host.listeners:
                listener.image_opened()
            self._enable_actions()
        return loaded

    def save_labels(self, annotation_file_path: str) -> bool:
        """Save the boxes, those that were only suggested included."""
        if self._is_built and self.access.is_read_only:
            self.status(tr("Nothing is saved: another window has this folder open."))
            return False
        saved = super().save_labels(annotation_file_path)
        if saved and self._is_built:
            for listener in self.host.listeners:
                listener.boxes_saved()
            self.host.history.record()  # saving accepts suggestions
            self.host.history.stack.setClean()
        return saved

    def set_dirty(self) -> None:
        """Note that boxes were edited."""
        if self._is_built and self.access.is_read_only:
            self.later(self._take_back)
            return
        super().set_dirty()
        if self._is_built:
            for listener in self.host.listeners:
                listener.boxes_edited()
            if not self.canvas.is_pressed:  # while the mouse moves a box, each of its places is an edit for labelImg
                self.host.history.record(is_key_move=self.canvas.moves_by_key)

    def _take_back(self) -> None:
        """Take an edit back that must not be made."""
        self.host.history.take_back()
        self.status(tr("Read-only: another window has this folder open."))

    def change_format(self) -> None:
        """Change the format; the boxes must be saved in it, whatever is undone."""
        super().change_format()
        self.host.history.stack.resetClean()

    def undo(self) -> None:
        """Undo the last edit of a box."""
        if not self.canvas.current:  # a box that is being drawn
            self.host.history.stack.undo()
            self._follow_history()

    def redo(self) -> None:
        """Do the last undone edit again."""
        if not self.canvas.current:
            self.host.history.stack.redo()
            self._follow_history()

    def _follow_history(self) -> None:
        if self.host.history.stack.isClean():
            self.set_clean()
        else:
            super().set_dirty()
        for listener in self.host.listeners:
            listener.boxes_restored()
        if self.controllers.suggestions.are_shown:
            self.actions.save.setEnabled(True)  # to save is to accept

    def use_class_key(self, number: int, *_: object) -> None:
        """Give a box the class of a number key."""
        self.controllers.classes.use_number(number)

    def show_class_keys(self, labels: Sequence[str]) -> None:
        """Show in the menu which class each number key gives."""
        self.edit_menu.show_classes(labels)

    def show_shortcuts_dialog(self) -> None:
        """Show the shortcuts of this window; labelImg opens a web page about its own."""
        self.help_menu.show_shortcuts()

    def show_info_dialog(self) -> None:
        """Show both programs with their versions."""
        self.help_menu.show_about()

    def delete_image(self) -> None:
        """Move the photo to the trash, when the user says so; labelImg deletes it at once and for good."""
        self.deletion.delete()

    def reset_state(self) -> None:
        """Close the image."""
        super().reset_state()
        if self._is_built:
            self.host.image_closed()

    def add_label(self, shape: Any) -> None:
        """Put a shape into the list."""
        if self._is_built:
            self.host.adding(shape)
        super().add_label(shape)

    def import_dir_images(self, dir_path: str | None) -> None:
        """Open a folder, and with it the workspace that it belongs to."""
        if not dir_path or not self.may_continue():
            return
        if not self.access.enter(Path(dir_path)):
            return
        self.dirty = False  # saved or discarded: labelImg's own question is not asked again
        self.deletion.forget()
        self.view.leave()
        self.view.enter(Path(dir_path))
        for listener in self.host.listeners:
            listener.folder_opening(Path(dir_path))
        super().import_dir_images(dir_path)
        self.view.show()
        for listener in self.host.listeners:
            listener.folder_opened()
        if self.session.workspace is None:
            self.docks.show_nothing(has_folder=True)
        self.other_formats.enter(Path(dir_path))
        if not self.m_img_list:
            self.close_file()
        self.canvas.hint = "" if self.m_img_list else _empty_folder(dir_path)

    def open_next_image(self, _value: bool = False) -> None:
        """Open the next image; of a folder that was just opened the one that was seen last."""
        if self.file_path is not None or not self.m_img_list:
            super().open_next_image()
            return
        self.cur_img_idx = self.m_img_list.index(self.view.image) if self.view.image in self.m_img_list else 0
        self.load_file(self.m_img_list[self.cur_img_idx])

    def change_save_dir_dialog(self, _value: bool = False) -> None:
        """Let the user choose where XML goes."""
        before = self.default_save_dir
        super().change_save_dir_dialog()
        if self.default_save_dir != before:  # not cancelled
            self.host.set_save_folder(self.host.save_folder, is_users_choice=True)
            if self.host.save_folder is not None:
                self.controllers.workspaces.save_folder_chosen(self.host.save_folder)

    def changeEvent(self, event: QEvent) -> None:
        """When the user comes back to this window, show what other programs have done meanwhile."""
        super().changeEvent(event)
        if event.type() == QEvent.ActivationChange and self._is_built and self.isActiveWindow():
            self.later(self._look_again)

    def _look_again(self) -> None:
        self.access.look_again()
        if not self.canvas.current:  # a box that is being drawn
            self.load_what_changed()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close; jobs continue without the window."""
        folder = self.host.save_folder
        self.host.restore_users_save_folder()
        super().closeEvent(event)
        if not event.isAccepted():
            self.host.set_save_folder(folder)
            return
        self.view.leave()
        self.deletion.forget()
        self.access.leave()
        self.controllers.close()
        self.session.tasks.close()

    # size, docks and actions
    def _fit_into_screen(self) -> None:
        """Open within the screen: the first time in its middle, later where the window was, however large it was."""
        screen = QApplication.desktop().availableGeometry(self).adjusted(0, TITLE_BAR, 0, 0)
        is_first = self.settings.get("window/size") is None
        self.resize((FIRST_SIZE if is_first else self.size()).boundedTo(screen.size()))
        place = self.geometry()
        if is_first:
            place.moveCenter(screen.center())
        place.moveRight(min(place.right(), screen.right()))
        place.moveBottom(min(place.bottom(), screen.bottom()))
        place.moveTopLeft(QPoint(max(place.left(), screen.left()), max(place.top(), screen.top())))
        self.setGeometry(place)

    def populate_mode_actions(self) -> None:
        """Build labelImg's menus and tool bar, with what is added."""
        super().populate_mode_actions()
        if self._is_built:
            self.edit_menu.place()

    def _place_docks(self) -> None:
        for dock in (self.docks.training, self.docks.findings, self.docks.mistakes):
            self.addDockWidget(Qt.RightDockWidgetArea, dock)
            self.tabifyDockWidget(self.file_dock, dock)
            self.menus.view.addAction(dock.toggleViewAction())
        self.file_dock.widget().layout().addWidget(self.docks.photos)
        self.docks.photos.attach(self.file_list_widget)
        self.file_dock.raise_()
        self.resizeDocks([self.dock, self.file_dock], [2, 3], Qt.Vertical)

    def _place_menu(self) -> None:
        self.edit_menu.place()
        self.menuBar().insertMenu(self.menus.help.menuAction(), self.train_menu.menu)
        self.addToolBar(Qt.TopToolBarArea, self.train_menu.tools)

    def _enable_actions(self) -> None:
        self.train_menu.enable(self.situation())

    def situation(self) -> Situation:
        """Return what decides which actions are enabled."""
        status = self.session.status
        return Situation(
            has_folder=self.host.images_folder is not None,
            has_image=self.host.image is not None,
            is_exporting_dataset=self.controllers.dataset.is_exporting,
            job=self.controllers.jobs.under_way,
            has_jobs=status is not None and bool(status.jobs),
            has_training=status is not None and bool(status.training or status.evaluation or status.device),
            has_model=status is not None and bool(status.export),
            has_suggestions=self.controllers.suggestions.are_shown,
        )


def _empty_folder(folder: str) -> str:
    return tr(
        "{folder}\nhas no photos that labelImg can open. Copy photos into it and open it again, "
        "or open another folder: File > Open Dir (Ctrl+U).",
        folder=folder,
    )
