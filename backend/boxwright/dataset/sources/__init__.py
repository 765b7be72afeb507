"""Files in: which there are, images as records hold them, and which XML belongs to which image."""
