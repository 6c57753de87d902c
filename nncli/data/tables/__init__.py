"""Tables: what their columns and targets are, and the inputs made of them."""
