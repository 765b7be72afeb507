"""Boxes as offsets from anchors, and back.

Source: Ren et al., "Faster R-CNN", section 3.1.2; the scale factors are those of the SSD paper's code.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

_EPSILON = 1e-8  # keeps the logarithm of an empty box finite; the original adds it on encoding only


class FasterRcnnBoxCoder:
    """Encodes boxes as [ty, tx, th, tw]: centre offsets in anchor sizes and logarithms of size ratios, all scaled.

    Args:
        config: the `FasterRcnnBoxCoder` message (y_scale, x_scale, height_scale, width_scale).
    """

    code_size = 4

    def __init__(self, config: Any) -> None:
        self._scales = (config.y_scale, config.x_scale, config.height_scale, config.width_scale)

    def encode(self, boxes: Any, anchors: Any) -> Any:
        """Encode boxes against the anchors they are assigned to.

        Args:
            boxes: float32 [..., A, 4], [ymin, xmin, ymax, xmax].
            anchors: float32 [A, 4].

        Returns:
            float32 [..., A, 4], [ty, tx, th, tw].
        """
        anchor_y, anchor_x, anchor_h, anchor_w = _centers_and_sizes(anchors)
        y, x, h, w = _centers_and_sizes(boxes)
        anchor_h, anchor_w = anchor_h + _EPSILON, anchor_w + _EPSILON
        h, w = h + _EPSILON, w + _EPSILON
        codes = (
            (y - anchor_y) / anchor_h,
            (x - anchor_x) / anchor_w,
            tf.math.log(h / anchor_h),
            tf.math.log(w / anchor_w),
        )
        return tf.stack([code * scale for code, scale in zip(codes, self._scales, strict=True)], axis=-1)

    def decode(self, encodings: Any, anchors: Any) -> Any:
        """Decode box encodings.

        Args:
            encodings: float32 [..., A, 4], [ty, tx, th, tw].
            anchors: float32 [A, 4].

        Returns:
            float32 [..., A, 4], [ymin, xmin, ymax, xmax], not clipped.
        """
        anchor_y, anchor_x, anchor_h, anchor_w = _centers_and_sizes(anchors)
        codes = tf.unstack(encodings, num=4, axis=-1)
        ty, tx, th, tw = (code / scale for code, scale in zip(codes, self._scales, strict=True))
        half_h = tf.exp(th) * anchor_h / 2.0
        half_w = tf.exp(tw) * anchor_w / 2.0
        y = ty * anchor_h + anchor_y
        x = tx * anchor_w + anchor_x
        return tf.stack([y - half_h, x - half_w, y + half_h, x + half_w], axis=-1)


def _centers_and_sizes(boxes: Any) -> tuple[Any, Any, Any, Any]:
    """(y centre, x centre, height, width), each [...]."""
    ymin, xmin, ymax, xmax = tf.unstack(tf.convert_to_tensor(boxes, tf.float32), num=4, axis=-1)
    height, width = ymax - ymin, xmax - xmin
    return ymin + height / 2.0, xmin + width / 2.0, height, width
