"""Classes that came after a training: the next one starts from the model that is there, in a new run folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boxwright.errors import BoxwrightError
from boxwright.files import backup
from boxwright.progress import Reporter, log
from boxwright.workflow.preparation.new_run import Fill, refuse_running, start_over, undone_on_failure
from boxwright.workspace import Workspace, checkpoint_steps

if TYPE_CHECKING:
    from boxwright.pipeline.messages import TrainEvalPipelineConfig


@dataclass(frozen=True)
class ClassChange:
    """What differs between the classes of the labels and those of the model.

    Attributes:
        num_classes: The highest id of the label map now.
        added: New class to its number of boxes; None where it is not known.
        renamed: Class of the model to its name now, at the same id.
        model_grows: Whether the model needs more outputs, or the configuration has them and the checkpoints do not.
    """

    num_classes: int
    added: Mapping[str, int | None]
    renamed: Mapping[str, str]
    model_grows: bool

    def in_words(self) -> str:
        """Return the change in one line."""
        names = [name if count is None else f"{name}: {count:,} boxes" for name, count in self.added.items()]
        names = names or [f"num_classes {self.num_classes}"]
        return f"new class{'es' if len(names) > 1 else ''} {', '.join(names)}"


def find_class_change(
    workspace: Workspace, config: TrainEvalPipelineConfig, config_path: Path, boxes: Mapping[str, int]
) -> ClassChange | None:
    """Compare the label map with the configuration and the newest run; None where nothing differs.

    Args:
        workspace: Whose training/ is compared.
        config: The configuration, as options override it.
        config_path: Where it was read.
        boxes: Class to number of boxes; empty where it is not known.
    """
    from boxwright.dataset.plan.label_map import read_label_map
    from boxwright.pipeline.paths import resolve_paths

    path = resolve_paths(config, workspace.root, purpose="train").train_label_map or workspace.label_map
    if not path.is_file():
        return None
    labels = read_label_map(path)
    highest, configured = max(labels.values(), default=0), config.model.ssd.num_classes
    trained, before = _trained(workspace)
    known = before or {name: number for name, number in labels.items() if number <= (trained or configured)}
    by_id = {number: name for name, number in labels.items()}
    renamed = {name: by_id[number] for name, number in known.items() if name not in labels and number in by_id}
    added = [name for name in labels if name not in known and name not in renamed.values()]
    grows = highest > configured or (trained is not None and trained < configured and is_ours(config_path))
    if not grows and not renamed:
        return None
    counts = {name: boxes.get(name) if boxes else None for name in added}
    return ClassChange(max(highest, configured), counts, renamed, grows)


def find_new_classes(workspace: Workspace, boxes: Mapping[str, int]) -> dict[str, int]:
    """Return the classes that the newest model does not know, each with its boxes; empty without a model.

    Args:
        workspace: Whose training/.
        boxes: Class to number of boxes, as the labels have them.
    """
    _, known = _trained(workspace)
    return {name: count for name, count in boxes.items() if known and name not in known}


def is_ours(config_path: Path) -> bool:
    """Return whether Boxwright wrote a configuration: it says so in its first line."""
    with config_path.open("rb") as stream:
        return stream.readline().startswith((b"# Preset ", b"# Zoo "))


@contextmanager
def with_new_classes(
    workspace: Workspace,
    config_path: Path,
    change: ClassChange,
    *,
    accept: bool,
    reporter: Reporter,
) -> Iterator[None]:
    """Write the new num_classes, and where a model is there, start from it in a new run folder.

    The earlier run keeps its files, under the name of a backup of training/. Where the block fails before the first
    checkpoint, everything is as it was.

    Args:
        workspace: Whose training.
        config_path: The configuration.
        change: What is new.
        accept: Whether a configuration that the user wrote is changed, with a backup.
        reporter: Receives what is done.

    Raises:
        BoxwrightError: The configuration is the user's, or the training is under way.
    """
    from boxwright.pipeline.load import load_pipeline

    config, best = load_pipeline(config_path), _best_checkpoint(workspace)
    if not is_ours(config_path) and not accept:
        raise _refusal(workspace, config_path, config, change, best)
    refuse_running(workspace)
    what = "training continues from your model with a place for it"
    log(reporter, f"{change.in_words()}; {what if best else f'num_classes is {change.num_classes} now'}")
    config.model.ssd.num_classes = change.num_classes
    config_path = config_path.absolute()
    with ExitStack() as stack:
        if best is None or config_path.parent != workspace.training:
            stack.enter_context(_kept(workspace, config_path, reporter))
        if best is None:
            _write(config, config_path, config_path, change)
        else:
            fill = _start_from(workspace, best, config, config_path, change)
            stack.enter_context(undone_on_failure(workspace, start_over(workspace, reporter, fill=fill)))
        yield


def _start_from(
    workspace: Workspace, best: Path, config: TrainEvalPipelineConfig, config_path: Path, change: ClassChange
) -> Fill:
    """Return what writes the configuration of a new run that starts from the best checkpoint of the earlier one."""

    def fill(folder: Path, earlier: Path) -> None:
        start = workspace.relative(earlier / best.relative_to(workspace.training))
        config.train_config.fine_tune_checkpoint, config.train_config.fine_tune_checkpoint_type = start, "detection"
        config.train_config.load_all_detection_checkpoint_vars = True
        is_in_run = config_path.parent == workspace.training
        _write(config, config_path, folder / config_path.name if is_in_run else config_path, change)

    return fill


def _trained(workspace: Workspace) -> tuple[int | None, Mapping[str, int]]:
    """Return num_classes and classes of the newest run that has a checkpoint; None and {} where they are not known."""
    from boxwright.pipeline.errors import PipelineError
    from boxwright.pipeline.load import parse_pipeline
    from boxwright.runs.record import read_run

    record = read_run(workspace.training) if workspace.checkpoint_steps() else None
    if record is None or record.config is None:
        return None, {}
    try:
        config = parse_pipeline(record.config.text.encode(), name="run.json")
    except PipelineError:
        return None, record.label_map or {}
    return config.model.ssd.num_classes or None, record.label_map or {}


def _best_checkpoint(workspace: Workspace) -> Path | None:
    """Return the prefix of the best checkpoint of training/, else of the newest; None without any."""
    for folder in (workspace.training / "best", workspace.training):
        if steps := checkpoint_steps(folder):
            return folder / workspace.checkpoint_prefix(steps[0]).name
    return None


def _refusal(
    workspace: Workspace, config_path: Path, config: TrainEvalPipelineConfig, change: ClassChange, best: Path | None
) -> BoxwrightError:
    lines = [f"  model {{ ssd {{ num_classes: {change.num_classes} }} }}"]
    if best is not None:
        name = workspace.relative(best)
        lines.append(f'  train_config {{ fine_tune_checkpoint: "{name}" load_all_detection_checkpoint_vars: true }}')
    shown = "\n".join(lines)
    return BoxwrightError(
        f"{change.in_words()}, but {config_path} has num_classes: {config.model.ssd.num_classes}, and you wrote it. "
        f"Give --accept to have these lines written there (a backup is made, and the present run is kept):\n{shown}"
    )


def _write(config: TrainEvalPipelineConfig, earlier: Path, config_path: Path, change: ClassChange) -> None:
    """Write a changed configuration, under the comment of the earlier one."""
    from boxwright.pipeline.save import save_pipeline

    header = [line[1:].strip() for line in _comment(earlier.read_text("utf-8", "replace"))]
    save_pipeline(config, config_path, header="\n".join([*header, f"{change.in_words()}: written by Boxwright."]))


def _comment(text: str) -> list[str]:
    """Return the lines of the comment at the top of a configuration."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    return lines


@contextmanager
def _kept(workspace: Workspace, config_path: Path, reporter: Reporter) -> Iterator[None]:
    """Give a configuration that lies elsewhere its former content back where no checkpoint comes of the block."""
    kept = config_path.read_bytes()
    if not is_ours(config_path):
        log(reporter, f"backup: {workspace.relative(backup(config_path, copy=True))}")
    try:
        yield
    except BaseException:
        config_path.write_bytes(kept)
        raise
