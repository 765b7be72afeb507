"""Feature extractors: the networks that compute the feature maps of an SSD, one per module."""
