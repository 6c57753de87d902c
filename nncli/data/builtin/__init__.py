"""Data sets that nncli makes or downloads."""
