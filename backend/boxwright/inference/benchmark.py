"""How long an export takes for one image, in each of its forms and their runtimes."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from boxwright.errors import BoxwrightError
from boxwright.inference.detector import Detector, find_model
from boxwright.inference.runtimes.base import FROZEN_GRAPH, SAVED_MODEL, usable_cores
from boxwright.progress import Progress, Reporter, silent

PERCENTILES = (50, 90, 95, 99)
WARM_UP = 3  # calls that are not counted: the first ones plan, pack weights and fill caches
RUNTIMES = {".tflite": "ai-edge-litert", ".onnx": "onnxruntime"}


@dataclass(frozen=True)
class Latency:
    """The time that one form of an export takes for one image, from pixels to boxes.

    Attributes:
        form: Name of its file or folder.
        runtime: What ran it, with its version.
        size: Of the file or folder, in bytes.
        load_seconds: From the disk to ready.
        first_ms: The first call, in milliseconds.
        mean_ms, best_ms: Of the calls that count.
        percentiles_ms: Percentile → milliseconds.
    """

    form: str
    runtime: str
    size: int
    load_seconds: float
    first_ms: float
    mean_ms: float
    best_ms: float
    percentiles_ms: dict[int, float]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready values, rounded to a microsecond."""
        values = {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(self).items()}
        values["percentiles_ms"] = {f"p{key}": round(value, 3) for key, value in self.percentiles_ms.items()}
        return values


def find_forms(path: Path) -> list[Path]:
    """Return every form of an export in the folder, or the one that `path` is.

    Raises:
        UsageError: There is none.
    """
    if path.is_dir() and not (path / "saved_model.pb").is_file():
        known = [path / FROZEN_GRAPH, path / SAVED_MODEL / "saved_model.pb"]
        found = [form for form in known if form.is_file()]
        found += sorted(form for form in path.iterdir() if form.suffix.lower() in RUNTIMES)
        if found:
            return [find_model(form) for form in found]
    return [find_model(path)]


def measure(
    forms: Sequence[Path],
    image: npt.NDArray[np.uint8],
    *,
    runs: int,
    threads: int | None = None,
    trust: bool = False,
    reporter: Reporter = silent,
) -> tuple[list[Latency], list[str]]:
    """Run every form on one image, in turns, so that a busy moment of the machine meets them all.

    Args:
        forms: From find_forms.
        image: uint8 [H, W, 3].
        runs: Calls that count, of each.
        threads: Of the TFLite and ONNX runtimes; by default all cores.
        trust: As for Detector.open.
        reporter: Told after each turn.

    Returns:
        One Latency a form, and why the others could not be run.

    Raises:
        BoxwrightError: None can be run.
    """
    loaded: dict[Path, tuple[Detector, float]] = {}
    skipped = []
    for form in forms:
        start = time.perf_counter()
        try:
            loaded[form] = Detector.open(form, threads=threads, trust=trust), time.perf_counter() - start
        except BoxwrightError as error:
            skipped.append(f"{form.name}: {error}")
    if not loaded:
        raise BoxwrightError("\n".join(skipped))
    taken: dict[Path, list[float]] = {form: [] for form in loaded}
    batch = image[np.newaxis]
    for turn in range(WARM_UP + runs):
        for form, (detector, _) in loaded.items():
            start = time.perf_counter()
            detector.run(batch)
            taken[form].append(1e3 * (time.perf_counter() - start))
        reporter(Progress("measuring", turn + 1, WARM_UP + runs))
    return [_latency(form, loaded[form][1], times) for form, times in taken.items()], skipped


def machine(threads: int | None) -> dict[str, Any]:
    """Return what the numbers depend on, JSON-ready."""
    return {
        "processor": _processor(),
        "cores": usable_cores(),
        "threads": threads or usable_cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def _latency(form: Path, load_seconds: float, times: list[float]) -> Latency:
    counted = times[WARM_UP:]
    files = [form] if form.is_file() else [path for path in form.rglob("*") if path.is_file()]
    package = RUNTIMES.get(form.suffix.lower(), "tensorflow")
    return Latency(
        form=form.name,
        runtime=f"{package} {metadata.version(package)}",
        size=sum(path.stat().st_size for path in files),
        load_seconds=load_seconds,
        first_ms=times[0],
        mean_ms=float(np.mean(counted)),
        best_ms=min(counted),
        percentiles_ms={key: float(np.percentile(counted, key)) for key in PERCENTILES},
    )


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.is_file():  # platform.processor() is empty or only the architecture on Linux
        for line in listing.read_text("utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
