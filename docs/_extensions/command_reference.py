"""The directive `command-reference`: every command with its arguments, options and examples, read from the program.

The text is the program's own help, so that the page cannot say anything else than `boxwright COMMAND --help`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from boxwright.cli import app

_SPECIAL = re.compile(r"([\\`*_<>\[\]])")


class CommandReference(SphinxDirective):
    """Insert a section for each public command, in the order of `boxwright --help`."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        for name in app.COMMANDS:
            self.env.note_dependency(str(Path(app.__file__).with_name(f"{name.replace('-', '_')}.py")))
        self.env.note_dependency(app.__file__)
        self.env.note_dependency(__file__)
        text = "\n\n".join([summary(), *(section(name) for name in app.COMMANDS)])
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def summary() -> str:
    """Return a table of all commands in Markdown, each with a link to its section."""
    rows = [f"| [`{name}`](#boxwright-{name}) | {escape(line)} |" for name, line in app.COMMANDS.items()]
    return "\n".join(["| command | purpose |", "|---|---|", *rows])


def section(name: str) -> str:
    """Return the section of one command in Markdown."""
    command = app.load_command(name)
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


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive with Sphinx."""
    app.add_directive("command-reference", CommandReference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
