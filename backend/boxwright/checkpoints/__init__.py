"""Variables in and out of files, by their TF Object Detection API names."""
