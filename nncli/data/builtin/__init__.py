"""Data sets that nncli generates or downloads."""
