"""Remembered facts about files, so that an unchanged dataset costs one stat a file."""
