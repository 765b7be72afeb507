"""The SSD detectors as tensors: feature extractors, box predictors, anchors, targets, losses. It reads no files."""
