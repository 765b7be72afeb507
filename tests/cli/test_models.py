"""`boxwright models` as its user meets it: the list, a download, and what stands in the way of one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.testing
from google.protobuf import text_format

from boxwright.checkpoints.bundle import save_bundle
from boxwright.checkpoints.warm_start import warm_start
from boxwright.cli.app import app
from boxwright.dataset.layout import lay_out
from boxwright.dataset.plan.label_map import read_label_map
from boxwright.demo.write import write_scenes
from boxwright.detection.model import SsdModel
from boxwright.pipeline import load_pipeline, resolve_paths, save_pipeline
from boxwright.pipeline.presets import build_preset
from boxwright.user_folder import CACHE_VARIABLE
from boxwright.workspace import Workspace
from boxwright.zoo import download
from boxwright.zoo.catalogue import CATALOGUE
from zoo_server import Site, archive_of, serving, tree

NAME = "ssd_inception_v2_coco"
PATH = f"/{CATALOGUE[NAME].archive}.tar.gz"
PARTIAL = f"cache/downloads{PATH}.part"


@pytest.fixture(scope="module")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an archive of the zoo holds, with a network that is built in a second."""
    config = build_preset("demo", num_classes=90)
    config.train_config.fine_tune_checkpoint = "PATH_TO_BE_CONFIGURED/model.ckpt"
    folder = tmp_path_factory.mktemp("model")
    save_bundle(folder / "model.ckpt", SsdModel(config.model, seed=7).variables_by_name)
    (folder / "pipeline.config").write_text(text_format.MessageToString(config))
    (folder / "frozen_inference_graph.pb").write_bytes(b"graph")
    return tree(folder)


@pytest.fixture
def site(model_files: dict[str, bytes]) -> Iterator[Site]:
    with serving({PATH: archive_of(model_files, "ssd_inception_v2_coco_2018_01_28")}) as site:
        yield site


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    workspace = Workspace.at(tmp_path / "training demo")
    lay_out(workspace)
    write_scenes(workspace.images, 8, seed=1)
    return workspace


def run(*arguments: object, code: int = 0) -> str:
    """Run the program; return what it said."""
    ended = typer.testing.CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert ended.exit_code == code, ended.output
    return " ".join(ended.output.split())


def get(workspace: Workspace, site: Site, *options: object, code: int = 0) -> str:
    return run("models", "get", NAME, workspace.root, "--mirror", site.base, "--accept-unknown", *options, code=code)


def starts_from(workspace: Workspace) -> str:
    return load_pipeline(workspace.pipeline_config).train_config.fine_tune_checkpoint


def test_the_list_has_every_model_with_its_address_and_whether_it_works_here() -> None:
    said = run("models")
    for model in CATALOGUE.values():
        assert f"{model.name} {'yes' if model.is_supported else 'not yet'} {model.accuracy:g} {model.metric}" in said
        assert f"{model.archive}.tar.gz" in said
    assert "http://download.tensorflow.org/models/object_detection/" in said
    ended = typer.testing.CliRunner().invoke(app, ["models", "--json"])
    rows = [json.loads(line) for line in ended.output.splitlines()]
    assert [row["name"] for row in rows] == list(CATALOGUE)
    assert {row["name"] for row in rows if row["supported"]} == {m.name for m in CATALOGUE.values() if m.is_supported}
    assert rows[0]["address"] == CATALOGUE[rows[0]["name"]].address()


def test_a_model_is_fetched_and_fitted_to_the_workspace(workspace: Workspace, site: Site, model_files) -> None:
    said = get(workspace, site)
    assert "the weights fit: all" in said
    assert f"put in place: pre-trained-model/{NAME}/model.ckpt" in said
    assert "Next: boxwright train" in said
    assert tree(workspace.pretrained) == {f"{NAME}/{name}": content for name, content in model_files.items()}
    config = load_pipeline(workspace.pipeline_config)
    assert config.model.ssd.num_classes == len(read_label_map(workspace.label_map)) > 1
    assert "starts from it already" in get(workspace, site)
    assert len(site.requests) == 1

    paths = resolve_paths(config, workspace.root)
    assert paths.fine_tune_checkpoint == workspace.pretrained / NAME / "model.ckpt"
    started = warm_start(SsdModel(config.model).variables_by_name, paths.fine_tune_checkpoint)
    assert (started.missing, started.mismatched) == ((), {})


def test_a_model_fetched_before_the_first_label_gets_its_config_later(workspace: Workspace, site: Site) -> None:
    photos = {path: path.read_bytes() for path in workspace.images.iterdir()}
    for path in photos:
        path.unlink()
    assert "the workspace has no labels" in get(workspace, site)
    assert not workspace.pipeline_config.exists()
    for path, content in photos.items():
        path.write_bytes(content)
    assert "wrote training/pipeline.config" in get(workspace, site)
    assert len(site.requests) == 1


def test_a_config_of_another_network_is_in_the_way_until_force(
    workspace: Workspace, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = "model { ssd { feature_extractor { type: 'ssd_mobilenet_v1' } } } # mine\n"
    workspace.pipeline_config.write_text(mine)
    (workspace.training / "model.ckpt-7.index").write_bytes(b"")
    said = get(workspace, site, code=1)
    assert "another network (ssd_mobilenet_v1)" in said
    assert "--force" in said
    assert site.requests == []
    said = get(workspace, site, "--force", "--num-steps", 77, "--batch-size", 3)
    assert "backup: training/pipeline.config.backup-1" in said
    assert "--start-over" in said
    assert (workspace.training / "pipeline.config.backup-1").read_text() == mine
    train = load_pipeline(workspace.pipeline_config).train_config
    assert (train.num_steps, train.batch_size) == (77, 3)


def test_a_config_that_the_model_fits_stays_and_one_it_does_not_is_named(workspace: Workspace, site: Site) -> None:
    save_pipeline(build_preset("small", num_classes=2), workspace.pipeline_config)
    before = workspace.pipeline_config.read_bytes()
    said = get(workspace, site, code=1)
    assert "does not fit" in said
    assert "FeatureExtractor/InceptionV2/" in said
    assert "checkpoint [" in said
    assert list(workspace.pretrained.iterdir()) == []
    assert workspace.pipeline_config.read_bytes() == before
    save_pipeline(build_preset("demo", num_classes=2), workspace.pipeline_config)
    before = workspace.pipeline_config.read_bytes()
    said = get(workspace, site)
    assert "stays as it is" in said
    assert f'fine_tune_checkpoint: "pre-trained-model/{NAME}/model.ckpt"' in said
    assert workspace.pipeline_config.read_bytes() == before
    assert len(site.requests) == 1


def test_a_checkpoint_that_does_not_fit_its_own_config_is_refused(
    workspace: Workspace, model_files: dict[str, bytes], tmp_path: Path
) -> None:
    wider = model_files["pipeline.config"].replace(b"depth_multiplier: 0.25", b"depth_multiplier: 0.5")
    file = tmp_path / "mine.tar.gz"
    file.write_bytes(archive_of({**model_files, "pipeline.config": wider}))
    said = run("models", "get", "mine", workspace.root, "--from", file, code=1)
    assert "mine: this checkpoint does not fit its pipeline.config" in said
    assert "differ: FeatureExtractor/" in said
    assert not workspace.pipeline_config.exists()
    assert list(workspace.pretrained.iterdir()) == []


def test_an_archive_and_a_folder_on_the_disk_are_taken(
    workspace: Workspace, model_files: dict[str, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name, content in model_files.items():
        (folder / name).write_bytes(content)
    file = tmp_path / "downloaded.tar.gz"
    file.write_bytes(archive_of(model_files))
    run("models", "get", "mine", workspace.root, "--from", folder)
    assert starts_from(workspace) == "pre-trained-model/mine/model.ckpt"
    run("models", "get", NAME, workspace.root, "--from", file, "--force")
    assert starts_from(workspace) == f"pre-trained-model/{NAME}/model.ckpt"
    assert (folder / "frozen_inference_graph.pb").exists()
    assert file.exists()


def test_a_model_of_another_network_is_refused_under_a_name_of_the_list(
    workspace: Workspace, model_files: dict[str, bytes], tmp_path: Path
) -> None:
    file = tmp_path / "downloaded.tar.gz"
    file.write_bytes(archive_of(model_files))
    said = run("models", "get", "ssd_mobilenet_v2_coco", workspace.root, "--from", file, code=1)
    assert "another network (ssd_inception_v2, use_depthwise false; ssd_mobilenet_v2_coco is ssd_mobilenet_v2" in said
    assert list(workspace.pretrained.iterdir()) == []


@pytest.fixture(scope="module")
def graph(model_files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The frozen graph of the model in `model_files`."""
    from boxwright.export.graph import frozen_graph, portable_graph_def
    from boxwright.inference.restore import restore_model
    from boxwright.inference.serving import serving_function

    folder = tmp_path_factory.mktemp("graph")
    for name, content in model_files.items():
        (folder / name).write_bytes(content)
    model, _ = restore_model(load_pipeline(folder / "pipeline.config"), folder / "model.ckpt")
    graph = frozen_graph(model, serving_function(model)).graph
    return portable_graph_def(graph).SerializeToString()


def test_a_frozen_graph_becomes_a_checkpoint_that_training_starts_from(
    workspace: Workspace, model_files: dict[str, bytes], graph: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "their model" / "graph.pb"
    file.parent.mkdir()
    file.write_bytes(graph)
    (file.parent / "pipeline.config").write_bytes(model_files["pipeline.config"])
    said = run("models", "get", "mine", workspace.root, "--from", file)
    assert "a frozen graph; it is converted and compared with the file itself" in said
    assert "on 8 photos its scores differ from the file's by at most" in said
    assert "the weights fit: all" in said
    assert starts_from(workspace) == "pre-trained-model/mine/model.ckpt"
    data = "model.ckpt.data-00000-of-00001"
    assert (workspace.pretrained / "mine" / data).stat().st_size == len(model_files[data])


def test_a_file_of_another_network_is_refused_under_a_name_of_the_list(
    workspace: Workspace, graph: bytes, tmp_path: Path
) -> None:
    file = tmp_path / "graph.pb"
    file.write_bytes(graph)
    said = run("models", "get", "ssd_mobilenet_v1_coco", workspace.root, "--from", file, code=1)
    assert "are those of another network" in said
    assert "ssd_mobilenet_v1_coco (" in said
    assert list(workspace.pretrained.iterdir()) == []


def test_a_file_needs_a_known_config(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    file.write_text("{}")
    said = run("models", "get", "ssd_mobilenetv2_oidv4", workspace.root, "--from", file, code=1)
    assert "Known are ssdlite_mobilenet_v2_coco," in said
    said = run("models", "get", "ssdlite_mobilenet_v2_coco", workspace.root, "--from", file, code=1)
    assert "not a TF.js graph model" in said
    assert list(workspace.pretrained.iterdir()) == []


def test_a_source_that_cannot_be_checked_is_refused_before_a_download(workspace: Workspace, site: Site) -> None:
    said = run("models", "get", NAME, workspace.root, "--mirror", site.base, code=1)
    assert "its size or SHA-256 is not known" in said
    assert "--accept-unknown" in said
    assert site.requests == []


def test_without_a_network_the_command_ends_with_what_to_do(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PAUSES", (0, 0))
    options = ["--mirror", "http://127.0.0.1:9", "--accept-unknown"]
    said = run("models", "get", NAME, workspace.root, *options, code=1)
    assert "cannot be reached: Connection refused" in said
    assert "--from PATH" in said


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT that a parent could send")
def test_ctrl_c_keeps_what_came_and_the_same_command_goes_on(workspace: Workspace, site: Site) -> None:
    whole = site.files[PATH]
    site.hold = threading.Event()
    command = [sys.executable, "-m", "boxwright", "models", "get", NAME, str(workspace.root), "--mirror", site.base]
    command.append("--accept-unknown")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    partial, patience = workspace.root.parent / PARTIAL, time.monotonic() + 60
    while not (partial.exists() and partial.stat().st_size) and time.monotonic() < patience:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=30)
    assert process.returncode == 130, complained
    assert "kept: the same command resumes there" in said
    assert "Interrupted." in complained
    came = partial.read_bytes()
    assert whole.startswith(came)
    assert not (workspace.root.parent / PARTIAL.removesuffix(".part")).exists()
    site.hold.set()
    site.hold = None
    get(workspace, site)
    assert site.requests[-1][1] == f"bytes={len(came)}-"
    assert not partial.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["models", "fetch", "x"], "'fetch' is nothing that `models` does"),
        (["models", "get"], "Give the name of a model"),
        (["models", "--from", "x"], "takes no name and no --from"),
        (["models", "get", "ssd_mobilenet_v1", "{workspace}"], "Did you mean ssd_mobilenet_v1_coco"),
        (["models", "get", "../x", "{workspace}", "--from", "x"], "cannot be the name"),
        (["models", "get", "x", "{workspace}", "--from", "nothing.tgz"], "no such file or folder"),
        (["models", "get", NAME, "nowhere"], "boxwright init nowhere"),
    ],
)
def test_wrong_usage_is_said_with_the_right_one(workspace: Workspace, arguments: list[str], message: str) -> None:
    said = run(*(str(workspace.root) if one == "{workspace}" else one for one in arguments), code=2)
    assert message in said


def test_a_network_that_is_not_built_is_refused_before_a_download(workspace: Workspace, site: Site) -> None:
    name = "ssd_mobilenet_v3_large_coco"
    assert not CATALOGUE[name].is_supported
    said = run("models", "get", name, workspace.root, "--mirror", site.base, code=1)
    assert "ssd_mobilenet_v3_large) is not built" in said
    assert site.requests == []


def test_the_real_weights_fit_from_a_folder(shared: Path, workspace: Workspace) -> None:
    name = "ssd_mobilenet_v1_0.75_depth_coco"
    said = run("models", "get", name, workspace.root, "--from", shared / "data" / "weights" / name)
    assert "the weights fit: all" in said
    assert "wrote training/pipeline.config from its own pipeline.config" in said
