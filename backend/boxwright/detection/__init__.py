"""The SSD family as tensors: anchors, targets, losses, feature extractors, predictors. Knows no files."""
