"""The kinds of layers: one a module."""
