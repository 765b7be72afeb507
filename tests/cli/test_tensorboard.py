"""TensorBoard: on loopback, on a port that is free, and gone when we are."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from boxwright.cli.machine.tensorboard import DEFAULT_PORT, free_port
from boxwright.errors import BoxwrightError


def test_a_taken_port_is_an_error_when_wished_and_avoided_otherwise() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BoxwrightError, match=str(port)):
            free_port(port)
        assert free_port(None) != port


def test_another_port_is_used_when_the_default_is_taken() -> None:
    with socket.socket() as taken:
        try:
            taken.bind(("127.0.0.1", DEFAULT_PORT))
            taken.listen()
        except OSError:
            pass  # somebody else has it: that serves as well
        assert free_port(None) != DEFAULT_PORT


def test_without_training_it_says_what_to_run(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    command = [sys.executable, "-m", "boxwright.cli.app", "tensorboard", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "boxwright train" in ended.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT that a parent could send")
def test_it_answers_at_the_address_that_it_prints_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "training").mkdir()
    command = [sys.executable, "-m", "boxwright.cli.app", "tensorboard", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as child:
        assert child.stdout is not None and child.stderr is not None
        try:
            said = ""
            while "http://" not in said:
                said = child.stdout.readline()
                assert said, child.stderr.read()
            found = re.search(r"http://(127\.0\.0\.1):(\d+)/", said)
            assert found is not None, said
            connection = http.client.HTTPConnection(found[1], int(found[2]), timeout=60)
            connection.request("GET", "/data/environment")
            assert connection.getresponse().status == 200
            connection.close()
            child.send_signal(signal.SIGINT)
            rest, errors = child.communicate(timeout=60)
        finally:
            child.kill()
        assert (child.returncode, rest, errors) == (0, "TensorBoard ended.\n", "")
