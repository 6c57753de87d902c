"""The network's mathematics: activations, losses, initializers, forward and backward pass."""
