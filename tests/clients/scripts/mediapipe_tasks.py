"""python mediapipe_tasks.py MODEL.tflite PHOTOS.npz: what MediaPipe Tasks finds, as JSON, a list a photo."""

import json
import sys

import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

model, photos = sys.argv[1:]
options = vision.ObjectDetectorOptions(base_options=BaseOptions(model_asset_path=model))
found = []
with vision.ObjectDetector.create_from_options(options) as detector:
    for photo in np.load(photos).values():
        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(photo))
        rows = []
        for detection in detector.detect(image).detections:
            box, category = detection.bounding_box, detection.categories[0]
            number = ("one", "two", "three").index(category.category_name)
            corners = (box.origin_x, box.origin_y, box.origin_x + box.width, box.origin_y + box.height)
            rows.append([*corners, category.score, number])
        found.append(rows)
print(json.dumps(found))
