"""The one exception family, every failure that a user can fix, and how any failure is put into words."""

from __future__ import annotations

import errno
import os
import sys


class BoxwrightError(Exception):
    """A failure said in one paragraph: file, object, received value, rule, next step.

    The command line prints the message and exits with 1; nothing below it prints or exits.
    """


class UsageError(BoxwrightError):
    """The command was given something it cannot take; the command line exits with 2."""


ERROR_PREFIX = "boxwright: "
"""Begins the error message of a command on stderr; a program that runs one finds the message by it."""

OUT_OF_MEMORY = "memory ran out. Close other programs, or use smaller images or a smaller batch."


def describe_error(error: BaseException) -> str:
    """Return one paragraph about any failure; the traceback of an unexpected one goes to a log file that is named."""
    if isinstance(error, BoxwrightError):
        return str(error)
    if isinstance(error, OSError):
        return describe_os_error(error)
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    return describe_unexpected(error)


def describe_os_error(error: OSError) -> str:
    """Return one paragraph about a failure of the file system or the network."""
    name = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{name}the disk is full ({reason}). Free some space, then give the same command again."
    if error.errno == errno.EIO:
        return f"{name}{reason}: the disk or the share reports a failure. Check it, and copy your work elsewhere first."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{name}{reason}. You may not do that here: change owner or permissions, or use another folder."
    if error.errno == errno.ENAMETOOLONG:
        return f"{name}{reason}. Shorten the file's or the folders' names."
    return f"{name}{reason}."


def describe_unexpected(error: BaseException) -> str:
    """Write the traceback to a log file and return one paragraph that names it."""
    import tempfile
    import time
    import traceback
    from pathlib import Path

    trace = "".join(traceback.format_exception(error))
    if os.environ.get("BOXWRIGHT_DEBUG"):
        return f"unexpected failure.\n{trace}"
    first = str(error).strip().split("\n", 1)[0][:300]
    summary = f"{type(error).__name__}: {first}" if first else type(error).__name__
    try:  # in a new folder that only this user may enter: others may write where temporary files are
        log = Path(tempfile.mkdtemp(prefix="boxwright-")) / f"{time.strftime('%Y%m%d-%H%M%S')}.log"
        log.write_text(f"{sys.argv!r}\nPython {sys.version}\n\n{trace}", encoding="utf-8", errors="backslashreplace")
    except OSError:
        return f"unexpected failure, {summary}. Run it again with BOXWRIGHT_DEBUG=1 to see where."
    return (
        f"unexpected failure, {summary}. This is a defect of Boxwright or of the installation "
        f"(`boxwright doctor` checks the latter); the details are in {log}."
    )
