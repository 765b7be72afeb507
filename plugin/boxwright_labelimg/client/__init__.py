"""What the interface shows and asks for, without Qt: a workspace looked at from outside, and tasks run beside it."""
