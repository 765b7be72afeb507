"""Boxwright's backend: from labelImg's XML to a trained, exported TensorFlow detector.

Importing this package imports neither TensorFlow nor Qt.
"""


def __getattr__(name: str) -> str:
    """Look `__version__` up when it is asked for: importlib.metadata is a third of the time of `boxwright --help`."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("boxwright")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0+unknown"
