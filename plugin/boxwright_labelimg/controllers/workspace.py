"""Which workspace belongs to the open folder, where boxes are saved, and making a workspace at the first use."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from boxwright.workspace import Workspace
from boxwright_labelimg.client import commands
from boxwright_labelimg.client.folders import (
    IMAGES,
    Setup,
    annotation_files,
    is_gone,
    is_read,
    known_workspace,
    original_images,
    own_folder,
    set_up,
    xml_folder,
)
from boxwright_labelimg.client.job_summary import Help
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.dialogs.questions import confirm
from boxwright_labelimg.host import Host, HostListener
from boxwright_labelimg.i18n import tr


class WorkspaceController(HostListener):
    """Joins the workspace of each folder that is opened, and makes sure that training reads what is saved."""

    def __init__(self, host: Host, session: Session) -> None:
        """Listen to the host."""
        self._host = host
        self._session = session
        self._title = ""
        session.workspace_changed.connect(self._joined)
        host.add_listener(self)

    # the host's events
    def folder_opening(self, folder: Path) -> None:
        """Join the workspace that the folder belongs to."""
        self._session.join(known_workspace(folder.absolute()) if folder.is_dir() else None)

    def image_opening(self, image: Path) -> None:
        """Choose where the XML of the image is searched for and saved."""
        self._host.set_save_folder(self.folder_of(image))

    # the menu and the command line
    def open_place(self, place: Path) -> None:
        """Open a folder of images, a workspace, or one image."""
        if place.is_file():
            self.folder_opening(place.parent)
            self._host.open_image(place)
            return
        images = place / IMAGES
        self._host.open_folder(images if images.is_dir() else place)

    def prepare(self, then: Callable[[Workspace], None], *, title: str) -> None:
        """Save the boxes, make sure that training reads them, make a workspace where there is none; then call `then`.

        Without the user's consent nothing happens: unsaved boxes stay on the screen, and `then` is not called.

        Args:
            then: Takes the workspace.
            title: Of the questions: what the user wants to do.
        """
        self._title = title
        folder = self._host.images_folder
        if folder is None or not self._host.may_close_image():
            return
        workspace = self._session.workspace
        if workspace is None:
            self._make_workspace(folder, then)
        elif is_gone(workspace):
            self._make_again(workspace, folder, then)
        else:
            self.ensure_save_folder(workspace, self._host.save_folder, then)

    def help(self, wanted: Help) -> None:
        """Do what the button of the dock Training offers, if it is about the workspace."""
        workspace, folder = self._session.workspace, self._host.images_folder
        if wanted is Help.MAKE_AGAIN and workspace is not None and folder is not None:
            self._title = tr("Training files")
            self._make_again(workspace, folder, lambda _: None)

    def save_folder_chosen(self, folder: Path) -> None:
        """Say so when training does not read the folder that the user has chosen for annotation files."""
        workspace = self._session.workspace
        if workspace is not None and not is_read(workspace, folder):
            text = tr(
                "Training does not read {folder}. Train and Export dataset offer to copy the boxes.", folder=folder
            )
            self._host.show_message(text, 0)

    def ensure_save_folder(self, workspace: Workspace, folder: Path | None, then: Callable[[Workspace], None]) -> None:
        """Call `then` when XML is saved where training reads it; offer to copy what is in another folder.

        Args:
            workspace: Whose training.
            folder: Where XML is saved so far.
            then: Is not called when the user refuses.
        """
        if folder is None or is_read(workspace, folder):
            then(workspace)
            return
        if not annotation_files(folder):
            self._choose_save_folder()
            then(workspace)
            return
        if not confirm(
            self._host.parent,
            self._title,
            tr(
                "Your boxes are saved in {folder}, which training does not read. Copy them into {place} and save there "
                "from now on? Nothing is moved or deleted.",
                folder=folder,
                place=workspace.annotations,
            ),
        ):
            return

        def copied(_: int) -> None:
            self._host.set_save_folder(workspace.annotations, is_users_choice=True)
            then(workspace)

        self._session.do(partial(commands.copy_annotations, folder, workspace.annotations), copied)

    def _make_workspace(self, folder: Path, then: Callable[[Workspace], None]) -> None:
        from boxwright_labelimg.dialogs.workspace import WorkspaceDialog  # noqa: PLC0415  # loaded when it opens

        dialog = WorkspaceDialog(folder, self._host.parent)
        if not dialog.exec_():
            return
        self._set_up(folder, dialog.place(), then)

    def _make_again(self, workspace: Workspace, folder: Path, then: Callable[[Workspace], None]) -> None:
        """Make a workspace as the first time, at the same place, when the user says so."""
        images = folder if folder.is_dir() else original_images(workspace)
        if images is None:
            text = tr("{folder} was deleted or moved, and the images with it.", folder=workspace.root)
            self._session.failed.emit(text)
            return
        if confirm(
            self._host.parent,
            self._title,
            tr(
                "The training files in {place} are gone: the folder was deleted or moved. Make them again? "
                "Your images in {folder} stay where they are and are never changed.",
                place=workspace.root,
                folder=images,
            ),
        ):
            self._set_up(images, workspace.root, then)

    def _set_up(self, folder: Path, place: Path, then: Callable[[Workspace], None]) -> None:
        self._host.show_message(tr("Making {folder} …", folder=place), 0)
        saved_in, opened = self._host.save_folder, self._host.images_folder

        def ready(setup: Setup) -> None:
            self._host.show_message(tr("The training files go to {folder}.", folder=setup.workspace.root))
            self._session.join(setup.workspace)
            if setup.images != opened:
                self._host.open_folder(setup.images)
            self._choose_save_folder()
            self.ensure_save_folder(setup.workspace, saved_in, then)

        self._session.do(partial(set_up, folder, place), ready)

    # where XML is saved
    def _joined(self) -> None:
        if self._session.workspace is not None and not self._host.is_edited:
            self._choose_save_folder()

    def _choose_save_folder(self) -> None:
        if self._host.image is not None:
            self._host.set_save_folder(self.folder_of(self._host.image))

    def folder_of(self, image: Path) -> Path:
        """Return where the XML of an image is, or goes.

        Without a workspace it is in the user's folder, or else where the image has it already, or beside the image.
        With one it is where training reads it: where the image has it already, or else in the user's folder, beside
        the image or in annotations/.
        """
        workspace, users = self._session.workspace, self._host.users_save_folder(image)
        if workspace is None:
            return users if users is not None else own_folder(image.absolute())
        read = users if users is not None and is_read(workspace, users) else None
        return xml_folder(workspace, image.absolute(), read)
