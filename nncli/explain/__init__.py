"""Explanations: a document model, worked examples, the gradient check."""
