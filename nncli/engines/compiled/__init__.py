"""The engine whose steps Numba has compiled."""
