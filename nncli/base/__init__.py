"""Shared foundations: errors, random streams, threads, files."""
