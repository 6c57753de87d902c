"""How good predictions are, on plain arrays. Names and definitions are scikit-learn's."""
