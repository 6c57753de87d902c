"""Reports on runs: pages that can be handed in."""
