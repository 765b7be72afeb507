"""Queued jobs as calls of verbs: their options, and the process that runs one."""
