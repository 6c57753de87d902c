"""The engine that computes one number at a time, to be read: backpropagation in plain Python."""
