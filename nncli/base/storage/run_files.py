"""The names of the files in a run directory."""

CHECKPOINT = "checkpoint.npz"
CONFIG = "config.yaml"
DIVERGENCE = "diverged.txt"  # one line: where training diverged, and what to do about it
HISTORY = "history.csv"
METRICS = "metrics.json"
SELECTION = "selection"  # of a refit: the directory of the run that has chosen its epochs
WEIGHTS = "weights.npz"
