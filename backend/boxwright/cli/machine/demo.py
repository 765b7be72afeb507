"""`boxwright demo`: everything once, printed as the commands that a user would give."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from boxwright.cli.app import EXIT_INTERRUPTED
from boxwright.cli.command import takes_options
from boxwright.cli.console import duration, echo, reporting
from boxwright.cli.results import show_result
from boxwright.cli.signals import stop_on_signals
from boxwright.workflow.common.option import Options
from boxwright.workflow.common.step import Step
from boxwright.workflow.demo import DemoOptions, run_demo
from boxwright.workspace import Workspace, as_argument


@takes_options
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to work; made when it does not exist.")] = Path(
        "demo"
    ),
    *,
    options: DemoOptions,
) -> None:
    """Run everything once, on scenes that it draws itself: no data and no GPU needed.

    Draws labelled photos of apples, buttons and leaves, with XML as labelImg writes it; then makes the dataset,
    trains, evaluates, exports and detects, printing the command for each step. The training starts from pretrained
    weights (19 MB, fetched once); without a network from random ones. The same command again continues
    where it was interrupted. Fails when the average precision shows that something is wrong.

    Example:
      boxwright demo
      boxwright demo try_it --images 60 --pretrained none --steps 200
    """
    workspace = Workspace.at(folder)

    def show(step: Step) -> None:
        if step.result is None:
            echo(f"\n$ {command_line(step, folder)}")
        else:
            show_result(workspace, step)

    with reporting() as reporter, stop_on_signals() as stop:
        result = run_demo(workspace, options, reporter, stop=stop, on_step=show)
    if result.stopped_by:
        echo(f"The demo continues from there with: boxwright demo {as_argument(folder)}")
        raise typer.Exit(EXIT_INTERRUPTED)
    echo(f"\nAP@.50 on the test split: {result.ap50:.2f}. Everything took {duration(result.seconds)}.")
    drawn = sorted(result.pictures.glob("*.png")) if result.pictures else []
    if drawn:
        echo(f"Look at the {len(drawn)} pictures with the boxes that the model drew, for example {drawn[0]}")


def command_line(step: Step, folder: Path) -> str:
    """Return the command that does what a step does."""
    words = ["boxwright", step.verb] if step.verb == "detect" else ["boxwright", step.verb, str(folder)]
    return shlex.join([*words, *_arguments(step.options)])


def _arguments(options: Options) -> list[str]:
    """Return the options that differ from their defaults as words of a command line."""
    words = []
    for option in options.declared().values():
        value = getattr(options, option.field)
        if value == option.default:
            continue
        texts = [str(option.write(one)) for one in (value if option.is_many else (value,))]
        if option.declaration.is_argument:
            words += texts
        elif option.type is bool:
            words.append(option.flag.split("/")[0 if value else -1])
        else:
            words += [word for text in texts for word in (f"--{option.name}", text)]
    return words
