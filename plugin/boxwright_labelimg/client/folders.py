"""Which workspace a folder of images belongs to, and making one around it without moving anything."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from boxwright.errors import BoxwrightError
from boxwright.files import atomic_write_text
from boxwright.jobs.locks import shared_folder
from boxwright.workspace import SIDES, Workspace
from boxwright_labelimg.client.program import run

IMAGES = "images"
BESIDE = "_boxwright"  # what a workspace beside a folder is called, after the folder


@dataclass(frozen=True)
class Setup:
    """A workspace, and where labelImg goes on.

    Attributes:
        workspace: Laid out.
        images: The folder to open; the user's own, unless it had to be copied.
    """

    workspace: Workspace
    images: Path


def known_workspace(folder: Path) -> Workspace | None:
    """Return the workspace that a folder is, lies in, or was given by the user; None when it has none yet."""
    for place in (folder, *folder.parents):
        if _is_workspace(place):
            return Workspace.at(place)
    remembered = _remembered().get(str(folder))
    if remembered and _is_workspace(Path(remembered)):
        return Workspace.at(remembered)
    beside = proposed_place(folder)
    if _is_workspace(beside) and _same(beside / IMAGES, images_of(folder)):
        return Workspace.at(beside)
    return None


def _is_workspace(place: Path) -> bool:
    has_state = any((place / name).is_dir() for name in (".boxwright", "annotations", "training"))
    return has_state and (place / IMAGES).is_dir()


def images_of(folder: Path) -> Path:
    """Return the folder that becomes images/: `folder`, or the one above it when it is one side of a split."""
    is_side = folder.name.lower() in SIDES
    siblings = {path.name.lower() for path in folder.parent.iterdir() if path.is_dir()} if is_side else set()
    return folder.parent if is_side and (folder.parent.name == IMAGES or set(SIDES) <= siblings) else folder


def proposed_place(folder: Path) -> Path:
    """Return where a workspace for a folder of images goes by default.

    That is the folder above, when the images' folder is named images; else a new one beside it.
    """
    images = images_of(folder)
    return images.parent if images.name == IMAGES else images.with_name(images.name + BESIDE)


def set_up(folder: Path, place: Path) -> Setup:
    """Lay out a workspace at `place` for the images in `folder`, and remember it.

    The images stay where they are: they lie in the workspace already, or its images/ becomes a link to them. Only where
    the system lets nobody make such a link are they copied.

    Raises:
        BoxwrightError, OSError: It cannot be made there.
    """
    images = images_of(folder)
    own = place / IMAGES
    if own.is_dir() and not _same(own, images) and any(own.iterdir()):
        raise BoxwrightError(f"{own} holds other images. Choose another place.")
    run("init", str(place))
    opened = folder
    if not _same(own, images):
        own.rmdir()
        if not _link(images, own):
            run("init", str(place), "--images", str(images))
            opened = own / folder.relative_to(images)
    workspace = Workspace.at(place)
    workspace.state.mkdir(exist_ok=True)
    _remember(folder, workspace)
    return Setup(workspace, opened)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _link(target: Path, place: Path) -> bool:
    try:
        place.symlink_to(target, target_is_directory=True)
        return True
    except OSError:
        pass
    if os.name != "nt":
        return False
    import _winapi  # noqa: PLC0415  # junctions, which need no rights, have no other door

    try:
        _winapi.CreateJunction(str(target), str(place))  # type: ignore[attr-defined,unused-ignore]
        return True
    except OSError:
        return False


def _memory() -> Path:
    return shared_folder() / "labelimg.json"


def _remembered() -> dict[str, str]:
    try:
        said = json.loads(_memory().read_text("utf-8"))
        return {str(folder): str(place) for folder, place in said["workspaces"].items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return {}


def _remember(folder: Path, workspace: Workspace) -> None:
    _memory().parent.mkdir(parents=True, exist_ok=True)
    said = {"workspaces": {**_remembered(), str(folder): str(workspace.root)}}
    atomic_write_text(_memory(), json.dumps(said, indent=1))


def xml_folder(workspace: Workspace, image: Path) -> Path:
    """Return where the XML of an image of a workspace is, or goes: beside it, or in annotations/ where others are."""
    name = f"{image.stem}.xml"
    if (image.parent / name).exists():
        return image.parent
    if (workspace.annotations / name).exists():
        return workspace.annotations
    beside = next(image.parent.glob("*.xml"), None)
    there = next(workspace.annotations.glob("*.xml"), None)
    return workspace.annotations if there is not None and beside is None else image.parent


def is_read(workspace: Workspace, folder: Path) -> bool:
    """Return whether XML saved in a folder is read by the training of a workspace."""
    real = folder.resolve()
    return any(real.is_relative_to(root.resolve()) for root in (workspace.images, workspace.annotations))
