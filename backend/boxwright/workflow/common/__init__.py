"""What several verbs share: options, the configuration of a training, the import of TensorFlow."""
