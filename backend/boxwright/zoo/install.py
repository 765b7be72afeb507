"""Installing a pretrained model in a workspace: complete and checked, or not at all."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from boxwright.errors import BoxwrightError, UsageError
from boxwright.failpoints import reach
from boxwright.files import sync_folder
from boxwright.pipeline import messages
from boxwright.progress import Reporter, silent
from boxwright.workspace import Workspace
from boxwright.zoo.catalogue import BASE_ADDRESS, ZooModel
from boxwright.zoo.configure import Configured
from boxwright.zoo.errors import ZooError
from boxwright.zoo.foreign import refuse_foreign
from boxwright.zoo.forms import SAVED_MODEL, find_form, form_of
from boxwright.zoo.sources import fetch_model
from boxwright.zoo.unpack import unpack
from boxwright.zoo.weights import INDEX, Weights, find_config, find_weights, has_checkpoint

STAGING = ".unpacking-"
"""The prefix of the folder of an installation in progress; leftovers of a killed one are found by it."""

Chooser = Callable[[Weights, Path], "messages.TrainEvalPipelineConfig | Configured"]
"""Takes the weights and the prefix that they will have in the workspace; returns the configuration they must fit."""

Fit = Callable[["messages.TrainEvalPipelineConfig", Path], None]
"""Raises when the checkpoint of that prefix does not fit the configuration."""

Convert = Callable[[Path, Path], None]
"""Writes the checkpoint and pipeline.config of a model for inference into a folder.

It is given by its file, or by the folder of a SavedModel.
"""


@dataclass(frozen=True)
class Installed:
    """An installed model.

    Attributes:
        weights: Its files in the workspace.
        config: The result of `choose`.
        was_there: Whether it was in the workspace before.
    """

    weights: Weights
    config: messages.TrainEvalPipelineConfig | Configured
    was_there: bool


def install(
    workspace: Workspace,
    name: str,
    *,
    model: ZooModel | None,
    choose: Chooser,
    fit: Fit,
    source: Path | None = None,
    base: str = BASE_ADDRESS,
    accept_unknown: bool = False,
    convert: Convert | None = None,
    reporter: Reporter = silent,
) -> Installed:
    """Install a model in pre-trained-model/NAME after checking it; an installed model is checked and left unchanged.

    Args:
        workspace: The training folder.
        name: The name of the model's folder.
        model: The model to download; may be None with a `source`.
        choose: Returns the configuration that the weights must fit.
        fit: Raises if the weights do not fit it.
        source: On the disk, instead of a download: an archive, a folder, or a file that holds a model for inference.
        base: The address of the zoo or of a mirror.
        accept_unknown: Whether to fetch an archive whose size or SHA-256 is not known.
        convert: Converts a model for inference; without it such a model is refused.
        reporter: Receives the progress.

    Raises:
        BoxwrightError: The download, the archive, the configuration or the fit failed; nothing is installed.
        OSError: The workspace cannot be written.
    """
    with _locked(workspace):
        _remove_leftovers(workspace)
        place = workspace.pretrained / name
        if source is not None and source.is_dir() and _is_inside(source, workspace.pretrained):
            place = source  # the user unpacked it there
        if place.exists():
            return _installed_before(place, choose, fit)
        fetched = source is None
        source = _prefix_index(source) or _fetch(name, model, base, reporter, accept_unknown=accept_unknown)
        with _staging(workspace.pretrained) as staging:
            new = staging / name
            new.mkdir()
            _put_files(source, new, reporter, convert, fetched=fetched)
            found = _checked(find_weights(new, shown=source), new, place, choose, fit)
            _sync(new)
            reach("model-staged")
            new.replace(place)
        sync_folder(workspace.pretrained)
        reach("model-in-place")
        return found


def checked_name(name: str) -> str:
    """Return `name` if it can be the name of a folder on every system.

    Raises:
        UsageError: It cannot.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.+-]{0,99}(?<!\.)", name, re.ASCII):
        raise UsageError(f"{name!r} cannot be the name of a model: use letters, digits, and . _ + - between them.")
    return name


def _prefix_index(source: Path | None) -> Path | None:
    """Return the index of a checkpoint that is given by its prefix, as TensorFlow names it; else `source` itself."""
    if source is None or source.exists():
        return source
    index = source.with_name(source.name + INDEX)
    return index if index.is_file() else source


def _fetch(name: str, model: ZooModel | None, base: str, reporter: Reporter, *, accept_unknown: bool) -> Path:
    """Return the downloaded file of a model of the catalogue."""
    if model is None:
        raise UsageError(f"{name}: give --from PATH with a model that is not the zoo's.")
    return fetch_model(model, base, accept_unknown=accept_unknown, reporter=reporter)


def _installed_before(place: Path, choose: Chooser, fit: Fit) -> Installed:
    try:
        weights = find_weights(place)
    except ZooError as error:
        raise ZooError(f"{error} Or move {place} to another folder and install the model again.") from None
    return _checked(weights, place, place, choose, fit)


def _checked(weights: Weights, folder: Path, place: Path, choose: Chooser, fit: Fit) -> Installed:
    """Check the weights in `folder` with `choose` and `fit`; return them with their paths in `place`."""
    final = Weights(
        place / weights.prefix.relative_to(folder),
        place / weights.config.relative_to(folder) if weights.config else None,
    )
    chosen = choose(weights, final.prefix)
    fit(chosen.config if isinstance(chosen, Configured) else chosen, weights.prefix)
    return Installed(final, chosen, folder == place)


def _put_files(source: Path, folder: Path, reporter: Reporter, convert: Convert | None, *, fetched: bool) -> None:
    """Copy, unpack or convert `source` into `folder`, which is empty; delete what was fetched and is no archive."""
    if not source.exists():
        raise UsageError(
            f"{source}: there is no such file or folder. --from takes an archive (.tar.gz, .tgz), a folder, a "
            "checkpoint, or a model for inference: a SavedModel, a frozen graph, a TF.js, ONNX or TFLite file."
        )
    if source.is_dir():
        _put_folder(source, folder, convert)
        return
    if source.suffix == INDEX:
        _copy(Weights(source.with_suffix(""), find_config(source.parent)), folder)
        return
    refuse_foreign(source)
    if convert is not None and form_of(source) is not None:
        saved_model = source.name == SAVED_MODEL
        convert(source.parent if saved_model else source, folder)
        reach("model-converted")
        return
    try:
        unpack(source, folder, reporter=reporter)
    except ZooError:
        if fetched:
            source.unlink(missing_ok=True)
        raise
    if convert is not None and not has_checkpoint(folder) and find_form(folder) is not None:
        _convert_unpacked(source, folder, convert)


def _put_folder(source: Path, folder: Path, convert: Convert | None) -> None:
    """Copy the checkpoint of a folder, or convert what it has in its place."""
    model = None if has_checkpoint(source) or convert is None else find_form(source)
    if model is not None and convert is not None:
        if model.is_file():
            refuse_foreign(model)
        convert(model, folder)
    else:
        _copy(find_weights(source), folder)


def _copy(weights: Weights, folder: Path) -> None:
    for path in weights.files():
        shutil.copyfile(path, folder / path.name)


def _convert_unpacked(source: Path, folder: Path, convert: Convert) -> None:
    """Replace the unpacked files of a model for inference by those of its checkpoint."""
    unpacked = folder.with_name("unpacked")
    folder.replace(unpacked)
    folder.mkdir()
    model = find_form(unpacked)
    assert model is not None
    reach("model-unpacked")
    try:
        convert(model, folder)
    except BoxwrightError as error:  # the user knows the archive, not the temporary folder
        message = str(error).replace(str(model), str(source)).replace(str(model.parent), str(source))
        raise ZooError(message) from error
    reach("model-converted")


@contextmanager
def _locked(workspace: Workspace) -> Iterator[None]:
    """Hold the lock of installations, because two would append to the same partial file."""
    workspace.state.mkdir(parents=True, exist_ok=True)
    lock = FileLock(str(workspace.state / "models.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ZooError(
            f"{workspace.root}: another `boxwright models get` is running in this workspace. Wait for it, or stop it."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _staging(pretrained: Path) -> Iterator[Path]:
    """Yield a folder beside the final one; it is removed at the end with what is left in it."""
    pretrained.mkdir(parents=True, exist_ok=True)
    folder = pretrained / f"{STAGING}{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(workspace: Workspace) -> None:
    for folder in workspace.pretrained.glob(f"{STAGING}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Write the files through to the disk, before the folder gets its name."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())


def _is_inside(path: Path, folder: Path) -> bool:
    return folder.resolve() in path.resolve().parents
