"""What `boxwright doctor` looks at. Nothing here imports TensorFlow into our process."""
