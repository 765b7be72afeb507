"""An export in, boxes out; drawing."""
