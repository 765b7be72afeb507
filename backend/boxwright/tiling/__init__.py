"""Large photos in tiles: where they lie, and how boxes that were found in them are merged."""
