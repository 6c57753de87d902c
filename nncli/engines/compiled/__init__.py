"""The engine with loops compiled by Numba."""
