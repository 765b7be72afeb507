"""What TensorFlow decodes from the bytes that go into a record, against what Pillow and labelImg show."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from boxwright.dataset.sources.images import encode_upright
from image_files import GREY_16, RGB_16, reencoded, untouched

FILES = {**untouched(), **{name: data for name, (data, _, _) in reencoded().items()}}

# Of 16 bits a pixel, Pillow clips grey values where Qt and TensorFlow take the upper 8 bits.
UPPER_BITS = {"grey png of 16 bits": GREY_16, "png of 16 bits": RGB_16, "png of 16 bits with alpha": RGB_16}


@pytest.mark.filterwarnings("ignore:Palette images with Transparency")
@pytest.mark.parametrize("name", FILES)
def test_tensorflow_decodes_every_record_image_as_it_is_seen(name: str) -> None:
    import tensorflow as tf

    image = encode_upright(FILES[name])
    if image.format == "jpeg":  # in TensorFlow's faster, rougher arithmetic both libraries differ by up to 4 levels
        decoded = tf.io.decode_jpeg(image.data, channels=3, dct_method="INTEGER_ACCURATE").numpy().astype(int)
    else:
        decoded = tf.io.decode_png(image.data, channels=3).numpy().astype(int)
    assert decoded.shape == (image.height, image.width, 3)
    if name in UPPER_BITS:
        upper = (UPPER_BITS[name] >> 8).astype(int)
        expected = upper if upper.ndim == 3 else np.repeat(upper[..., np.newaxis], 3, axis=2)
    else:
        expected = np.asarray(Image.open(io.BytesIO(image.data)).convert("RGB")).astype(int)
    assert np.array_equal(decoded, expected)
