"""The rules of a diagnosis: a module per subject, and a table of all."""
