"""What the actions of the menu do: one module for each subject."""
