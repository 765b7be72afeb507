"""What is asked before something begins, and said when it has ended."""
