"""From annotations to records: split, label map, tf.Example, shards, tables, health. Knows no tensors."""
