"""Unpacking an archive safely, even if it was made by an attacker."""

from __future__ import annotations

import gzip
import re
import secrets
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from boxwright.failpoints import reach
from boxwright.progress import Progress, Reporter, silent
from boxwright.zoo.errors import ZooError

MAX_MEMBERS = 1_000  # files and folders; the zoo's archives have about a dozen
MAX_BYTES = 4 << 30  # unpacked, in all; the zoo's largest SSD has under 1 GiB
MAX_HEADER = 1 << 20  # bytes between two files: a header's long names are read into memory
MAX_DEPTH = 8  # folders
BLOCK = 1 << 20  # bytes
MEGABYTE = 1_000_000

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that are devices on Windows, in any folder."""

_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


def unpack(archive: Path, folder: Path, *, reporter: Reporter = silent) -> list[str]:
    """Write the regular files of a tar archive (plain or gzip) below `folder`, and nothing anywhere else.

    Modes, owners and times of the archive are ignored. If all its files are in one folder, that folder is left out.

    Args:
        archive: The file.
        folder: An empty folder; after an error it may hold some of the files.
        reporter: Receives the progress in megabytes.

    Returns:
        The files, relative to `folder`, with forward slashes.

    Raises:
        ZooError: It is not an archive, is damaged or incomplete, or contains something that a model's archive does not
            have: a path out of the folder, a link, a device, too many files or bytes.
        OSError: The folder cannot be written.
    """
    names: dict[str, str] = {}
    written = members = 0
    with _reading(archive) as (tar, source):
        while (member := _next(tar, source)) is not None:
            members += 1
            if members > MAX_MEMBERS:
                raise _refused(archive, member.name, f"is entry {members:,}, and a model has a dozen")
            if member.isdir():
                if member.name.strip("./"):
                    _checked_name(archive, member.name)
                continue
            name = _accept(archive, member, names, written)
            source.allowed += member.size + 2 * tarfile.RECORDSIZE
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            content = tar.extractfile(member)
            if content is None:
                raise _refused(archive, member.name, "is not a file")
            with place.open("xb") as stream:
                while block := content.read(BLOCK):
                    written += stream.write(block)
                    reporter(Progress(f"unpacking {archive.name} (MB)", written // MEGABYTE))
            reach("unpack-file")
        source.drain()
    return _without_common_folder(folder, list(names.values()))


class _Metered:
    """A stream with a limit on the bytes that may be read, so that unexpected data is not decompressed.

    Attributes:
        allowed: The number of bytes that may still be read.
    """

    def __init__(self, stream: gzip.GzipFile | IO[bytes], archive: Path) -> None:
        self._stream = stream
        self._archive = archive
        self.allowed = MAX_HEADER

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.allowed -= len(data)
        if self.allowed < 0:
            raise _refused(self._archive, "", "contains more than its list of files states")
        return data

    def drain(self) -> None:
        """Read to the end, where gzip stores its checksum."""
        self.allowed = MAX_HEADER
        while self.read(BLOCK // 4):
            pass


@contextmanager
def _reading(archive: Path) -> Iterator[tuple[tarfile.TarFile, _Metered]]:
    damaged = (
        f"{archive}: the archive is damaged or incomplete (%s). Download it again; wait until a browser's download is "
        "complete before you give it with --from."
    )
    try:
        with archive.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            with gzip.GzipFile(fileobj=file) if zipped else file as stream:
                source = _Metered(stream, archive)
                readable = cast("IO[bytes]", source)  # tarfile calls only read() of a stream
                with tarfile.open(fileobj=readable, mode="r|") as tar:
                    yield tar, source
    except (tarfile.ReadError, tarfile.HeaderError, tarfile.StreamError) as error:  # Python 3.10 seeks in zeros
        if "not a gzip" in str(error) or not zipped:
            raise ZooError(
                f"{archive}: this is not a .tar.gz archive ({error}). Give the zoo's archive, or the folder that it "
                "unpacks to."
            ) from error
        raise ZooError(damaged % error) from error
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ZooError(damaged % error) from error


def _next(tar: tarfile.TarFile, source: _Metered) -> tarfile.TarInfo | None:
    source.allowed = MAX_HEADER
    try:
        return tar.next()
    except (ValueError, OverflowError) as error:  # a header with invalid numbers
        raise tarfile.ReadError(str(error)) from error


def _accept(archive: Path, member: tarfile.TarInfo, names: dict[str, str], written: int) -> str:
    """Return the path of a member relative to the folder, and record it in `names`."""
    if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise _refused(archive, member.name, f"is {_KINDS.get(member.type, 'of a kind that no model has')}")
    name = _checked_name(archive, member.name)
    if written + member.size > MAX_BYTES:
        raise _refused(
            archive, member.name, f"would make {(written + member.size) / MEGABYTE:,.0f} MB, more than any model has"
        )
    folded = name.casefold()
    parents = {folded.rsplit("/", depth)[0] for depth in range(1, folded.count("/") + 1)}
    if folded in names or parents & names.keys() or any(other.startswith(f"{folded}/") for other in names):
        raise _refused(archive, member.name, "is in it twice")
    names[folded] = name
    return name


def _checked_name(archive: Path, name: str) -> str:
    """Return a path of the archive that stays below its folder on every system, without a leading "./"."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    wrong = (
        (name.startswith("/") or not parts)
        or any(part == ".." or part != part.rstrip(". ") or _RESERVED.fullmatch(part) for part in parts)
        or not all(character.isprintable() and character not in '\\:*?"<>|' for character in name)
    )
    if wrong:
        raise _refused(archive, name, "is a path out of the folder, or not valid on every system")
    if len(parts) > MAX_DEPTH or any(len(part.encode()) > 200 for part in parts):
        raise _refused(archive, name[:80], "is too long or too deep a path")
    return "/".join(parts)


def _refused(archive: Path, name: str, why: str) -> ZooError:
    what = f"{archive}: {name!a} {why}" if name else f"{archive}: the archive {why}"
    return ZooError(
        f"{what}. An archive of the zoo contains only files and folders, so this one was refused and nothing of it was "
        "kept. Download it from the zoo's own address, or unpack it yourself and give the folder with --from."
    )


def _without_common_folder(folder: Path, names: list[str]) -> list[str]:
    """Move everything one folder up if it is all in one folder, as in the zoo's archives."""
    tops = {name.split("/")[0] for name in names}
    if len(tops) != 1 or not all("/" in name for name in names):
        return names
    top = folder / tops.pop()
    moved = folder / f".{secrets.token_hex(8)}"  # because a file in the folder may have the folder's name
    top.rename(moved)
    for child in moved.iterdir():
        child.rename(folder / child.name)
    moved.rmdir()
    return [name.partition("/")[2] for name in names]
