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
    is_read,
    known_workspace,
    own_folder,
    set_up,
    xml_folder,
)
from boxwright_labelimg.controllers.session import Session
from boxwright_labelimg.dialogs.confirm import confirm
from boxwright_labelimg.host import Host, HostListener
from boxwright_labelimg.i18n import tr


class WorkspaceController(HostListener):
    """Joins the workspace of each folder that is opened, and makes sure that training reads what is saved."""

    def __init__(self, host: Host, session: Session) -> None:
        """Listen to the host."""
        self._host = host
        self._session = session
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

    def prepare(self, then: Callable[[Workspace], None]) -> None:
        """Save the boxes, make sure that training reads them, make a workspace where there is none; then call `then`.

        Without the user's consent nothing happens: unsaved boxes stay on the screen, and `then` is not called.
        """
        folder = self._host.images_folder
        if folder is None or not self._host.may_close_image():
            return
        workspace = self._session.workspace
        if workspace is None:
            self._make_workspace(folder, then)
        elif self.ensure_save_folder(workspace):
            then(workspace)

    def ensure_save_folder(self, workspace: Workspace) -> bool:
        """Return whether boxes are saved where training reads them; offers to copy and to save there."""
        folder = self._host.save_folder
        if folder is None or is_read(workspace, folder):
            return True
        if not annotation_files(folder):
            self._host.set_save_folder(None)
            return True
        if not confirm(
            self._host.parent,
            tr("Train"),
            tr(
                "Your boxes are saved in {folder}, which training does not read. Copy them into {place} and save there "
                "from now on? Nothing is moved or deleted.",
                folder=folder,
                place=workspace.annotations,
            ),
        ):
            return False
        self._host.set_save_folder(workspace.annotations, is_users_choice=True)
        self._session.do(partial(commands.copy_annotations, folder, workspace.annotations))
        return True

    def _make_workspace(self, folder: Path, then: Callable[[Workspace], None]) -> None:
        from boxwright_labelimg.dialogs.workspace import WorkspaceDialog  # noqa: PLC0415  # loaded when it opens

        dialog = WorkspaceDialog(folder, self._host.parent)
        if not dialog.exec_():
            return
        place = dialog.place()
        self._host.show_message(tr("Making {folder} …", folder=place), 0)

        def ready(setup: Setup) -> None:
            self._host.show_message(tr("The training files go to {folder}.", folder=setup.workspace.root))
            self._session.join(setup.workspace)
            if setup.images != folder:
                self._host.open_folder(setup.images)
            if self.ensure_save_folder(setup.workspace):
                then(setup.workspace)

        self._session.do(partial(set_up, folder, place), ready)

    # where XML is saved
    def _joined(self) -> None:
        workspace, image = self._session.workspace, self._host.image
        if workspace is None:
            self._host.set_save_folder(self._host.users_save_folder)
        elif image is not None and not self._host.is_edited:
            self._host.set_save_folder(self.folder_of(image))

    def folder_of(self, image: Path) -> Path:
        """Return where the XML of an image is, or goes.

        Without a workspace it is in the user's folder, or else where the image has it already, or beside the image.
        With one it is where training reads it: in the user's folder, or else beside the image or in annotations/.
        """
        workspace, users = self._session.workspace, self._host.users_save_folder
        if workspace is None:
            return users if users is not None else own_folder(image.absolute())
        return users if users is not None and is_read(workspace, users) else xml_folder(workspace, image.absolute())
