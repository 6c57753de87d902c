"""Explanations: a document model, worked examples and the gradient check."""
