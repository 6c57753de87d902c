"""Training: the loop, its progress, and its observers."""
