"""Writing a pipeline.config."""

from __future__ import annotations

from pathlib import Path

from google.protobuf import text_format

from boxwright.files import atomic_write_text
from boxwright.pipeline import messages
from boxwright.pipeline.errors import PipelineError


def save_pipeline(pipeline_config: messages.TrainEvalPipelineConfig, path: Path, *, header: str = "") -> None:
    """Write `pipeline_config` to `path` in text format, whole or not at all; folders are made.

    Args:
        pipeline_config: The configuration.
        path: The file.
        header: Lines to stand above the configuration as a comment, without the "# ".

    Raises:
        PipelineError: The folder cannot be written.
    """
    comment = "".join(f"# {line}".rstrip() + "\n" for line in header.splitlines())
    text = text_format.MessageToString(pipeline_config, as_utf8=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write_text(path, comment + text)
    except OSError as error:
        raise PipelineError(
            f"{path}: the configuration cannot be written ({error.strerror}). Check that the folder is yours to write."
        ) from error
