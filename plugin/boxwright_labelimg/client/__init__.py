"""What the interface shows and requests, without Qt: the status of a workspace, commands, and the model's process."""
