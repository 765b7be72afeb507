"""Optimizers, learning rate schedules, gradients."""
