"""TensorFlow's start-up noise is held back; what else is written is not."""

from __future__ import annotations

import os
import subprocess
import sys


def _run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-c", f"from boxwright.workflow.common.tensorflow_quiet import *\n{code}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**kept, **environment})


def test_nothing_is_written_when_tensorflow_starts() -> None:
    ended = _run("quiet_tensorflow(); import tensorflow as tf; print(int(tf.constant(1) + 1))")
    assert (ended.stdout, ended.stderr) == ("2\n", "")


def test_the_level_of_a_process_that_was_quieted_is_no_choice_of_the_users() -> None:
    ended = _run("quiet_tensorflow()", TF_CPP_MIN_LOG_LEVEL="2")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_other_messages_come_through_also_when_the_import_fails() -> None:
    code = """
import os, sys
from boxwright.workflow.common import tensorflow_quiet
with tensorflow_quiet.filtered_stderr(tensorflow_quiet.NOISE):
    os.write(2, b"E0000 cuda_platform.cc:52] failed call to cuInit: UNKNOWN\\n")
    os.write(2, b"disk on fire\\n")
    raise SystemExit(3)
"""
    ended = _run(code)
    assert (ended.returncode, ended.stderr) == (3, "disk on fire\n")


def test_a_tensorflow_that_cannot_be_loaded_is_one_paragraph() -> None:
    code = "import sys; sys.modules['tensorflow.python'] = None\nquiet_tensorflow()"
    ended = _run(code)
    assert "BoxwrightError: TensorFlow cannot be loaded" in ended.stderr
