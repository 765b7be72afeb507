"""The docks beside the image: Training and Findings."""
