"""Which fields of a pipeline.config are supported, as data, and the refusal of the others."""
