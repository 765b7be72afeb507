"""The tutorial's generate_tfrecord.py, under its own flags, by Boxwright's code and without TensorFlow.

    python generate_tfrecord.py --label=ship --csv_input=annotations/train_labels.csv --img_path=images/train \
        --output_path=annotations/train.record
    python generate_tfrecord.py --label_map=annotations/label_map.pbtxt --csv_input=images/test_labels.csv \
        --image_dir=images/test --output_path=test.record

    python generate_tfrecord.py -x images/train -l annotations/label_map.pbtxt -o annotations/train.record

The last form, of later tutorials, makes the record straight from the XML. Several classes come from a label map, where
the tutorial has you edit its script: --label_map, or else annotations/label_map.pbtxt or training/labelmap.pbtxt if it
is here. `boxwright dataset` does all of it at once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

try:
    import boxwright  # noqa: F401
except ImportError:  # run from a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "backend"))

from boxwright.dataset.plan.label_map import LabelMap
from boxwright.dataset.tutorial.arguments import flags_of, path_argument, with_two_dashes
from boxwright.dataset.tutorial.records import csv_to_record, read_classes, xml_to_record
from boxwright.dataset.tutorial.tables import Classes
from boxwright.errors import BoxwrightError
from boxwright.findings import Severity

LABEL_MAPS = tuple(
    Path(folder, name)
    for folder in ("annotations", "training", "data", ".")
    for name in ("label_map.pbtxt", "labelmap.pbtxt", "object-detection.pbtxt")
)
"""Where tutorials put it."""


def main() -> int:
    arguments = _arguments()
    try:
        classes = _classes(arguments.label_map, arguments.label)
        output, images = arguments.output_path, arguments.img_path
        if arguments.xml_dir is not None:
            images = images or arguments.xml_dir
            count, findings = xml_to_record(
                arguments.xml_dir, images, output, classes=classes, table=arguments.csv_path
            )
        else:
            images = images or _images_beside(arguments.csv_input)
            count, findings = csv_to_record(arguments.csv_input, images, output, classes=classes)
    except (BoxwrightError, OSError) as error:
        print(f"generate_tfrecord.py: {error}", file=sys.stderr)
        return 1
    for finding in findings:
        print(finding, file=sys.stderr)
    print(f"Successfully created the TFRecords: {output.absolute()} ({count} images)")
    return 1 if any(finding.severity is Severity.ERROR for finding in findings) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add, path = parser.add_argument, path_argument
    add("--csv_input", type=path, help="the table, as xml_to_csv.py writes it")
    add("-x", "--xml_dir", type=path, help="instead of a table: folder of the .xml files")
    add("-o", "--output_path", type=path, required=True, help="the TFRecord")
    add("-i", "--img_path", "--image_dir", type=path, help="folder of the images")
    add("-c", "--csv_path", type=path, help="with -x: write the table, too")
    add("--label", action="append", default=[], help="the class; give it again for the next one")
    for number in range(10):  # the tutorial: "if your image has more labels input them as label0, label1 and so on"
        add(f"--label{number}", action="append", dest="label", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    add("-l", "--label_map", "--labels_path", type=path, help="the classes and their ids")
    arguments = parser.parse_args(with_two_dashes(sys.argv[1:], flags_of(parser)))
    if (arguments.csv_input is None) == (arguments.xml_dir is None):
        parser.error("give either --csv_input TABLE or -x XML_DIR")
    return arguments


def _classes(path: Path | None, labels: list[str]) -> Classes:
    if path is not None:
        return read_classes(path)
    if labels:
        return Classes(LabelMap({label: number for number, label in enumerate(dict.fromkeys(labels), start=1)}))
    for candidate in LABEL_MAPS:
        if candidate.is_file():
            return read_classes(candidate)
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
