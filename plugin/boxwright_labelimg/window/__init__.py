"""labelImg's window: its crashes fixed from outside, and the menu, the tool bar and the docks of Boxwright added."""
