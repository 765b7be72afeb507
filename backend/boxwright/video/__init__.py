"""Clips: frames in and out, by PyAV."""
