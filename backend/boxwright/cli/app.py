"""The `boxwright` program: which commands there are, and how their failures end it."""

from __future__ import annotations

import errno
import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from boxwright.cli.streams import drop_stdout, prepare_streams
from boxwright.errors import (
    ERROR_PREFIX,
    OUT_OF_MEMORY,
    BoxwrightError,
    UsageError,
    describe_os_error,
    describe_unexpected,
)
from boxwright.findings import printable_lines
from boxwright.lifeline import hold_lifeline

COMMANDS = {
    "label": "Draw boxes in labelImg, with training in its menus.",
    "init": "Lay out a workspace, and import photos with their annotations.",
    "dataset": "Turn labelImg's annotation files into split, label map, CSV tables and TFRecords.",
    "check": "Say what is wrong with the images and annotations.",
    "daemon": "Keep the records up to date in the background while boxes are drawn.",
    "submit": "Put a job into the queue of the daemon.",
    "jobs": "List the jobs, or follow them.",
    "pause": "Let a job save, and wait.",
    "resume": "Let a paused job continue.",
    "cancel": "End a job.",
    "models": "List pretrained models, or fetch one into a workspace.",
    "train": "Train a detector as training/pipeline.config says.",
    "evaluate": "Measure the newest checkpoint on the test split, per class.",
    "mistakes": "List what the model does wrong on the test split, the worst first.",
    "doubtful": "List labels of training photos that are probably wrong.",
    "report": "Write one page about a run, for the browser.",
    "runs": "List the trainings in a folder, and compare two of them.",
    "export": "Turn a checkpoint into a SavedModel and a frozen graph, or TFLite and ONNX.",
    "detect": "Find objects in images with an exported model.",
    "suggest": "Suggest boxes for every photo without labels.",
    "rank": "Say which photo to label next.",
    "benchmark": "Measure how long an export takes for one image.",
    "demo": "Run everything once, on scenes that it draws itself.",
    "doctor": "Say what works on this machine, and how to fix the rest.",
    "tensorboard": "Show the training curves in a browser.",
}
"""Command to its line in the help, in the order of the work."""

HIDDEN = frozenset({"run-job", "suggest-worker", "estimate"})
"""Commands that Boxwright gives to itself; the help does not list them."""

PACKAGES = {
    "labelling": ("label", "init", "dataset", "check", "rank"),
    "queue": ("daemon", "submit", "jobs", "pause", "resume", "cancel", "run-job"),
    "model": (
        "models",
        "train",
        "evaluate",
        "mistakes",
        "doubtful",
        "report",
        "runs",
        "export",
        "detect",
        "suggest",
        "benchmark",
    ),
    "machine": ("demo", "doctor", "tensorboard", "estimate", "suggest-worker"),
}
"""Package of boxwright.cli to its commands. Command run-job is the function run_job of the module run_job there."""

EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells expect

PROGRAMMERS_SECTIONS = frozenset({"Args:", "Returns:", "Raises:", "Yields:", "Attributes:"})
EXAMPLE_SECTIONS = frozenset({"Example:", "Examples:"})


class LazyGroup(TyperGroup):
    """Commands whose modules are imported when they are invoked, and errors said in one paragraph."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command, importing its module now; None when there is none of that name."""
        return load_command(cmd_name) if cmd_name in COMMANDS or cmd_name in HIDDEN else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands from the table alone: importing them all would cost the help its speed."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: Any) -> Any:
        """Run the command; turn what it raises into a message and an exit code."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _fail("Interrupted.", EXIT_INTERRUPTED)
        except UsageError as error:
            _fail(f"{ERROR_PREFIX}{error}", EXIT_USAGE)
        except BoxwrightError as error:
            _fail(f"{ERROR_PREFIX}{error}", EXIT_FAILURE)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            _fail(f"{ERROR_PREFIX}{describe_os_error(error)}", EXIT_FAILURE)
        except MemoryError:
            _fail(f"{ERROR_PREFIX}{OUT_OF_MEMORY}", EXIT_FAILURE)
        except Exception as error:  # the last line of defence: whatever it is, the user gets a paragraph
            if _is_typers(error):
                raise
            _fail(f"{ERROR_PREFIX}{describe_unexpected(error)}", EXIT_FAILURE)


def load_function(name: str) -> Callable[..., None]:
    """Import the module of a command and return its function.

    Args:
        name: A key of COMMANDS, or one of HIDDEN.
    """
    module = name.replace("-", "_")
    package = next(package for package, names in PACKAGES.items() if name in names)
    function: Callable[..., None] = getattr(importlib.import_module(f"boxwright.cli.{package}.{module}"), module)
    return function


def load_command(name: str) -> Any:
    """Import the module of a command and return it as Typer's command object.

    Args:
        name: A key of COMMANDS, or one of HIDDEN.
    """
    function = load_function(name)
    single = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=_CONTEXT,
    )
    single.command(name, help=help_text(function))(function)
    return typer.main.get_command(single)


def help_text(function: Callable[..., Any]) -> str:
    """Return a command's docstring as its help: without sections for programmers, with examples line by line."""
    paragraphs = []
    for paragraph in inspect.cleandoc(function.__doc__ or "").split("\n\n"):
        first, *others = paragraph.split("\n")
        if first in PROGRAMMERS_SECTIONS:
            break
        is_kept = first in EXAMPLE_SECTIONS or any(line.startswith(" ") for line in others)
        # "\b" on a line of its own keeps a paragraph from being filled again
        paragraphs.append(f"\b\n{paragraph}" if is_kept else paragraph)
    return "\n\n".join(paragraphs)


def _is_typers(error: Exception) -> bool:
    # Exit, Abort and usage errors; newer Typers carry their own click, so naming a class would tie us to one
    return type(error).__module__.split(".")[0] in ("click", "typer")


def _fail(message: str, code: int) -> NoReturn:
    print(printable_lines(message), file=sys.stderr)
    raise typer.Exit(code)


def _show_version(wanted: bool) -> None:
    if wanted:
        from boxwright import __version__

        print(f"boxwright {__version__}")
        raise typer.Exit


_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_HELP = """From boxes drawn in labelImg to a trained TensorFlow detector, on your own machine.

\b
A first way through, with a folder of photos and labelImg's XML:
  boxwright init training_demo --images my_photos
  boxwright dataset training_demo
  boxwright train training_demo
  boxwright export training_demo
"""

app = typer.Typer(
    cls=LazyGroup,
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help needs no Rich: 0.1 s less, and any console can show it
    pretty_exceptions_enable=False,
    context_settings=_CONTEXT,
)


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    pass


def _announced(name: str) -> Callable[[], None]:
    def placeholder() -> None:
        raise AssertionError(f"{name} is loaded by LazyGroup.get_command")

    return placeholder


for _name, _line in COMMANDS.items():  # Typer's "did you mean" looks through the registered names
    app.command(_name, help=_line)(_announced(_name))


def main() -> None:
    """Run the program: `boxwright COMMAND ...`."""
    prepare_streams()
    hold_lifeline()
    try:
        try:
            app(prog_name="boxwright")
        finally:
            sys.stdout.flush()
    except OSError as error:
        drop_stdout()
        if error.errno != errno.EPIPE:  # as of `boxwright check | head`: the reader has what it wanted
            print(f"{ERROR_PREFIX}{describe_os_error(error)}", file=sys.stderr)
        sys.exit(EXIT_FAILURE)


if __name__ == "__main__":
    main()
