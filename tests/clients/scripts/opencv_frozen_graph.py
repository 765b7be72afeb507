"""python opencv_frozen_graph.py EXPORT PHOTOS.npz: what OpenCV's DNN module finds, as JSON, a list a photo."""

import json
import sys

import cv2
import numpy as np

export, photos = sys.argv[1:]
graph = f"{export}/frozen_inference_graph"
network = cv2.dnn.readNetFromTensorflow(f"{graph}.pb", f"{graph}.pbtxt")
found = []
for photo in np.load(photos).values():
    network.setInput(cv2.dnn.blobFromImage(photo, size=(300, 300)))  # RGB; swapRB=True for what imread gives
    rows = []
    for _, number, score, *corners in network.forward()[0, 0].tolist():
        left, top, right, bottom = (300 * min(max(corner, 0.0), 1.0) for corner in corners)
        rows.append([left, top, right, bottom, score, int(number) - 1])
    found.append(rows)
print(json.dumps(found))
