"""Commands that make, measure and use models."""
