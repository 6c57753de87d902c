"""A training step as a worked example."""
