"""The command reference: every command with its arguments, options and examples, read from the program.

The text is the program's own help, so that the page cannot say anything else than `boxwright COMMAND --help`.
It takes the place of the line MARK in a page.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from boxwright.cli import app as program

MARK = "% command-reference"

_SPECIAL = re.compile(r"([\\`*_<>\[\]])")


def insert(sphinx: Sphinx, docname: str, source: list[str]) -> None:
    """Put the reference into the page that has the line MARK, before Sphinx parses it."""
    if f"\n{MARK}\n" not in source[0]:
        return
    package = Path(program.__file__).parent.parent
    for file in (*(package / "cli").rglob("*.py"), *(package / "workflow").rglob("*.py")):
        sphinx.env.note_dependency(str(file))
    text = "\n\n".join([summary(), *(section(name) for name in program.COMMANDS)])
    source[0] = source[0].replace(MARK, text)


def summary() -> str:
    """Return a table of all commands in Markdown, each with a link to its section."""
    rows = [f"| [`{name}`](#boxwright-{name}) | {escape(line)} |" for name, line in program.COMMANDS.items()]
    return "\n".join(["| command | purpose |", "|---|---|", *rows])


def section(name: str) -> str:
    """Return the section of one command in Markdown."""
    command = program.load_command(name)
    context = command.make_context(f"boxwright {name}", [], resilient_parsing=True)
    usage = " ".join([f"boxwright {name}", *command.collect_usage_pieces(context)])
    lines = [f"## boxwright {name}", "```text", usage, "```"]
    for paragraph in (command.help or "").split("\n\n"):
        lines += ["", *_paragraph(paragraph)]
    for title, parameters in _by_kind(command.params).items():
        records = [record for parameter in parameters if (record := parameter.get_help_record(context))]
        if records:
            lines += ["", f"**{title}**", ""]
            for left, right in records:
                lines += [f"`{left}`", f": {escape(right)}", ""]
    return "\n".join(lines)


def escape(text: str) -> str:
    """Return plain text as Markdown that shows the same characters."""
    return _SPECIAL.sub(r"\\\1", text)


def _paragraph(text: str) -> list[str]:
    if not text.startswith("\b"):
        return [escape(text)]
    first, *rest = text.removeprefix("\b").strip("\n").splitlines()
    return [escape(first), "", "```bash", *(line.strip() for line in rest), "```"]


def _by_kind(parameters: list[Any]) -> dict[str, list[Any]]:
    kinds: dict[str, list[Any]] = {"Arguments": [], "Options": []}
    for parameter in parameters:
        kinds["Arguments" if parameter.param_type_name == "argument" else "Options"].append(parameter)
    return kinds


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    sphinx.connect("source-read", insert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
