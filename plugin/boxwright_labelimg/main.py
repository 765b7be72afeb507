"""The program `boxwright-labelimg`: labelImg's arguments and its window, with training."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QLibraryInfo, QTimer, QTranslator
from PyQt5.QtWidgets import QApplication

from boxwright_labelimg.i18n import choose_language, tr
from boxwright_labelimg.uncaught import Failures

if TYPE_CHECKING:
    from boxwright_labelimg.window.training_window import TrainingWindow

NO_SCREEN = """There is no screen: DISPLAY is not set. Run this in a desktop session, or with `ssh -X`.
These commands need no screen: boxwright init, check, train, evaluate, export, detect, suggest."""
SIGNALS_EVERY = 300  # in milliseconds; Python handles Ctrl+C only while Qt's loop calls Python code


def main(argv: Sequence[str] | None = None) -> int:
    """Run labelImg with training until its window is closed; return the exit code."""
    arguments = _parse(sys.argv[1:] if argv is None else argv)
    if arguments.class_file and not Path(arguments.class_file).is_file():
        print(f"{arguments.class_file} is no file. Give a text file with class names, one a line.", file=sys.stderr)
        return 2
    language = choose_language()
    try:
        from boxwright_labelimg.window.patched_window import labelimg  # noqa: PLC0415
    except ImportError as error:
        print(f"labelImg cannot be loaded: {error}. Install it with: pip install labelImg PyQt5", file=sys.stderr)
        return 1
    if not has_screen(os.environ, sys.platform):
        print(NO_SCREEN, file=sys.stderr)
        return 1
    application = QApplication(sys.argv[:1])
    application.setApplicationName("labelImg")
    application.setWindowIcon(labelimg.new_icon("app"))
    if language is not None:
        application.installTranslator(qt_translator(language, application))
    failures = Failures()
    failures.install()
    window = build_window(arguments.class_file or "", arguments.save_dir)
    failures.window = window
    window.show()
    if arguments.place:  # "" where only the other arguments are given
        window.later(lambda: window.open_place(Path(arguments.place)))
    signal.signal(signal.SIGINT, lambda number, frame: window.later(window.close))
    beat = QTimer()
    beat.timeout.connect(lambda: None)
    beat.start(SIGNALS_EVERY)
    code: int = application.exec_()
    failures.uninstall()
    return code


def has_screen(environment: Mapping[str, str], platform: str) -> bool:
    """Return whether there may be a screen: on Linux, Qt ends the process where none is named."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return platform in ("win32", "darwin") or any(environment.get(name) for name in names)


def qt_translator(language: str, application: QApplication) -> QTranslator:
    """Return the translations of Qt's own buttons (OK, Cancel), so that no dialog is in two languages; 5 ms to load."""
    translator = QTranslator(application)
    code, _, country = language.partition("_")
    translator.load(f"qtbase_{code}_{country.upper()}", QLibraryInfo.location(QLibraryInfo.TranslationsPath))
    return translator


def build_window(class_file: str = "", save_dir: str | None = None) -> TrainingWindow:
    """Return the window; unusable settings of labelImg are ignored, and replaced when it closes."""
    from boxwright_labelimg.window.patched_window import labelimg  # noqa: PLC0415
    from boxwright_labelimg.window.training_window import TrainingWindow  # noqa: PLC0415

    try:
        return TrainingWindow(class_file, save_dir)
    except Exception as error:  # a pickle may hold anything, and labelImg does not check it
        print(
            f"labelImg's settings cannot be used ({type(error).__name__}: {error}); starting without.", file=sys.stderr
        )
        load, labelimg.Settings.load = labelimg.Settings.load, lambda self: False
        try:
            window = TrainingWindow(class_file, save_dir)
        finally:
            labelimg.Settings.load = load
        window.status(tr("labelImg's settings could not be read; it starts with the defaults."), 0)
        return window


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="boxwright-labelimg",
        description="labelImg with Export dataset and Train in its menus.",
        epilog="Example: boxwright-labelimg my_photos",
    )
    parser.add_argument("place", nargs="?", metavar="IMAGE_DIR_OR_WORKSPACE", help="what to open")
    parser.add_argument("class_file", nargs="?", metavar="CLASS_FILE", help="class names to choose from, one a line")
    parser.add_argument("save_dir", nargs="?", metavar="SAVE_DIR", help="where XML is saved")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
