"""python openvino_onnx.py MODEL.onnx PHOTOS.npz: what OpenVINO finds, as JSON, a list a photo."""

import json
import sys

import numpy as np
import openvino

model, photos = sys.argv[1:]
exact = {"INFERENCE_PRECISION_HINT": "f32"}
compiled = openvino.Core().compile_model(model, "CPU", exact)
found = []
for photo in np.load(photos).values():
    outputs = compiled(photo[np.newaxis])
    boxes, scores, classes = (outputs[f"detection_{name}"][0] for name in ("boxes", "scores", "classes"))
    rows = []
    for box, score, number in list(zip(boxes, scores, classes, strict=True))[: int(outputs["num_detections"][0])]:
        top, left, bottom, right = (300 * box).tolist()
        rows.append([left, top, right, bottom, float(score), int(number) - 1])
    found.append(rows)
print(json.dumps(found))
