"""The training folder: every path in it. GUI, daemon and command line meet here and nowhere else."""

from __future__ import annotations

import os
import re
import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from boxwright.errors import BoxwrightError, UsageError
from boxwright.outside_links import OutsideLink, accept, not_accepted, outside_links

SPLITS = ("train", "test")
"""The two splits, in the order in which they are shown."""


EXPORT_NAME = "output_inference_graph_v"
"""How the names of exports begin; a number follows."""

_CHECKPOINT = "model.ckpt-"


_OUTPUT_NAME = re.compile(r"(train|test)(\.record(-\d{5}-of-\d{5})?|_labels\.csv)|split\.csv|label_map\.pbtxt")


def is_output_name(name: object) -> bool:
    """Return whether `name` is the bare name of a file that a dataset sync writes to annotations/.

    Names that are read from .boxwright/ are checked with it: a workspace may come from a stranger.
    """
    return isinstance(name, str) and _OUTPUT_NAME.fullmatch(name) is not None


def as_argument(path: Path | str) -> str:
    """Return a path as it is typed in a command that a message suggests: in quotes where a shell would change it.

    It may be pasted into a POSIX shell whatever it holds: a stranger names folders, too. On Windows no path can hold a
    quotation mark, and a command line runs nothing that stands in quotes.
    """
    text = str(path)
    if os.name == "nt":
        return text if re.fullmatch(r"[\w./\\:~+@-]+", text) else f'"{text}"'
    if text.startswith("-"):
        text = f"./{text}"  # a name, and no option
    return text if re.fullmatch(r"[\w./:+@%,-]+", text) else shlex.quote(text)


@dataclass(frozen=True)
class Workspace:
    """A training folder laid out as the TF Object Detection API tutorial lays it out.

    Attributes:
        root: The folder, absolute.
    """

    root: Path

    @classmethod
    def at(cls, folder: Path | str) -> Workspace:
        """Return the workspace at `folder`, which need not exist yet."""
        return cls(Path(folder).expanduser().absolute())

    @classmethod
    def find(cls, folder: Path | str) -> Workspace:
        """Return the workspace at `folder`.

        Raises:
            UsageError: The folder is missing or a file, or nothing in it looks like a workspace.
            BoxwrightError: A link may lead to what is not to be changed: `refuse_links`.
        """
        workspace = cls.at(folder)
        if workspace.root.exists() and not workspace.root.is_dir():
            raise UsageError(f"{folder} is a file. Give the folder that has images/ and annotations/ in it.")
        if not workspace.root.is_dir():
            raise UsageError(
                f"{folder}: there is no such folder. Make a workspace with: boxwright init {as_argument(folder)}"
            )
        if not workspace._is_laid_out():
            raise UsageError(
                f"{workspace.root} is not a workspace: it has neither images/ nor annotations/. {workspace._advice()}"
            )
        workspace.refuse_links()
        return workspace

    def refuse_links(self, *, with_images: bool = False) -> None:
        """Refuse links by which a stranger's workspace makes Boxwright write elsewhere.

        These are links in .boxwright/, and folders that are written to and lie outside, unless the user accepted them.

        Args:
            with_images: Files are imported to images/, which is otherwise only read.

        Raises:
            BoxwrightError: There is one.
        """
        self._refuse_links_in_state()
        for link in not_accepted(self.outside_links(with_images=with_images)):
            raise BoxwrightError(
                f"{link.path} is a link to {link.target}, outside of the workspace, and Boxwright writes there. If you "
                f"made the link, say so once: boxwright init {as_argument(self.root)} --accept-links. If not, delete "
                f"it: rm {as_argument(link.path)}"
            )

    def accept_links(self) -> list[OutsideLink]:
        """Remember that the user made the links to folders outside that are written to; return them.

        Raises:
            OSError: The user's folder, which keeps them, cannot be written.
        """
        links = self.outside_links(with_images=True)
        if links:
            accept(links)
        return links

    def outside_links(self, *, with_images: bool = False) -> list[OutsideLink]:
        """Return what Boxwright writes to in this workspace and what is, by a link, outside of it.

        Args:
            with_images: Also images/ and the folders below it, which only an import writes to.
        """
        written = [self.annotations, self.training, self.pretrained, self.exports, self.detections]
        if with_images:
            below = (Path(folder, name) for folder, names, _ in os.walk(self.images) for name in names)
            written += [self.images, *(path for path in below if path.is_symlink())]
        with suppress(OSError):  # there is none, or whoever needs it says why
            # checkpoints are written to folders in it, and metrics.csv grows in place
            written += [path for path in self.training.iterdir() if path.is_symlink() and not _is_other_file(path)]
        return outside_links(self.root, written)

    def _refuse_links_in_state(self) -> None:
        for folder in (self.state, self.state / "jobs", self.state / "logs"):
            try:
                entries = [folder, *folder.iterdir()]
            except OSError:  # there is none, or whoever needs it says why
                entries = [folder]
            for path in entries:
                if path.is_symlink():
                    raise BoxwrightError(
                        f"{path} is a link, and Boxwright makes none there: it may lead to a file that is not to be "
                        f"changed. Delete it: rm {as_argument(path)}"
                    )

    def _is_laid_out(self) -> bool:
        return self.images.is_dir() or self.annotations.is_dir()

    def _advice(self) -> str:
        """Return what to give instead of this folder: the workspace it lies in, or one made from its photos."""
        for parent in self.root.parents:
            within = Workspace(parent)
            if within.training.is_dir() and within._is_laid_out():
                return f"It lies in one: give {as_argument(parent)}"
        if next(self.root.glob("*.xml"), None) is not None:
            return f"To make one from the photos in it: boxwright init training_demo --images {as_argument(self.root)}"
        return (
            f"Make one with: boxwright init {as_argument(self.root)} --images FOLDER, "
            "where FOLDER holds your photos and their XML."
        )

    @property
    def images(self) -> Path:
        """images/, with the user's images and annotations, which are read and never written."""
        return self.root / "images"

    @property
    def annotations(self) -> Path:
        """Label map, split, CSV tables and records."""
        return self.root / "annotations"

    @property
    def label_map(self) -> Path:
        """annotations/label_map.pbtxt."""
        return self.annotations / "label_map.pbtxt"

    @property
    def split_csv(self) -> Path:
        """annotations/split.csv, which says in which split each image of a flat images/ folder is."""
        return self.annotations / "split.csv"

    def record(self, split: str) -> Path:
        """The record of a split, or the common stem of its shards."""
        return self.annotations / f"{split}.record"

    def labels_csv(self, split: str) -> Path:
        """The tutorial's table of a split."""
        return self.annotations / f"{split}_labels.csv"

    @property
    def pretrained(self) -> Path:
        """pre-trained-model/, with checkpoints to start from."""
        return self.root / "pre-trained-model"

    @property
    def training(self) -> Path:
        """training/, with pipeline.config, checkpoints, TensorBoard events, run.json, metrics.csv and labels.csv."""
        return self.root / "training"

    @property
    def pipeline_config(self) -> Path:
        """training/pipeline.config."""
        return self.training / "pipeline.config"

    @property
    def exports(self) -> Path:
        """trained-inference-graphs/."""
        return self.root / "trained-inference-graphs"

    def next_export_name(self) -> str:
        """Return output_inference_graph_vN with the first N above all that are there: numbers tell the order."""
        names = (path.name.removeprefix(EXPORT_NAME) for path in self.exports.glob(f"{EXPORT_NAME}*"))
        return f"{EXPORT_NAME}{max((int(name) for name in names if name.isdecimal()), default=0) + 1}"

    def find_newest_export(self) -> Path | None:
        """Return the export that was made last; None when there is none, or none can be listed."""
        newest: tuple[int, str] | None = None
        try:
            for path in self.exports.iterdir():
                if path.is_dir() and not path.name.startswith("."):
                    found = path.stat().st_mtime_ns, path.name
                    newest = found if newest is None else max(newest, found)
        except OSError:
            return None
        return self.exports / newest[1] if newest else None

    def newest_export(self) -> Path:
        """Return the export that was made last.

        Raises:
            BoxwrightError: There is none.
        """
        found = self.find_newest_export()
        if found is None:
            raise BoxwrightError(
                f"{self.exports} holds no exported model. Train and export one first, or give the model to use."
            )
        return found

    @property
    def detections(self) -> Path:
        """detections/, with what `detect` finds where no other folder is named."""
        return self.root / "detections"

    @property
    def state(self) -> Path:
        """Boxwright's own .boxwright/; deleting it loses no work, only history and time."""
        return self.root / ".boxwright"

    @property
    def readme(self) -> Path:
        """README.md, with the conditions of the training."""
        return self.root / "README.md"

    def checkpoint_steps(self) -> list[int]:
        """Return the steps of the checkpoints in training/, the newest first."""
        return checkpoint_steps(self.training)

    def checkpoint_prefix(self, step: int) -> Path:
        """Return the prefix of a checkpoint in training/."""
        return self.training / f"{_CHECKPOINT}{step}"

    def relative(self, path: Path) -> str:
        """Return `path` as findings show it: relative to the workspace, with forward slashes."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.as_posix()


def _is_other_file(path: Path) -> bool:
    """Return whether a path in training/ is a file that is read, or replaced as a whole."""
    return path.is_file() and path.name != "metrics.csv"


def checkpoint_steps(folder: Path) -> list[int]:
    """Return the steps of the checkpoints model.ckpt-N in a folder, the newest, which is the highest, first."""
    steps = (
        path.name.removeprefix(_CHECKPOINT).removesuffix(".index") for path in folder.glob(f"{_CHECKPOINT}*.index")
    )
    return sorted((int(step) for step in steps if step.isdecimal()), reverse=True)
