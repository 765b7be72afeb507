"""The runtimes of exported detectors: which files hold one, and how each is loaded and called."""
