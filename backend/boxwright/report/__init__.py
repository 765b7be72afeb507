"""A run as one page: what it learnt from, how good the model is, and what it does wrong."""
