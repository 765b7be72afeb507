"""Real programs open an export, each from the package registry in a virtual environment of its own.

Installing them costs minutes, so these tests run where BOXWRIGHT_CLIENTS is set: to 1, or to the folder that keeps the
environments from one run to the next.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boxwright.demo.scenes import draw_scene
from boxwright.export.exporter import export
from boxwright.export.formats import Format
from boxwright.inference.detector import Detector
from boxwright.inference.runtimes.base import SAVED_MODEL
from boxwright.pipeline.load import load_pipeline
from client_detections import Exported, Found

PHOTOS = 5
LABELS = ("one", "two", "three")
SKIPPED = "BOXWRIGHT_CLIENTS is not set: programs are installed for these tests, which costs minutes"
SCRIPTS = Path(__file__).resolve().parent / "scripts"
BACKEND = Path(__file__).resolve().parents[2] / "backend"


@pytest.fixture(scope="session")
def exported(golden: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    if not os.environ.get("BOXWRIGHT_CLIENTS"):
        pytest.skip(SKIPPED)
    folder = tmp_path_factory.mktemp("clients")
    label_map = folder / "label_map.pbtxt"
    label_map.write_text("".join(f"item {{ id: {number} name: '{name}' }}\n" for number, name in enumerate(LABELS, 1)))
    photos = [np.asarray(draw_scene(seed)[0].resize((300, 300))) for seed in range(PHOTOS)]
    np.savez(folder / "photos.npz", *photos)
    export(
        load_pipeline(golden / "ssd_inception_v2_a" / "pipeline.config"),
        golden / "ssd_inception_v2_a" / "model.ckpt-0",
        folder / "export",
        images=photos[:1],
        label_map=label_map,
        formats=tuple(Format),
        calibration=photos,
    )
    saved = Detector.open(folder / "export" / SAVED_MODEL)
    return Exported(
        folder / "export", folder / "photos.npz", [_found(saved.run(photo[np.newaxis])) for photo in photos]
    )


def _found(outputs: dict[str, Any]) -> list[Found]:
    count = int(outputs["num_detections"][0])
    boxes = outputs["detection_boxes"][0, :count] * 300.0
    rows = zip(boxes, outputs["detection_scores"][0], outputs["detection_classes"][0], strict=False)
    return [Found(x0, y0, x1, y1, float(score), int(number) - 1) for (y0, x0, y1, x1), score, number in rows]


@pytest.fixture(scope="session")
def client(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Return a function that runs a script of scripts/ beside packages, and gives the JSON that it prints last."""
    wanted = os.environ.get("BOXWRIGHT_CLIENTS", "")
    if not wanted:
        pytest.skip(SKIPPED)
    root = tmp_path_factory.mktemp("environments") if wanted == "1" else Path(wanted).expanduser().resolve()

    def run(packages: str, script: str, *arguments: object) -> Any:
        python = environment(root, packages)
        command = [str(python), str(SCRIPTS / script), *map(str, arguments)]
        environ = {**os.environ, "PYTHONPATH": str(BACKEND)}
        finished = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environ)
        assert finished.returncode == 0, finished.stderr[-3000:]
        return json.loads(finished.stdout.splitlines()[-1])

    return run


def environment(root: Path, packages: str) -> Path:
    """Return the Python of a virtual environment of these packages, which is made once."""
    folder = root / "".join(letter if letter.isalnum() else "-" for letter in packages)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (folder / "ready").exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True, timeout=300)
    installing = [str(python), "-m", "pip", "install", "-q", *packages.split()]
    finished = subprocess.run(installing, capture_output=True, text=True, timeout=500, check=False)
    if finished.returncode != 0:
        pytest.skip(f"{packages} cannot be installed here: {finished.stderr.strip().splitlines()[-1:]}")
    (folder / "ready").touch()
    return python
