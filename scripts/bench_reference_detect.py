"""The original stack's split of bench_latency.py: run by its own Python 3.7 with TensorFlow 1.15.

Loads a frozen graph and a batch of one image, prints "ready", then for each line N on standard input detects N
times and prints the seconds of each as a JSON list.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow.compat.v1 as tf

OUTPUTS = ["detection_boxes:0", "detection_scores:0", "detection_classes:0", "num_detections:0"]


def main():
    graph_def = tf.GraphDef()
    graph_def.ParseFromString(Path(sys.argv[1]).read_bytes())
    batch = np.load(sys.argv[2])
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def, name="")
    with tf.Session(graph=graph) as session:
        session.run(OUTPUTS, {"image_tensor:0": batch})
        print("ready", flush=True)
        for line in sys.stdin:
            seconds = []
            for _ in range(int(line)):
                start = time.perf_counter()
                session.run(OUTPUTS, {"image_tensor:0": batch})
                seconds.append(time.perf_counter() - start)
            print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
