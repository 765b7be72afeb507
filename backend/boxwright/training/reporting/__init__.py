"""What whoever watches a training is told: log lines, metrics.csv, TensorBoard."""
