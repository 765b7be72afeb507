"""Watching a workspace: events and scans become syncs, queued jobs become child processes. Loads no TensorFlow."""
