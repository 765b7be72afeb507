"""The example on the page about the Python API runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from boxwright.demo.write import write_scenes

STEPS = "num_steps=500"


@pytest.mark.train
def test_the_documented_example_runs(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from boxwright.detection import model
    from tiny_network import TinyNetwork

    monkeypatch.setattr(model, "build_feature_extractor", TinyNetwork)  # one of the user's size takes minutes
    page = (project / "docs/reference/python-api.md").read_text(encoding="utf-8")
    (example, *_) = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
    assert STEPS in example
    write_scenes(tmp_path / "training_demo/images", 24, seed=1)
    monkeypatch.chdir(tmp_path)
    exec(compile(example.replace(STEPS, "num_steps=2"), "python-api.md", "exec"), {})
    step, _, folder = capsys.readouterr().out.splitlines()[-1].split()
    assert step == "2"
    assert (Path(folder) / "frozen_inference_graph.pb").exists()
