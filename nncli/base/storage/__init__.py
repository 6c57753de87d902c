"""Files: atomic writes, locks, memory maps, and nncli's own formats."""
