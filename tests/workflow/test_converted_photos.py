"""Photos that labelImg cannot open become JPEG files beside the originals."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageCms, features

from boxwright.errors import BoxwrightError
from boxwright.workflow.converted_photos import convert_photos, convertible


def make(path: Path, kind: str, *, orientation: int | None = None, size: tuple[int, int] = (80, 60)) -> Path:
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Image.new("RGB", size, (200, 30, 60)).save(path, kind, exif=exif)
    return path


def test_what_can_be_converted() -> None:
    files = [Path(name) for name in ("a.heic", "b.HEIC", "b.jpg", "c.txt", "d.png", "e.avif")]
    assert convertible(files) == (Path("a.heic"), Path("e.avif"))


def test_a_photo_becomes_an_upright_jpeg_and_stays(tmp_path: Path) -> None:
    photo = make(tmp_path / "a.jfif", "JPEG", orientation=6)
    before = photo.read_bytes()
    converted = convert_photos([photo])
    assert converted.written == (tmp_path / "a.jpg",)
    assert photo.read_bytes() == before
    with Image.open(tmp_path / "a.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (60, 80))
        assert image.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize(("mode", "is_kept"), [("RGB", True), ("CMYK", False), ("L", False)])
def test_the_colour_profile_is_that_of_the_colours_that_are_written(tmp_path: Path, mode: str, is_kept: bool) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new(mode, (8, 6)).save(tmp_path / "a.jfif", "JPEG", icc_profile=profile)
    convert_photos([tmp_path / "a.jfif"])
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.mode == "RGB"
        assert image.info.get("icc_profile") == (profile if is_kept else None)


def test_a_file_of_that_name_is_never_overwritten(tmp_path: Path) -> None:
    photo = make(tmp_path / "a.jfif", "JPEG")
    (tmp_path / "a.jpg").write_bytes(b"mine")
    converted = convert_photos([photo])
    assert converted.written == ()
    assert [file for file, _ in converted.failed] == [photo]
    assert (tmp_path / "a.jpg").read_bytes() == b"mine"


def test_two_photos_of_one_name_are_not_one_photo(tmp_path: Path) -> None:
    photos = [make(tmp_path / "a.jfif", "JPEG"), make(tmp_path / "a.mpo", "JPEG")]
    converted = convert_photos(photos)
    assert converted.written == (tmp_path / "a.jpg",)
    assert [(photo.name, reason.partition(" ")[0]) for photo, reason in converted.failed] == [("a.mpo", "a.jpg")]


def test_what_cannot_be_read_is_named_and_the_others_are_converted(tmp_path: Path) -> None:
    bad = tmp_path / "a.jp2"
    bad.write_bytes(b"no photo")
    good = make(tmp_path / "b.jfif", "JPEG")
    converted = convert_photos([bad, good])
    assert converted.written == (tmp_path / "b.jpg",)
    assert [photo for photo, _ in converted.failed] == [bad]


def test_a_photo_of_too_many_pixels_is_named_and_the_others_are_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge, good = make(tmp_path / "a.jfif", "JPEG"), make(tmp_path / "b.jfif", "JPEG", size=(8, 6))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 80 * 60 // 2 - 1)
    converted = convert_photos([huge, good])
    assert converted.written == (tmp_path / "b.jpg",)
    assert [photo for photo, _ in converted.failed] == [huge]


def test_heic_without_its_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(BoxwrightError, match="pip install pillow-heif"):
        convert_photos([tmp_path / "a.heic"])


def test_heic(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif", reason="pillow-heif is not installed (extra `heic`)").register_heif_opener()
    make(tmp_path / "a.heic", "HEIF")
    assert convert_photos([tmp_path / "a.heic"]).written == (tmp_path / "a.jpg",)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow is built without AVIF")
def test_avif(tmp_path: Path) -> None:
    make(tmp_path / "a.avif", "AVIF")
    assert convert_photos([tmp_path / "a.avif"]).written == (tmp_path / "a.jpg",)
