"""The kinds of jobs and the options that each takes: `--param num-steps=500` is the option `--num-steps 500`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from boxwright.errors import UsageError
from boxwright.jobs.job import STAGES, Job
from boxwright.workflow.common.option import Option, Options
from boxwright.workflow.dataset import DatasetOptions
from boxwright.workflow.detect import DetectOptions
from boxwright.workflow.evaluate import EvaluateOptions
from boxwright.workflow.export import ExportOptions
from boxwright.workflow.suggest import SuggestOptions
from boxwright.workflow.train import TrainOptions
from boxwright.workspace import Workspace

OPTIONS: Mapping[str, type[Options]] = {
    "export-dataset": DatasetOptions,
    "train": TrainOptions,
    "evaluate": EvaluateOptions,
    "export": ExportOptions,
    "detect": DetectOptions,
    "suggest": SuggestOptions,
}
"""Kind of job to the options that it takes."""


def options_type(kind: str) -> type[Options]:
    """Return the options that jobs of a kind take.

    Raises:
        UsageError: There is no such kind.
    """
    if kind not in OPTIONS:
        raise UsageError(f"There is no job of the kind {kind!r}. Kinds: {', '.join(STAGES)}.")
    return OPTIONS[kind]


def parse_params(kind: str, given: Sequence[str], workspace: Workspace) -> Options:
    """Return the options of a job that can be run, paths absolute.

    Args:
        kind: Of the job.
        given: NAME=VALUE each; what is given several times (the images of detect) is a list.
        workspace: Whose job; what is not here may be a path in it.

    Raises:
        UsageError: A parameter that the kind has not, or a value that it cannot take.
        BoxwrightError: There is no model yet that the job could take.
    """
    cls = options_type(kind)
    options = {option.name: option for option in cls.declared().values()}
    values: dict[str, object] = {}
    for item in given:
        name, equals, text = item.partition("=")
        name = name.strip().lstrip("-").replace("_", "-")
        if not equals or name not in options:
            raise UsageError(
                f"--param {item}: a job of the kind {kind} has no such parameter. Its parameters: {', '.join(options)}."
            )
        if "\n" in text or "\0" in text:
            raise UsageError(f"--param {item!r}: a value is one line.")
        earlier = values.get(name, ())
        value = _located(options[name], text, workspace)
        values[name] = [*earlier, value] if options[name].is_many and isinstance(earlier, Sequence) else value
    try:
        made = cls.from_values(values)
    except UsageError as error:
        raise UsageError(f"{' '.join(f'--param {item}' for item in given)}: {error}") from None
    check_job(made, workspace)
    return made


def read_options(job: Job, workspace: Workspace) -> Options:
    """Return the options of a stored job, which other programs and earlier versions write, too.

    Raises:
        UsageError: There is no such kind, a parameter that it has not, or a value that it cannot take.
        BoxwrightError: There is no model yet that the job could take.
    """
    options = options_type(job.kind).from_json(job.options)
    if isinstance(options, TrainOptions) and options.start_over:  # of another Boxwright: submit_job stores none
        raise UsageError("A job cannot start over each time that it is started. Submit it again, which starts over.")
    check_job(options, workspace)
    return options


def check_job(options: Options, workspace: Workspace) -> None:
    """Refuse what is known not to work before the job waits for its turn.

    Raises:
        BoxwrightError: There is no model yet that the job could take.
    """
    if isinstance(options, DetectOptions | SuggestOptions) and options.model is None:
        workspace.newest_export()


def _located(option: Option, text: str, workspace: Workspace) -> str:
    """Return a path as an absolute one, from here or from the workspace: the job runs somewhere else."""
    if text in option.words or (option.declaration.is_checkpoint and text.isdecimal()):
        return text
    if option.type is Path:
        path = Path(text)
        if not path.is_absolute() and not path.exists() and (workspace.root / path).exists():
            return str(workspace.root / path)
        return str(path.absolute())
    if option.declaration.is_checkpoint and Path(f"{text}.index").is_file():
        return str(Path(text).absolute())
    return text
