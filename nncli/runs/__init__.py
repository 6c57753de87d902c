"""Training jobs: from a config to a run directory."""
