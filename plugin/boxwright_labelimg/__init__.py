"""The labelImg plugin's room: the only one where Qt may be imported."""
