"""Which bytes stay, which are encoded again, and which cannot be used. TensorFlow: test_images_decode.py."""

from __future__ import annotations

import io
import struct
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from boxwright.dataset.sources.images import IMAGE_SUFFIXES, MAX_PIXELS, ImageError, decode_check, encode_upright
from image_files import (
    GREY_16,
    HEIGHT,
    RGB,
    WIDTH,
    chunk,
    orientation_segment,
    picture,
    reencoded,
    saved,
    untouched,
)

UNTOUCHED = untouched()
REENCODED = reencoded()

# How labelImg shows each EXIF orientation, in array operations on [row, column].
UPRIGHT = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


def rule_of(data: bytes) -> str:
    with pytest.raises(ImageError) as raised:
        encode_upright(data)
    finding = raised.value.finding.in_file("images/a.jpg")
    assert finding.message in str(raised.value)
    assert finding.advice in str(raised.value)
    return finding.rule


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


@pytest.mark.parametrize("name", UNTOUCHED)
def test_clean_jpeg_and_png_bytes_stay(name: str) -> None:
    data = UNTOUCHED[name]
    image = encode_upright(data)
    assert image.data == data
    assert (image.width, image.height, image.reencoded) == (WIDTH, HEIGHT, "")
    assert image.format == ("jpeg" if "jpeg" in name else "png")
    decode_check(data)


@pytest.mark.parametrize("name", REENCODED)
def test_others_are_encoded_again_the_same_way_each_time(name: str) -> None:
    data, format, reason = REENCODED[name]
    image = encode_upright(data)
    assert (image.format, image.reencoded) == (format, reason)
    assert image == encode_upright(data)
    again = encode_upright(image.data)  # what comes out is clean
    assert (again.data, again.width, again.height, again.reencoded) == (image.data, image.width, image.height, "")
    with Image.open(io.BytesIO(image.data)) as opened:
        assert opened.mode in ("L", "RGB")
        assert opened.size == (image.width, image.height)
        assert not opened.getexif()
    decode_check(data)


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_each_orientation_comes_out_upright(orientation: int) -> None:
    image = encode_upright(REENCODED[f"jpeg turned by {orientation}"][0])
    expected = UPRIGHT[orientation](RGB.astype(int))
    assert (image.height, image.width) == expected.shape[:2]
    assert np.abs(pixels(image.data) - expected).mean() < 3
    assert b"\x01\x11\x00" in image.data[image.data.index(b"\xff\xc0") :][:20]  # 4:4:4


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_orientation_is_read_in_either_byte_order_and_before_other_segments(order: str) -> None:
    plain = saved(picture(), "JPEG")
    data = plain[:2] + b"\xff\xff" + orientation_segment(8, order=order)[1:] + plain[2:]  # with a fill byte
    assert encode_upright(data).reencoded == "EXIF orientation 8"


def test_an_orientation_that_leads_nowhere_is_none() -> None:
    plain = saved(picture(), "JPEG")
    for exif in (b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"XX*\0\x08\0\0\0"):
        body = b"Exif\0\0" + exif
        data = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:]
        assert encode_upright(data).data == data


def test_a_turned_cmyk_jpeg_is_turned_too() -> None:
    plain = saved(picture().convert("CMYK"), "JPEG")
    image = encode_upright(plain[:2] + orientation_segment(6) + plain[2:])
    assert (image.width, image.height, image.reencoded) == (HEIGHT, WIDTH, "CMYK")


def test_a_turned_tiff_is_upright_and_a_turned_webp_stays_as_labelimg_shows_it() -> None:
    tiff = encode_upright(saved(picture(), "TIFF", tiffinfo={0x0112: 6}))
    assert np.array_equal(pixels(tiff.data), UPRIGHT[6](RGB))
    webp = encode_upright(REENCODED["webp with an orientation"][0])
    assert np.array_equal(pixels(webp.data), RGB)


@pytest.mark.parametrize("name", ["bmp", "tiff", "webp", "ppm", "tga", "ico", "png without its end"])
def test_a_lossless_format_keeps_its_pixels(name: str) -> None:
    image = encode_upright(REENCODED[name][0])
    assert np.array_equal(pixels(image.data), RGB)


@pytest.mark.parametrize("name", ["grey tiff of 16 bits", "pgm of 16 bits"])
def test_of_16_bits_the_upper_8_stay(name: str) -> None:
    assert np.array_equal(pixels(encode_upright(REENCODED[name][0]).data), GREY_16 >> 8)


def test_of_an_animation_the_first_frame_counts() -> None:
    first = np.asarray(Image.open(io.BytesIO(REENCODED["gif"][0])).convert("RGB"))
    assert np.array_equal(pixels(encode_upright(REENCODED["gif"][0]).data), first)


def test_a_profile_and_a_comment_are_not_carried_along() -> None:
    data = saved(picture(), "TIFF", icc_profile=b"profile" * 9)
    assert b"iCCP" not in encode_upright(data).data
    data = saved(picture().convert("CMYK"), "JPEG", comment=b"a comment", icc_profile=b"profile" * 9)
    assert b"comment" not in encode_upright(data).data
    assert b"profile" not in encode_upright(data).data


@pytest.mark.parametrize("name", [name for name in UNTOUCHED if "after its end" not in name])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
def test_a_truncated_image_is_found(name: str, share: float) -> None:
    data = UNTOUCHED[name]
    assert rule_of(data[: max(9, int(len(data) * share))]) == "image-truncated"


@pytest.mark.parametrize("format", ["JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "PPM", "TGA"])
def test_an_image_cut_in_its_last_pixels_is_found(format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), format)
    assert rule_of(data[:-100]) in ("image-truncated", "image-unreadable")
    if format in ("JPEG", "PNG"):
        assert rule_of(data[:-100]) == "image-truncated"
        assert rule_of(data[:-100] + b"\0" * 100) == "image-truncated"  # as a disk full, or a crash, leaves it


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_image() -> None:
    data = saved(picture(), "JPEG")
    body = b"Exif\0\0" + data
    with_thumbnail = data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]
    assert encode_upright(with_thumbnail).reencoded == ""
    assert rule_of(with_thumbnail[:-40]) == "image-truncated"


@pytest.mark.parametrize(
    ("data", "rule", "value"),
    [
        (b"", "image-empty", "0 bytes"),
        (b"\0" * 5000, "image-empty", "5000 bytes"),
        (b'<?xml version="1.0"?><svg width="9" height="9"/>', "image-format", "SVG"),
        (b"<!DOCTYPE html><title>404", "image-format", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "image-format", "a Git LFS pointer"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1", "image-format", "HEIC"),
        (b"%PDF-1.7", "image-format", "PDF"),
        (b"hello", "image-format", "first bytes b'hello'"),
    ],
)
def test_what_is_no_image_says_what_it_is(data: bytes, rule: str, value: str) -> None:
    with pytest.raises(ImageError) as raised:
        encode_upright(data)
    assert (raised.value.finding.rule, raised.value.finding.value) == (rule, value)


def test_a_tiff_of_floats_is_refused() -> None:
    assert rule_of(saved(Image.fromarray(GREY_16.astype(np.float32)), "TIFF")) == "image-unreadable"


def test_apples_png_variant_is_refused() -> None:
    data = saved(picture(), "PNG")
    assert rule_of(data[:8] + chunk(b"CgBI", bytes(4)) + data[8:]) == "image-unreadable"


def bomb(format: str) -> bytes:
    split = int(MAX_PIXELS**0.5) + 1
    if format == "PNG":
        return saved(picture(), "PNG").replace(struct.pack(">II", WIDTH, HEIGHT), struct.pack(">II", split, split), 1)
    if format == "JPEG":
        return saved(picture(), "JPEG").replace(struct.pack(">HH", HEIGHT, WIDTH), struct.pack(">HH", split, split), 1)
    if format == "PPM":
        return f"P6 {split} {split} 255\n".encode()
    assert format == "huge PPM"
    return f"P6 {split * 9} {split * 9} 255\n".encode()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "PPM", "huge PPM"])
def test_a_decompression_bomb_is_refused_before_it_goes_off(format: str) -> None:
    assert rule_of(bomb(format)) == "image-too-large"


@given(st.sampled_from(sorted(UNTOUCHED) + sorted(REENCODED)), st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_bytes_end_in_an_image_error_or_an_image(name: str, data: st.DataObject) -> None:
    whole = UNTOUCHED[name] if name in UNTOUCHED else REENCODED[name][0]
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, min(len(whole) - 1, 300)))] = data.draw(st.integers(0, 255))
    for use in (encode_upright, decode_check):
        try:
            use(bytes(damaged))
        except ImageError as error:
            assert error.finding.rule.startswith("image-")


def test_decode_check_finds_damage_that_the_header_does_not_show() -> None:
    data = bytearray(saved(picture(), "PNG"))
    data[len(data) // 2] ^= 0xFF
    assert encode_upright(bytes(data)).reencoded == ""
    with pytest.raises(ImageError):
        decode_check(bytes(data))


def test_decode_check_finds_a_checksum_that_pillow_passes_over() -> None:
    data = bytearray(saved(picture(), "PNG"))
    data[data.index(b"IEND") - 5] ^= 0xFF  # the last byte of the pixels' checksum
    assert encode_upright(bytes(data)).reencoded == ""
    with pytest.raises(ImageError) as raised:
        decode_check(bytes(data))
    assert "IDAT" in raised.value.finding.value


def test_a_million_segments_do_not_hold_the_scan_up() -> None:
    assert rule_of(b"\xff\xd8" + b"\xff\xe2\0\2" * 1_000_000) == "image-unreadable"


def test_a_progressive_jpeg_of_thousands_of_scans_is_refused_and_a_usual_one_taken() -> None:
    stream = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(stream, "JPEG", progressive=True)
    photo = stream.getvalue()
    assert encode_upright(photo).data == photo
    last_scan = photo[photo.rindex(b"\xff\xda") : -2]
    bomb = photo[:-2] + last_scan * 3000 + photo[-2:]
    with pytest.raises(ImageError, match="image-too-many-scans"):
        encode_upright(bomb)


def test_warnings_of_the_decoder_stay_within_from_several_threads() -> None:
    filters = list(warnings.filters)
    files = [data for data, _, _ in REENCODED.values()] * 3
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for data in files:
                encode_upright(data)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert warnings.filters == filters


def test_suffixes_are_what_labelimg_opens_and_pillow_knows() -> None:
    Image.init()
    assert set(Image.registered_extensions()) >= IMAGE_SUFFIXES


def test_real_photographs_stay_as_they_are(shared: Path) -> None:
    photographs = sorted((shared / "data/raccoon/images").iterdir())
    assert photographs
    for path in photographs:
        data = path.read_bytes()
        image = encode_upright(data)
        with Image.open(path) as opened:
            assert (image.width, image.height) == opened.size
            assert image.format == (opened.format or "").lower()
        assert image.data is data


@pytest.mark.parametrize(
    ("data", "what", "advice"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a Git LFS pointer", "git lfs pull"),
        (b"<!DOCTYPE html><html><body>403</body></html>", "a web page", "Download the image again"),
        (b"\n\n<html lang='en'>", "a web page", "Download the image again"),
        (b"PK\x03\x04" + bytes(60), "a ZIP archive", "Unpack"),
        (b"%PDF-1.7\n", "PDF", "image editor"),
    ],
)
def test_advice_about_what_is_no_image_fits_what_it_is(data: bytes, what: str, advice: str) -> None:
    with pytest.raises(ImageError) as caught:
        encode_upright(data)
    finding = caught.value.finding
    assert (finding.value, advice in finding.advice) == (what, True)
