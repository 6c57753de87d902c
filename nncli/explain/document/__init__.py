"""Documents: elements, notations for mathematics, and a writer per format."""
