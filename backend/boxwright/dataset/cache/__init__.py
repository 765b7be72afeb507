"""The cache: what was read from files, so that an unchanged dataset costs one stat a file."""
