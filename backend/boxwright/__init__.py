"""Boxwright's backend: from labelImg's XML to a trained, exported TensorFlow detector.

Importing this package imports neither TensorFlow nor Qt.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("boxwright")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
