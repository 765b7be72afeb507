"""The model zoo: pretrained weights, fetched, unpacked and given a pipeline.config for a workspace."""
