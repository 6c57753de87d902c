"""Engines: the arithmetic of training steps, and the batches of rows that they use."""
