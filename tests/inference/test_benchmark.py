"""`boxwright benchmark`: every form is measured, in turns, and the numbers are what was measured."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from boxwright.cli.app import app
from boxwright.errors import UsageError
from boxwright.inference import benchmark
from boxwright.inference.benchmark import WARM_UP, find_forms, measure
from original_graph import write_original_graph

MILLISECOND = 1e-3


class Slow:
    """A detector that takes its time, and keeps a list of who was called."""

    def __init__(self, name: str, seconds: list[float], calls: list[str]) -> None:
        self._name, self._seconds, self._calls = name, iter(seconds), calls

    def run(self, images: Any) -> dict[str, Any]:
        assert images.shape == (1, 4, 5, 3)
        self._calls.append(self._name)
        self._clock[0] += next(self._seconds)
        return {}

    _clock = [0.0]  # noqa: RUF012 - one for all, as time is


@pytest.fixture
def two_forms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[list[Path], list[str]]:
    calls: list[str] = []
    forms = [tmp_path / "frozen_inference_graph.pb", tmp_path / "saved_model"]
    forms[0].write_bytes(b"12345")
    forms[1].mkdir()
    (forms[1] / "saved_model.pb").write_bytes(b"123")
    times = {
        forms[0].name: [9.0] * WARM_UP + [n * MILLISECOND for n in range(1, 101)],
        forms[1].name: [1.0] * WARM_UP + [2 * MILLISECOND] * 100,
    }
    monkeypatch.setattr(time, "perf_counter", lambda: Slow._clock[0])
    monkeypatch.setattr(benchmark.Detector, "open", lambda path, **_: Slow(path.name, times[path.name], calls))
    return forms, calls


def test_percentiles_are_of_the_calls_after_the_warm_up(two_forms: tuple[list[Path], list[str]]) -> None:
    forms, calls = two_forms
    (slow, steady), skipped = measure(forms, np.zeros((4, 5, 3), np.uint8), runs=100)
    assert not skipped
    assert slow.percentiles_ms == pytest.approx({50: 50.5, 90: 90.1, 95: 95.05, 99: 99.01})
    assert (slow.first_ms, slow.best_ms, slow.mean_ms) == pytest.approx((9000.0, 1.0, 50.5))
    assert steady.percentiles_ms == pytest.approx(dict.fromkeys((50, 90, 95, 99), 2.0))
    assert (slow.size, steady.size) == (5, 3)
    assert slow.runtime.startswith("tensorflow 2.")
    assert calls == [form.name for form in forms] * (WARM_UP + 100)  # in turns


def test_every_form_of_a_folder_is_found(tmp_path: Path) -> None:
    for name in ("frozen_inference_graph.pb", "model.onnx", "model.tflite", "saved_model/saved_model.pb", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = ["frozen_inference_graph.pb", "saved_model", "model.onnx", "model.tflite"]
    assert [form.name for form in find_forms(tmp_path)] == names
    assert find_forms(tmp_path / "model.onnx") == [tmp_path / "model.onnx"]
    assert find_forms(tmp_path / "saved_model") == [tmp_path / "saved_model"]
    with pytest.raises(UsageError, match="no such file"):
        find_forms(tmp_path / "missing")


def test_the_command_measures_what_it_can_and_names_the_rest(golden: Path, tmp_path: Path) -> None:
    write_original_graph(golden, tmp_path / "frozen_inference_graph.pb")
    (tmp_path / "model.tflite").write_bytes(b"damaged")
    photo, numbers = tmp_path / "photo.png", tmp_path / "deeper" / "latency.json"
    Image.new("RGB", (40, 30)).save(photo)
    given = ["benchmark", tmp_path, "--image", photo, "--runs", "4", "--json", numbers]
    result = CliRunner().invoke(app, [str(value) for value in given])
    assert result.exit_code == 0, result.output
    assert "One image of 40x30, 4 runs" in result.output and "p99" in result.output
    assert "Not measured: model.tflite: " in result.output
    content = json.loads(numbers.read_text("utf-8"))
    (found,) = content["latencies"]
    assert found["form"] == "frozen_inference_graph.pb"
    assert 0.0 < found["best_ms"] <= found["percentiles_ms"]["p50"] <= found["percentiles_ms"]["p99"]
    assert content["machine"]["cores"] >= 1 and len(content["not_measured"]) == 1


def test_with_nothing_that_runs_the_command_fails(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"damaged")
    result = CliRunner().invoke(app, ["benchmark", str(tmp_path)])
    assert result.exit_code != 0 and "model.onnx" in result.output
    result = CliRunner().invoke(app, ["benchmark", str(tmp_path), "--image", str(tmp_path / "none.jpg")])
    assert result.exit_code == 2 and "no such image" in result.output
