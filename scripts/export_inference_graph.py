#!/usr/bin/env python3
"""The tutorial's export_inference_graph.py, run from a workspace: the same flags, the same code as `boxwright export`.

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

from boxwright.cli.app import main
from boxwright.dataset.tutorial.arguments import flags_of, path_argument, with_two_dashes


def arguments() -> list[str]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--input_type", default="image_tensor", help="only image_tensor is exported")
    parser.add_argument("--pipeline_config_path", type=path_argument, required=True, help="the pipeline.config")
    parser.add_argument(
        "--trained_checkpoint_prefix", type=path_argument, required=True, help="training/model.ckpt-NUMBER"
    )
    parser.add_argument("--output_directory", type=path_argument, required=True, help="the folder to make")
    parser.add_argument("--logtostderr", "--alsologtostderr", nargs="?", help="taken and not needed")
    given = parser.parse_args(with_two_dashes(sys.argv[1:], flags_of(parser)))
    if given.input_type != "image_tensor":
        parser.error(
            f"--input_type {given.input_type} is not exported; use image_tensor, which takes decoded images "
            "(boxwright detect decodes them for you)"
        )
    return [
        *("export", ".", "--pipeline-config-path", str(given.pipeline_config_path)),
        *("--checkpoint", str(given.trained_checkpoint_prefix), "--output", str(given.output_directory)),
    ]


if __name__ == "__main__":
    sys.argv[1:] = arguments()
    main()
