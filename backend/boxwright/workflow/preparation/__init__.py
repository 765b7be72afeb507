"""What a training needs before it starts: a configuration, pretrained weights, steps, and places for new classes."""
