"""Annotation files as labelImg and others write them, one format a module."""

from boxwright.annotations.model import Annotation, AnnotationError, Box

__all__ = ["Annotation", "AnnotationError", "Box"]
