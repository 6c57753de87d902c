"""The names of the files in a run directory."""

CHECKPOINT = "checkpoint.npz"
CONFIG = "config.yaml"
DIVERGENCE = "diverged.txt"  # one line: where training diverged, and a remedy
HISTORY = "history.csv"
METRICS = "metrics.json"
RECORDED_WEIGHTS = "recorded_weights.npz"
SELECTION = "selection"  # in a refit: directory of the run that selected the number of epochs
TENSORBOARD = "tensorboard"  # directory of the files that TensorBoard shows
WEIGHTS = "weights.npz"
