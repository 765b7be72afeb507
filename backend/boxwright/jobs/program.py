"""How Boxwright starts itself as another process."""

from __future__ import annotations

import sys

_CODE = "import sys; sys.path[:1] = filter(None, sys.path[:1]); from boxwright.cli.app import main; main()"

PROGRAM = (sys.executable, "-c", _CODE)
"""The `boxwright` command, to be followed by its arguments.

Unlike `python -m boxwright` it imports nothing from the current folder, which is somebody's workspace most of the time:
a random.py or numpy.py that lies there, of a tutorial or of a stranger's dataset, must not become part of the program.
"""
