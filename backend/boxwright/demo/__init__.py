"""Photo-like scenes with labels, drawn: for the demo, and where no photograph is at hand."""
