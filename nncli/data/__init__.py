"""Data: the built-in sets, input files, splits, scaling and batches."""
