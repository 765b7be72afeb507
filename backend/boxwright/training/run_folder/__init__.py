"""The folder of a run: its lock, its start, its checkpoints and its record."""
