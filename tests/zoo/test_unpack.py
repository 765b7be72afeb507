"""Hostile archives write nothing outside the folder, and are refused with a reason."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from boxwright.zoo import unpack as module
from boxwright.zoo.errors import ZooError
from boxwright.zoo.unpack import unpack
from zoo_server import archive, archive_of, member, tree

GOOD = {
    "model.ckpt.index": b"index",
    "model.ckpt.data-00000-of-00001": b"data" * 999,
    "saved_model/saved_model.pb": b"",
}


def unpacked(tmp_path: Path, data: bytes) -> dict[str, bytes]:
    """Unpack into a folder, and make sure that nothing but it was touched."""
    file = tmp_path / "model.tar.gz"
    file.write_bytes(data)
    inside = tmp_path / "a" / "b" / "inside"
    inside.mkdir(parents=True)
    try:
        names = unpack(file, inside)
        assert sorted(names) == sorted(tree(inside))
    finally:
        outside = set(tree(tmp_path)) - {f"a/b/inside/{name}" for name in tree(inside)}
        assert outside == {"model.tar.gz"}
        assert not [path for path in inside.rglob("*") if path.is_symlink()]
    return tree(inside)


@pytest.mark.parametrize("top", ["ssd_2018", "ssd/deeper", "./ssd"])
def test_a_common_folder_is_left_out(tmp_path: Path, top: str) -> None:
    found = unpacked(tmp_path, archive_of(GOOD, top))
    inner = "deeper/" if "deeper" in top else ""
    assert found == {f"{inner}{name}": content for name, content in GOOD.items()}


def test_files_without_a_common_folder_keep_their_paths(tmp_path: Path) -> None:
    assert unpacked(tmp_path, archive(*(member(name, content) for name, content in GOOD.items()))) == GOOD


def test_a_folder_may_hold_something_of_its_own_name(tmp_path: Path) -> None:
    assert unpacked(tmp_path, archive_of({"m/a": b"1", "b": b"2"}, "m")) == {"m/a": b"1", "b": b"2"}


def test_a_tar_without_compression_is_unpacked(tmp_path: Path) -> None:
    assert unpacked(tmp_path, archive(member("m/model.ckpt.index", b"i"), zipped=False)) == {"model.ckpt.index": b"i"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_modes_of_the_archive_are_ignored(tmp_path: Path) -> None:
    info, content = member("m/run.sh")
    info.mode = 0o6777
    unpacked(tmp_path, archive((info, content)))
    assert (tmp_path / "a/b/inside/run.sh").stat().st_mode & 0o7111 == 0


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "m/../../evil",
        "m/..",
        "/tmp/boxwright-evil",
        "//server/share/evil",
        "..\\evil",
        "C:\\evil",
        "C:evil",
        "m/C:/evil",
        "m/evil\x00.txt",
        "m/evil\n",
        "m/aux",
        "m/nul.txt",
        "COM1",
        "m/file:stream",
        "m/trailing.",
        "m/trailing ",
        "m/\u202etxt.exe",
        ".",
        "m/" + "x" * 300,
        "/".join("abcdefghij") + "/evil",
    ],
)
def test_a_path_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        for info, content in (member("m/model.ckpt.index"), member(name, b"evil")):
            if "\x00" in name and info.name == name:  # only the extended header can say it
                info.pax_headers = {"path": name}
                info.name = "m/evil"
            tar.addfile(info, io.BytesIO(content))
    with pytest.raises(ZooError, match=r"nothing of it was kept.*--from"):
        unpacked(tmp_path, stream.getvalue())


@pytest.mark.parametrize(
    ("kind", "link", "what"),
    [
        (tarfile.SYMTYPE, "/etc/passwd", "a symbolic link"),
        (tarfile.SYMTYPE, "..", "a symbolic link"),
        (tarfile.LNKTYPE, "../../../model.tar.gz", "a hard link"),
        (tarfile.CHRTYPE, "", "a device"),
        (tarfile.BLKTYPE, "", "a device"),
        (tarfile.FIFOTYPE, "", "a pipe"),
        (b"Z", "", "of a kind"),
    ],
)
def test_a_member_that_is_not_a_file_is_refused(tmp_path: Path, kind: bytes, link: str, what: str) -> None:
    data = archive(member("m/door", kind=kind, link=link), member("m/door/evil", b"evil"))
    # tarfile writes an unknown kind like a file and reads it like one
    with pytest.raises(ZooError, match=what):
        unpacked(tmp_path, data)


@pytest.mark.parametrize(
    "names", [("m/a", "m/a"), ("m/a", "m/A"), ("m/a", "m/a/b"), ("m/a/b", "m/a"), ("m/a", "./m//a")]
)
def test_a_name_that_comes_twice_is_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    with pytest.raises(ZooError, match="twice"):
        unpacked(tmp_path, archive(*(member(name) for name in names)))


def test_a_bomb_of_size_is_refused_before_it_is_written(tmp_path: Path) -> None:
    info, _ = member("m/zeros")
    info.size = 1 << 45
    stream = io.BytesIO()
    with gzip.open(stream, "wb") as zipped:
        zipped.write(info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20))
    with pytest.raises(ZooError, match="more than any model has"):
        unpacked(tmp_path, stream.getvalue())


def test_the_sum_of_all_files_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 5000)
    with pytest.raises(ZooError, match="more than any model has"):
        unpacked(tmp_path, archive(member("m/a", bytes(3000)), member("m/b", bytes(3000))))


@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.DIRTYPE])
def test_a_bomb_of_entries_is_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(ZooError, match="entry 1,001"):
        unpacked(tmp_path, archive(*(member(f"m/{number}", kind=kind) for number in range(1200))))


def test_a_bomb_in_a_header_is_not_read_into_memory(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 512 << 20
    stream = io.BytesIO()
    with gzip.open(stream, "wb", compresslevel=1) as zipped:
        zipped.write(info.tobuf())
        for _ in range(8):
            zipped.write(bytes(1 << 20))
    with pytest.raises(ZooError, match="contains more than its list of files states"):
        unpacked(tmp_path, stream.getvalue())


def test_a_bomb_after_the_end_is_not_decompressed(tmp_path: Path) -> None:
    plain = archive(member("m/a"), zipped=False)
    with pytest.raises(ZooError, match="contains more than its list of files states"):
        unpacked(tmp_path, gzip.compress(plain + bytes(64 << 20), 1))


@pytest.mark.parametrize("keep", [10, 200, -20, -4])
def test_an_incomplete_archive_is_refused(tmp_path: Path, keep: int) -> None:
    data = archive_of({"model.ckpt.data-00000-of-00001": os.urandom(50_000)})
    with pytest.raises(ZooError, match=r"damaged or incomplete.*Download it again"):
        unpacked(tmp_path, data[:keep])


def test_a_flipped_bit_is_detected(tmp_path: Path) -> None:
    data = bytearray(archive_of({"model.ckpt.data-00000-of-00001": os.urandom(50_000)}))
    data[25_000] ^= 4
    with pytest.raises(ZooError, match="damaged or incomplete"):
        unpacked(tmp_path, bytes(data))


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>" * 99, b"PK\x03\x04" + bytes(600), bytes(5000)])
def test_a_file_that_is_not_an_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    try:
        found = unpacked(tmp_path, data)
    except ZooError as error:
        assert "not a .tar.gz archive" in str(error)
    else:
        assert found == {}  # a tar of nothing but its end: it contains no checkpoint, which the next step reports
