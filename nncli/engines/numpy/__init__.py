"""The engine that runs on NumPy."""
