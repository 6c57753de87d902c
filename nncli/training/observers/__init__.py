"""The observers of training, one per file."""
