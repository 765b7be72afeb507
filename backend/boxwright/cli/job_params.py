"""A job's parameters are the options of its command: `--param num-steps=500` is `--num-steps 500`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args, get_type_hints

from boxwright.cli.app import load_command
from boxwright.errors import BoxwrightError, UsageError
from boxwright.jobs.job import STAGES
from boxwright.workspace import Workspace

OF_A_TRAINING = ("train-dir", "pipeline-config-path")
"""What evaluation and export must know of the training before them, too."""

CHECKPOINT = "fine-tune-checkpoint"
"""A prefix, where no file is, or a word: no path to the command, but one from where it is typed."""


def parse_params(kind: str, given: Sequence[str], workspace: Workspace) -> dict[str, str]:
    """Return the parameters of a job that can be run, paths absolute.

    Args:
        kind: Of the job.
        given: NAME=VALUE each; what is given several times (the images of detect) is kept in lines.
        workspace: Whose job.

    Raises:
        UsageError: A parameter that the kind has not, or a value that it cannot take.
    """
    options = _options(kind)
    params: dict[str, str] = {}
    for item in given:
        name, equals, value = item.partition("=")
        name = name.strip().lstrip("-").replace("_", "-")
        if not equals or name not in options:
            raise UsageError(f"--param {item}: a job of the kind {kind} has no such parameter. {_those(options)}")
        if "\n" in value or "\0" in value:
            raise UsageError(f"--param {item!r}: a value is one line.")
        if _takes_path(kind, options[name]):
            value = str(_absolute(Path(value), workspace))
        elif name == CHECKPOINT and Path(f"{value}.index").is_file():
            value = str(Path(value).absolute())
        params[name] = f"{params[name]}\n{value}" if name in params and _is_many(options[name]) else value
    try:
        check_params(kind, params, workspace)
    except UsageError as error:
        raise UsageError(f"{' '.join(f'--param {item}' for item in given)}: {error}".lstrip(": ")) from None
    return params


def check_params(kind: str, params: Mapping[str, str], workspace: Workspace) -> None:
    """Refuse what cannot be run before anything is: other programs write jobs, too.

    Raises:
        UsageError: There is no such kind, a parameter that it has not, or a value that it cannot take.
        BoxwrightError: There is no model yet that detect could take.
    """
    if kind not in STAGES:
        raise UsageError(f"There is no job of the kind {kind!r}. Kinds: {', '.join(STAGES)}.")
    options = _options(kind)
    for name in params:
        if name not in options:
            raise UsageError(f"A job of the kind {kind} has no parameter {name!r}. {_those(options)}")
    if kind in _COMMANDS:
        _check(kind, arguments(kind, kind, params, workspace))


def arguments(kind: str, stage: str, params: Mapping[str, str], workspace: Workspace) -> list[str]:
    """Return the command line of a stage, without the command's name.

    Args:
        kind: Of the job.
        stage: One that is a command.
        params: As parse_params gave them.
        workspace: Whose job.

    Raises:
        BoxwrightError: There is no model yet that detect could take.
    """
    options = _options(stage)
    values = {name: str(value) for name, value in params.items() if stage == kind or name in OF_A_TRAINING}
    if stage == "export" and "train-dir" in params:
        values["checkpoint"] = params["train-dir"]
    if stage == "detect":
        values.setdefault("model", "")
        values["model"] = values["model"] or str(newest_export(workspace))
        values.setdefault("images", str(workspace.images))
        values.setdefault("output", str(workspace.root / "detections"))
    line: list[str] = []
    positional: list[str] = []
    for name, option in options.items():
        if name not in values:
            continue
        if option.param_type_name == "argument":
            positional += values[name].split("\n") if _is_many(option) else [values[name]]
        elif option.is_flag:
            line += [f"--{name}"] if values[name].lower() in ("1", "true", "yes") else option.secondary_opts[:1]
        else:
            for value in values[name].split("\n") if _is_many(option) else [values[name]]:
                line += [f"--{name}", value]
    return [*line, "--", *([] if stage == "detect" else [str(workspace.root)]), *positional]


def newest_export(workspace: Workspace) -> Path:
    """Return the export that was made last.

    Raises:
        BoxwrightError: There is none.
    """
    folders = [path for path in workspace.exports.glob("*") if path.is_dir() and not path.name.startswith(".")]
    if not folders:
        raise BoxwrightError(
            f"{workspace.exports} holds no exported model. Train and export one first, or give --param model=FOLDER."
        )
    return max(folders, key=lambda path: (path.stat().st_mtime_ns, path.name))


def run_command(name: str, line: Sequence[str]) -> int:
    """Run a command in this process; return its exit code and let its errors through."""
    code = load_command(name).main(args=list(line), prog_name=f"boxwright {name}", standalone_mode=False)
    return code if isinstance(code, int) else 0


_COMMANDS = ("train", "evaluate", "export", "detect")


def _options(command: str) -> dict[str, Any]:
    """Return the command's options and arguments by name, without the workspace and the help."""
    if command not in _COMMANDS:
        return {}
    found = {}
    for option in load_command(command).params:
        name = max(option.opts, key=len).lstrip("-").replace("_", "-")
        if name not in ("folder", "help"):
            found[name] = option
    return found


def _those(options: Mapping[str, Any]) -> str:
    return f"Its parameters: {', '.join(options)}." if options else "It has none."


def _takes_path(command: str, option: Any) -> bool:
    function = getattr(importlib.import_module(f"boxwright.cli.{command}"), command)
    hint = get_type_hints(function)[option.name]
    return hint is Path or Path in get_args(hint)


def _is_many(option: Any) -> bool:
    return bool(option.nargs == -1 or option.multiple)


def _absolute(path: Path, workspace: Workspace) -> Path:
    if not path.is_absolute() and not path.exists() and (workspace.root / path).exists():
        return workspace.root / path
    return path.absolute()


def _check(command: str, line: Sequence[str]) -> None:
    try:
        load_command(command).make_context(f"boxwright {command}", list(line))
    except BoxwrightError:
        raise
    except Exception as error:  # click's, whichever click it is
        message = getattr(error, "format_message", None)
        raise UsageError(message() if message else str(error)) from error
