"""`boxwright estimate`: what a training here would be. labelImg's dialog asks; nobody types it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from boxwright.cli.options import Folder
from boxwright.cli.tensorflow_quiet import quiet_tensorflow
from boxwright.cli.train import default_preset, find_config
from boxwright.errors import BoxwrightError
from boxwright.files import atomic_write_text
from boxwright.jobs.locks import borrow_device, device_name, shared_folder
from boxwright.workspace import Workspace

REMEMBERED = "steps.json"  # in the user's folder: seconds by what they were measured of
TRUSTED = 7 * 24 * 3600.0  # in seconds; drivers, libraries and power settings change


def estimate(
    folder: Folder = Path(),
    preset: Annotated[str | None, typer.Option(help="Measure a step of this preset.")] = None,
    pipeline_config_path: Annotated[Path | None, typer.Option(help="Measure a step of this configuration.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="With so many images.")] = None,
) -> None:
    """Print what a training here would be, as JSON lines: first what is quickly known, then device and step time.

    Example:
      boxwright estimate training_demo
      boxwright estimate training_demo --preset small --batch-size 8
    """
    workspace = Workspace.find(folder)
    if preset is None and pipeline_config_path is None:
        _print(**_choices(workspace), **_dataset(workspace))
        quiet_tensorflow()
        from boxwright.training.hardware.environment import device_in_words

        _print(device=device_in_words())
    else:
        config = _config(workspace, preset, pipeline_config_path, batch_size)
        _print(**_measured(config))


def _print(**said: Any) -> None:
    print(json.dumps(said), flush=True)


def _choices(workspace: Workspace) -> dict[str, Any]:
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.presets import PRESETS, build_preset

    presets = []
    for name, preset in PRESETS.items():
        train_config = build_preset(name, num_classes=1).train_config
        numbers = {"num_steps": train_config.num_steps, "batch_size": train_config.batch_size}
        presets.append({"name": name, "purpose": preset.purpose, **numbers})
    chosen, checkpoint = default_preset(workspace)
    config = None
    if workspace.pipeline_config.exists():
        config = {"path": workspace.relative(workspace.pipeline_config)}
        try:
            train_config = load_pipeline(workspace.pipeline_config).train_config
            config |= {"num_steps": train_config.num_steps, "batch_size": train_config.batch_size}
        except BoxwrightError as error:
            config |= {"error": str(error)}
    return {
        "presets": presets,
        "default": chosen,
        "config": config,
        "checkpoint": workspace.relative(checkpoint) if checkpoint else None,
    }


def _dataset(workspace: Workspace) -> dict[str, Any]:
    from boxwright.dataset.sync import assess

    report = assess(workspace)
    return {
        "images": dict(report.images),
        "objects": {label: dict(splits) for label, splits in report.objects.items()},
        "unlabelled": report.unlabelled,
        "findings": len(report.findings),
    }


def _config(workspace: Workspace, preset: str | None, path: Path | None, batch_size: int | None) -> Any:
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.pipeline.load import load_pipeline
    from boxwright.pipeline.presets import build_preset

    if path is not None:
        config = load_pipeline(find_config(workspace, path))
    else:
        labels = read_label_map(workspace.label_map) if workspace.label_map.exists() else {}
        config = build_preset(preset or "", num_classes=max(labels.values(), default=1))
    if batch_size is not None:
        config.train_config.batch_size = batch_size
    return config


def _measured(config: Any) -> dict[str, Any]:
    """Return the seconds of a step, remembered or measured now; why not, while a job has the device."""
    network = config.model.SerializeToString(deterministic=True) + str(config.train_config.batch_size).encode()
    key = f"{platform.node()}-{device_name()}-{hashlib.sha256(network).hexdigest()[:16]}"
    seconds = _remembered().get(key)
    if seconds is None:
        with borrow_device(device_name()) as is_free:
            if not is_free:
                return {"busy": "A job has the device at the moment, so no step can be measured."}
            quiet_tensorflow()
            from boxwright.training.step_timing import measure_step

            measured = measure_step(config)
        seconds = {"first_step": round(measured.first, 2), "seconds_per_step": round(measured.each, 4)}
        if measured.is_quiet:
            _remember(key, seconds)
    told = {name: seconds[name] for name in ("first_step", "seconds_per_step")}
    return {"batch_size": config.train_config.batch_size, **told}


def _remembered() -> dict[str, dict[str, float]]:
    """Return the seconds that were measured on a quiet machine within the last week, by what they were measured of."""
    known = {}
    try:
        for key, said in json.loads((shared_folder() / REMEMBERED).read_text("utf-8")).items():
            numbers = {name: float(said[name]) for name in ("first_step", "seconds_per_step", "when")}
            if 0 <= time.time() - numbers["when"] < TRUSTED:
                known[key] = numbers
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return known


def _remember(key: str, seconds: dict[str, float]) -> None:
    path = shared_folder() / REMEMBERED
    with contextlib.suppress(OSError):  # then it is measured again the next time
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(path, json.dumps({**_remembered(), key: {**seconds, "when": time.time()}}))
