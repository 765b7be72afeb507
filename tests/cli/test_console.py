"""What commands show."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from boxwright.cli.console import echo, print_findings, print_table, reporting
from boxwright.findings import Finding, Severity
from boxwright.progress import Progress, end_stage, log


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def _work(clock: Clock, stream: io.StringIO, *, seconds_each: float, total: int, live: bool, message: str = "") -> None:
    with reporting(stream=stream, live=live, clock=clock) as reporter:
        for done in range(total + 1):
            reporter(Progress("reading images", done, total, message=message, metrics={"loss": 2.5}))
            clock.now += seconds_each


def test_short_work_shows_nothing() -> None:
    for live in (False, True):
        stream = io.StringIO()
        _work(Clock(), stream, seconds_each=0.1, total=15, live=live)
        assert stream.getvalue() == ""


def test_plain_lines_have_rate_and_time_left_and_come_every_ten_seconds() -> None:
    stream = io.StringIO()
    _work(Clock(), stream, seconds_each=0.5, total=100, live=False)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "reading images: 4 of 100 (4%), 2.0/s, 0:48 left, loss 2.5"
    assert len(lines) == 6  # at 2, 12, 22, 32 and 42 s, and the end
    assert lines[-1] == "reading images: 100 of 100 (100%), 0:50 in all, loss 2.5"


def test_slow_work_shows_seconds_each_and_hours() -> None:
    stream = io.StringIO()
    _work(Clock(), stream, seconds_each=40.0, total=1000, live=False)
    first, second, *_ = stream.getvalue().splitlines()
    assert first == "reading images: 1 of 1,000 (0%), loss 2.5"  # the first of them warms up: it promises nothing
    assert "40.0 s each, 11:05:20 left" in second


def test_resumed_work_is_rated_by_what_was_done_now() -> None:
    clock, stream = Clock(), io.StringIO()
    with reporting(stream=stream, live=False, clock=clock) as reporter:
        for done in range(1000, 1006):
            reporter(Progress("training", done, 2000))
            clock.now += 1.0
    assert "1.0/s" in stream.getvalue()


def test_unknown_totals_show_counts() -> None:
    clock, stream = Clock(), io.StringIO()
    with reporting(stream=stream, live=False, clock=clock) as reporter:
        for done in range(5):
            reporter(Progress("scanning", done * 1000))
            clock.now += 1.0
    assert stream.getvalue().splitlines()[0] == "scanning: 2,000, 1,000/s"


@pytest.mark.parametrize("live", [False, True])
def test_messages_are_printed_as_they_are(live: bool, capsys: pytest.CaptureFixture[str]) -> None:
    line = "global step 7: loss = 11.7245 (0.910 sec/step) [not markup]"
    _work(Clock(), io.StringIO(), seconds_each=1.0, total=3, live=live, message=line)
    assert capsys.readouterr().out.splitlines() == [line] * 4


def test_a_terminal_gets_a_bar_that_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    before = threading.active_count()
    _work(Clock(), stream, seconds_each=1.0, total=10, live=True)
    assert "reading images" in stream.getvalue()
    assert "10 of 10 (100%)" in stream.getvalue()
    assert "left" in stream.getvalue()
    assert threading.active_count() == before


def test_a_failure_during_the_work_ends_the_bar() -> None:
    clock, stream = Clock(), Terminal()
    with pytest.raises(ValueError, match="x"), reporting(stream=stream, live=True, clock=clock) as reporter:
        for done in range(4):
            reporter(Progress("work", done, 10))
            clock.now += 1.0
        raise ValueError("x")
    assert sys.stdout is not None and "work" in stream.getvalue()


def test_tables_align_words_left_numbers_right_and_wide_characters(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("class", "train", "AP"), [("apple", 1200, 0.5), ("猫", 7, None)], title="Objects")
    assert capsys.readouterr().out == (
        "Objects\n  class  train     AP\n  -----  -----  -----\n  apple  1,200  0.500\n  猫         7      -\n"
    )


def _finding(number: int, rule: str, severity: Severity) -> Finding:
    return Finding(
        file=f"images/{number:03d}.xml", rule=rule, message="It is wrong", advice="Fix it.", severity=severity
    )


def test_findings_are_grouped_errors_first_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    findings = [_finding(n, "small-class", Severity.WARNING) for n in range(2)]
    findings += [_finding(n, "box-outside-image", Severity.ERROR) for n in reversed(range(25))]
    print_findings(findings, all_are_in="boxwright check --all")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "error: box-outside-image (25)"
    assert lines[1] == "  images/000.xml: It is wrong."
    assert lines[4:6] == ["  ... and 22 more; all: boxwright check --all", "  -> Fix it."]
    assert lines[6] == "warning: small-class (2)"
    assert lines[-1] == "25 errors, 2 warnings"
    print_findings(findings, examples=None)
    assert len(capsys.readouterr().out.splitlines()) == 2 + 27 + 2 + 1


def test_no_findings_show_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_findings([])
    assert capsys.readouterr().out == ""


def test_the_end_of_a_stage_is_shown_before_what_is_printed_next(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    with reporting(live=False, stream=sys.stdout, clock=lambda: now[0]) as reporter:
        reporter(Progress("drawing photos", 0, 24))
        now[0] = 5.0
        reporter(Progress("drawing photos", 24, 24))
        log(reporter, "a line")
        end_stage(reporter)
        print("the next step")
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3:] == ["a line", "drawing photos: 24 of 24 (100%), 0:05 in all", "the next step"]


@pytest.mark.parametrize("text", ["a\x1b[31mb.jpg", "nut\x9b31m", "\u202egpj.exe", "a\u200bb", "bell\x07", "back\x08"])
def test_what_a_terminal_would_obey_is_escaped(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    echo(f"found: {text}")
    print_table(("image",), [(text,)])
    print_findings([_finding(1, "rule", Severity.ERROR).in_file(text)])
    out = capsys.readouterr().out
    assert all(character == "\n" or character.isprintable() for character in out)
    assert out.startswith(f"found: {ascii(text)[1:-1]}\n")


def test_line_ends_tabs_and_letters_of_all_scripts_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    echo("two\nlines\tand 猫 ünï")
    assert capsys.readouterr().out == "two\nlines\tand 猫 ünï\n"
