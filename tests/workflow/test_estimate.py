"""What a training would be: the dataset as it is, and a step's time that deserves to be believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from boxwright.pipeline.presets import PRESETS, build_preset
from boxwright.pipeline.save import save_pipeline
from boxwright.training import step_timing as measure
from boxwright.training.step_timing import StepTime, free_share, measure_step
from boxwright.workflow.estimate import Estimate, EstimateOptions, _config, estimate
from boxwright.workspace import Workspace
from tiny_workspaces import add_image, make_workspace
from training_records import small_config

DAY = 24 * 3600.0


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(folder))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = make_workspace(tmp_path / "work", {f"{number}.jpg": ["dog", "cat"] for number in range(5)})
    add_image(made, "bare.jpg", None)
    return made


class Measured:
    """Stands in for a measurement: what it gives, and how often it was asked."""

    def __init__(self) -> None:
        self.gives = StepTime(8.125, 0.25, is_quiet=True)
        self.batches: list[int] = []

    def __call__(self, config: Any) -> StepTime:
        self.batches.append(config.train_config.batch_size)
        return self.gives


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Measured:
    stand_in = Measured()
    monkeypatch.setattr(measure, "measure_step", stand_in)
    return stand_in


@pytest.fixture
def ask(workspace: Workspace) -> Any:
    def asked(**options: Any) -> list[dict[str, Any]]:
        lines: list[str] = []
        estimate(workspace, EstimateOptions(**options), on_part=lambda part: lines.append(part.to_json()))
        assert [Estimate.from_json(line).to_json() for line in lines] == lines
        said = [json.loads(line) for line in lines]
        assert {line.pop("version") for line in said} == {1}
        return said

    return asked


# what is quickly known
def test_a_new_workspace(workspace: Workspace, ask: Any) -> None:
    quick, device = ask()
    assert {preset["name"] for preset in quick["presets"]} == set(PRESETS)
    assert all(
        preset["num_steps"] > 0 and preset["batch_size"] > 0 and preset["purpose"] for preset in quick["presets"]
    )
    assert (quick["default"], quick["config"], quick["checkpoint"]) == ("small", None, None)
    assert sum(quick["images"].values()) == 5 and quick["unlabelled"] == 1
    assert {label: sum(splits.values()) for label, splits in quick["objects"].items()} == {"dog": 5, "cat": 5}
    assert device["device"]
    assert {path.name for path in workspace.root.iterdir()} <= {"images", ".boxwright"}  # to ask is not to make


def test_a_checkpoint_and_a_configuration(workspace: Workspace, ask: Any) -> None:
    workspace.pretrained.mkdir()
    (workspace.pretrained / "model.ckpt.index").touch()
    save_pipeline(build_preset("small", num_classes=2, num_steps=123), workspace.pipeline_config, header="")
    quick = ask()[0]
    assert (quick["default"], quick["checkpoint"]) == ("ssd_inception_v2", "pre-trained-model/model.ckpt")
    assert quick["config"] == {
        "path": "training/pipeline.config",
        "num_steps": 123,
        "batch_size": quick["config"]["batch_size"],
        "error": "",
    }


def test_the_pretrained_model_is_the_default_where_it_can_be_had(
    cache: Path, ask: Any, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOXWRIGHT_OFFLINE")
    quick = ask()[0]
    assert quick["default"] == quick["presets"][0]["name"] == "ssdlite_mobilenet_v2_coco"
    ask(pretrained="ssdlite_mobilenet_v2_coco", batch_size=4)
    assert measured.batches == [4]


def test_a_configuration_that_cannot_be_read_is_said_beside_the_rest(workspace: Workspace, ask: Any) -> None:
    workspace.training.mkdir()
    workspace.pipeline_config.write_text("model {")
    quick = ask()[0]
    assert "pipeline.config" in quick["config"]["error"]
    assert quick["presets"] and quick["images"]


def test_stdout_is_nothing_but_json(workspace: Workspace) -> None:
    command = [sys.executable, "-m", "boxwright", "estimate", str(workspace.root)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [set(json.loads(line)) for line in ended.stdout.splitlines()][1] == {"version", "device"}


# the time of a step
def test_a_time_is_measured_once(ask: Any, measured: Measured) -> None:
    said = {"batch_size": 4, "first_step": 8.12, "seconds_per_step": 0.25}
    assert ask(preset="small", batch_size=4) == [said]
    assert ask(preset="small", batch_size=4) == [said]
    assert measured.batches == [4]
    ask(preset="small", batch_size=5)
    ask(preset="small")
    assert measured.batches == [4, 5, build_preset("small", num_classes=1).train_config.batch_size]


def test_a_time_is_known_for_whatever_trains_the_same_network(
    workspace: Workspace, ask: Any, measured: Measured
) -> None:
    ask(preset="small", batch_size=4)
    save_pipeline(build_preset("small", num_classes=1, num_steps=9), workspace.pipeline_config, header="")
    ask(pipeline_config_path=workspace.pipeline_config, batch_size=4)
    assert measured.batches == [4]


def test_an_old_time_is_measured_again(ask: Any, measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for passed, times in ((0, 1), (6 * DAY, 1), (8 * DAY, 2), (14 * DAY, 2), (-DAY, 3)):  # the clock was put back
        monkeypatch.setattr(time, "time", lambda passed=passed: now + passed)
        ask(preset="small")
        assert len(measured.batches) == times, passed


def test_a_time_of_a_busy_machine_is_told_and_not_remembered(ask: Any, measured: Measured) -> None:
    measured.gives = StepTime(80.0, 2.5, is_quiet=False)
    assert ask(preset="small")[0]["seconds_per_step"] == 2.5
    measured.gives = StepTime(8.0, 0.25, is_quiet=True)
    assert ask(preset="small")[0]["seconds_per_step"] == 0.25
    assert ask(preset="small")[0]["seconds_per_step"] == 0.25
    assert len(measured.batches) == 2


def test_a_time_of_another_machine_with_the_same_home_is_not_taken(
    ask: Any, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(preset="small")
    monkeypatch.setattr("platform.node", lambda: "another")
    ask(preset="small")
    assert len(measured.batches) == 2


@pytest.mark.parametrize("said", ["", "[]", "3", '{"a": 3}', '{"a": {"first_step": "x"}}', "\0"])
def test_a_damaged_memory_is_none(cache: Path, ask: Any, measured: Measured, said: str) -> None:
    cache.mkdir()
    (cache / "steps.json").write_text(said)
    ask(preset="small")
    ask(preset="small")
    assert len(measured.batches) == 1


def test_a_home_that_cannot_be_written_costs_a_measurement(
    tmp_path: Path, ask: Any, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BOXWRIGHT_CACHE", str(tmp_path / "file"))
    assert ask(preset="small")[0]["seconds_per_step"] == 0.25


def test_a_job_keeps_the_device_and_the_measurement_keeps_it_from_jobs(
    cache: Path, ask: Any, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir()
    lock = FileLock(str(cache / "device-0.lock"))
    with lock:
        assert set(ask(preset="small")[0]) == {"busy"}
    assert measured.batches == []

    def measure_it(config: Any) -> StepTime:
        other = (
            "import sys; from boxwright.jobs.locks import borrow_device\nwith borrow_device('0') as free: print(free)"
        )
        command = [sys.executable, "-c", other]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "False"
        return measured(config)

    monkeypatch.setattr(measure, "measure_step", measure_it)
    ask(preset="small")
    assert len(measured.batches) == 1
    with lock.acquire(timeout=0):
        pass  # given back


def test_a_real_step() -> None:
    config = small_config()
    step = measure_step(config, steps=1)
    assert 0 < step.each < step.first  # which builds the graph


@pytest.fixture
def busy_machine() -> Iterator[None]:
    count = 2 * (os.cpu_count() or 1)
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    yield
    for other in others:
        other.kill()
        other.wait()


@pytest.mark.usefixtures("busy_machine")
def test_a_busy_machine_is_noticed() -> None:
    time.sleep(0.3)
    assert free_share() < measure.QUIET


@pytest.mark.parametrize("what", [{"preset": "small"}, {"pretrained": "ssdlite_mobilenet_v2_coco"}])
def test_a_step_is_measured_with_the_image_size_that_is_asked_for(tmp_path: Path, what: dict[str, Any]) -> None:
    resizer = _config(Workspace.at(tmp_path), EstimateOptions(**what, image_size=512)).model.ssd.image_resizer
    assert resizer.fixed_shape_resizer.width == resizer.fixed_shape_resizer.height == 512
