"""python opencv_onnx.py MODEL.onnx PHOTOS.npz: what OpenCV 5's DNN module finds, as JSON, a list a photo."""

import json
import sys

import cv2
import numpy as np

model, photos = sys.argv[1:]
network = cv2.dnn.readNetFromONNX(model)
names = network.getUnconnectedOutLayersNames()  # it gives all outputs or none
found = []
for photo in np.load(photos).values():
    network.setInput(photo[np.newaxis])
    outputs = dict(zip(names, network.forward(names), strict=True))
    boxes, scores, classes = (outputs[f"detection_{name}"] for name in ("boxes", "scores", "classes"))
    count = outputs["num_detections"]
    rows = []
    for box, score, number in list(zip(boxes[0], scores[0], classes[0], strict=True))[: int(count[0])]:
        top, left, bottom, right = (300 * box).tolist()
        rows.append([left, top, right, bottom, float(score), int(number) - 1])
    found.append(rows)
print(json.dumps(found))
