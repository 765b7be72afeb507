"""What commands show: lines, tables, findings, and progress with rate and time left."""

from __future__ import annotations

import sys
import time
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from boxwright.findings import Finding, Severity, printable, printable_lines
from boxwright.progress import Pace, Progress, Reporter, seconds_left

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

FIRST_SHOWN_AFTER = 2.0  # in seconds; shorter work needs no progress
PLAIN_LINE_EVERY = 10.0  # in seconds
EXAMPLES = 3  # of the findings of one rule
BAR_UPDATE_EVERY = 0.1  # in seconds


def echo(text: str = "") -> None:
    """Print lines of the command's result; what a terminal would obey or hide, in a file's name say, is escaped."""
    print(printable_lines(text), flush=True)


@contextmanager
def reporting(
    *, stream: TextIO | None = None, live: bool | None = None, clock: Callable[[], float] = time.monotonic
) -> Iterator[Reporter]:
    """Yield a Reporter that shows work of over 2 s: a bar on a terminal, plain lines elsewhere.

    A Progress's `message` is printed to stdout as it is; progress goes to stderr, so results can be piped.

    Args:
        stream: Where progress goes; stderr by default.
        live: Whether to draw a bar; by default when `stream` is a terminal.
        clock: Seconds that never go back.
    """
    stream = sys.stderr if stream is None else stream
    if live is None:
        live = stream.isatty()
    shown: _Stages = _Bar(stream, clock) if live else _Lines(stream, clock)
    try:
        yield shown
    finally:
        shown.close()


class _Stages(ABC):
    """Follows the stages of the work and measures their rate."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self.stream = stream
        self.clock = clock
        self.tempo = Pace(clock)
        self.latest: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        if not progress.stage:
            if progress.message:
                self.print_message(progress.message)
            else:
                self.end_stage()
            return
        if progress.stage != self.tempo.stage:
            self.end_stage()
        now = self.tempo.update(progress)
        self.latest = progress
        if progress.message:
            self.print_message(progress.message)
        if now - self.tempo.began >= FIRST_SHOWN_AFTER:
            self.show(progress, now)

    def pace(self, progress: Progress, now: float) -> list[str]:
        """Return the rate and the time left, as far as they are known."""
        rate = self.tempo.rate(progress, now)
        return [part for part in (_rate(rate), _left(progress, rate)) if part]

    def print_message(self, message: str) -> None:
        echo(message)

    @abstractmethod
    def show(self, progress: Progress, now: float) -> None:
        """Show a moment of the work that has taken long enough to be shown."""

    @abstractmethod
    def end_stage(self) -> None:
        """The stage is over: another begins or the work ends."""

    def close(self) -> None:
        self.end_stage()


class _Lines(_Stages):
    """A line every ten seconds, for logs and pipes."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        super().__init__(stream, clock)
        self.last_line: float | None = None

    def show(self, progress: Progress, now: float) -> None:
        if self.last_line is not None and now - self.last_line < PLAIN_LINE_EVERY:
            return
        self.last_line = now
        self._write(progress, now)

    def end_stage(self) -> None:
        if self.latest is not None and self.last_line is not None:
            self._write(self.latest, self.clock(), ended=True)
        self.last_line = None
        self.latest = None

    def _write(self, progress: Progress, now: float, *, ended: bool = False) -> None:
        parts = [fraction(progress)]
        parts += [f"{duration(now - self.tempo.began)} in all"] if ended else self.pace(progress, now)
        parts += [f"{name} {value:.4g}" for name, value in progress.metrics.items()]
        print(printable_lines(f"{progress.stage}: {', '.join(parts)}"), file=self.stream, flush=True)


class _Bar(_Stages):
    """A bar that stays in its line. Rich is imported when the first bar is due: quick commands do not pay."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        super().__init__(stream, clock)
        self.bar: RichProgress | None = None
        self.task: Any = None
        self.last_update = 0.0

    def show(self, progress: Progress, now: float) -> None:
        if self.bar is None:
            self.bar, self.task = self._start()
        elif now - self.last_update < BAR_UPDATE_EVERY and progress.done != progress.total:
            return
        self.last_update = now
        notes = self.pace(progress, now)
        notes += [f"{name} {value:.4g}" for name, value in progress.metrics.items()]
        self.bar.update(
            self.task,
            description=printable(progress.stage),
            completed=progress.done,
            total=progress.total,
            counts=fraction(progress),
            notes=printable(", ".join(notes)),
            refresh=True,
        )

    def print_message(self, message: str) -> None:
        if self.bar is None or not sys.stdout.isatty():
            echo(message)
        else:  # above the bar
            self.bar.console.print(printable_lines(message), markup=False, highlight=False, soft_wrap=True)

    def end_stage(self) -> None:
        if self.bar is not None:
            self.bar.stop()
        self.bar = None
        self.latest = None

    def _start(self) -> tuple[RichProgress, Any]:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        bar = RichProgress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[counts]}", markup=False),
            TextColumn("{task.fields[notes]}", markup=False, style="dim"),
            console=Console(file=self.stream),
            auto_refresh=False,  # drawn when there is news: no thread to outlive a failure
            redirect_stdout=sys.stdout.isatty(),
        )
        task = bar.add_task("", total=None, counts="", notes="")
        bar.start()
        return bar, task


def fraction(progress: Progress) -> str:
    """Return how far the stage is: "120 of 1,000 (12%)"."""
    if not progress.total:
        return f"{progress.done:,}"
    return f"{progress.done:,} of {progress.total:,} ({100 * progress.done / progress.total:.0f}%)"


def _rate(rate: float | None) -> str:
    if rate is None or rate <= 0:
        return ""
    if rate < 1:
        return f"{1 / rate:.1f} s each"
    return f"{rate:,.0f}/s" if rate >= 100 else f"{rate:.1f}/s"


def _left(progress: Progress, rate: float | None) -> str:
    seconds = seconds_left(progress, rate)
    return "" if seconds is None else f"{duration(seconds)} left"


def duration(seconds: float) -> str:
    """Return minutes and seconds, and hours where there are any: "4:05", "1:04:05"."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """Print a table with aligned columns; numbers are set to the right.

    Args:
        columns: The heads.
        rows: One sequence per row; floats are shown with three decimals, None as "-".
        title: A line above the table.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    rows_kept = [list(columns), *([text for text, _ in row] for row in cells)]
    widths = [max(_width(row[i]) for row in rows_kept) for i in range(len(columns))]
    right = [bool(cells) and all(row[i][1] for row in cells) for i in range(len(columns))]
    if title:
        echo(title)
    for number, row in enumerate(rows_kept):
        line = "  ".join(_pad(text, width, at_right) for text, width, at_right in zip(row, widths, right, strict=True))
        echo("  " + line.rstrip())
        if number == 0:
            echo("  " + "  ".join("-" * width for width in widths))


def _cell(value: object) -> tuple[str, bool]:
    if value is None:
        return "-", True
    if isinstance(value, bool):
        return ("yes" if value else "no"), False
    if isinstance(value, float):
        return f"{value:.3f}", True
    return (f"{value:,}", True) if isinstance(value, int) else (str(value), False)


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _pad(text: str, width: int, at_right: bool) -> str:
    fill = " " * (width - _width(text))
    return fill + text if at_right else text + fill


def print_findings(findings: Sequence[Finding], *, examples: int | None = EXAMPLES, all_are_in: str = "") -> None:
    """Print findings grouped by rule: errors first, some examples of each rule, and each advice once.

    Args:
        findings: In any order.
        examples: How many of one rule are shown; None for all.
        all_are_in: What shows the others, for example "boxwright check --all"; "" for nothing.
    """
    by_rule: dict[tuple[bool, str], list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault((finding.severity is not Severity.ERROR, finding.rule), []).append(finding)
    for (is_warning, rule), group in sorted(by_rule.items()):
        echo(f"{'warning' if is_warning else 'error'}: {rule} ({len(group):,})")
        shown = sorted(group)[:examples]
        for finding in shown:
            echo(f"  {finding.problem()}")
        if len(shown) < len(group):
            hint = f"; all: {all_are_in}" if all_are_in else ""
            echo(f"  ... and {len(group) - len(shown):,} more{hint}")
        for advice in dict.fromkeys(finding.advice for finding in shown):
            echo(f"  -> {printable(advice)}")
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if findings:
        echo(f"{_count(errors, 'error')}, {_count(len(findings) - errors, 'warning')}")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
