"""Commands from options: what a verb's dataclass declares becomes Typer's parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Optional, TypeVar, get_type_hints

import typer

from boxwright.workflow.common.option import Option, Options

Folder = Annotated[
    Path,
    typer.Argument(metavar="DIR", help="The workspace.", show_default="the current directory"),
]
"""The workspace of a command: `folder: Folder = Path()`."""

OPTIONS = "options"
"""Name of the parameter that stands for all options of a verb."""

Function = TypeVar("Function", bound=Callable[..., None])


def takes_options(function: Function) -> Function:
    """Give a command the options of the dataclass that its parameter `options` is annotated with.

    The function is called with an instance of it; its other parameters stay as they are. It is marked with `options`,
    the dataclass, which tests compare with the command.

    Args:
        function: For example `def train(folder: Folder, options: TrainOptions) -> None`.
    """
    hints = get_type_hints(function, include_extras=True)
    options_type: type[Options] = hints[OPTIONS]
    declared = options_type.declared()
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name == OPTIONS:
            parameters += [_parameter(option) for option in declared.values()]
        else:
            parameters.append(parameter.replace(annotation=hints[name]))

    def command(**given: Any) -> None:
        values = {name: _value(option, given.pop(name)) for name, option in declared.items()}
        function(**given, options=options_type(**values))

    command.__name__, command.__doc__, command.__module__ = function.__name__, function.__doc__, function.__module__
    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.options = options_type  # type: ignore[attr-defined]
    return command  # type: ignore[return-value]


def _parameter(option: Option) -> inspect.Parameter:
    declaration = option.declaration
    settings: dict[str, Any] = {"help": declaration.help, "metavar": declaration.metavar}
    if not option.words and option.type in (int, float):
        settings |= {"min": declaration.minimum, "max": declaration.maximum}
    if declaration.show_default is not None:
        settings["show_default"] = declaration.show_default
    elif declaration.is_argument:
        settings["show_default"] = False
    if declaration.environment:
        settings["envvar"] = declaration.environment
    # words beside numbers are text to Typer, and read by the option itself
    hint: Any = str if option.words else option.type
    if option.is_many:
        hint = list[hint]
    default: Any = option.default
    if declaration.is_required:
        default = inspect.Parameter.empty
    elif option.is_many or default is None:
        hint, default = Optional[hint], None  # noqa: UP045 - a union by value
    info = typer.Argument(**settings) if declaration.is_argument else typer.Option(option.flag, **settings)
    return inspect.Parameter(
        option.field, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[hint, info]
    )


def _value(option: Option, given: Any) -> Any:
    """Return the option's value for what Typer made of the command line."""
    if option.is_many:
        return tuple(given or ())
    if given is None or isinstance(given, bool | Enum):
        return given
    return option.read(given) if option.words else given
