"""One training step as a worked example: its numbers, its formulas, and the page they make."""
