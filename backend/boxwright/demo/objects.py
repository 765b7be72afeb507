"""Three everyday things, shaded as a lamp from the upper left would: an apple, a button and a leaf.

Each painter takes coordinates in which the thing is about two units across, and is vectorised over pixels.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]
"""One number a pixel, [height, width]; float32 halves the time of float64."""

Painted = tuple[Plane, Plane]
"""Colour [height, width, 3] in 0..1, and coverage [height, width] in 0..1."""

Painter = Callable[[Plane, Plane, np.random.Generator], Painted]

LIGHT = np.array([-0.45, -0.6, 0.66], dtype=np.float32)  # towards the lamp: x to the right, y down, z to the viewer


def paint_apple(x: Plane, y: Plane, rng: np.random.Generator) -> Painted:
    """Paint an apple: red to yellow-green, with a dimple, a stem and a highlight."""
    angle = np.arctan2(x, -y)  # 0 at the top, where the stem is
    outline = 0.92 - 0.17 * np.exp(-((angle / 0.42) ** 2)) + 0.05 * np.cos(2 * angle + np.pi)
    rho = np.hypot(x, y) / outline
    body = _step(rho, 1.0, 0.02)
    normal = _dome(x / outline, y / outline)
    ripe = rng.uniform(0.0, 0.06) if rng.random() < 0.65 else rng.uniform(0.17, 0.24)
    blush = rng.uniform(0, 2 * np.pi)
    side = np.sin(angle + blush) * rho
    mix = _unit(0.35 + 0.4 * side + 0.07 * np.sin(23 * angle) * rho**3 + 0.3 * (1 - rho) ** 2)
    skin = _blend(_colour(ripe, 0.86, 0.78), _colour(min(ripe + 0.09, 0.27), 0.72, 0.88), mix)
    dimple = 1 - 0.6 * np.exp(-(((x / 0.2) ** 2) + ((y + 0.66) / 0.12) ** 2))
    colour = _lit(skin * dimple[..., None], normal, gloss=0.75, sharpness=36)
    bend = rng.uniform(-0.25, 0.25)
    along = np.clip((-0.6 - y) / 0.42, 0, 1)
    stem = _step(np.abs(x - bend * along**2), 0.045 + 0.02 * along, 0.02) * (y < -0.6) * (y > -1.02)
    wood = (
        np.array([0.30, 0.19, 0.09], dtype=np.float32)
        * (0.7 + 0.5 * _unit((bend * along**2 - x) / 0.08 + 0.5))[..., None]
    )
    return _over(colour, body, wood, stem)


def paint_button(x: Plane, y: Plane, rng: np.random.Generator) -> Painted:
    """Paint a sewing button: a coloured disc with a raised rim and four holes, seen a little from the side."""
    y = y / rng.uniform(0.72, 1.0)
    rho = np.hypot(x, y) / 0.95
    hue = float(rng.choice([0.56, 0.6, 0.66, 0.75, 0.83]))  # blue to purple: neither apples nor leaves have it
    base = _colour(hue + rng.uniform(-0.02, 0.02), rng.uniform(0.5, 0.85), rng.uniform(0.55, 0.95))
    # the slope of a rim of radius 0.85 and width 0.13, and of the shallow bowl within
    slope = 1.6 * np.exp(-(((rho - 0.93) / 0.07) ** 2)) - 1.2 * np.exp(-(((rho - 0.74) / 0.07) ** 2)) - 0.12 * rho
    away = np.maximum(np.hypot(x, y), 1e-6)
    normal = np.stack([x / away * slope, y / away * slope, np.ones_like(x)], axis=-1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    colour = _lit(np.broadcast_to(base, (*x.shape, 3)), normal, gloss=0.55, sharpness=18)
    holes = np.zeros_like(x)
    for hole_x, hole_y in ((-0.2, -0.2), (-0.2, 0.2), (0.2, -0.2), (0.2, 0.2)):
        holes = np.maximum(holes, _step(np.hypot(x - hole_x, y - hole_y), 0.105, 0.03))
    colour = _blend(colour, np.array([0.05, 0.05, 0.07], dtype=np.float32), holes * 0.9)
    return colour, _step(rho, 1.0, 0.02)


def paint_leaf(x: Plane, y: Plane, rng: np.random.Generator) -> Painted:
    """Paint a leaf along the y axis: pointed, with veins and a stalk, from green to autumn yellow."""
    width = rng.uniform(0.46, 0.6)
    x = x - rng.uniform(-0.12, 0.12) * (1 - y**2)  # bent
    inside = np.clip((y + 0.98) * (0.72 - y), 0, None) / 0.7225  # 0 at the tip and where the stalk begins
    edge = width * inside**0.8 * (1 + 0.25 * y) * (1 + 0.025 * np.sin(46 * y))
    blade = _step(np.abs(x), edge, 0.02) * (y > -0.98) * (y < 0.72)
    hue = rng.uniform(0.24, 0.36) if rng.random() < 0.75 else rng.uniform(0.12, 0.16)
    base = _colour(hue, rng.uniform(0.6, 0.85), rng.uniform(0.45, 0.75))
    half = np.where(x > 0, 0.82, 1.08)  # the two halves lean to and from the lamp
    veins = np.exp(-(((np.mod(y + 0.75 * np.abs(x), 0.2) - 0.1) / 0.022) ** 2)) * 0.35
    midrib = np.exp(-((x / 0.028) ** 2)) * 0.8
    curl = 1 - 0.35 * np.clip(np.abs(x) / np.maximum(edge, 1e-3), 0, 1) ** 2
    colour = _blend(
        base * (half * curl)[..., None],
        np.array([0.86, 0.92, 0.62], dtype=np.float32),
        _unit(np.maximum(veins, midrib)),
    )
    colour = np.clip(colour + 0.06 * np.exp(-(((x + 0.15) / 0.12) ** 2))[..., None], 0, 1)
    stalk = _step(np.abs(x), 0.03, 0.02) * (y >= 0.68) * (y < 1.0)
    return _over(colour, blade, np.broadcast_to(base * 0.75, (*x.shape, 3)), stalk)


PAINTERS: dict[str, Painter] = {"apple": paint_apple, "button": paint_button, "leaf": paint_leaf}
"""Class name to painter."""


def _colour(hue: float, saturation: float, value: float) -> NDArray[np.floating[Any]]:
    return np.array(colorsys.hsv_to_rgb(hue % 1.0, saturation, value), dtype=np.float32)


def _unit(values: Plane) -> Plane:
    return np.clip(values, 0.0, 1.0)


def _step(distance: Plane, limit: Plane | float, softness: float) -> Plane:
    """Return 1 where `distance` is below `limit`, 0 above, with a ramp of `softness`."""
    return _unit((limit - distance) / softness + 0.5)


def _blend(below: NDArray[Any], above: NDArray[Any], amount: Plane) -> Plane:
    return np.asarray(below + (above - below) * amount[..., None])


def _over(below: Plane, below_alpha: Plane, above: Plane, above_alpha: Plane) -> Painted:
    return _blend(below, above, above_alpha), np.maximum(below_alpha, above_alpha)


def _dome(x: Plane, y: Plane) -> Plane:
    """Return the unit normals of a ball of radius 1 seen from above."""
    height = np.sqrt(np.clip(1.0 - x**2 - y**2, 0.02, None))
    normal = np.stack([x, y, height], axis=-1)
    return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True))


def _lit(colour: Plane, normal: Plane, *, gloss: float, sharpness: float) -> Plane:
    """Light a surface: ambient, Lambert's cosine, and Blinn's highlight."""
    diffuse = np.clip(normal @ LIGHT, 0, None)
    halfway = LIGHT + np.array([0.0, 0.0, 1.0], dtype=np.float32)
    shine = np.clip(normal @ (halfway / np.linalg.norm(halfway)), 0, None) ** sharpness
    return np.asarray(np.clip(colour * (0.38 + 0.72 * diffuse)[..., None] + gloss * shine[..., None], 0, 1))
