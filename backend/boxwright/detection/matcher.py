"""Matching anchors to ground-truth boxes.

Source: SSD paper, section 2.2 ("Matching strategy"), with the rules of the original API's `argmax_matcher`.
"""

from __future__ import annotations

import tensorflow as tf

from boxwright.errors import BoxwrightError
from boxwright.pipeline import messages

UNMATCHED = -1  # the anchor is background
IGNORED = -2  # the anchor takes part in no loss


class ArgMaxMatcher:
    """Matches each anchor to the ground-truth box of the largest overlap, if the overlap reaches the threshold.

    Args:
        matcher_config: The message with matched_threshold, unmatched_threshold, ignore_thresholds,
            negatives_lower_than_unmatched and force_match_for_each_row.

    Raises:
        BoxwrightError: The thresholds contradict each other.
    """

    def __init__(self, matcher_config: messages.ArgMaxMatcher) -> None:
        matched, unmatched = matcher_config.matched_threshold, matcher_config.unmatched_threshold
        if not matcher_config.ignore_thresholds and unmatched > matched:
            raise BoxwrightError(
                f"argmax_matcher: unmatched_threshold {unmatched:g} is above matched_threshold {matched:g}. "
                "Lower unmatched_threshold to matched_threshold or below."
            )
        if (
            not matcher_config.ignore_thresholds
            and not matcher_config.negatives_lower_than_unmatched
            and unmatched == matched
        ):
            raise BoxwrightError(
                "argmax_matcher: negatives_lower_than_unmatched is false, so negatives lie between the two "
                f"thresholds, but both are {matched:g}. Lower unmatched_threshold, or set "
                "negatives_lower_than_unmatched to true."
            )
        self._thresholds = None if matcher_config.ignore_thresholds else (unmatched, matched)
        self._below, self._between = UNMATCHED, IGNORED
        if not matcher_config.negatives_lower_than_unmatched:
            self._below, self._between = IGNORED, UNMATCHED
        self._force = matcher_config.force_match_for_each_row

    def match(self, similarity: tf.Tensor, valid: tf.Tensor) -> tf.Tensor:
        """Match anchors to ground-truth boxes.

        Args:
            similarity: float32 [N, A], IoU of each box and anchor, at least 0; N may be 0 and dynamic.
            valid: bool [N]; a box that is not valid forces no match, but can still be the best overlap of an anchor.

        Returns:
            int32 [A]: the index of the matched box, UNMATCHED or IGNORED.
        """
        count, anchors = tf.shape(similarity)[0], tf.shape(similarity)[1]
        # The added last row is lower than every similarity: argmax chooses it only when there are no boxes.
        padded = tf.concat([similarity, tf.fill([1, anchors], -1.0)], axis=0)
        matches = tf.argmax(padded, axis=0, output_type=tf.int32)
        best = tf.reduce_max(padded, axis=0)
        no_boxes = matches == count
        if self._thresholds is not None:
            unmatched, matched = self._thresholds
            matches = tf.where(best < unmatched, self._below, matches)
            matches = tf.where((best >= unmatched) & (best < matched), self._between, matches)
        matches = tf.where(no_boxes, UNMATCHED, matches)
        return self._forced(similarity, valid, matches) if self._force else matches

    @staticmethod
    def _forced(similarity: tf.Tensor, valid: tf.Tensor, matches: tf.Tensor) -> tf.Tensor:
        """Match each valid box to its best anchor; where two boxes have the same best anchor, the first gets it."""
        count = tf.shape(similarity)[0]
        columns = tf.argmax(similarity, axis=1, output_type=tf.int32)
        rows = tf.where(valid, tf.range(count), count)
        owner = tf.tensor_scatter_nd_min(tf.fill(tf.shape(matches), count), columns[:, tf.newaxis], rows)
        return tf.where(owner < count, owner, matches)
