"""A file is complete or does not exist; a partial download is resumed."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from boxwright.progress import Progress
from boxwright.zoo import download as module
from boxwright.zoo.download import Download, fetch
from boxwright.zoo.errors import ZooError
from zoo_server import Site, archive_of, serving

DATA = archive_of({"model.ckpt.data-00000-of-00001": random.Random(1).randbytes(1_500_000)})
OTHER = archive_of({"model.ckpt.data-00000-of-00001": random.Random(2).randbytes(1_500_000)})


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({"/model.tar.gz": DATA}) as site:
        yield site


def wanted(site: Site, folder: Path, **known: object) -> Download:
    return Download(f"{site.base}/model.tar.gz", folder / "model.tar.gz", **known)  # type: ignore[arg-type]


def get(download: Download) -> bytes:
    return fetch(download, pause=lambda seconds: None).read_bytes()


def test_a_file_is_downloaded_with_progress(site: Site, tmp_path: Path) -> None:
    heard: list[Progress] = []
    download = wanted(site, tmp_path, size=len(DATA), sha256=hashlib.sha256(DATA).hexdigest())
    assert fetch(download, reporter=heard.append).read_bytes() == DATA
    assert [path.name for path in tmp_path.iterdir()] == ["model.tar.gz"]
    assert (heard[-1].stage, heard[-1].done, heard[-1].total) == ("downloading model.tar.gz (MB)", 2, 2)
    assert [one.done for one in heard] == sorted(one.done for one in heard)


def test_a_complete_file_is_not_downloaded_again(site: Site, tmp_path: Path) -> None:
    get(wanted(site, tmp_path))
    assert get(wanted(site, tmp_path, size=len(DATA))) == DATA
    assert len(site.requests) == 1


def test_a_wrong_file_is_downloaded_again(site: Site, tmp_path: Path) -> None:
    download = wanted(site, tmp_path, size=len(DATA))
    download.target.write_bytes(b"something else")
    assert get(download) == DATA


def test_a_cut_connection_is_resumed(site: Site, tmp_path: Path) -> None:
    site.cut_after = [600_000, 300_000]
    assert get(wanted(site, tmp_path)) == DATA
    assert [asked for _, asked in site.requests] == ["", "bytes=600000-", "bytes=900000-"]


def test_a_later_command_resumes_the_partial_file(site: Site, tmp_path: Path) -> None:
    site.cut_after = [600_000, 0, 0, 0]
    download = wanted(site, tmp_path)
    with pytest.raises(ZooError, match=r"the connection ended.*0\.6 MB received so far are kept"):
        get(download)
    assert download.partial.read_bytes() == DATA[:600_000]
    assert not download.target.exists()
    assert get(download) == DATA
    assert site.requests[-1][1] == "bytes=600000-"


@pytest.mark.parametrize("announced", [True, False])
def test_a_server_without_ranges_sends_the_file_from_the_start(site: Site, tmp_path: Path, announced: bool) -> None:
    site.ranges, site.announce_length = False, announced
    download = wanted(site, tmp_path, size=len(DATA))
    download.partial.write_bytes(DATA[:700_000])
    assert get(download) == DATA


def test_a_partial_file_of_another_version_is_not_mixed_in(site: Site, tmp_path: Path) -> None:
    site.cut_after = [600_000, 0, 0, 0]
    with pytest.raises(ZooError):
        get(wanted(site, tmp_path))
    site.files["/model.tar.gz"], site.etag = OTHER, '"two"'
    assert get(wanted(site, tmp_path)) == OTHER


@pytest.mark.parametrize("longer", [0, 1])
def test_a_complete_partial_file_is_finished_and_a_longer_one_deleted(site: Site, tmp_path: Path, longer: int) -> None:
    download = wanted(site, tmp_path)
    download.partial.write_bytes(DATA + b"?" * longer)
    assert get(download) == DATA
    assert len(site.requests) == 1 + longer


def test_a_mixture_of_versions_is_detected_by_its_hash_and_deleted(site: Site, tmp_path: Path) -> None:
    site.etag = ""  # a server that cannot tell versions apart
    download = wanted(site, tmp_path, sha256=hashlib.sha256(DATA).hexdigest())
    download.partial.write_bytes(OTHER[:700_000])
    with pytest.raises(ZooError, match=r"not those of the known file.*deleted"):
        get(download)
    assert list(tmp_path.iterdir()) == []
    assert get(download) == DATA


@pytest.mark.parametrize("announced", [True, False])
def test_a_size_that_differs_from_the_zoos_is_refused(site: Site, tmp_path: Path, announced: bool) -> None:
    site.announce_length = announced
    with pytest.raises(ZooError, match="but the known file has 76,541,073"):
        get(wanted(site, tmp_path, size=76_541_073))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/x-tar"])
def test_a_login_page_is_not_taken_for_an_archive(site: Site, tmp_path: Path, content_type: str) -> None:
    site.files["/model.tar.gz"] = b"<html><title>Hotel Wi-Fi: log in</title></html>"
    site.content_type = content_type
    with pytest.raises(ZooError, match=r"not send a \.tar\.gz archive but .*login page.*--from PATH"):
        get(wanted(site, tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_fails_at_once_and_a_busy_server_is_tried_again(site: Site, tmp_path: Path) -> None:
    site.status = [503, 429]
    assert get(wanted(site, tmp_path)) == DATA
    site.status = [404]
    with pytest.raises(ZooError, match=r"answers 404 Not Found.*--from PATH"):
        get(wanted(site, tmp_path / "other"))
    assert len(site.requests) == 4


def test_without_a_network_the_message_explains_how_to_use_a_file(site: Site, tmp_path: Path) -> None:
    pauses: list[float] = []
    nobody = Download("http://127.0.0.1:9/model.tar.gz", tmp_path / "model.tar.gz")
    with pytest.raises(ZooError, match=r"cannot be reached: .*refused.*HTTP_PROXY.*browser.*--from PATH"):
        fetch(nobody, pause=pauses.append)
    assert sum(pauses) < 10
    unknown = Download("http://no-such-host.invalid/model.tar.gz", tmp_path / "model.tar.gz")
    with pytest.raises(ZooError, match="cannot be reached"):
        fetch(unknown, pause=pauses.append)
    with pytest.raises(ZooError, match="not an address"):
        fetch(Download("C:\\zoo\\model.tar.gz", tmp_path / "model.tar.gz"), pause=pauses.append)


def test_a_silent_server_does_not_hang(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr(module, "READ_TIMEOUT", 0.2)
    site.hold = threading.Event()
    with pytest.raises(ZooError, match=r"[Tt]imed out"):
        get(wanted(site, tmp_path))


def test_the_proxy_of_the_environment_is_used(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site.files["http://zoo.invalid/model.tar.gz"] = DATA  # a proxy is asked with the whole address
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, site.base)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert get(Download("http://zoo.invalid/model.tar.gz", tmp_path / "model.tar.gz")) == DATA


def test_a_disk_without_enough_space_is_refused_before_the_download(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with pytest.raises(ZooError, match=r"are missing, but the disk has only 0 MB left"):
        get(wanted(site, tmp_path))
    assert not wanted(site, tmp_path).partial.exists()


def test_a_disk_that_fills_up_leaves_nothing_under_the_name(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = module._write

    def fill_up(stream: IO[bytes], block: bytes) -> int:
        if stream.tell() > 500_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), stream.name)
        return write(stream, block)

    download = wanted(site, tmp_path)
    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space left"):
        patched.setattr(module, "_write", fill_up)
        get(download)
    assert not download.target.exists()
    assert get(download) == DATA
    assert int(site.requests[-1][1].strip("bytes=-")) > 500_000
