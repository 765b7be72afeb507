"""The tutorial's xml_to_csv.py, under its own flags, by Boxwright's code.

    python xml_to_csv.py -i images/train -o annotations/train_labels.csv
    python xml_to_csv.py -i images/test -o annotations/test_labels.csv

Without flags it converts images/train and images/test, if these folders are here, to images/train_labels.csv and
images/test_labels.csv, and else the current folder to labels.csv. `boxwright dataset` does this and the records.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

try:
    import boxwright  # noqa: F401
except ImportError:  # run from a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "backend"))

from boxwright.dataset.tutorial.arguments import flags_of, path_argument, with_two_dashes
from boxwright.dataset.tutorial.tables import xml_to_csv
from boxwright.errors import BoxwrightError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-i", "--inputDir", type=path_argument, help="folder of the .xml files")
    parser.add_argument("-o", "--outputFile", type=path_argument, help="the .csv file, with its path")
    arguments = parser.parse_args(with_two_dashes(sys.argv[1:], flags_of(parser)))
    left_out = 0
    try:
        for folder, output in _conversions(arguments.inputDir, arguments.outputFile):
            rows, findings = xml_to_csv(folder, output)
            left_out += len(findings)
            for finding in findings:
                print(finding, file=sys.stderr)
            print(f"Successfully converted xml to csv: {rows} rows in {output}")
    except (BoxwrightError, OSError) as error:
        print(f"xml_to_csv.py: {error}", file=sys.stderr)
        return 1
    return 1 if left_out else 0


def _conversions(folder: Path | None, output: Path | None) -> list[tuple[Path, Path]]:
    splits = [split for split in ("train", "test") if Path("images", split).is_dir()]
    if folder is None and output is None and splits and not any(Path().glob("*.xml")):
        return [(Path("images", split), Path("images", f"{split}_labels.csv")) for split in splits]
    folder = folder or Path()
    return [(folder, output or folder / "labels.csv")]


if __name__ == "__main__":
    sys.exit(main())
