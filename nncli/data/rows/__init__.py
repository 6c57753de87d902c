"""Rows of any form for a model: read, matched to its columns and encoded."""
