"""What stands beside the image: the training, and what is wrong with the boxes."""
