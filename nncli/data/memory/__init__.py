"""Rows in memory, of every form, as arrays or tables."""
