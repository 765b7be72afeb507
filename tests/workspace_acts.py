"""What users do to a workspace, one small random act at a time."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from boxwright.workspace import SPLITS, Workspace
from tiny_workspaces import add_image, image_bytes, write_xml

LABELS = ("dog", "cat", "bird", "cow")
FOLDERS = ("", "", "train", "test", "farm/deep")


class Acts:
    """Acts on one workspace; each takes numbers that choose, and returns the files that it touched.

    Attributes:
        broken: XML files that cannot be read now; while there are any, their last good records are kept, which a
            rebuild from nothing cannot know.
    """

    def __init__(self, workspace: Workspace, aside: Path) -> None:
        self.workspace = workspace
        self.aside = aside
        self.broken: set[Path] = set()
        self.count = 0

    def add_labelled(self, a: int, b: int) -> list[Path]:
        path = self._add(a, [LABELS[b % 4], LABELS[b // 4 % 4]][: 1 + b % 2])
        return [path, path.with_suffix(".xml")]

    def add_unlabelled(self, a: int, b: int) -> list[Path]:
        return [self._add(a, None)]

    def label(self, a: int, b: int) -> list[Path]:
        image = self._pick(".jpg", a)
        if image is None:
            return []
        labels = [LABELS[(b + i) % 4] for i in range(b % 3)]
        write_xml(image.with_suffix(".xml"), image.name, labels, offset=b)
        self.broken.discard(image.with_suffix(".xml"))
        return [image.with_suffix(".xml")]

    def label_as_yolo(self, a: int, b: int) -> list[Path]:
        """Save an image as labelImg does in the format YOLO: the classes beside it are written again."""
        image = self._pick(".jpg", a)
        if image is None:
            return []
        classes = image.with_name("classes.txt")
        names = [LABELS[(b // 7 + i) % 4] for i in range(3)]
        classes.write_text("".join(f"{name}\n" for name in names), "utf-8")
        lines = [f"{(b + i) % 4} 0.5 0.{4 + b % 3} 0.{2 + i} 0.5\n" for i in range(b % 3)]  # class 3 has no name
        image.with_suffix(".txt").write_text("".join(lines), "utf-8")
        return [classes, image.with_suffix(".txt")]

    def label_as_create_ml(self, a: int, b: int) -> list[Path]:
        """Save an image as labelImg does in the format CreateML, which may add it to the file of another."""
        image = self._pick(".jpg", a)
        if image is None:
            return []
        names = [image.name, f"p{b % 5}.jpg"][: 1 + b % 2]
        coordinates = {"x": 8, "y": 6 + b % 2, "width": 6, "height": 5}
        content = [
            {"image": name, "annotations": [{"label": LABELS[b % 4], "coordinates": coordinates}]} for name in names
        ]
        image.with_suffix(".json").write_text(json.dumps(content), "utf-8")
        return [image.with_suffix(".json")]

    def lose_classes(self, a: int, b: int) -> list[Path]:
        return self._delete(self._pick("classes.txt", a))

    def delete_other_formats(self, a: int, b: int) -> list[Path]:
        touched = self._delete(self._pick(".json", a))
        found = [path for path in sorted(self.workspace.images.rglob("*.txt")) if path.name != "classes.txt"]
        return touched + self._delete(found[b % len(found)] if found else None)

    def save_unchanged(self, a: int, b: int) -> list[Path]:
        xml = self._pick(".xml", a)
        if xml is not None:
            xml.write_bytes(xml.read_bytes())
        return [xml] if xml else []

    def rename_both(self, a: int, b: int) -> list[Path]:
        image = self._pick(".jpg", a)
        return self._rename(image, f"r{self._next()}") if image else []

    def rename_xml(self, a: int, b: int) -> list[Path]:
        xml = self._pick(".xml", a)
        return [self._move(xml, xml.with_name(f"x{self._next()}.xml")), xml] if xml else []

    def rename_image(self, a: int, b: int) -> list[Path]:
        image = self._pick(".jpg", a)
        return [self._move(image, image.with_name(f"i{self._next()}.jpg")), image] if image else []

    def delete_xml(self, a: int, b: int) -> list[Path]:
        return self._delete(self._pick(".xml", a))

    def delete_image(self, a: int, b: int) -> list[Path]:
        return self._delete(self._pick(".jpg", a))

    def move_to_a_side(self, a: int, b: int) -> list[Path]:
        image = self._pick(".jpg", a)
        if image is None:
            return []
        folder = self.workspace.images / SPLITS[b % 2]
        folder.mkdir(exist_ok=True)
        touched = []
        for path in (image, image.with_suffix(".xml")):
            if path.exists() and not (folder / path.name).exists():
                touched += [path, self._move(path, folder / path.name)]
        return touched

    def replace_image(self, a: int, b: int) -> list[Path]:
        image = self._pick(".jpg", a)
        if image is not None:
            image.write_bytes(image_bytes(1000 + self._next()))
        return [image] if image else []

    def copy_image(self, a: int, b: int) -> list[Path]:
        image = self._pick(".jpg", a)
        if image is None:
            return []
        copy = image.with_name(f"c{self._next()}.jpg")
        shutil.copy(image, copy)
        if b % 2:
            write_xml(copy.with_suffix(".xml"), copy.name, [LABELS[b % 4]])
        return [copy]

    def rename_class(self, a: int, b: int) -> list[Path]:
        label_map = self.workspace.label_map
        if not label_map.exists():
            return []
        text = label_map.read_text("utf-8")
        label_map.write_text(text.replace(f"'{LABELS[a % 4]}'", f"'{LABELS[a % 4]}{self._next()}'"), "utf-8")
        return [label_map]

    def resplit(self, a: int, b: int) -> list[Path]:
        split = self.workspace.split_csv
        if not split.exists():
            return []
        lines = split.read_text("utf-8").splitlines()
        at = 1 + a % max(1, len(lines) - 1)
        if b % 3 == 0:
            del lines[at:]
        elif at < len(lines):
            name, _, side = lines[at].rpartition(",")
            lines[at] = f"{name},{SPLITS[side == SPLITS[0]]}"
        split.write_text("\n".join(lines) + "\n", "utf-8")
        return [split]

    def move_folder_out(self, a: int, b: int) -> list[Path]:
        folder = self.workspace.images / "farm"
        if folder.exists():
            folder.rename(self.aside / f"farm{self._next()}")
            self.broken = {path for path in self.broken if folder not in path.parents}
        return [folder]

    def move_folder_in(self, a: int, b: int) -> list[Path]:
        folders = sorted(self.aside.glob("farm*"))
        target = self.workspace.images / "farm"
        if folders and not target.exists():
            folders[a % len(folders)].rename(target)
        return [target]

    def break_xml(self, a: int, b: int) -> list[Path]:
        xml = self._pick(".xml", a)
        if xml is None:
            return []
        data = xml.read_bytes()
        xml.write_bytes(data[: b % max(1, len(data) // 2)])
        self.broken.add(xml)
        return [xml]

    def mend(self) -> list[Path]:
        """Make all files readable again."""
        mended = sorted(path for path in self.broken if path.exists())
        for xml in mended:
            write_xml(xml, f"{xml.stem}.jpg", [LABELS[0]])
        self.broken.clear()
        return mended

    def _add(self, a: int, labels: list[str] | None) -> Path:
        folder = FOLDERS[a % len(FOLDERS)]
        number = self._next()
        return add_image(self.workspace, f"{folder}/n{number}.jpg".lstrip("/"), labels, seed=number)

    def _rename(self, image: Path, stem: str) -> list[Path]:
        touched = []
        for path in (image, image.with_suffix(".xml")):
            if path.exists():
                touched += [path, self._move(path, path.with_name(stem + path.suffix))]
        return touched

    def _move(self, path: Path, target: Path) -> Path:
        if path in self.broken:
            self.broken = {*self.broken - {path}, target}
        return path.rename(target)

    def _delete(self, path: Path | None) -> list[Path]:
        if path is None:
            return []
        path.unlink()
        self.broken.discard(path)
        return [path]

    def _pick(self, suffix: str, number: int) -> Path | None:
        found = sorted(self.workspace.images.rglob(f"*{suffix}"))
        return found[number % len(found)] if found else None

    def _next(self) -> int:
        self.count += 1
        return self.count


NAMES = tuple(name for name in vars(Acts) if not name.startswith("_") and name != "mend")
"""The acts that take two numbers."""
EDITS = ("label", "label", "label", "save_unchanged")
"""Those that users do all day."""
