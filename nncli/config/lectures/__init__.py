"""Configs of a course on neural networks, in its order, and the module that reads them."""
