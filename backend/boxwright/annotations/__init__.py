"""Annotation files as labelImg and others write them, one format a module."""

from boxwright.annotations.model import Annotation, Box

__all__ = ["Annotation", "Box"]
