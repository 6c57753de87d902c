"""Files: written atomically, locked, mapped; nncli's own formats."""
