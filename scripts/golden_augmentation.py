"""Make tests/golden/augmentation: what the original's augmentation steps give for known draws and for its own.

Runs under the original stack's Python 3.7 (TensorFlow 1.15.5, object_detection 2.5.0):

    DIR/bin/python scripts/golden_augmentation.py tests/golden/augmentation
"""

import argparse
import json
import os

import numpy as np
import tensorflow.compat.v1 as tf
from google.protobuf import text_format
from object_detection.builders import preprocessor_builder
from object_detection.core import preprocessor
from object_detection.protos import preprocessor_pb2

tf.logging.set_verbosity(tf.logging.ERROR)

REPLICATES = 4
DRAWS = 500
HEIGHT, WIDTH = 12, 16
BOXES = np.array([[0.1, 0.1, 0.5, 0.4], [0.3, 0.35, 0.9, 0.8], [0.7, 0.05, 0.8, 0.15]], np.float32)
LABELS = np.array([1, 2, 3], np.int64)
WEIGHTS = np.array([1.0, 0.5, 2.0], np.float32)

CROP = "min_object_covered: 0.3 min_aspect_ratio: 0.5 max_aspect_ratio: 2.0 min_area: 0.2 max_area: 0.9"
OPERATION = "operations { %s overlap_thresh: %s random_coef: %s %s }"
NARROW = "min_object_covered: 0.3 min_area: 0.2 max_area: 0.9"

# Name of a case: the PreprocessingStep. A step's first case has the proto's defaults where those do something here.
CASES = {
    "random_horizontal_flip": "random_horizontal_flip {}",
    "random_vertical_flip": "random_vertical_flip {}",
    "random_vertical_flip often": "random_vertical_flip { probability: 0.9 }",
    "random_rotation90": "random_rotation90 {}",
    "random_rotation90 often": "random_rotation90 { probability: 0.9 }",
    "random_pixel_value_scale": "random_pixel_value_scale {}",
    "random_pixel_value_scale wide": "random_pixel_value_scale { minval: 0.2 maxval: 2.5 }",
    "random_image_scale": "random_image_scale {}",
    "random_image_scale narrow": "random_image_scale { min_scale_ratio: 0.8 max_scale_ratio: 1.2 }",
    "random_rgb_to_gray": "random_rgb_to_gray {}",
    "random_rgb_to_gray often": "random_rgb_to_gray { probability: 0.7 }",
    "random_adjust_brightness": "random_adjust_brightness {}",
    "random_adjust_brightness wide": "random_adjust_brightness { max_delta: 0.6 }",
    "random_adjust_contrast": "random_adjust_contrast {}",
    "random_adjust_contrast wide": "random_adjust_contrast { min_delta: 0.2 max_delta: 3.0 }",
    "random_adjust_hue": "random_adjust_hue {}",
    "random_adjust_hue wide": "random_adjust_hue { max_delta: 0.4 }",
    "random_adjust_saturation": "random_adjust_saturation {}",
    "random_adjust_saturation wide": "random_adjust_saturation { min_delta: 0.1 max_delta: 2.5 }",
    "random_distort_color": "random_distort_color {}",
    "random_distort_color other order": "random_distort_color { color_ordering: 1 }",
    "adjust_gamma": "adjust_gamma {}",
    "adjust_gamma bright": "adjust_gamma { gamma: 0.6 gain: 1.2 }",
    "random_jitter_boxes": "random_jitter_boxes {}",
    "random_jitter_boxes expand": "random_jitter_boxes { ratio: 0.3 jitter_mode: EXPAND }",
    "random_jitter_boxes shrink": "random_jitter_boxes { ratio: 0.3 jitter_mode: SHRINK }",
    "random_jitter_boxes expand_symmetric": "random_jitter_boxes { ratio: 0.9 jitter_mode: EXPAND_SYMMETRIC }",
    "random_jitter_boxes shrink_symmetric": "random_jitter_boxes { ratio: 0.3 jitter_mode: SHRINK_SYMMETRIC }",
    "random_jitter_boxes expand_symmetric_xy": "random_jitter_boxes { ratio: 0.9 jitter_mode: EXPAND_SYMMETRIC_XY }",
    "random_jitter_boxes shrink_symmetric_xy": "random_jitter_boxes { ratio: 0.3 jitter_mode: SHRINK_SYMMETRIC_XY }",
    "random_crop_image": "random_crop_image {}",
    "random_crop_image seldom": "random_crop_image { %s overlap_thresh: 0.5 clip_boxes: false random_coef: 0.5 }"
    % CROP,
    "random_pad_image": "random_pad_image {}",
    "random_pad_image sizes": "random_pad_image { min_image_height: 14 min_image_width: 10 max_image_height: 20 "
    "max_image_width: 15 pad_color: 10 pad_color: 20 pad_color: 30 }",
    "random_absolute_pad_image": "random_absolute_pad_image { max_height_padding: 6 max_width_padding: 9 }",
    "random_absolute_pad_image color": "random_absolute_pad_image { max_height_padding: 5 max_width_padding: 1 "
    "pad_color: 10 pad_color: 20 pad_color: 30 }",
    "random_crop_pad_image": "random_crop_pad_image {}",
    "random_crop_pad_image ratios": "random_crop_pad_image { %s overlap_thresh: 0.5 random_coef: 0.5 "
    "min_padded_size_ratio: 1.2 min_padded_size_ratio: 0.8 max_padded_size_ratio: 1.6 max_padded_size_ratio: 1.5 "
    "pad_color: 10 pad_color: 20 pad_color: 30 }" % CROP,
    "random_crop_to_aspect_ratio": "random_crop_to_aspect_ratio {}",
    "random_crop_to_aspect_ratio wide": "random_crop_to_aspect_ratio { aspect_ratio: 2.2 overlap_thresh: 0.6 }",
    "random_crop_to_aspect_ratio unclipped": "random_crop_to_aspect_ratio { aspect_ratio: 0.6 clip_boxes: false }",
    "random_black_patches": "random_black_patches {}",
    "random_black_patches large": "random_black_patches { max_black_patches: 3 probability: 0.8 "
    "size_to_image_ratio: 0.4 }",
    "random_resize_method": "random_resize_method { target_height: 9 target_width: 20 }",
    "resize_image": "resize_image { new_height: 9 new_width: 20 }",
    "resize_image area": "resize_image { new_height: 9 new_width: 10 method: AREA }",
    "resize_image bicubic": "resize_image { new_height: 15 new_width: 20 method: BICUBIC }",
    "resize_image nearest": "resize_image { new_height: 9 new_width: 20 method: NEAREST_NEIGHBOR }",
    "random_self_concat_image": "random_self_concat_image {}",
    "random_self_concat_image often": "random_self_concat_image { concat_vertical_probability: 0.6 "
    "concat_horizontal_probability: 0.6 }",
    "drop_label_probabilistically": "drop_label_probabilistically { label: 2 }",
    "drop_label_probabilistically seldom": "drop_label_probabilistically { label: 3 drop_probability: 0.4 }",
    "remap_labels": "remap_labels { original_labels: 1 original_labels: 3 new_label: 2 }",
    "random_jpeg_quality": "random_jpeg_quality { min_jpeg_quality: 60 }",
    "random_jpeg_quality seldom": "random_jpeg_quality { random_coef: 0.6 min_jpeg_quality: 80 max_jpeg_quality: 95 }",
    "random_downscale_to_target_pixels": "random_downscale_to_target_pixels {}",
    "random_downscale_to_target_pixels small": "random_downscale_to_target_pixels { random_coef: 0.2 "
    "min_target_pixels: 60 max_target_pixels: 240 }",
    "random_patch_gaussian": "random_patch_gaussian {}",
    "random_patch_gaussian small": "random_patch_gaussian { random_coef: 0.3 min_patch_size: 3 max_patch_size: 9 "
    "min_gaussian_stddev: 0.1 max_gaussian_stddev: 0.4 }",
    "random_square_crop_by_scale": "random_square_crop_by_scale {}",
    "random_square_crop_by_scale few": "random_square_crop_by_scale { max_border: 4 scale_min: 0.5 scale_max: 1.6 "
    "num_scales: 3 }",
    "random_scale_crop_and_pad_to_square": "random_scale_crop_and_pad_to_square { output_size: 14 scale_min: 0.5 }",
    "ssd_random_crop": "ssd_random_crop {}",
    "ssd_random_crop operations": "ssd_random_crop { %s %s }"
    % (OPERATION % (CROP, 0.2, 0.3, ""), OPERATION % (CROP, 0.7, 0.0, "clip_boxes: false")),
    "ssd_random_crop_pad": "ssd_random_crop_pad {}",
    "ssd_random_crop_pad operations": "ssd_random_crop_pad { %s %s }"
    % (
        OPERATION % (CROP, 0.2, 0.3, "min_padded_size_ratio: [1, 1] max_padded_size_ratio: [1.5, 1.5]"),
        OPERATION
        % (CROP, 0.7, 0.0, "min_padded_size_ratio: [1.1, 0.7] max_padded_size_ratio: [2, 1.5] pad_color_g: 90"),
    ),
    "ssd_random_crop_fixed_aspect_ratio": "ssd_random_crop_fixed_aspect_ratio {}",
    "ssd_random_crop_fixed_aspect_ratio operations": "ssd_random_crop_fixed_aspect_ratio { %s aspect_ratio: 1.5 }"
    % (OPERATION % (NARROW, 0.2, 0.3, "")),
    "ssd_random_crop_pad_fixed_aspect_ratio": "ssd_random_crop_pad_fixed_aspect_ratio {}",
    "ssd_random_crop_pad_fixed_aspect_ratio operations": "ssd_random_crop_pad_fixed_aspect_ratio { %s %s }"
    % (
        OPERATION % (CROP, 0.2, 0.3, ""),
        "aspect_ratio: 1.5 min_padded_size_ratio: [1.1, 1.0] max_padded_size_ratio: [1.8, 2.2]",
    ),
}


def picture():
    """Return a uint8 picture in which every place and channel differs."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    noise = np.random.RandomState(5).randint(0, 40, (HEIGHT, WIDTH, 3))
    return (np.stack([15 * y, 12 * x, 8 * (x + y)], -1) + noise).astype(np.uint8)


def preprocessed(text):
    """Return the tensors that the original makes of the picture by one step, and the proto message's name."""
    step = text_format.Parse(text, preprocessor_pb2.PreprocessingStep())
    tensors = {
        "image": tf.constant(picture()[None].astype(np.float32)),
        "groundtruth_boxes": tf.constant(BOXES),
        "groundtruth_classes": tf.constant(LABELS),
        "groundtruth_weights": tf.constant(WEIGHTS),
    }
    options = [preprocessor_builder.build(step)]
    out = preprocessor.preprocess(tensors, options, func_arg_map=preprocessor.get_default_func_arg_map())
    return (
        out["image"][0],
        out["groundtruth_boxes"],
        out["groundtruth_classes"],
        out["groundtruth_weights"],
    )


class Injected:
    """Stands in for TensorFlow's random functions: numbers of numpy, kept in the order in which they are asked for."""

    def __init__(self, seed):
        self.rng = np.random.RandomState(seed)
        self.draws = []

    def _keep(self, values):
        self.draws.append(np.asarray(values, np.float32))
        return self.draws[-1]

    @staticmethod
    def _shape(shape):
        with tf.Session() as session:
            return tuple(int(one) for one in session.run(tf.convert_to_tensor(shape, tf.int32)))

    def uniform(self, shape, minval=0, maxval=None, dtype=tf.float32, seed=None, name=None):
        unit = self._keep(self.rng.random_sample(self._shape(shape) if len_of(shape) else ()))
        if dtype == tf.float32:
            high = 1.0 if maxval is None else maxval
            return minval + unit * (high - minval)
        low, high = tf.cast(minval, tf.int32), tf.cast(maxval, tf.int32)
        return low + tf.cast(tf.floor(unit * tf.cast(high - low, tf.float32)), tf.int32)

    def normal(self, shape, mean=0.0, stddev=1.0, dtype=tf.float32, seed=None, name=None):
        return mean + stddev * self._keep(self.rng.standard_normal((HEIGHT, WIDTH, 3)))  # only a whole picture's

    def window(self, image_size, bounding_boxes, **_):
        """A window of whole pixels: [top, left, height, width]."""
        height, width = self.rng.randint(4, HEIGHT + 1), self.rng.randint(5, WIDTH + 1)
        top, left = self.rng.randint(0, HEIGHT - height + 1), self.rng.randint(0, WIDTH - width + 1)
        self._keep([top, left, height, width])
        corners = np.array([top / HEIGHT, left / WIDTH, (top + height) / HEIGHT, (left + width) / WIDTH], np.float32)
        return (
            tf.constant([top, left, 0]),
            tf.constant([height, width, -1]),
            tf.constant(corners[None, None]),
        )


def len_of(shape):
    """Return the rank that a shape asks for."""
    return len(shape) if isinstance(shape, (list, tuple)) else int(shape.shape[0])


def replayed(text, seed):
    """Return the draws and what the original makes of them."""
    injected = Injected(seed)
    kept = tf.random_uniform, tf.random.uniform, tf.random.normal, tf.image.sample_distorted_bounding_box
    with tf.Graph().as_default():
        try:
            tf.random_uniform = tf.random.uniform = injected.uniform
            tf.random.normal = injected.normal
            tf.image.sample_distorted_bounding_box = injected.window
            out = preprocessed(text)
        finally:
            tf.random_uniform, tf.random.uniform, tf.random.normal, tf.image.sample_distorted_bounding_box = kept
        with tf.Session() as session:
            return injected.draws, session.run(out)


def statistics(text):
    """Return a row for each of the original's own draws.

    A row: height, width, number of boxes, mean of the image, its middle pixel [3], and the boxes by label [3 * 4], NaN
    where there is none.
    """
    rows = []
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        out = preprocessed(text)
        with tf.Session() as session:
            for _ in range(DRAWS):
                image, boxes, labels, _ = session.run(out)
                places = np.full((3, 4), np.nan, np.float32)
                for box, label in zip(boxes, labels):
                    places[label - 1] = box
                height, width = image.shape[:2]
                middle = image[height // 2, width // 2]
                rows.append(np.concatenate([[height, width, len(boxes), image.mean()], middle, places.ravel()]))
    return np.array(rows, np.float32)


def main():
    """Write cases.json, replays.npz and draws.npz."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    with open(os.path.join(folder, "cases.json"), "w") as stream:
        json.dump(CASES, stream, indent=1)
        stream.write("\n")
    arrays = {"image": picture(), "boxes": BOXES, "labels": LABELS, "weights": WEIGHTS}
    counts, draws, images, boxes, labels, weights, shapes = [], [], [], [], [], [], []
    for number, (name, text) in enumerate(CASES.items()):
        for replicate in range(REPLICATES):
            asked, (image, box, label, weight) = replayed(text, 100 * number + replicate)
            counts.append([len(asked), sum(one.size for one in asked), image.size, len(box)])
            draws += [one.ravel() for one in asked]
            shapes += [image.shape]
            images.append(image.ravel())
            boxes.append(box)
            labels.append(label)
            weights.append(weight)
        print(name, counts[-1], image.shape, flush=True)
    arrays.update(
        counts=np.array(counts, np.int32),
        draws=np.concatenate(draws).astype(np.float32),
        draw_sizes=np.array([one.size for one in draws], np.int32),
        image_shapes=np.array(shapes, np.int32),
        out_images=np.concatenate(images).astype(np.float32),
        out_boxes=np.concatenate(boxes).astype(np.float32),
        out_labels=np.concatenate(labels).astype(np.int32),
        out_weights=np.concatenate(weights).astype(np.float32),
    )
    np.savez_compressed(os.path.join(folder, "replays.npz"), **arrays)
    first = {text.split(" ")[0]: name for name, text in reversed(list(CASES.items()))}
    chosen = [name for name in CASES if name in first.values() or "operations" in name or "other order" in name]
    np.savez_compressed(os.path.join(folder, "draws.npz"), **{name: statistics(CASES[name]) for name in chosen})


if __name__ == "__main__":
    main()
