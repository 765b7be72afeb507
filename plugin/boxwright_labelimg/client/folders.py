"""Which workspace a folder of images belongs to, and making one around it without moving anything."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from boxwright.annotations.class_names import is_class_file
from boxwright.annotations.model import AnnotationError
from boxwright.annotations.readers import CREATE_ML, FORMATS, PASCAL_VOC, YOLO, read_annotation
from boxwright.errors import BoxwrightError
from boxwright.workspace import SPLITS, Workspace
from boxwright_labelimg.client.memory import WORKSPACES, key, recall, remember

IMAGES = "images"
XML_FOLDERS = ("annotations", "xml", "xmls", "labels")  # what people call them, in lower case
BESIDE = "_boxwright"  # what a workspace beside a folder is called, after the folder


@dataclass(frozen=True)
class Setup:
    """A workspace, and the images to label.

    Attributes:
        workspace: Laid out.
        images: The folder to open; the user's own, unless it had to be copied.
    """

    workspace: Workspace
    images: Path


def known_workspace(folder: Path) -> Workspace | None:
    """Return the workspace that a folder is, whose images it holds, or that the user gave it; None without one."""
    folder = _whole(folder)
    for place in (folder, *folder.parents):
        # training reads nothing else in a workspace, nor what is beside images/ in a home folder
        if _is_workspace(place) and (folder == place or folder.is_relative_to(place / IMAGES)):
            return Workspace.at(place)
    remembered = recall(WORKSPACES)
    for within in (folder, *folder.parents):
        images = images_of(within)
        given = remembered.get(key(images))
        for place in ([Path(given)] if given else []) + [suggested_place(within)]:
            if _is_workspace(place) and _same(place / IMAGES, images):
                return Workspace.at(place)
    return None


def _whole(folder: Path) -> Path:
    return Path(os.path.abspath(folder))  # noqa: PTH100  # resolve() would follow the links in the user's path


def _is_workspace(place: Path) -> bool:
    has_state = any((place / name).is_dir() for name in (".boxwright", "annotations", "training"))
    return has_state and (place / IMAGES).is_dir()


def images_of(folder: Path) -> Path:
    """Return the folder that becomes images/: `folder`, or the one above it when it is one split of a split."""
    above = folder.parent
    if folder.name.lower() not in SPLITS or above == Path(above.anchor):
        return folder
    is_split = set(SPLITS) <= {name.lower() for name in _folders_in(above)}
    return above if above.name.lower() == IMAGES or is_split else folder


def _folders_in(folder: Path) -> set[str]:
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if entry.is_dir()}
    except OSError:
        return set()  # a folder may be entered but not listed


def suggested_place(folder: Path) -> Path:
    """Return where a workspace for a folder of images goes by default.

    That is the folder above, when the images' folder is named images; else a new one beside it, or in the user's home
    where nothing can be written beside it.
    """
    images = images_of(_whole(folder))
    if _same(images.parent / IMAGES, images):
        return images.parent
    named = (images.name or IMAGES) + BESIDE  # the root of a drive has no name
    return (images.parent if images.name and os.access(images.parent, os.W_OK) else Path.home()) / named


def is_gone(workspace: Workspace) -> bool:
    """Return whether a workspace was deleted or moved since it was joined."""
    return not os.path.lexists(workspace.images)


def original_images(workspace: Workspace) -> Path | None:
    """Return the folder of images that the user gave a workspace; None where that is not known, or gone."""
    for folder, place in recall(WORKSPACES).items():
        if place == str(workspace.root) and Path(folder).is_dir():
            return Path(folder)
    return None


def lost_place(folder: Path) -> Path | None:
    """Return where the workspace of a folder of images was, when it is not there any more; None otherwise."""
    place = recall(WORKSPACES).get(key(images_of(_whole(folder))))
    return Path(place) if place is not None and is_gone(Workspace.at(place)) else None


def set_up(folder: Path, place: Path) -> Setup:
    """Lay out a workspace at `place` for the images in `folder`, and remember it.

    The images stay where they are: they lie in the workspace already, or its images/ becomes a link to them. Only where
    the system allows no such link are they copied; what is copied already is not copied again.

    Raises:
        BoxwrightError, OSError: It cannot be made there.
    """
    from boxwright.workflow.init import InitOptions, init  # noqa: PLC0415  # loads Pillow: not needed to open the window

    folder, place = _whole(folder), _whole(place)
    images = images_of(folder)
    own = place / IMAGES
    is_known = recall(WORKSPACES).get(key(images)) == str(place)
    is_copied = is_known and own.is_dir() and not own.is_symlink() and any(own.iterdir())
    if place.resolve().is_relative_to(images.resolve()):
        raise BoxwrightError(f"{place} lies in the folder of the images. Choose the one above, or another place.")
    if own.is_dir() and not _same(own, images) and any(own.iterdir()) and not is_copied:
        raise BoxwrightError(f"{own} holds other images. Choose another place.")
    workspace = Workspace.at(place)
    init(workspace)
    opened = folder
    if not _same(own, images) and (is_copied or not _put_link(images, own)):
        init(workspace, InitOptions(images=images))
        opened = own / str(folder.relative_to(images)).lower()  # the name of a split, which init writes in lower case
    workspace.state.mkdir(exist_ok=True)
    remember(WORKSPACES, images, workspace.root)
    return Setup(workspace, opened)


def _put_link(images: Path, own: Path) -> bool:
    """Make the empty folder `own` a link; return whether that can be done here."""
    own.rmdir()
    if _link(images, own):
        return True
    own.mkdir()
    return False


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
    import _winapi  # noqa: PLC0415  # the only way to make a junction, which needs no privileges

    try:
        _winapi.CreateJunction(str(target), str(place))  # type: ignore[attr-defined,unused-ignore]
        return True
    except OSError:
        return False


def xml_folder(workspace: Workspace, image: Path, users: Path | None = None) -> Path:
    """Return where the XML of an image of a workspace is, or goes.

    Args:
        workspace: Whose training reads it.
        image: Absolute.
        users: The folder of the user's choice, one that training reads.

    Returns:
        Where the image has its XML, in the order in which training looks for it. For one that has none the user's
        folder, else beside the image or in annotations/, where others are.
    """
    read = folders_read(workspace, image)
    if users is None:
        return _folder_of_xml(image, read[1:])
    return next((folder for folder in (*read, users) if has_annotation_in(folder, image)), users)


def folders_read(workspace: Workspace, image: Path) -> list[Path]:
    """Return the folders in which training looks for the annotation file of an image, in this order.

    These are the image's own, the one at its place below annotations/, and annotations/ itself.
    """
    folder, images = image.parent.resolve(), workspace.images.resolve()
    is_inside = folder != images and folder.is_relative_to(images)
    mirrored = [workspace.annotations / folder.relative_to(images)] if is_inside else []
    return [image.parent, *mirrored, workspace.annotations]


def own_folder(image: Path) -> Path:
    """Return where the XML of an image without a workspace is, or goes: beside it, or in a folder where others are."""
    return _folder_of_xml(image, _xml_folders(image.parent))


def annotation_folders(folder: Path) -> list[Path]:
    """Return the folders that may hold the annotations of the images below a folder, itself included."""
    return [folder, *_xml_folders(folder), *_xml_folders(folder.parent)]


def _xml_folders(images: Path) -> list[Path]:
    """Return the folders beside a folder of images, and in it, that are named as those of annotations are."""
    places = (images.parent, images)
    return [place / name for place in places for name in sorted(_folders_in(place)) if name.lower() in XML_FOLDERS]


def _folder_of_xml(image: Path, others: Sequence[Path]) -> Path:
    for folder in (image.parent, *others):
        if has_annotation_in(folder, image):
            return folder
    if not _holds_annotations(image.parent):
        return next((folder for folder in others if _holds_annotations(folder)), image.parent)
    return image.parent


def has_annotation_in(folder: Path, image: Path) -> bool:
    """Return whether a folder holds an annotation file of an image, in any format."""
    return any(os.path.lexists(folder / f"{image.stem}{suffix}") for suffix in FORMATS)


def _holds_annotations(folder: Path) -> bool:
    """Stop at the first: the folder may hold 100,000 files, and this runs in the interface's thread."""
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.lower().endswith(".xml") or is_class_file(entry.name) for entry in entries)
    except OSError:
        return False


def annotation_files(folder: Path) -> list[Path]:
    """Return the annotation files in a folder, and its class names: what labelImg writes, in any format."""
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return []
    has_class_names = any(is_class_file(path.name) for path in files)
    return [
        path
        for path in files
        if path.suffix.lower() == PASCAL_VOC.suffix
        or (path.suffix.lower() == YOLO.suffix and has_class_names)
        or is_class_file(path.name)
        or (path.suffix.lower() == CREATE_ML.suffix and _can_be_read(path))
    ]


def _can_be_read(path: Path) -> bool:
    try:
        read_annotation(path)
    except AnnotationError:
        return False
    return True


def is_read(workspace: Workspace, folder: Path) -> bool:
    """Return whether boxes saved in a folder are read by the training of a workspace."""
    real = folder.resolve()
    return any(real.is_relative_to(root.resolve()) for root in (workspace.images, workspace.annotations))
