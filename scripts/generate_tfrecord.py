"""The tutorial's generate_tfrecord.py, under its own flags, by Boxwright's code and without TensorFlow.

    python generate_tfrecord.py --label=ship --csv_input=annotations/train_labels.csv --img_path=images/train \
        --output_path=annotations/train.record
    python generate_tfrecord.py --label_map=annotations/label_map.pbtxt --csv_input=images/test_labels.csv \
        --image_dir=images/test --output_path=test.record

Several classes come from a label map, where the tutorial has you edit its script: --label_map, or else
annotations/label_map.pbtxt or training/labelmap.pbtxt if it is here. `boxwright dataset` does all of it at once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

try:
    import boxwright  # noqa: F401
except ImportError:  # run from a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "backend"))

from boxwright.dataset.plan.label_map import LabelMap, read_label_map
from boxwright.dataset.tutorial import csv_to_record
from boxwright.errors import BoxwrightError
from boxwright.findings import Severity

LABEL_MAPS = tuple(
    Path(folder, name)
    for folder in ("annotations", "training", "data", ".")
    for name in ("label_map.pbtxt", "labelmap.pbtxt", "object-detection.pbtxt")
)
"""Where tutorials put it."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv_input", type=Path, required=True, help="the table, as xml_to_csv.py writes it")
    parser.add_argument("--output_path", type=Path, required=True, help="the TFRecord")
    parser.add_argument("--img_path", "--image_dir", type=Path, help="folder of the images")
    parser.add_argument("--label", action="append", help="the class; give it again for the next one")
    for number in range(10):  # the tutorial: "if your image has more labels input them as label0, label1 and so on"
        parser.add_argument(f"--label{number}", help=argparse.SUPPRESS)
    parser.add_argument("--label_map", type=Path, help="the classes and their ids")
    arguments = parser.parse_args()
    labels = list(arguments.label or [])
    labels += [label for number in range(10) if (label := getattr(arguments, f"label{number}"))]
    try:
        label_map = _label_map(arguments.label_map, labels)
        images = arguments.img_path or _images_beside(arguments.csv_input)
        count, findings = csv_to_record(arguments.csv_input, images, arguments.output_path, label_map=label_map)
    except (BoxwrightError, OSError) as error:
        print(f"generate_tfrecord.py: {error}", file=sys.stderr)
        return 1
    for finding in findings:
        print(finding, file=sys.stderr)
    print(f"Successfully created the TFRecords: {arguments.output_path.absolute()} ({count} images)")
    return 1 if any(finding.severity is Severity.ERROR for finding in findings) else 0


def _label_map(path: Path | None, labels: list[str]) -> LabelMap:
    if path is not None:
        return read_label_map(path)
    if labels:
        return LabelMap({label: number for number, label in enumerate(labels, start=1)})
    for candidate in LABEL_MAPS:
        if candidate.is_file():
            return read_label_map(candidate)
    raise BoxwrightError(
        "The classes are not known: give --label NAME for one class, or --label_map FILE for several; "
        "annotations/label_map.pbtxt is taken if it is here."
    )


def _images_beside(table: Path) -> Path:
    """Return the folder of the images when none was named: images/train for .../train_labels.csv, if it is here."""
    split = table.name.partition("_")[0]
    for folder in (Path("images", split), table.parent / split, Path("images")):
        if folder.is_dir():
            return folder
    return Path()


if __name__ == "__main__":
    sys.exit(main())
