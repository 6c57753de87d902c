"""Tables: kinds of columns, targets, and encoding as inputs."""
