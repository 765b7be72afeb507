"""How the program starts, fails and ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from boxwright.cli.app import COMMANDS, HIDDEN, PACKAGES, help_text
from boxwright.errors import describe_os_error


def run(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "boxwright.cli.app", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **(environment or {})},
    )


@pytest.fixture
def failing(tmp_path: Path) -> dict[str, str]:
    """An environment in which `boxwright check X` raises whatever expression X says."""
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent("""
            import sys, time, types
            def check(what: str) -> None:
                if what.startswith("wait:"):
                    open(what.removeprefix("wait:"), "w").close()
                    time.sleep(30)
                raise eval(what)
            module = types.ModuleType("boxwright.cli.labelling.check")
            module.check = check
            sys.modules["boxwright.cli.labelling.check"] = module
            import boxwright.errors, errno
            check.__globals__.update(vars(boxwright.errors), errno=errno)
        """)
    )
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    return {"PYTHONPATH": path, "TMPDIR": str(tmp_path), "TEMP": str(tmp_path)}


def test_help_lists_every_command_in_the_order_of_the_work() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    places = [shown.stdout.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)


def test_version() -> None:
    shown = run("--version")
    assert shown.returncode == 0
    assert shown.stdout.startswith("boxwright ")


@pytest.mark.parametrize("arguments", [("datast",), ("--no-such-option",), ("doctor", "--nonsense"), ()])
def test_wrong_usage_ends_with_2_and_no_traceback(arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_mistyped_command_gets_a_suggestion() -> None:
    assert "'dataset'" in run("datast").stderr


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        ("BoxwrightError('images/a.xml: no such box')", 1, "boxwright: images/a.xml: no such box\n"),
        ("UsageError('give a folder')", 2, "boxwright: give a folder\n"),
        ("OSError(errno.ENOSPC, 'No space left on device', 'x.record')", 1, "x.record: the disk is full"),
        ("PermissionError(errno.EACCES, 'Permission denied', 'x.record')", 1, "x.record: Permission denied"),
        ("MemoryError()", 1, "memory ran out"),
        ("KeyboardInterrupt()", 130, "Interrupted."),
    ],
)
def test_a_failure_is_a_paragraph_and_an_exit_code(raised: str, code: int, said: str, failing: dict[str, str]) -> None:
    ended = run("check", raised, environment=failing)
    assert (ended.returncode, "Traceback" in ended.stderr) == (code, False), ended.stderr
    assert said in ended.stderr
    assert ended.stdout == ""


def test_an_unexpected_failure_names_a_log_that_holds_the_traceback(failing: dict[str, str], tmp_path: Path) -> None:
    ended = run("check", "ZeroDivisionError('secret cause')", environment=failing)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "ZeroDivisionError: secret cause" in ended.stderr
    (log,) = tmp_path.glob("boxwright-*/*.log")
    assert os.name == "nt" or log.parent.stat().st_mode & 0o077 == 0  # nobody else may put a link there
    assert str(log) in ended.stderr
    assert "in check" in log.read_text()


def test_debugging_shows_the_traceback(failing: dict[str, str]) -> None:
    ended = run("check", "ZeroDivisionError('secret cause')", environment={**failing, "BOXWRIGHT_DEBUG": "1"})
    assert ended.returncode == 1
    assert "Traceback" in ended.stderr


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell closes the stream")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_stop_no_work(closed: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "boxwright.cli.app", "init", str(tmp_path / "work")]
    ended = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *command], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "work" / "images").is_dir()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux")
@pytest.mark.parametrize("arguments", [("--help",), ("runs", "--help")])
def test_a_full_disk_under_stdout_is_said(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "boxwright.cli.app", *arguments]
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("boxwright: the disk is full")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows tells a writer in another way that its reader has left")
def test_a_reader_that_leaves_early_is_no_error() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "boxwright.cli.app", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None and child.stderr is not None
    child.stdout.close()
    assert child.stderr.read() == ""
    child.stderr.close()
    child.wait()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT that a parent could send")
def test_ctrl_c_ends_with_130_and_a_word(failing: dict[str, str], tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "boxwright.cli.app", "check", f"wait:{tmp_path / 'up'}"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **failing},
    )
    try:
        while not (tmp_path / "up").exists():
            assert child.poll() is None
            time.sleep(0.01)
        time.sleep(0.2)  # inside open() Python may swallow the interrupt; this is about the program's answer to it
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    finally:
        child.kill()
        child.communicate()
    assert child.returncode == 130, said
    assert said == "Interrupted.\n"


def test_a_name_that_the_console_cannot_show_stops_nothing() -> None:
    code = "import sys; from boxwright.cli import app; app.app = lambda **k: print('\\u732b \\udcff'); app.main()"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert rb"\u732b" in ended.stdout


def test_help_keeps_examples_line_by_line_and_leaves_out_sections_for_programmers() -> None:
    def command() -> None:
        """Do it.

        Long text
        goes on.

        Example:
          boxwright one
          boxwright two

        Args:
            nothing: for the user.
        """

    assert help_text(command) == "Do it.\n\nLong text\ngoes on.\n\n\b\nExample:\n  boxwright one\n  boxwright two"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_commands_help_has_an_example(name: str) -> None:
    shown = run(name, "--help")
    assert shown.returncode == 0, shown.stderr
    lines = [line.strip() for line in shown.stdout.splitlines()]
    assert any(line.startswith(f"boxwright {name}") for line in lines), shown.stdout
    assert "Args:" not in lines and "Raises:" not in lines


def test_every_command_has_a_package() -> None:
    assert sorted(name for names in PACKAGES.values() for name in names) == sorted([*COMMANDS, *HIDDEN])


def test_help_imports_no_command() -> None:
    code = "import sys; from boxwright.cli.app import app; app(['--help'], standalone_mode=False); "
    code += "print([name for name in sys.modules if name.startswith('boxwright.cli.')], file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stderr.strip() == "['boxwright.cli.streams', 'boxwright.cli.app']"


def test_os_errors_say_what_to_do() -> None:
    assert "Shorten" in describe_os_error(OSError(36, "File name too long", "x"))
    assert describe_os_error(OSError("odd")) == "odd."
