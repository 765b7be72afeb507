"""What the window does when a folder of images is opened or left."""
