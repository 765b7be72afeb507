"""Copies and neighbouring frames are near-identical, different pictures are not, and updates equal a fresh look."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from boxwright.dataset.plan import near_identical
from boxwright.dataset.plan.near_identical import NearIdentical, near_identical_pairs
from boxwright.dataset.sources.appearance import BYTES, NO_APPEARANCE, appearance_of


@cache
def picture(seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """Draw something with the spectrum of a photo: large shapes strong, small ones weak."""
    rng = np.random.default_rng(seed)
    layers = np.zeros((size[1], size[0], 3))
    for cells in (3, 6, 12, 24, 48):
        noise = rng.integers(0, 256, (cells, cells, 3), np.uint8)
        layers += np.asarray(Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC), float) / cells**0.7
    return Image.fromarray(np.uint8(255 * (layers - layers.min()) / np.ptp(layers)))


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def is_pair(one: bytes, other: bytes) -> bool:
    return near_identical_pairs([appearance_of(one), appearance_of(other)]) == [(0, 1)]


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "re-encoded": lambda image: jpeg(image, 30),
    "half the size": lambda image: jpeg(image.resize((240, 180))),
    "twice the size": lambda image: jpeg(image.resize((960, 720))),
    "brighter": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(1.3)),
    "darker": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(0.6)),
    "more contrast": lambda image: jpeg(ImageEnhance.Contrast(image).enhance(1.3)),
    "grey": lambda image: jpeg(image.convert("L")),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_near_identical(name: str) -> None:
    for seed in range(4):
        assert is_pair(jpeg(picture(seed), 95), COPIES[name](picture(seed))), f"{name}, picture {seed}"


def test_different_pictures_are_not() -> None:
    assert near_identical_pairs([appearance_of(jpeg(picture(seed))) for seed in range(60)]) == []


def appearance_with(signs: np.ndarray, seed: int) -> bytes:
    """Return grey values whose lowest frequencies, [8, 8], have these signs, each as strong as chance will have it."""
    strength = np.random.default_rng(seed).lognormal(0, 1.5, signs.shape)
    waves = np.cos(np.pi * (2 * np.arange(16)[None] + 1) * np.arange(8)[:, None] / 32)
    grey = waves.T @ (signs * strength) @ waves
    return np.uint8(255 * (grey - grey.min()) / np.ptp(grey)).tobytes()


def test_the_same_signs_alone_make_no_pair() -> None:
    rng = np.random.default_rng(0)
    signs = rng.permutation(np.repeat([-1.0, 1.0], 32)).reshape(8, 8)
    pictures = [appearance_with(signs, seed) for seed in range(6)]
    bits = near_identical._signs(near_identical._grey_values(pictures))
    assert max(int(bits[0] ^ other).bit_count() for other in bits) <= near_identical.MAX_DIFFERENT_BITS
    assert near_identical_pairs(pictures) == []


def test_a_pan_of_30_frames_is_one_group() -> None:
    wide = picture(7, (900, 360))
    frames = {f"frame_{i:02d}.jpg": appearance_of(jpeg(wide.crop((6 * i, 0, 6 * i + 480, 360)))) for i in range(30)}
    others = {f"other_{i}.jpg": appearance_of(jpeg(picture(100 + i))) for i in range(10)}
    known = NearIdentical()
    known.update({**frames, **others})
    assert known.groups() == (tuple(sorted(frames)),)


def test_a_turned_photo_is_compared_upright() -> None:
    image = picture(3)
    stored = jpeg(image.transpose(Image.Transpose.ROTATE_90))
    turned = appearance_of(stored, Image.Transpose.ROTATE_270)
    assert near_identical_pairs([appearance_of(jpeg(image)), turned]) == [(0, 1)]
    assert near_identical_pairs([appearance_of(jpeg(image)), appearance_of(stored)]) == []


def test_an_image_of_one_grey_and_what_is_no_image_are_like_no_other() -> None:
    assert appearance_of(jpeg(Image.new("RGB", (320, 240), (90, 120, 90)))) == NO_APPEARANCE
    assert appearance_of(b"no image") == NO_APPEARANCE
    assert len(appearance_of(jpeg(picture(1)))) == BYTES
    known = NearIdentical()
    known.update({"a": NO_APPEARANCE, "b": NO_APPEARANCE})
    assert known.groups() == ()


APPEARANCES = [appearance_of(jpeg(picture(seed // 3, (160 + 40 * (seed % 3), 150)))) for seed in range(15)]


@given(st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(APPEARANCES), max_size=8), max_size=5))
def test_an_update_equals_a_fresh_look(states: list[dict[str, bytes]]) -> None:
    known = NearIdentical()
    for state in states:
        known.update(state)
        fresh = NearIdentical()
        fresh.update(state)
        assert known.groups() == fresh.groups()


def test_blocks_and_old_numpy_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = near_identical_pairs(APPEARANCES)
    assert pairs
    monkeypatch.setattr(near_identical, "BLOCK", 2)
    assert near_identical_pairs(APPEARANCES) == pairs
    assert near_identical_pairs(APPEARANCES[:9], APPEARANCES[9:]) == [pair for pair in pairs if pair[0] < 9]
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert near_identical_pairs(APPEARANCES) == pairs
