"""The page as HTML: one file without scripts and without addresses, every text escaped."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from boxwright.findings import printable
from boxwright.report.content import ReportContent
from boxwright.workspace import SPLITS

LONG = 160  # characters of a value that differs


def render(content: ReportContent) -> str:
    """Return the page as HTML."""
    return _environment().get_template("report.html").render(report=content, splits=SPLITS)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("boxwright.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "number": _number,
        "percent": lambda share: f"{share:.0%}",
        "value": _value,
        "printable": printable,
        # a plot is matplotlib's, which escapes its texts
        "svg": Markup,
    }
    environment.filters.update(filters)
    return environment


def _number(value: float | None, digits: int = 3) -> str:
    """Return a number as a table shows it; a dash for none."""
    if value is None:
        return "-"
    return f"{value:.{digits}f}" if isinstance(value, float) else f"{value:,}"


def _value(value: object) -> str:
    """Return a value of a configuration in one line."""
    if value is None:
        return "(none)"
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    text = printable(text)
    return text if len(text) <= LONG else f"{text[:LONG]} …"
