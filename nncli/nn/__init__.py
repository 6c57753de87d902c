"""The mathematics: layers, activations, losses, initializers, optimizers, schedules."""
