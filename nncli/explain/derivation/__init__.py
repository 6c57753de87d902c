"""Derivatives of an expression by the chain rule, on its computational graph."""
