"""Records out: tf.Example, shards, tables, the commit, snapshots."""
