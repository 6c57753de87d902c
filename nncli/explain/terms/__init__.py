"""Explain terms: those of the glossary, config keys, choices, metrics, columns of the history."""
