"""Rows of any form for a model: read, matched with its columns, turned into inputs."""
