"""Diagnosis: why training went as it did, with evidence, and what to change."""
