#!/usr/bin/env python3
"""The tutorial's export_inference_graph.py: the same flags, done by `boxwright export`.

Example:
  python scripts/export_inference_graph.py --input_type image_tensor --pipeline_config_path training/pipeline.config \\
      --trained_checkpoint_prefix training/model.ckpt-200 --output_directory trained-inference-graphs/output_v1
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

try:
    import boxwright  # noqa: F401
except ImportError:  # run from a checkout that is not installed
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "backend"))

INPUT_TYPES = ("image_tensor",)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--input_type", default="image_tensor", help="only image_tensor is exported")
    parser.add_argument("--pipeline_config_path", type=Path, required=True)
    parser.add_argument("--trained_checkpoint_prefix", type=Path, required=True)
    parser.add_argument("--output_directory", type=Path, required=True)
    parser.add_argument("--logtostderr", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--alsologtostderr", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.input_type not in INPUT_TYPES:
        parser.error(
            f"--input_type {options.input_type} is not exported; use image_tensor, which takes decoded images "
            "(boxwright detect decodes them for you)"
        )

    from boxwright.cli.export import export_checkpoint, say_report
    from boxwright.errors import BoxwrightError, UsageError
    from boxwright.workspace import Workspace

    try:
        report = export_checkpoint(
            Workspace.at("."),
            checkpoint=options.trained_checkpoint_prefix,
            pipeline_config_path=options.pipeline_config_path,
            output=options.output_directory,
        )
    except UsageError as error:
        print(f"export_inference_graph.py: {error}", file=sys.stderr)
        return 2
    except BoxwrightError as error:
        print(f"export_inference_graph.py: {error}", file=sys.stderr)
        return 1
    say_report(report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
