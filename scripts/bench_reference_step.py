"""The original stack's split of bench_training.py: run by its own Python 3.7 with TensorFlow 1.15.

Builds the model of a pipeline.config with the original's code, prints "ready", then for each line N on standard
input trains N steps on one fixed batch and prints the seconds of each as a JSON list.
"""

import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow.compat.v1 as tf
from google.protobuf import text_format
from object_detection.builders import model_builder, optimizer_builder
from object_detection.protos import pipeline_pb2


def build(config, images, boxes):
    """Return the training operation of the original for one fixed batch."""
    step = tf.train.get_or_create_global_step()
    model = model_builder.build(config.model, is_training=True, add_summaries=False)
    inputs, shapes = model.preprocess(tf.constant(images))
    model.provide_groundtruth([tf.constant(b) for b in boxes], [tf.ones([len(b), 1]) for b in boxes])
    predictions = model.predict(inputs, shapes)
    losses = list(model.loss(predictions, shapes).values()) + tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    total = tf.add_n(losses)
    optimizer, _ = optimizer_builder.build(config.train_config.optimizer)
    train = optimizer.apply_gradients(optimizer.compute_gradients(total), global_step=step)
    with tf.control_dependencies([train, *tf.get_collection(tf.GraphKeys.UPDATE_OPS)]):
        return tf.identity(total)


def main():
    config = pipeline_pb2.TrainEvalPipelineConfig()
    with open(sys.argv[1]) as stream:
        text_format.Merge(stream.read(), config)
    batch = np.load(sys.argv[2])
    images = batch["images"].astype(np.float32)
    boxes = [batch["boxes_%d" % index] for index in range(len(images))]
    train = build(config, images, boxes)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        print("ready", flush=True)
        for line in sys.stdin:
            seconds = []
            for _ in range(int(line)):
                start = time.perf_counter()
                session.run(train)
                seconds.append(time.perf_counter() - start)
            print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main()
