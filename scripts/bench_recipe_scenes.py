"""Draws what COCO does not have: scenes with 20 small round objects of three kinds, as a microscope shows them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from boxwright.annotations.model import Annotation, Box
from boxwright.annotations.voc import render_voc

SIDE = 300  # pixels
OBJECTS = 20  # in a scene
SMALLEST, LARGEST = 15.0, 40.0  # pixels
SHARES = {"plain": 0.6, "ring": 0.25, "nucleus": 0.15}  # kinds, and how many of each
PLACES_TRIED = 400  # in a scene
NEAREST = 0.8  # distance of two centres, in diameters' mean
_SUPERSAMPLING = 2
_NUCLEUS_COLOUR = np.array([120.0, 80.0, 160.0])

Plane = NDArray[np.float64]


def write_scenes(folder: Path, count: int) -> None:
    """Write scene_0000.jpg and scene_0000.xml, and so on; the number is the seed.

    Args:
        folder: Made where it is missing.
        count: Of scenes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        path = folder / f"scene_{seed:04d}.jpg"
        image, boxes = draw_scene(seed)
        image.save(path, quality=88)
        annotation = Annotation(path.name, SIDE, SIDE, tuple(boxes))
        path.with_suffix(".xml").write_bytes(render_voc(annotation, folder=folder.name, path=path.name))


def draw_scene(seed: int) -> tuple[Image.Image, list[Box]]:
    """Return an image of SIDE x SIDE pixels and the boxes of its objects."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : SIDE * _SUPERSAMPLING, 0 : SIDE * _SUPERSAMPLING] / _SUPERSAMPLING
    canvas = _background(x, y, rng)
    boxes: list[Box] = []
    for _ in range(PLACES_TRIED):
        diameter, (cx, cy) = rng.uniform(SMALLEST, LARGEST), rng.uniform(LARGEST / 2, SIDE - LARGEST / 2, 2)
        if len(boxes) < OBJECTS and not any(_is_near(box, cx, cy, diameter) for box in boxes):
            canvas, box = _draw_object(canvas, x - cx, y - cy, (cx, cy), diameter, rng)
            boxes.append(box)
    noisy = np.clip(canvas + rng.normal(0, 6, canvas.shape), 0, 255).astype(np.uint8)
    image = Image.fromarray(noisy).resize((SIDE, SIDE), Image.Resampling.BOX)
    return image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2))), boxes


def _background(x: Plane, y: Plane, rng: np.random.Generator) -> Plane:
    canvas = np.ones((*x.shape, 3)) * (np.array([232.0, 215.0, 225.0]) + rng.normal(0, 6, 3))
    for _ in range(6):  # uneven light
        across, down = rng.normal(0, 0.02, 2)
        canvas += (np.sin(across * x + down * y + rng.uniform(0, 6)) * rng.uniform(1, 5))[..., None]
    return canvas


def _is_near(box: Box, cx: float, cy: float, diameter: float) -> bool:
    other = max(box.xmax - box.xmin, box.ymax - box.ymin)
    distance = np.hypot((box.xmin + box.xmax) / 2 - cx, (box.ymin + box.ymax) / 2 - cy)
    return bool(distance < NEAREST * (diameter + other) / 2)


def _draw_object(
    canvas: Plane, x: Plane, y: Plane, centre: tuple[float, float], diameter: float, rng: np.random.Generator
) -> tuple[Plane, Box]:
    """Draw an ellipse; x and y are relative to its centre."""
    kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
    angle, narrow = rng.uniform(0, np.pi), rng.uniform(0.8, 1.0)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    radius = np.hypot(along, across / narrow) / (diameter / 2)
    colour = np.array([200.0, 140.0, 150.0]) + rng.normal(0, 10, 3)
    if kind == "ring":
        colours = colour * (0.75 + 0.3 * np.clip(np.abs(radius - 0.55) * 3, 0, 1))[..., None]
    elif kind == "nucleus":
        aside = rng.uniform(-0.2, 0.2, 2)
        inner = np.hypot(along / (diameter / 2) + aside[0], across / (diameter / 2) + aside[1])
        cover = np.clip((0.5 - inner) * diameter / 4, 0, 1)[..., None]
        colours = colour * (1 - cover) + _NUCLEUS_COLOUR * cover
    else:
        colours = colour * (1 - 0.12 * np.exp(-((radius / 0.4) ** 2)))[..., None]
    opacity = (np.clip((1 - radius) * diameter / 4, 0, 1) * rng.uniform(0.55, 0.85))[..., None]
    half_width = diameter / 2 * np.hypot(np.cos(angle), narrow * np.sin(angle))
    half_height = diameter / 2 * np.hypot(np.sin(angle), narrow * np.cos(angle))
    (cx, cy) = centre
    box = Box(
        kind,
        round(max(0.0, cx - half_width)),
        round(max(0.0, cy - half_height)),
        round(min(float(SIDE), cx + half_width)),
        round(min(float(SIDE), cy + half_height)),
    )
    return canvas * (1 - opacity) + colours * opacity, box
