"""What a training reports: log lines, metrics.csv, TensorBoard."""
