"""Encoding boxes relative to anchors, and decoding them.

Source: Ren et al., "Faster R-CNN", section 3.1.2; the scale factors are those of the SSD paper's code.
"""

from __future__ import annotations

import tensorflow as tf

from boxwright.pipeline import messages

_EPSILON = 1e-8  # keeps the logarithm of an empty box finite; the original adds it on encoding only


class FasterRcnnBoxCoder:
    """Encodes boxes as [ty, tx, th, tw]: centre offsets in anchor sizes and logarithms of size ratios, all scaled.

    Args:
        box_coder_config: The message with y_scale, x_scale, height_scale and width_scale.
    """

    code_size = 4

    def __init__(self, box_coder_config: messages.FasterRcnnBoxCoder) -> None:
        self._scales = (
            box_coder_config.y_scale,
            box_coder_config.x_scale,
            box_coder_config.height_scale,
            box_coder_config.width_scale,
        )

    def encode(self, boxes: tf.Tensor, anchors: tf.Tensor) -> tf.Tensor:
        """Encode boxes against the anchors they are assigned to.

        Args:
            boxes: float32 [..., A, 4], [ymin, xmin, ymax, xmax].
            anchors: float32 [A, 4], [ymin, xmin, ymax, xmax].

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

    def decode(self, encodings: tf.Tensor, anchors: tf.Tensor) -> tf.Tensor:
        """Decode box encodings.

        Args:
            encodings: float32 [..., A, 4], [ty, tx, th, tw].
            anchors: float32 [A, 4], [ymin, xmin, ymax, xmax].

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


def _centers_and_sizes(boxes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """(y centre, x centre, height, width), each [...]."""
    ymin, xmin, ymax, xmax = tf.unstack(tf.convert_to_tensor(boxes, tf.float32), num=4, axis=-1)
    height, width = ymax - ymin, xmax - xmin
    return ymin + height / 2.0, xmin + width / 2.0, height, width
