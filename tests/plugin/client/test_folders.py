"""Which workspace a folder belongs to, and making one without moving an image."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from boxwright.errors import BoxwrightError
from boxwright.workspace import Workspace
from boxwright_labelimg.client import folders
from boxwright_labelimg.client.folders import images_of, is_read, known_workspace, set_up, suggested_place, xml_folder
from tiny_workspaces import image_bytes, write_xml


def photos_in(folder: Path, *names: str) -> Path:
    for name in names or ("a.jpg", "b.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(image_bytes(len(name)))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which no link can be made."""

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError("links are not known here")

    monkeypatch.setattr(Path, "symlink_to", refuse)


# where a workspace goes
@pytest.mark.parametrize(
    ("opened", "images", "place"),
    [
        ("work/images", "work/images", "work"),
        ("work/images/train", "work/images", "work"),
        ("work/images/Test", "work/images", "work"),
        ("photos", "photos", "photos_boxwright"),
        ("photos/train", "photos", "photos_boxwright"),
        ("alone/train", "alone/train", "alone/train_boxwright"),
        ("fünf Äpfel (2)", "fünf Äpfel (2)", "fünf Äpfel (2)_boxwright"),
    ],
)
def test_the_place_that_is_suggested(tmp_path: Path, opened: str, images: str, place: str) -> None:
    (tmp_path / opened).mkdir(parents=True)
    if opened == "photos/train":
        (tmp_path / "photos" / "test").mkdir()
    assert images_of(tmp_path / opened) == tmp_path / images
    assert suggested_place(tmp_path / opened) == tmp_path / place


def test_a_split_alone_is_not_the_whole_of_a_drive() -> None:
    root = Path(Path.cwd().anchor)
    assert images_of(root / "train") == root / "train"


def test_a_drive_has_no_folder_beside_it() -> None:
    root = Path(Path.cwd().anchor)
    assert known_workspace(root) is None
    assert suggested_place(root) == Path.home() / "images_boxwright"


def test_a_folder_written_in_another_way_is_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos_in(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    for written in ("photos", "photos/", "./photos/.", "photos/../photos"):
        assert suggested_place(Path(written)) == tmp_path / "photos_boxwright"


def test_a_folder_that_may_not_be_listed_above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shared" / "train").mkdir(parents=True)
    listed = os.scandir

    def refuse(place: Path) -> object:
        if place == tmp_path / "shared":
            raise PermissionError(13, "Permission denied", str(place))
        return listed(place)

    monkeypatch.setattr(os, "scandir", refuse)
    assert known_workspace(tmp_path / "shared" / "train") is None


def test_a_folder_that_is_gone_has_no_workspace(tmp_path: Path) -> None:
    assert known_workspace(tmp_path / "gone" / "train") is None


def test_where_nothing_can_be_written_beside_the_images_the_home_is_suggested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos_in(tmp_path / "disc" / "photos")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path / "disc")
    assert suggested_place(tmp_path / "disc" / "photos") == Path.home() / "photos_boxwright"


# which workspace a folder has
def test_a_workspace_is_known_from_itself_and_from_its_images(workspace: Workspace) -> None:
    (workspace.images / "train" / "deep").mkdir(parents=True)
    for folder in (workspace.root, workspace.images, workspace.images / "train" / "deep"):
        assert known_workspace(folder) == workspace


def test_a_folder_beside_the_images_of_a_workspace_is_not_read_by_it(workspace: Workspace) -> None:
    """~/images and ~/training must not make one workspace of all of ~."""
    assert known_workspace(photos_in(workspace.root / "other photos")) is None


def test_images_alone_make_no_workspace(tmp_path: Path) -> None:
    assert known_workspace(photos_in(tmp_path / "images")) is None


# making one
def test_images_that_lie_right_stay(tmp_path: Path) -> None:
    images = photos_in(tmp_path / "work" / "images")
    before = contents(images)
    setup = set_up(images, suggested_place(images))
    assert (setup.workspace.root, setup.images) == (tmp_path / "work", images)
    assert contents(images) == before and not images.is_symlink()
    assert known_workspace(images) == setup.workspace


@pytest.mark.skipif(os.name == "nt", reason="Windows makes a junction, which is no symbolic link")
def test_images_elsewhere_are_linked_to_and_the_workspace_is_known_again(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "Fotos ä", "a.jpg", "farm/b.jpg")
    before = contents(photos)
    place = tmp_path / "somewhere else"
    setup = set_up(photos, place)
    assert setup.images == photos
    assert (place / "images").is_symlink() and (place / "images").samefile(photos)
    assert contents(photos) == before
    assert known_workspace(photos) == known_workspace(photos / "farm") == setup.workspace
    assert known_workspace(place / "images" / "farm") == setup.workspace
    assert set_up(photos, place).workspace == setup.workspace  # once more is no error


def test_both_splits_and_the_folder_above_them_have_the_same_workspace(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "photos", "train/a.jpg", "test/b.jpg")
    setup = set_up(photos / "train", tmp_path / "chosen")
    assert setup.images == photos / "train"
    assert (setup.workspace.images / "test" / "b.jpg").exists()
    for folder in (photos, photos / "train", photos / "test"):
        assert known_workspace(folder) == setup.workspace


def test_a_relative_folder_is_linked_to_from_wherever_the_workspace_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos_in(tmp_path / "photos")
    monkeypatch.chdir(tmp_path)
    setup = set_up(Path("photos"), Path("deep/er/work"))
    assert (setup.workspace.images / "a.jpg").exists()


def test_a_workspace_beside_is_found_without_memory(tmp_path: Path, cache: Path) -> None:
    photos = photos_in(tmp_path / "photos")
    setup = set_up(photos, suggested_place(photos))
    (cache / "labelimg.json").unlink()
    assert known_workspace(photos) == setup.workspace


@pytest.mark.parametrize("memory", ["", "[]", "{}", '{"workspaces": 3}', "\0"])
def test_a_damaged_memory_is_none(tmp_path: Path, cache: Path, memory: str) -> None:
    photos = photos_in(tmp_path / "photos")
    cache.mkdir()
    (cache / "labelimg.json").write_text(memory)
    assert known_workspace(photos) is None
    setup = set_up(photos, tmp_path / "chosen")
    assert known_workspace(photos) == setup.workspace


def test_a_home_that_cannot_be_written_does_not_prevent_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(tmp_path / "file"))
    photos = photos_in(tmp_path / "photos")
    assert known_workspace(photos) is None
    assert set_up(photos, suggested_place(photos)).workspace == known_workspace(photos)


def test_a_place_with_other_images_is_refused_and_left_alone(tmp_path: Path) -> None:
    photos, place = photos_in(tmp_path / "photos"), tmp_path / "place"
    photos_in(place / "images", "other.jpg")
    before = contents(tmp_path)
    with pytest.raises(BoxwrightError, match="holds other images"):
        set_up(photos, place)
    assert contents(tmp_path) == before


def test_a_place_within_the_images_would_hold_itself(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "photos")
    for place in (photos, photos / "training"):
        with pytest.raises(BoxwrightError, match="lies in the folder of the images"):
            set_up(photos, place)
    assert sorted(path.name for path in photos.iterdir()) == ["a.jpg", "b.jpg"]


def test_making_one_loads_nothing_heavy(tmp_path: Path) -> None:
    """It is made in labelImg's process, which stays small."""
    photos = photos_in(tmp_path / "photos")
    code = (
        "import sys; from pathlib import Path; from boxwright_labelimg.client.folders import set_up\n"
        "set_up(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "print([name for name in ('tensorflow', 'pandas', 'numpy', 'typer', 'rich') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(photos), str(tmp_path / "work")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


@pytest.mark.usefixtures("without_links")
def test_without_links_the_images_are_copied_and_the_copies_opened(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "photos", "Train/a.jpg", "Test/b.jpg")
    write_xml(photos / "Train" / "a.xml", "a.jpg", ["dog"])
    before = contents(photos)
    setup = set_up(photos / "Train", tmp_path / "work")
    assert contents(photos) == before
    assert setup.images.samefile(tmp_path / "work" / "images" / "train")
    assert {path.name for path in setup.images.iterdir()} == {"a.jpg", "a.xml"}
    # what is saved beside the originals is not read: they have no workspace, until the user asks again
    assert known_workspace(photos / "Train") is None
    write_xml(setup.images / "a.xml", "a.jpg", ["cat"])
    photos_in(photos, "Train/new.jpg")
    again = set_up(photos / "Train", tmp_path / "work")
    assert again.images.samefile(setup.images)
    assert (again.images / "new.jpg").exists()
    assert b"cat" in (again.images / "a.xml").read_bytes()


def test_a_place_within_a_file_is_an_error(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "photos")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        set_up(photos, tmp_path / "file" / "work")


# where XML goes
def test_xml_goes_where_it_is_or_where_others_are(workspace: Workspace) -> None:
    beside, there = workspace.images, workspace.annotations
    assert xml_folder(workspace, beside / "0.jpg") == beside
    assert xml_folder(workspace, beside / "new.jpg") == beside
    write_xml(there / "elsewhere.xml", "elsewhere.jpg", ["dog"])
    assert xml_folder(workspace, beside / "elsewhere.jpg") == there
    assert xml_folder(workspace, beside / "new.jpg") == beside
    (beside / "deep").mkdir()
    assert xml_folder(workspace, beside / "deep" / "new.jpg") == there


def test_xml_at_the_same_place_below_annotations(workspace: Workspace) -> None:
    image = workspace.images / "deep" / "a.jpg"
    image.parent.mkdir()
    there = workspace.annotations / "deep"
    there.mkdir(parents=True)
    assert xml_folder(workspace, image, workspace.annotations) == workspace.annotations
    (there / "a.xml").touch()
    assert xml_folder(workspace, image) == xml_folder(workspace, image, workspace.annotations) == there


def test_xml_of_an_image_whose_folder_is_gone(workspace: Workspace) -> None:
    gone = workspace.images / "gone" / "a.jpg"
    assert xml_folder(workspace, gone) == gone.parent


def test_to_look_where_xml_goes_ends_at_the_first(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(300):
        write_xml(workspace.annotations / f"{number}.xml", f"{number}.jpg", [])
    seen = []

    class Entries:
        def __init__(self, folder: Path) -> None:
            self._entries = scandir(folder)

        def __enter__(self) -> Entries:
            return self

        def __exit__(self, *_: object) -> None:
            self._entries.close()

        def __iter__(self) -> Entries:
            return self

        def __next__(self) -> os.DirEntry[str]:
            seen.append(next(self._entries))
            return seen[-1]

    scandir = os.scandir
    monkeypatch.setattr(folders.os, "scandir", Entries)
    (workspace.images / "deep").mkdir()
    assert xml_folder(workspace, workspace.images / "deep" / "new.jpg") == workspace.annotations
    assert len(seen) < 10


def test_what_training_reads(workspace: Workspace, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.symlink_to(workspace.images)
    assert is_read(workspace, linked)
    for folder in (workspace.images / "train", workspace.annotations, workspace.annotations / "xml"):
        assert is_read(workspace, folder)
    for folder in (workspace.root, workspace.exports, tmp_path, workspace.root / "images2"):
        assert not is_read(workspace, folder)


# a workspace that was deleted
@pytest.mark.skipif(os.name == "nt", reason="Windows makes a junction, which is no symbolic link")
def test_a_deleted_workspace_is_made_again_as_the_first_time(tmp_path: Path) -> None:
    photos = photos_in(tmp_path / "photos")
    write_xml(photos / "a.xml", "a.jpg", ["dog"])
    before = contents(photos)
    first = set_up(photos, tmp_path / "work")
    assert not folders.is_gone(first.workspace)
    assert folders.lost_place(photos) is None
    shutil.rmtree(first.workspace.root)
    assert folders.is_gone(first.workspace)
    assert folders.lost_place(photos) == first.workspace.root
    assert folders.original_images(first.workspace) == photos
    assert set_up(photos, tmp_path / "work") == first, "not the copies of the images"
    assert (tmp_path / "work" / "images").is_symlink()
    assert contents(photos) == before


def test_images_that_were_deleted_too_are_not_known(workspace: Workspace) -> None:
    set_up(workspace.images, workspace.root)
    shutil.rmtree(workspace.root)
    assert folders.original_images(workspace) is None
