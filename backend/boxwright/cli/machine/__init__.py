"""Commands for this machine, and hidden ones for labelImg's plugin."""
