"""Photo-like scenes with known boxes, drawn from a seed: for the demo, for tests, for comparing exports.

Not photographs: their purpose is that nobody needs data, a network or a licence to see the whole way work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from boxwright.annotations.model import Annotation, Box
from boxwright.demo.objects import LIGHT, PAINTERS, Plane

CLASSES = tuple(PAINTERS)
"""What is in the scenes, in alphabetical order."""

SIZES = ((320, 240), (400, 300), (480, 360), (240, 320), (300, 400))
"""Width and height in pixels: landscape and portrait."""

SMALLEST, LARGEST = 0.26, 0.58  # of the image's shorter side
SHARES = {"apple": 0.3, "button": 0.3, "leaf": 0.4}  # leaves vary most, so they need most examples
EMPTY_SCENES = 0.05  # negative examples
TRIES = 60  # places tried for one object before it is left out
HIGHEST_IOU = 0.1
_SUPERSAMPLING = 2


@dataclass(frozen=True)
class _Sprite:
    """A painted thing: colour [h, w, 3] and coverage [h, w], cut to the pixels that it covers."""

    label: str
    colour: Plane
    alpha: Plane


def draw_scene(seed: int, *, filename: str = "") -> tuple[Image.Image, Annotation]:
    """Draw a scene of none to three objects on a table top.

    Args:
        seed: The same seed draws the same scene.
        filename: What the annotation calls the image.

    Returns:
        The RGB image, and its annotation: boxes are tight around the pixels that each object covers.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    width, height = SIZES[rng.integers(len(SIZES))]
    canvas = _background(width, height, rng)
    boxes: list[Box] = []
    wanted = 0 if rng.random() < EMPTY_SCENES else int(rng.choice([1, 2, 3], p=[0.1, 0.4, 0.5]))
    for _ in range(wanted):
        sprite = _sprite(rng, min(width, height))
        box = _place(sprite, width, height, boxes, rng)
        if box is not None:
            canvas = _paste(canvas, sprite, box)
            boxes.append(box)
    image = _photograph(canvas, rng)
    return image, Annotation(filename=filename, width=width, height=height, boxes=tuple(boxes))


def _sprite(rng: np.random.Generator, side: int) -> _Sprite:
    label = str(rng.choice(CLASSES, p=[SHARES[name] for name in CLASSES]))
    diameter = side * rng.uniform(SMALLEST, LARGEST) * (1.25 if label == "leaf" else 1.0)  # leaves are slim
    turn = {"apple": rng.normal(0, 0.35), "button": rng.uniform(0, 2 * np.pi), "leaf": rng.uniform(0, 2 * np.pi)}
    pixels = int(np.ceil(diameter * 1.1))
    steps = (np.arange(pixels * _SUPERSAMPLING, dtype=np.float32) + 0.5) / (pixels * _SUPERSAMPLING) * 2.2 - 1.1
    x, y = np.meshgrid(steps, steps)
    cos, sin = math.cos(turn[label]), math.sin(turn[label])
    colour, alpha = PAINTERS[label](x * cos + y * sin, y * cos - x * sin, rng)
    colour, alpha = _shrink(colour * alpha[..., None]), _shrink(alpha[..., None])[..., 0]
    rows, columns = np.flatnonzero((alpha > 0.5).any(axis=1)), np.flatnonzero((alpha > 0.5).any(axis=0))
    cut = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    colour, alpha = colour[cut], alpha[cut]
    return _Sprite(label, colour / np.maximum(alpha, 1e-6)[..., None], alpha)


def _shrink(pixels: Plane) -> Plane:
    height, width, channels = pixels.shape
    shape = (height // _SUPERSAMPLING, _SUPERSAMPLING, width // _SUPERSAMPLING, _SUPERSAMPLING, channels)
    return np.asarray(pixels.reshape(shape).mean(axis=(1, 3)))


def _place(sprite: _Sprite, width: int, height: int, taken: list[Box], rng: np.random.Generator) -> Box | None:
    """Return a box for the sprite that overlaps the taken ones by little; None when there is no room."""
    sprite_height, sprite_width = sprite.alpha.shape
    if sprite_width >= width - 4 or sprite_height >= height - 4:
        return None
    for _ in range(TRIES):
        left = int(rng.integers(2, width - sprite_width - 1))
        top = int(rng.integers(2, height - sprite_height - 1))
        box = Box(sprite.label, left, top, left + sprite_width, top + sprite_height)
        if all(_iou(box, other) < HIGHEST_IOU for other in taken):
            return box
    return None


def _iou(first: Box, second: Box) -> float:
    across = min(first.xmax, second.xmax) - max(first.xmin, second.xmin)
    down = min(first.ymax, second.ymax) - max(first.ymin, second.ymin)
    shared = max(across, 0.0) * max(down, 0.0)
    return shared / (_area(first) + _area(second) - shared)


def _area(box: Box) -> float:
    return (box.xmax - box.xmin) * (box.ymax - box.ymin)


def _paste(canvas: Plane, sprite: _Sprite, box: Box) -> Plane:
    """Put the sprite and the shadow that it throws on the canvas."""
    height, width, _ = canvas.shape
    left, top = int(box.xmin), int(box.ymin)
    alpha = np.zeros((height, width), dtype=np.float32)
    alpha[top : int(box.ymax), left : int(box.xmax)] = sprite.alpha
    reach = 0.06 * max(sprite.alpha.shape)
    cast = Image.new("L", (width, height))
    cast.paste(
        Image.fromarray((alpha * 255).astype(np.uint8)), (round(-LIGHT[0] * reach * 2), round(-LIGHT[1] * reach * 2))
    )
    shadow = np.asarray(cast.filter(ImageFilter.GaussianBlur(reach * 0.8)), dtype=np.float32) / 255.0
    canvas = canvas * (1 - 0.55 * shadow)[..., None]
    colour = np.zeros_like(canvas)
    colour[top : int(box.ymax), left : int(box.xmax)] = sprite.colour
    return np.asarray(canvas + (colour - canvas) * alpha[..., None])


def _background(width: int, height: int, rng: np.random.Generator) -> Plane:
    """Draw a table top: wood, cloth or stone, under uneven light."""
    kind = rng.choice(["wood", "cloth", "stone"])
    if kind == "wood":
        base, texture = _wood(width, height, rng)
    elif kind == "cloth":
        base, texture = _cloth(width, height, rng)
    else:
        base = _colour([1, 1, 1], rng.uniform(0.45, 0.8), 0.05, rng)
        texture = 0.5 * _cloud(width, height, 4, rng) + 0.3 * _cloud(width, height, 14, rng)
        texture += 0.4 * _cloud(width, height, 60, rng) ** 3
    x, y = np.meshgrid(_ramp(-1, 1, width), _ramp(-1, 1, height))
    angle, strength = rng.normal(-2.2, 0.5), rng.uniform(0.06, 0.22)
    light = 1 + strength * (math.cos(angle) * x + math.sin(angle) * y) - rng.uniform(0.02, 0.12) * (x**2 + y**2)
    return np.asarray(np.clip(base * ((1 + 0.28 * texture) * light)[..., None], 0, 1))


def _wood(width: int, height: int, rng: np.random.Generator) -> tuple[NDArray[np.floating[Any]], Plane]:
    base = _colour([0.62, 0.44, 0.28], rng.uniform(0.75, 1.3), 0.03, rng)
    warp = _cloud(width, height, 3, rng)
    fine = _cloud(width, height, 9, rng, down=height // 3)
    rows = _ramp(0, rng.uniform(5, 9), height)[:, None]
    grain = np.sin(2 * np.pi * (rows + 0.55 * warp))
    plank = np.floor(_ramp(0, rng.uniform(1.5, 3.5), height) + rng.random())[:, None]
    tone = 0.25 * np.sin(plank * 12.9)
    seam = np.concatenate([[0.0], np.diff(plank[:, 0]) != 0], dtype=np.float32)[:, None]
    return base, 0.28 * grain + 0.45 * fine + tone - 1.6 * seam


def _cloth(width: int, height: int, rng: np.random.Generator) -> tuple[NDArray[np.floating[Any]], Plane]:
    base = _colour([0.78, 0.74, 0.66], rng.uniform(0.6, 1.15), 0.06, rng)
    pitch = rng.uniform(3.0, 5.0)
    columns, rows = np.meshgrid(_ramp(0, width - 1, width), _ramp(0, height - 1, height))
    weave = np.sin(2 * np.pi * columns / pitch) * np.sin(2 * np.pi * rows / pitch)
    return base, 0.12 * weave + 0.5 * _cloud(width, height, 5, rng) + 0.2 * _cloud(width, height, 90, rng)


def _ramp(start: float, stop: float, count: int) -> Plane:
    return np.linspace(start, stop, count, dtype=np.float32)


def _colour(base: list[float], brightness: float, spread: float, rng: np.random.Generator) -> Plane:
    return np.array(np.array(base) * brightness + rng.uniform(-spread, spread, 3), dtype=np.float32)


def _cloud(width: int, height: int, across: int, rng: np.random.Generator, *, down: int | None = None) -> Plane:
    """Return smooth noise in about -1..1 with `across` random values over the width, `down` over the height."""
    coarse = Image.fromarray(np.float32(rng.uniform(-1, 1, (down or max(2, round(across * height / width)), across))))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)


def _photograph(canvas: Plane, rng: np.random.Generator) -> Image.Image:
    """Take the picture: exposure, colour cast, a little blur, and the sensor's noise."""
    canvas = canvas * rng.uniform(0.85, 1.15) * (1 + rng.uniform(-0.05, 0.05, 3)).astype(np.float32)
    focused = Image.fromarray((np.clip(canvas, 0, 1) * 255).astype(np.uint8))
    focused = focused.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.8)))
    noisy = np.asarray(focused, dtype=np.float32) + rng.standard_normal(canvas.shape, dtype=np.float32) * rng.uniform(
        1.5, 5.0
    )
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
