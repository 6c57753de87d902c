"""Training: optimizers, metrics, the loop, and what watches it."""
