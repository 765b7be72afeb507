"""Tiny real workspaces for the dataset's tests: images that Pillow writes, XML that labelImg would write."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from boxwright.annotations.model import Annotation, Box
from boxwright.annotations.voc import render_voc
from boxwright.workspace import Workspace

OLD_NS = 1_600_000_000_000_000_000  # a time long ago: files of it are not read again


def image_bytes(seed: int, *, width: int = 16, height: int = 12, kind: str = "JPEG", **options: object) -> bytes:
    """Return an encoded image whose pixels depend on `seed`."""
    image = Image.new("RGB", (width, height), ((seed * 37) % 256, (seed * 91) % 256, (seed * 53) % 256))
    image.putpixel((seed % width, seed // width % height), (255, 255, 255))
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def boxes_of(labels: Sequence[str], *, offset: int = 0) -> tuple[Box, ...]:
    """Return a box a label, all different and within a 16 x 12 image."""
    return tuple(Box(label, 1.0 + i % 8 + offset % 3, 2.0, 12.0, 9.0) for i, label in enumerate(labels))


def write_xml(
    path: Path, name: str, labels: Sequence[str], *, width: int = 16, height: int = 12, offset: int = 0
) -> None:
    """Write the XML of an image as labelImg does."""
    name = name.encode("utf-8", "replace").decode().replace("\n", " ")  # what XML can hold of it
    annotation = Annotation(name, width, height, boxes_of(labels, offset=offset))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render_voc(annotation, folder="images", path=f"/elsewhere/{name}"))


def write_boxes(
    path: Path, name: str, edges: Sequence[tuple[float, float, float, float]], *, size: tuple[int, int]
) -> None:
    """Write an XML with dogs at xmin, ymin, xmax, ymax, in an image of that width and height."""
    boxes = tuple(Box("dog", *some) for some in edges)
    path.write_bytes(render_voc(Annotation(name, *size, boxes), folder="images", path=f"/elsewhere/{name}"))


def add_image(
    workspace: Workspace,
    key: str,
    labels: Sequence[str] | None,
    *,
    seed: int | None = None,
    size: tuple[int, int] = (16, 12),
) -> Path:
    """Write an image below images/ and, unless `labels` is None, its XML beside it."""
    path = workspace.images / key
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = "PNG" if path.suffix.lower() == ".png" else "JPEG"
    path.write_bytes(image_bytes(sum(key.encode()) if seed is None else seed, kind=kind, width=size[0], height=size[1]))
    if labels is not None:
        write_xml(path.with_suffix(".xml"), path.name, labels, width=size[0], height=size[1])
    return path


def make_workspace(root: Path, images: dict[str, Sequence[str]] | None = None) -> Workspace:
    """Return a workspace with images of the given labels, each with its own pixels."""
    workspace = Workspace.at(root)
    workspace.images.mkdir(parents=True)
    for number, (key, labels) in enumerate((images or {}).items()):
        add_image(workspace, key, labels, seed=number)
    return workspace


def outputs(workspace: Workspace) -> dict[str, bytes]:
    """Return the bytes of every file in annotations/, hidden ones included."""
    return {path.name: path.read_bytes() for path in sorted(workspace.annotations.iterdir()) if path.is_file()}


def clean_copy(workspace: Workspace, root: Path) -> Workspace:
    """Return a new workspace with the same images, XML, split.csv and label map, and nothing else."""
    copy = Workspace.at(root)
    shutil.copytree(workspace.images, copy.images, symlinks=True)
    copy.annotations.mkdir()
    for path in (workspace.split_csv, workspace.label_map):
        if path.exists():
            shutil.copy(path, copy.annotations)
    return copy


def make_old(workspace: Workspace) -> None:
    """Set the files' times long back, each to its own, so that what is remembered of them is trusted."""
    for number, path in enumerate(sorted(workspace.images.rglob("*"))):
        if path.is_file():
            os.utime(path, ns=(OLD_NS, OLD_NS + number))


def add_export(workspace: Workspace, name: str = "output_inference_graph_v1") -> None:
    """Make a folder that looks like an exported model from outside; none is in it."""
    (workspace.exports / name).mkdir(parents=True)
