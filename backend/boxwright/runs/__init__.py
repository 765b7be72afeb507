"""What a training leaves in its folder: its record and its labels; finding runs, and comparing them."""
