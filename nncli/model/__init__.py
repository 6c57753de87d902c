"""Trained models: model files, predictions, evaluation and descriptions."""
