"""Anchors: the fixed boxes that an SSD refines, one generator a module."""
