"""What the actions of the menu do: a controller for each subject."""
