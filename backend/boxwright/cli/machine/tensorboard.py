"""`boxwright tensorboard`: the training curves in a browser, on this machine only."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import time
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.command import Folder
from boxwright.cli.console import echo
from boxwright.errors import BoxwrightError
from boxwright.workspace import Workspace, as_argument

HOST = "127.0.0.1"
DEFAULT_PORT = 6006


def tensorboard(
    folder: Folder = Path(),
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port to use.", show_default="6006, or a free one when that is taken"),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Show the training curves and pictures in a browser; Ctrl+C ends it.

    TensorBoard listens on 127.0.0.1 only: no other machine can reach it.

    Example:
      boxwright tensorboard training_demo
      boxwright tensorboard training_demo --port 6010 --open
    """
    workspace = Workspace.find(folder)
    if importlib.util.find_spec("tensorboard") is None:
        raise BoxwrightError("TensorBoard is not installed. Install it with: pip install tensorboard")
    logs = workspace.training
    if not logs.is_dir():
        begin = f"boxwright train {as_argument(workspace.root)}"
        raise BoxwrightError(f"{logs} does not exist: nothing has been trained. Begin with: {begin}")
    address = serve(logs, free_port(port))
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as with Ctrl+C
        echo(f"TensorBoard shows {logs} at {address} (Ctrl+C ends it)")
        if open_browser:
            webbrowser.open(address)
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        echo("TensorBoard ended.")


def serve(logs: Path, port: int) -> str:
    """Start TensorBoard in a thread of this process, so that it ends with us whatever ends us; return its address.

    Raises:
        BoxwrightError: It did not start.
    """
    from boxwright.workflow.common.tensorflow_quiet import quiet_tensorflow

    echo("Starting TensorBoard ...")
    quiet_tensorflow()
    from tensorboard import program
    from tensorboard.program import TensorBoardServerException

    server = program.TensorBoard()
    # load_fast would read the events in another process
    server.configure(argv=["tensorboard", f"--logdir={logs}", f"--host={HOST}", f"--port={port}", "--load_fast=false"])
    try:
        return str(server.launch())
    except TensorBoardServerException as error:
        raise BoxwrightError(f"TensorBoard did not start: {error}. Try another --port.") from error


def free_port(wanted: int | None) -> int:
    """Return `wanted`, or without a wish the default port when it is free, else any free one.

    Raises:
        BoxwrightError: The wanted port is taken.
    """
    if wanted is not None:
        if not _is_free(wanted):
            raise BoxwrightError(f"port {wanted} is taken by another program. Give another --port, or none at all.")
        return wanted
    if _is_free(DEFAULT_PORT):
        return DEFAULT_PORT
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name != "nt":  # there the option means the opposite: sharing a port that is in use
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
