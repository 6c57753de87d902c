"""The kinds of layers, one per module."""
