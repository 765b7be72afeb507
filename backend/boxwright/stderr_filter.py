"""What native libraries write to stderr, without the lines that mean nothing to a user."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def filtered_stderr(noise: Sequence[bytes]) -> Iterator[None]:
    """Hold back what the process writes to stderr during the block, and let it out afterwards without the noise.

    Libraries in C++ write past sys.stderr, so the file descriptor itself is held.

    Args:
        noise: Lines that hold one of these are dropped.
    """
    try:
        descriptor = sys.__stderr__.fileno() if sys.__stderr__ is not None else -1
    except (OSError, ValueError):  # a test's or a GUI's stderr without a file behind it
        descriptor = -1
    if descriptor < 0:
        yield
        return
    sys.stderr.flush()
    kept = os.dup(descriptor)
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), descriptor)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, descriptor)
            os.close(kept)
            caught.seek(0)
            for line in caught.read().splitlines(keepends=True):
                if line.strip() and not any(part in line for part in noise):
                    os.write(descriptor, line)
