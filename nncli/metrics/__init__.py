"""Metrics of predictions, on plain arrays. Names and definitions follow scikit-learn."""
