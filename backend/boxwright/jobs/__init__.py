"""Jobs of a workspace: their store, their child processes, who holds the device. Knows no dataset and no tensors."""
