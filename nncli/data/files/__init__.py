"""Readers of users' files: one a format."""
