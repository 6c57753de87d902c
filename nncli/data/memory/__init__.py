"""Rows in memory (arrays, frames, lists), as arrays or tables."""
