"""Time `boxwright dataset` on 5,000 images beside the tutorial's two scripts, whole processes, interleaved.

The images are copies of ../shared/data/raccoon under new names, with their XML. Without them, or without the original
stack's Python (../shared/reference/setup.sh makes one), what cannot be measured is left out and said.

    ./scripts/bench dataset --reference-python ORIGINAL_STACK/bin/python
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from boxwright.cli.console import echo, print_table

PROJECT = Path(__file__).resolve().parent.parent
IMAGES = 5000
RUNS = 3
RATIO_BOUND = 0.8  # of the tutorial's scripts
PLAIN_RATIO_BOUND = 0.4  # without the search for near-identical images
UNCHANGED_BOUND = 1.0  # in seconds
MEMORY_BOUND = 200.0  # in MB, peak resident


@dataclass(frozen=True)
class Cost:
    """What a process took: wall time and processor time in seconds, peak resident memory in MB; None if not told."""

    seconds: float
    processor: float | None
    megabytes: float | None


def main() -> None:
    arguments = _arguments()
    source = arguments.shared / "data" / "raccoon"
    if not source.is_dir():
        echo(f"Left out: the photographs are not at {source}; name their folder with --shared.")
        return
    with tempfile.TemporaryDirectory(prefix="boxwright-bench-", dir=arguments.work) as folder:
        workspace = Path(folder) / "workspace"
        _multiply(source, workspace / "images", arguments.images, distinct=arguments.distinct)
        _measure(workspace, arguments)


def _measure(workspace: Path, arguments: argparse.Namespace) -> None:
    plain: list[Cost] = []
    ours: list[Cost] = []
    again: list[Cost] = []
    edited: list[Cost] = []
    theirs: list[Cost] = []
    reference = arguments.reference_python
    tutorial = arguments.shared / "reference" / "tutorial"
    for number in range(arguments.runs):
        _clear(workspace)
        plain.append(_run([*_boxwright(), "dataset", str(workspace), "--no-near-identical"]))
        _clear(workspace)
        ours.append(_run([*_boxwright(), "dataset", str(workspace)]))
        time.sleep(2.5)  # a file this young is read again: its next change might not show in its times
        _run([*_boxwright(), "dataset", str(workspace)])
        again.append(_run([*_boxwright(), "dataset", str(workspace)]))
        _edit(workspace, number)
        edited.append(_run([*_boxwright(), "dataset", str(workspace)]))
        if reference is not None:
            theirs.append(_tutorial(reference, tutorial, workspace))
    rows: list[tuple[object, ...]] = [
        _row("boxwright dataset --no-near-identical, from nothing", plain, ""),
        _row("boxwright dataset, from nothing", ours, ""),
        _row("boxwright dataset, nothing changed", again, f"below {UNCHANGED_BOUND:g} s"),
        _row("boxwright dataset, one XML edited", edited, ""),
    ]
    if theirs:
        rows.append(_row("xml_to_csv.py and generate_tfrecord.py", theirs, ""))
    print_table(
        ("process", "median s", "best s", "processor s", "peak MB", "wanted"),
        rows,
        title=f"{arguments.images:,} images, {arguments.runs} interleaved runs",
    )
    if theirs:
        for name, costs, bound in (("default", ours, RATIO_BOUND), ("--no-near-identical", plain, PLAIN_RATIO_BOUND)):
            ratio = _median(costs) / _median(theirs)
            echo(f"  Ratio to the tutorial's scripts, {name}: {ratio:.3f} (at most {bound:g} is wanted)")
    else:
        echo("  The tutorial's scripts were left out: name the original stack's Python with --reference-python.")
    memory = max((cost.megabytes for cost in ours if cost.megabytes is not None), default=None)
    if memory is not None:
        echo(f"  Peak memory: {memory:.0f} MB (below {MEMORY_BOUND:g} MB is wanted)")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--distinct", action="store_true", help="give each copy bytes of its own (a JPEG comment)")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--shared", type=Path, default=PROJECT.parent / "shared", help="folder with data/raccoon")
    parser.add_argument("--reference-python", type=Path, help="Python of the original TensorFlow 1.15 stack")
    parser.add_argument("--work", type=Path, help="where the images are copied to; the system's temporary folder")
    return parser.parse_args()


def _boxwright() -> list[str]:
    return [sys.executable, "-m", "boxwright.cli.app"]


def _multiply(source: Path, target: Path, count: int, *, distinct: bool) -> None:
    """Copy the photographs under new names, and their XML with the new name in <filename>, until there are `count`."""
    target.mkdir(parents=True)
    images = sorted((source / "images").iterdir())
    for number in range(count):
        image = images[number % len(images)]
        name = f"{image.stem}-copy{number // len(images)}{image.suffix}"
        data = image.read_bytes()
        comment = b"\xff\xfe\0\x0a" + f"{number:08d}".encode() if distinct else b""
        (target / name).write_bytes(data[:2] + comment + data[2:])
        xml = (source / "annotations" / f"{image.stem}.xml").read_text("utf-8")
        text = xml.replace(f"<filename>{image.name}<", f"<filename>{name}<")
        (target / name).with_suffix(".xml").write_text(text, "utf-8")


def _clear(workspace: Path) -> None:
    for folder in ("annotations", ".boxwright"):
        shutil.rmtree(workspace / folder, ignore_errors=True)


def _edit(workspace: Path, number: int) -> None:
    xml = sorted((workspace / "images").glob("*.xml"))[number]
    xml.write_text(xml.read_text("utf-8").replace("<xmin>", "<xmin>1", 1), "utf-8")


def _tutorial(python: Path, scripts: Path, workspace: Path) -> Cost:
    """Run the tutorial's way over the whole folder: one table, one record."""
    output = workspace.parent / "tutorial"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    table, record = output / "labels.csv", output / "all.record"
    images = workspace / "images"
    first = _run([str(python), str(scripts / "xml_to_csv.py"), "-i", str(images), "-o", str(table)])
    flags = [f"--csv_input={table}", f"--img_path={images}", f"--output_path={record}", "--label=raccoon"]
    second = _run([str(python), str(scripts / "generate_tfrecord.py"), *flags])
    if first.processor is None or second.processor is None:
        return Cost(first.seconds + second.seconds, None, None)
    memory = max(first.megabytes or 0.0, second.megabytes or 0.0)
    return Cost(first.seconds + second.seconds, first.processor + second.processor, memory)


def _run(command: Sequence[str]) -> Cost:
    if hasattr(os, "sync"):
        os.sync()  # nobody pays for what another run left to be written
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    errors = process.stderr.read()
    if not hasattr(os, "wait4"):
        status, processor, memory = process.wait(), None, None
    else:
        _, raw, usage = os.wait4(process.pid, 0)
        status = process.returncode = os.waitstatus_to_exitcode(raw)
        processor = usage.ru_utime + usage.ru_stime
        memory = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    seconds = time.perf_counter() - start
    if status not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {status}:\n{errors.decode('utf-8', 'replace')}")
    return Cost(seconds, processor, memory)


def _row(name: str, costs: Sequence[Cost], wanted: str) -> tuple[object, ...]:
    megabytes = [cost.megabytes for cost in costs if cost.megabytes is not None]
    memory = f"{max(megabytes):.0f}" if megabytes else None
    processor = [cost.processor for cost in costs if cost.processor is not None]
    return (
        name,
        _median(costs),
        min(cost.seconds for cost in costs),
        statistics.median(processor) if processor else None,
        memory,
        wanted,
    )


def _median(costs: Sequence[Cost]) -> float:
    return statistics.median(cost.seconds for cost in costs)


if __name__ == "__main__":
    main()
