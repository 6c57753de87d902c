"""nncli trains, explains and ships multilayer perceptrons from one YAML file."""

__version__ = "0.1.0"
