"""COCO and Pascal VOC metrics."""
