"""Devices, precision, memory and determinism of a run."""
