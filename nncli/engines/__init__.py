"""What takes training steps: the arithmetic, and the rows that it is given."""
