"""Input pipeline, augmentation, optimisers, schedules, the loop."""
