"""A trained model: its file, predictions, evaluation, description."""
