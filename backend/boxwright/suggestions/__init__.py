"""Suggestions of a model for every photo that has no labels yet: their store, and the order in which to label."""
