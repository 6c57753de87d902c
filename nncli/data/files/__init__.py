"""Readers of user files, one module per format."""
