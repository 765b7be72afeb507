"""pipeline.config: schema, reading, checking, presets."""
