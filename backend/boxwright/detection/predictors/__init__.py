"""Box predictors: from feature maps to box encodings and class scores, one a module."""
