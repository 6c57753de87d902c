"""Data: built-in sets, files, tables, splits, the order of rows, scaling."""
