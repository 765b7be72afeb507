#!/usr/bin/env python3
"""The tutorial's training command, run from a workspace: the same flags, the same code as `boxwright train`.

python scripts/train.py --logtostderr --train_dir=training/ --pipeline_config_path=training/pipeline.config
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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train_dir", type=path_argument, required=True, help="where checkpoints and event files go")
    parser.add_argument("--pipeline_config_path", type=path_argument, required=True, help="the pipeline.config")
    parser.add_argument("--logtostderr", "--alsologtostderr", nargs="?", help="taken and not needed")
    given = parser.parse_args(with_two_dashes(sys.argv[1:], flags_of(parser)))
    return [
        "train",
        ".",
        "--train-dir",
        str(given.train_dir),
        "--pipeline-config-path",
        str(given.pipeline_config_path),
    ]


if __name__ == "__main__":
    sys.argv[1:] = arguments()
    main()
