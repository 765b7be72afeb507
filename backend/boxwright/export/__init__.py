"""From a checkpoint to SavedModel and frozen graph, each reloaded and compared."""
