"""Models for inference, of several formats, back into checkpoints that a training can start from."""
