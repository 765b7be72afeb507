"""Commands for jobs and the daemon that runs them."""
