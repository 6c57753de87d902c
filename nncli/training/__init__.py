"""Training: the loop, how far it has come, and what watches it."""
